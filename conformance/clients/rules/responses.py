"""How a client asks for replies, breaks them off, and answers the model's calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from conformance.clients.rules.base import Finding, rule
from conformance.clients.view import Played, Session, body, words
from conformance.wire.transcript import Frame

RACE_MS = 1000
"""A cancel may cross the end of its response: E2 says that clients must tolerate it."""
ARGUMENTS_DONE = "response.function_call_arguments.done"


@rule("CLI-050", "asked for no response")
def one_response_at_a_time(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        waiting: Frame | None = None
        for frame in session.frames:
            if frame.type in {"response.created", "error"} and frame.side == "server":
                waiting = None
            elif frame.type == "response.create" and frame.side == "client":
                active = session.turns.active_at(frame.index)
                yield (
                    session.told(frame, "asks for a response while one is active")
                    if active is not None
                    else session.told(frame, "asks for a response twice before the first has begun")
                    if waiting is not None
                    else None
                )
                waiting = frame


@rule("CLI-051", "cancelled nothing")
def cancels_once(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        times: Counter[str] = Counter()
        for frame in session.said("response.cancel"):
            active = session.turns.active_at(frame.index)
            if active is not None:
                times[active] += 1
                yield session.told(frame, "cancels the same response again") if times[active] == 2 else None


@rule("CLI-052", "cancelled nothing")
def cancels_something(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        for frame in session.said("response.cancel"):
            active = session.turns.active_at(frame.index)
            ended = [other for other in session.heard("response.done") if other.index < frame.index]
            crossed = bool(ended) and frame.at - ended[-1].at <= RACE_MS
            since = ended[-1].index if ended else -1
            due = [*session.said("response.create"), *session.heard("input_audio_buffer.committed")]
            coming = any(since < other.index < frame.index for other in due)
            yield None if active or crossed or coming else session.told(frame, "cancels where no response is active")


@dataclass
class _Calls:
    """The calls of one session, by `call_id`: where each was made and where each was answered."""

    made: dict[str, Frame] = field(default_factory=dict)
    answered: dict[str, list[Frame]] = field(default_factory=dict)
    unknown: list[Frame] = field(default_factory=list)


def _calls(session: Session) -> _Calls:
    found = _Calls()
    for frame in session.frames:
        if frame.side == "server" and frame.type == ARGUMENTS_DONE:
            call_id = frame.event.get("call_id")
            if isinstance(call_id, str):
                found.made.setdefault(call_id, frame)
        elif frame.side == "client" and frame.type == "conversation.item.create":
            item = body(frame.event, "item")
            if item.get("type") != "function_call_output":
                continue
            call_id = item.get("call_id")
            if isinstance(call_id, str) and call_id in found.made:
                found.answered.setdefault(call_id, []).append(frame)
            else:
                found.unknown.append(frame)
    return found


@rule("CLI-053", "answered no call")
def outputs_belong_to_a_call(played: Played) -> Iterator[Finding]:
    earlier: set[str] = set()
    for session in played.sessions:
        calls = _calls(session)
        for frame in calls.unknown:
            given = body(frame.event, "item").get("call_id")
            if given not in earlier:  # a call of another session is another clause's business
                yield session.told(frame, f"answers a call that the model did not make: {words(given)}")
        earlier |= set(calls.made)
        yield from (None for _ in calls.answered)


@rule("CLI-054", "answered no call")
def calls_are_answered_once(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        for frames in _calls(session).answered.values():
            yield session.told(frames[1], f"answers the same call {len(frames)} times") if len(frames) > 1 else None


@rule("CLI-055", "was asked for no call")
def calls_are_answered(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        calls = _calls(session)
        for call_id in calls.made:
            if played.ordinary and session.leg.ending.first != "server":
                yield (
                    None
                    if call_id in calls.answered or calls.unknown
                    else session.told(calls.made[call_id], "never answers a call of the model")
                )


@rule("CLI-056", "answered no call")
def outputs_are_followed_by_a_request(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        outputs = [frames[-1] for frames in _calls(session).answered.values()]
        if outputs and session.by_client:
            last = max(outputs, key=lambda frame: frame.index)
            asked = session.next(last, "response.create", "response.created")
            yield None if asked else session.told(last, "answers a call and never asks for the reply")


@rule("CLI-057", "answered no parallel calls")
def all_outputs_come_first(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        calls = _calls(session)
        rows: dict[str, list[str]] = {}
        for call_id, frame in calls.made.items():
            rows.setdefault(str(frame.event.get("response_id")), []).append(call_id)
        for ids in rows.values():
            given = [calls.answered[call_id][0] for call_id in ids if call_id in calls.answered]
            if len(ids) > 1 and given:
                create = session.next(given[0], "response.create")
                early = create is not None and any(frame.index > create.index for frame in given)
                yield (
                    session.told(given[-1], "asks for the reply before every parallel call is answered")
                    if early
                    else None
                )
