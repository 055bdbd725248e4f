"""What the platform lists of the close paths, held against what was held: a ledger is judged, not only read.

Each function yields the session that is listed wrongly with what is wrong, and None for one that is in order;
NotApplicable where the platform told nothing.  A status alone is never wrong: no source says which way of closing
leaves which.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from conformance.judge.finding import Failed, Finding
from conformance.judge.verdicts import NotApplicable
from conformance.judge.view import Wire
from conformance.spec.catalogue import clauses
from conformance.wire.transcript import Frame, Leg, Transcript

Judged = Iterator[tuple[Transcript, str] | None]
CLOCKS = 60_000  # ms: how far the platform's clock may be from ours, and how long a session may outlast its connection
Listed = list[tuple[Transcript, dict[str, Any]]]


def listed(wires: Iterable[Wire]) -> Listed:
    """The sessions of which the platform said something, with what it said; NotApplicable when there is none."""
    held = {wire.transcript.conversation: wire.transcript for wire in wires}
    found = [(item, item.status) for item in held.values() if item.path is not None and item.status is not None]
    told = [pair for pair in found if pair[1]["status"] == "absent" or pair[1]["attribution"] != "none"]
    if not told:
        raise NotApplicable("the platform told the status of no session")
    return told


def is_right(clause: str, judged: Judged) -> None:
    """Raises Failed with each session that one of these functions finds listed wrongly."""
    expected = clauses()[clause].sentence
    wrong = [
        Finding(clause, item.conversation, len(item.legs) - 1, None, expected, f"{item.path}: {said}", cause=clause)
        for item, said in (one for one in judged if one is not None)
    ]
    if wrong:
        raise Failed(wrong, named=False)


def shows_up(wires: Iterable[Wire]) -> Judged:
    """Every session is listed; one whose row bears another's id is the business of `names_itself`.

    Of a connection that was never greeted with an id nobody can say that it is missing.
    """
    named = [pair for pair in listed(wires) if pair[0].session_id is not None]
    if not named:
        raise NotApplicable("no session that the platform could list has an id")
    for item, reading in named:
        lost = reading["status"] == "absent" and not reading.get("other")
        yield (item, f"{item.session_id} is not listed ({reading['why']})") if lost else None


def names_itself(wires: Iterable[Wire]) -> Judged:
    """No row with the time and the tokens of a session names another one."""
    for item, reading in listed(wires):
        other = reading.get("other")
        yield (item, f"the row of {item.session_id} names {other}") if other else None


def counts_right(wires: Iterable[Wire]) -> Judged:
    """The usage that is listed is the sum of the replies'."""
    judged = False
    for item, reading in listed(wires):
        usage = reading.get("usage")
        if usage is None and reading["attribution"] == "exact_id" and reading["status"] == "succeeded" and _cost(item):
            judged = True
            yield item, f"no usage is listed for the {_cost(item)} tokens that its replies reported"
            continue
        if not isinstance(usage, dict) or reading["status"] == "in_progress" or not _is_whole(item.legs[-1]):
            continue
        judged = True
        ours = item.usage | {"total_tokens": sum(item.usage.values())}
        wrong = [f"{name} {usage[name]} for {ours[name]}" for name in ours if usage.get(name, ours[name]) != ours[name]]
        yield (item, f"listed are {', '.join(wrong)} that its replies reported") if wrong else None
    if not judged:
        raise NotApplicable("no session that can be added up is listed with its usage")


def is_timed_right(wires: Iterable[Wire]) -> Judged:
    """A session's rows begin while it is open and last as long as its replies, and no longer than itself."""
    judged = False
    for item, reading in listed(wires):
        started, lasted = reading.get("started"), reading.get("lasted")
        if reading["attribution"] != "exact_id" or (started is None and lasted is None):
            continue
        judged = True
        leg, wrong = item.legs[-1], []
        if started is not None and not leg.opened_at_ms - CLOCKS <= started <= leg.closed_at_ms + CLOCKS:
            wrong.append(f"it begins {(started - leg.opened_at_ms) / 1000:.0f} s after it was opened")
        if lasted is not None and reading["status"] != "in_progress":
            least, most = _spoken(leg) / 2, (leg.frames[-1].at if leg.frames else 0.0) + CLOCKS
            if not least <= lasted <= most:
                wrong.append(f"it lasted {lasted:.0f} ms, and its replies alone took {_spoken(leg):.0f} ms")
        yield (item, f"listed is that {', and that '.join(wrong)}") if wrong else None
    if not judged:
        raise NotApplicable("no session is listed with a time")


def quotes_no_key(wires: Iterable[Wire]) -> Judged:
    """No row shows the key with which its session was opened."""
    judged = False
    for item, reading in listed(wires):
        if reading.get("quotes") is None:
            continue
        judged = True
        yield (item, f"the key is in {', '.join(reading['quotes'])}") if reading["quotes"] else None
    if not judged:
        raise NotApplicable("nobody looked for the key in the rows of a session")


def names_its_model(wires: Iterable[Wire]) -> Judged:
    """The model that is listed is the one that greeted; a snapshot of it is the same."""
    judged = False
    for item, reading in listed(wires):
        greeted = next((_model(frame) for frame in item.legs[-1].frames if frame.type == "session.created"), "")
        models = reading.get("models") or ()
        if reading["attribution"] != "exact_id" or not greeted or not models:
            continue
        judged = True
        wrong = [name for name in models if not (name.startswith(greeted) or greeted.startswith(name))]
        yield (item, f"{', '.join(wrong)} is listed, and {greeted} greeted") if wrong else None
    if not judged:
        raise NotApplicable("no session is listed with its model")


def _model(frame: Frame) -> str:
    session = frame.event.get("session")
    found = session.get("model") if isinstance(session, dict) else None
    return found if isinstance(found, str) else ""


def _cost(item: Transcript) -> int:
    return sum(item.usage.values())


def _spoken(leg: Leg) -> float:
    """For how long replies ran, in ms: from each `response.created` to the next `response.done`."""
    total, began = 0.0, None
    for frame in leg.frames:
        if frame.side == "server" and frame.type == "response.created":
            began = frame.at
        elif frame.side == "server" and frame.type == "response.done" and began is not None:
            total, began = total + frame.at - began, None
    return total


def _is_whole(leg: Leg) -> bool:
    """Whether the replies tell all that was billed: each one ended with its usage, and no audio came after the last."""
    begun = [frame for frame in leg.frames if frame.side == "server" and frame.type == "response.created"]
    ended = [frame for frame in leg.frames if frame.side == "server" and frame.type == "response.done"]
    audio = [
        frame.index for frame in leg.frames if frame.side == "client" and frame.type == "input_audio_buffer.append"
    ]
    if not begun or len(begun) != len(ended):
        return False
    told = all(isinstance(frame.event.get("response"), dict) for frame in ended)
    return (
        told and all("usage" in frame.event["response"] for frame in ended) and max(audio, default=-1) < begun[-1].index
    )
