"""What a reader is, and how its rows are told to be a session's."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from conformance.status.model import Json, Reading, Session
from conformance.status.rows import Row, redact, tokens_of, total, worst

SKEW_MS = 2_000  # how far the platform's clock may be from ours
APART = 5.0  # seconds between sessions that are told by their time: more than two clocks may differ
LOG_WAIT = 900.0  # seconds: rows of the audit log come in minutes, and no page says how many
Cell = tuple[str, str]
"""What a counter counts: (status_code, error_code)."""


class Reader(Protocol):
    """A source of rows.

    One that cannot prove a session absent has an attribute `missing` too, "not_visible_yet" then: a form that nobody
    completed, a list that was cut off.  One that lists every session as soon as it is over has `complete`, true: it
    needs no control to be believed.  One whose rows may not name the session has `by_time`, true: what it lists is
    then told by its time, so the sessions have to be held apart.  One whose rows come later than a minute after their
    session has `wait_s`, the seconds that a live run waits for them.
    """

    @property
    def name(self) -> str:
        """The reader's name in a report."""
        ...

    @property
    def poll_s(self) -> float:
        """Seconds between two looks."""
        ...

    def rows(self, since_ms: int, until_ms: int) -> list[Json]:
        """Return what is listed for [since_ms, until_ms], more if that is cheaper; NotObservable if nothing can be."""
        ...


@runtime_checkable
class CountingReader(Reader, Protocol):
    """A reader that only counts calls: no row is any session's, so `rows` has nothing to give.

    Whoever has these methods is one; its sessions are held alone, each between two looks.
    """

    @property
    def guard_s(self) -> float:
        """Seconds for which the counters have to rest before a session and after it."""
        ...

    def snapshot(self, at_ms: int) -> dict[Cell, float]:
        """Return the counters as they stood at a time."""
        ...

    def delta(self, before: Mapping[Cell, float], after: Mapping[Cell, float]) -> Reading:
        """Return what the difference between two looks says of the one session between them."""
        ...


def match(
    rows: Sequence[Row],
    session: Session,
    *,
    dedicated: bool = False,
    by_time: bool = False,
    reader: str = "",
    now_ms: int | None = None,
) -> Reading | None:
    """Return what the rows (`rows.understood`) say of a session, or None when none of them is its own.

    Rows with the session's id (or, for a plain HTTP call, its request id) are its own.  Without such a row the single
    one that started while the session was open is taken for its own, and two of them are `ambiguous`: when `dedicated`
    says that nobody else uses the key, or with `by_time` among those that have the very tokens of the session.
    """
    now = int(time.time() * 1000) if now_ms is None else now_ms
    own = [row for row in rows if _carries(row, session)]
    if own:
        human = any("shown" in row.raw for row in own)
        return _reading(own, session, "human" if human else "exact_id", reader, now)
    if not dedicated and not by_time:
        return None
    near = [row for row in rows if _fits(row, session) and (dedicated or spent_alike(row, session))]
    if len(near) > 1:
        why = f"{len(near)} rows started while the session was open and none carries its id"
        kept = tuple(redact(row.raw) for row in near)
        return Reading("ambiguous", reader=reader, rows=kept, why=why, observed_at=now, lag_s=_lag(session, now))
    return _reading(near, session, "unique_in_window", reader, now) if near else None


def _carries(row: Row, session: Session) -> bool:
    if session.session_id is not None:
        return session.session_id in {row.task, row.request}
    # A form names a session without an id by its path and time; nothing else could have written both.
    return "shown" in row.raw and (row.raw.get("path"), row.raw.get("t_open")) == (session.path, session.t_open)


def _fits(row: Row, session: Session) -> bool:
    # A row that names a session names another one here: ours was looked for before.
    names_another = row.task.startswith("sess_") and session.session_id is not None
    return "shown" not in row.raw and not names_another and begun_within(row, session)


def begun_within(row: Row, session: Session) -> bool:
    """Whether a call began while the session was open, as far as two clocks can tell."""
    return row.started is not None and session.t_open - SKEW_MS <= row.started <= session.t_close + SKEW_MS


def spent_alike(row: Row, session: Session) -> bool:
    """Whether a call cost what the session's replies reported, and not nothing."""
    return session.tokens > 0 and tokens_of(row.usage) == session.tokens


def _reading(own: list[Row], session: Session, attribution: str, reader: str, now: int) -> Reading:
    status = worst(row.status for row in own)
    errors = dict.fromkeys(row.error for row in own if row.error)
    return Reading(
        status,
        attribution=attribution,
        reader=reader,
        rows=tuple(redact(row.raw) for row in own),
        usage=total(row.usage for row in own if row.usage),
        error="; ".join(errors),
        why=f"{len(own)} rows, the worst counts" if len(own) > 1 else "",
        observed_at=now,
        lag_s=_lag(session, now),
        started=min((row.started for row in own if row.started is not None), default=None),
        lasted=sum(spans)
        if len(spans := [row.duration for row in own if row.duration is not None]) == len(own)
        else None,
        models=tuple(dict.fromkeys(row.model for row in own if row.model)),
    )


def _lag(session: Session, now: int) -> float:
    return max(0.0, (now - session.t_close) / 1000)
