"""Facts of when things come: what was waited for longer than a check allows, and no faithful server lets anyone wait.

The bound is the check's own: it is asked at which time of that frame it no longer fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from conformance.papers.facts import Ask, Courses, Fact, value
from conformance.papers.player import GONE, at
from conformance.papers.script import acted
from conformance.papers.trace import Draft, Edit, Entry
from conformance.wire.target import LIVE

LONG = 1.0  # seconds; of what comes sooner no check says that it is late
APART = 2  # a faithful server that needs more than the bound by this could be taken for a slow one
OPEN = LIVE.close / 1000  # seconds after a close for which a server may leave TCP open
NEAR = 0.01  # seconds to which a bound is found


def times(courses: Courses) -> list[Fact]:
    """All of them that are true of the one course and of neither of the others."""
    return courses.telling([*_events(courses), *_after_ends(courses), *_closing(courses)])


def _events(courses: Courses) -> Iterator[Fact]:
    since = acted(courses.trace.leg, courses.trace.script)
    windows: dict[tuple[str, int, Any], list[Entry]] = {}
    for entry in courses.said:
        kind, response = str(at(entry.event, "type")), at(entry.event, "response_id")
        # What is of a response may go on for steps; of what is not, each step has its own.
        for step in range(entry.step + 1) if response is not GONE else [entry.step]:
            windows.setdefault((kind, step, response), []).append(entry)
    for (kind, step, response), entries in windows.items():
        late = (entries[-1].frame.at - since[step]) / 1000
        whose = _whose(courses, response)
        if late > LONG and whose is not None:
            what = (f"seen.late({kind!r}, {step}{whose})", f"the last `{kind}`")
            yield _late(courses, what, late, (entries, since[step]))


def _whose(courses: Courses, response: Any) -> str | None:
    """How an expression names a response; None: it began in no event."""
    named = [at(one, "response.id") for one in courses.mine.of("response.created")]
    if response is GONE:
        return ""
    return f", seen.value('response.created', 0, {named.index(response)}, 'response.id')" if response in named else None


def _after_ends(courses: Courses) -> Iterator[Fact]:
    """Pieces of a reply that follow its end, in that step or in a later one."""
    ends = {
        (str(at(entry.event, "type")).removesuffix(".done"), at(entry.event, "response_id")): entry
        for entry in courses.said if str(at(entry.event, "type")).endswith(".done")
    }  # fmt: skip
    for (kind, response), end in ends.items():
        after = [
            entry.key for entry in courses.said
            if entry.key > end.key and at(entry.event, "type") == f"{kind}.delta"
            and at(entry.event, "response_id") == response
        ]  # fmt: skip
        whose = _whose(courses, response)
        if after and whose:
            yield Fact(
                f"0 < seen.late('{kind}.done', {end.step}{whose}) < seen.late('{kind}.delta', {end.step}{whose})",
                f"no `{kind}.delta` after `{kind}.done`", f"{len(after)} of them", 1,
                lambda draft, keys=tuple(after): draft.drop(keys), tuple(after),  # type: ignore[misc]
            )  # fmt: skip


def _closing(courses: Courses) -> Iterator[Fact]:
    answered, _ = courses.mine.closing
    frames = {entry.frame.side: entry for entry in courses.trace.entries if entry.frame.opcode == "close"}
    if answered > LONG and len(frames) > 1:
        moved = ([frames["server"]], frames["client"].frame.at)
        yield _late(courses, ("seen.closing[0]", "the answer to the close"), answered, moved)
    if courses.trace.leg.ending.tcp == "timeout" and _others(courses, "seen.closing[1]") * APART < OPEN:
        yield Fact(
            f"seen.closing[1] > {OPEN}", f"TCP ended by the server within {OPEN} s", "TCP still open", 1,
            lambda draft: draft.end(tcp="fin"), seconds=OPEN,
        )  # fmt: skip


def _others(courses: Courses, told: str) -> float:
    return max(float(value(told, course)) for course in (courses.other, courses.again))


def _late(courses: Courses, what: tuple[str, str], late: float, frames: tuple[Sequence[Entry], float]) -> Fact:
    """What came late: `what` is how it is told in a test and in words, `frames` are those and since when it counts."""
    told, words = what

    def within(seconds: float) -> Edit:
        entries, since = frames

        def edit(draft: Draft) -> None:
            for entry in entries:
                draft.date(entry.key, min(entry.frame.at, since + seconds * 1000))

        return edit

    def narrowed(ask: Ask, _: Sequence[str]) -> Fact | None:
        low, high = 0.0, late
        while high - low > NEAR:
            middle = (low + high) / 2
            low, high = (low, middle) if ask(within(middle)) else (middle, high)
        bound = round(high, 1)
        if _others(courses, told) * APART > bound:
            return None
        return replace(
            whole, test=f"{told} > {bound}", expected=f"{words} within {bound} s", narrowed=None, seconds=bound
        )

    where = tuple(entry.key for entry in frames[0])
    whole = Fact(
        f"{told} > {late / APART:.2f}", words, f"{words} after {late:.1f} s", 1, within(0), where, narrowed=narrowed
    )
    return whole
