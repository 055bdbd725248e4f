"""Looking until every session has a row or the wait is over, and saying what a missing row means."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from conformance.status.base import Reader, begun_within, match, spent_alike
from conformance.status.model import Json, NotObservable, Reading, Session, not_observable
from conformance.status.rows import Row, understood

MARGIN_MS = 60_000  # asked for on either side of the sessions: clocks differ, and a row may bear a rounded time
PASSING = frozenset({"timeout", "unreachable"})  # a later look may succeed
UNFINISHED = frozenset({"in_progress", "not_visible_yet"})


def observe(
    reader: Reader,
    sessions: Sequence[Session],
    *,
    good: str,
    bad: str,
    wait_s: float,
    dedicated: bool = False,
    others: frozenset[str] = frozenset(),
    progress: Callable[[str], None] = lambda _words: None,
    clock: Callable[[], float] = time.time,
    pause: Callable[[float], None] = time.sleep,
    passed: Callable[[], float] = time.monotonic,
) -> dict[str, Reading]:
    """Return what the reader says of each session, by the session's path; never raises for what a reader does.

    `good` and `bad` are the paths of the controls: a session and a call that every platform must list.  That a
    control's row is there at all shows that the reader works; which status it has does not matter.  `wait_s` 0 is a
    single look.  `others` are ids of sessions that were held beside these.  `clock` gives seconds of the Unix epoch,
    and is asked for dates alone; `passed` gives seconds of a clock that nobody sets, by which the wait ends.
    """
    if not sessions:
        return {}
    if len({one.path for one in sessions}) < len(sessions):
        raise ValueError("two sessions have the same path")
    look = _Look(reader, sessions, dedicated, clock, others)
    deadline = passed() + wait_s
    while True:
        trouble = ""
        try:
            look.once()
        except NotObservable as problem:
            # One failed request in a quarter of an hour is no reason to give up; a first one is.
            if not look.succeeded or problem.reason not in PASSING:
                return look.nothing(problem)
            trouble = str(problem)
        progress(f"{look.settled} of {len(sessions)} sessions have a row")
        if look.settled == len(sessions):
            return look.found
        left = deadline - passed()
        if left <= 0:
            # "Absent" needs a look at the end of the wait that succeeded.
            return look.verdicts(good, bad, exhausted=wait_s > 0 and not trouble, trouble=trouble)
        # The last look is at the deadline, not up to a poll before it.
        pause(min(max(reader.poll_s, 0.01), left))


class _Look:
    """The looks at one reader and what they have shown so far."""

    def __init__(
        self,
        reader: Reader,
        sessions: Sequence[Session],
        dedicated: bool,
        clock: Callable[[], float],
        others: frozenset[str],
    ) -> None:
        self._known = others | {one.session_id for one in sessions if one.session_id is not None}
        self._last: list[Row] = []
        self._by_time = bool(getattr(reader, "by_time", False))
        self.reader = reader
        self.sessions = sessions
        self.found: dict[str, Reading] = {}
        self.succeeded = False
        self._dedicated = dedicated
        self._clock = clock
        expect = getattr(reader, "expect", None)
        if expect is not None:
            expect(sessions)

    @property
    def settled(self) -> int:
        """How many sessions have a row that is final."""
        return sum(one.status not in UNFINISHED for one in self.found.values())

    def once(self) -> None:
        """Ask, and take what is new; NotObservable from the reader."""
        now = int(self._clock() * 1000)
        since = min(one.t_open for one in self.sessions)
        until = max(now, *(one.t_close for one in self.sessions))
        rows = self._rows(since - MARGIN_MS, until + MARGIN_MS)
        self.succeeded = True
        self._last = understood(rows)
        now = int(self._clock() * 1000)
        for path, seen in self._matched(self._last, now).items():
            before = self.found.get(path)
            if before is None or (before.status, before.rows) != (seen.status, seen.rows):
                self.found[path] = seen  # otherwise the lag stays that of the first sight

    def _matched(self, rows: Sequence[Row], now: int) -> dict[str, Reading]:
        """Each session's rows: by id first; what no session claims so may be a single session's by its time."""
        found: dict[str, Reading] = {}
        ids = {one.session_id for one in self.sessions if one.session_id is not None}
        free = [row for row in rows if ids.isdisjoint({row.task, row.request})]
        for one in self.sessions:
            seen = match(rows, one, reader=self.reader.name, now_ms=now)
            if seen is None and (self._dedicated or self._by_time):
                seen = match(
                    free, one, dedicated=self._dedicated, by_time=self._by_time, reader=self.reader.name, now_ms=now
                )
            if seen is not None:
                found[one.path] = seen
        return _shared(found)

    def _rows(self, since_ms: int, until_ms: int) -> list[Json]:
        try:
            return self.reader.rows(since_ms, until_ms)
        except NotObservable:
            raise
        except Exception as problem:
            # A fault of the reader says nothing of the platform and must not end a run.
            raise NotObservable("malformed", f"{type(problem).__name__} in the reader {self.reader.name}") from problem

    def nothing(self, problem: NotObservable) -> dict[str, Reading]:
        """Return that nothing can be said of any session."""
        now = int(self._clock() * 1000)
        return {one.path: not_observable(problem, self.reader.name, now) for one in self.sessions}

    def verdicts(self, good: str, bad: str, *, exhausted: bool, trouble: str = "") -> dict[str, Reading]:
        """Return what was found, and what is to be said of the sessions without a row."""
        shown = self._shown()
        complete = getattr(self.reader, "complete", False) and bool(self._last)
        if not {good, bad} & shown.keys() and not complete:
            return self._without_controls(good, bad)
        missing = "absent" if exhausted and (good in shown or complete) else "not_visible_yet"
        if getattr(self.reader, "missing", "absent") != "absent":
            missing = "not_visible_yet"
        others = f"{good} has a row" if good in shown else "other rows are there"
        why = trouble or (f"the wait is over, and {others}" if missing == "absent" else "no row so far")
        now = int(self._clock() * 1000)
        return {
            one.path: self.found.get(one.path)
            or Reading(
                missing, reader=self.reader.name, why=why, observed_at=now, lag_s=None, other=self._misnamed(one)
            )
            for one in self.sessions
        }

    def _misnamed(self, session: Session) -> str:
        """The session that a row names which has this one's time and tokens, and which nobody here held."""
        fits = (row for row in self._last if begun_within(row, session) and spent_alike(row, session))
        return next((row.task for row in fits if row.task.startswith("sess_") and row.task not in self._known), "")

    def _shown(self) -> Mapping[str, Reading]:
        """The sessions that certainly have a row."""
        return {path: one for path, one in self.found.items() if one.attribution != "none" and one.status != "absent"}

    def _without_controls(self, good: str, bad: str) -> dict[str, Reading]:
        problem = NotObservable("control_missing", f"neither {good} nor {bad} has a row")
        return {
            path: replace(one, rows=self.found[path].rows if path in self.found else ())
            for path, one in self.nothing(problem).items()
        }


def _shared(found: Mapping[str, Reading]) -> dict[str, Reading]:
    """Take back what two sessions claim at once: open at the same time, neither is the only one of its window."""
    by_time = [one.rows for one in found.values() if one.attribution == "unique_in_window"]
    return {
        path: replace(one, status="ambiguous", attribution="none", usage=None, error="", why="two sessions fit the row")
        if one.attribution == "unique_in_window" and by_time.count(one.rows) > 1
        else one
        for path, one in found.items()
    }
