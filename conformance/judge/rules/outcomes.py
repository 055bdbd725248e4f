"""Every request has exactly one outcome: its acknowledgement or an error, never both, never neither."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator

from conformance.cut import listed
from conformance.judge.evidence import Evidence
from conformance.judge.evidence.excused import (
    cancelled_after,
    cut_short,
    exempt,
    may_lack_done,
    no_automatic_reply,
    spoke_after,
)
from conformance.judge.evidence.frames import is_client_data
from conformance.judge.evidence.requests import BACKEND, Request, message
from conformance.judge.evidence.session import Moment
from conformance.judge.evidence.waiting import waited_out
from conformance.judge.finding import Breach
from conformance.judge.rules.base import body, rule
from conformance.spec.requests import ANSWERED_BY
from conformance.wire.transcript import Frame

COMMITTED = "input_audio_buffer.committed"
STARTED = "input_audio_buffer.speech_started"
STOPPED = "input_audio_buffer.speech_stopped"
SHOWN = "conversation.item.created"


def _outcomes(wire: Evidence, kind: str) -> Iterator[Breach | None]:
    """Neither and both, for requests of one kind.

    Neither: a later request was answered, or the client waited a whole quiet window, and no answer came.  What a
    script waited for by name is judged where it broke off (`missing`).  Both: an error and the acknowledgement, or two
    acknowledgements, before the client sent anything else, while no response ran whose own trouble it could be.
    """
    told: set[int] = set()
    for request in (found for found in wire.requests if found.type == kind):
        if request.open:
            mine = (request, *request.contenders.values())  # one of them got no answer, and nobody knows which
            why = next((why for other in mine if (why := exempt(other, wire)) is not None), None)
            if why is not None:
                if not wire.lacks("close") and _ignored(wire, request):
                    wire.excused(why)
                continue
            if _ignored(wire, request):
                yield Breach(request.frame, f"{request.called} got neither {ANSWERED_BY[kind]} nor error")
            continue
        for breach in _both(wire, request):
            told |= {breach.frame.index} if breach is not None and breach.frame is not None else set()
            yield breach
    for index in wire.settled.beyond:
        frame = wire.frames[index]
        if frame.type == ANSWERED_BY[kind] and index not in told:
            yield Breach(frame, f"{frame.type} came, and no {kind} waited for it")


def _ignored(wire: Evidence, request: Request) -> bool:
    """Whether the client surely waited for an answer that did not come."""
    slow = request.type == "response.create"  # its answer may take longer than a quiet window
    return (request.passed_over or not slow) and waited_out(wire, request)


def _both(wire: Evidence, request: Request) -> Iterator[Breach | None]:
    yield None
    if not request.alone or request.moment.active or request.moment.turns != "manual":
        if request.type != "session.update" or not request.alone or request.moment.active:
            return
        if request.moment.buffered:
            return
    shared = _errors_may_be_of_an_event_before(wire, request)
    seen: list[Frame] = []
    for frame in wire.frames[request.frame.index + 1 :]:
        if is_client_data(frame) or frame.type == "response.created":
            break
        if frame.side == "server" and frame.type in {"error", ANSWERED_BY[request.type]}:
            if frame.type == "error" and (shared or any(word in message(frame) for word in BACKEND)):
                continue
            if request.type == "conversation.item.create" and any(frame.type == other.type for other in seen):
                continue  # items shown twice are judged by their ids
            seen.append(frame)
    if len(seen) > 1:
        kinds = ", ".join(str(frame.type) for frame in seen)
        yield Breach(seen[1], f"{request.called} was answered {len(seen)} times: {kinds}")


def _errors_may_be_of_an_event_before(wire: Evidence, request: Request) -> bool:
    """Whether an event that the client sent before this request may still be refused.

    Answers keep the order of requests: an acknowledgement settles all that came before its request, an error one event.
    """
    return request.frame.index in wire.fold(_behind)


def _behind(evidence: Evidence) -> set[int]:
    """Indexes of the client frames before which another one of the client may still be refused."""
    settles = {answer.index: found.frame.index for found in evidence.requests for answer in found.answers}
    waiting: deque[int] = deque()
    found: set[int] = set()
    for frame in evidence.frames:
        if is_client_data(frame):
            if waiting:
                found.add(frame.index)
            waiting.append(frame.index)
        elif frame.side == "server" and frame.type == "error":
            if waiting:
                waiting.popleft()
        elif frame.index in settles:
            while waiting and waiting[0] <= settles[frame.index]:
                waiting.popleft()
    return found


@rule("GEN-011", "a session.update that was answered")
def update_has_one_outcome(wire: Evidence) -> Iterator[Breach | None]:
    """`session.update` → `session.updated` or `error`."""
    return _outcomes(wire, "session.update")


@rule("GEN-012", "an input_audio_buffer.commit, and no speech_stopped")
def commit_has_one_outcome(wire: Evidence) -> Iterator[Breach | None]:
    """`commit` → `committed` or `error`; `speech_stopped` → one `committed`."""
    yield from _outcomes(wire, "input_audio_buffer.commit")
    by_item: dict[object, list[Frame]] = {}
    for frame in wire.of(COMMITTED):
        by_item.setdefault(frame.event.get("item_id"), []).append(frame)
    for item, told in by_item.items():
        if isinstance(item, str) and len(told) > 1:
            yield Breach(told[1], f"{item} was committed {len(told)} times")
    then = wire.moments
    cleared = bool(wire.of("input_audio_buffer.clear", side="client"))
    for frame in wire.of(STOPPED):
        item = frame.event.get("item_id")
        if then[frame.index].turns != "vad" or cleared or not isinstance(item, str):
            continue
        if item in by_item:
            yield None
            continue
        # Speech that goes on after its end may be joined to one turn, of whatever id (§7.2).
        committed, started = (wire.next_place("server", kind, frame.index) for kind in (COMMITTED, STARTED))
        if committed is not None and (started is None or committed < started):
            yield Breach(frame, f"speech_stopped of {item} led to no committed, and a later turn was committed")


@rule("GEN-013", "an input_audio_buffer.clear")
def clear_has_one_outcome(wire: Evidence) -> Iterator[Breach | None]:
    """`clear` → `cleared` or `error`."""
    return _outcomes(wire, "input_audio_buffer.clear")


@rule("GEN-014", "an item")
def items_are_shown_once(wire: Evidence) -> Iterator[Breach | None]:
    """Items of the client, of a commit and of a response each show as one `conversation.item.created`."""
    yield from _outcomes(wire, "conversation.item.create")
    shown: dict[object, list[Frame]] = {}
    for frame in wire.of(SHOWN):
        shown.setdefault(body(frame.event, "item").get("id"), []).append(frame)
    mcp = {"mcp_list_tools", "mcp_call", "mcp_approval_request"}  # how often those show is not documented
    kinds = {body(event, "item").get("id"): body(event, "item").get("type") for event in wire.all(SHOWN)}
    for item_id, told in shown.items():
        if isinstance(item_id, str) and kinds[item_id] not in mcp:
            yield Breach(told[1], f"{item_id} was shown {len(told)} times") if len(told) > 1 else None
    for response in wire.responses:
        if "response.done" not in response.types or cut_short(wire, response.id) is not None:
            continue
        for frame in response.shown("response.output_item.added"):
            item = body(frame.event, "item")
            if isinstance(item.get("id"), str) and item.get("type") not in mcp and item["id"] not in shown:
                said = f"the {item.get('type')} {item['id']} of {response.id} was never shown by {SHOWN}"
                yield Breach(frame, said)
    then = wire.moments
    for frame in wire.of(COMMITTED):
        item_id = frame.event.get("item_id")
        if then[frame.index].turns != "vad" or item_id in shown:
            continue
        if _answered_later(wire, frame):
            yield Breach(frame, f"the committed item {item_id} was never shown by {SHOWN}")


def _spoke_on(wire: Evidence, committed: Frame) -> bool:
    """Whether loud audio had been sent past the end of the speech when its commit was told."""
    moment = wire.moments[committed.index]
    stops = [event for event in wire.all(STOPPED) if event.get("item_id") == committed.event.get("item_id")]
    end = stops[-1].get("audio_end_ms") if stops else None
    if moment.audio_ms is None or not isinstance(end, int):
        return True
    return moment.audio_ms - moment.quiet_ms > end + 200


def _answered_later(wire: Evidence, frame: Frame) -> bool:
    """Whether a whole response came after this frame."""
    created = wire.next_place("server", "response.created", frame.index)
    return created is not None and wire.next_place("server", "response.done", created) is not None


@rule("GEN-015", "a response.create, and no committed turn in VAD mode")
def create_has_one_outcome(wire: Evidence) -> Iterator[Breach | None]:
    """`response.create`, and a turn that VAD committed, lead to `response.created` or `error`."""
    yield from _outcomes(wire, "response.create")
    then = wire.moments
    commits = [frame for frame in wire.of(COMMITTED) if then[frame.index].turns == "vad"]
    ours = bool(wire.of("response.create", "input_audio_buffer.commit", side="client"))
    for frame, following in zip(commits, [*commits[1:], None], strict=False):
        end = following.index if following else len(wire.frames)
        # The reply may be created before the commit is told: their order is not proven (§3.11 A).
        heard = wire.last_place("server", STOPPED, frame.index)
        start = heard if heard is not None else frame.index
        answers = (wire.next_place("server", kind, start) for kind in ("response.created", "error"))
        if any(index is not None and index < end for index in answers):
            yield None
        elif (
            # The user may go on speaking and join two turns into one answer, so only the last turn is judged.
            not ours
            and following is None
            and no_automatic_reply(wire, then[-1]) is None
            and any(index > frame.index for index in wire.silences)
            and not then[-1].active
            and not (spoke_after(wire, frame.index) or _spoke_on(wire, frame))
            and not cancelled_after(wire, _created_before(wire, frame.index))
        ):
            said = f"the committed turn {frame.event.get('item_id')} led to neither response.created nor error"
            yield Breach(frame, said)


@rule("GEN-016", "a response.cancel")
def cancel_has_an_outcome(wire: Evidence) -> Iterator[Breach | None]:
    """After `response.cancel` the running response ends, or an `error` comes."""
    then = wire.moments
    ended = {"error", "response.done", "response.output_item.done", "response.text.done", "response.audio.done"}
    for frame in wire.of("response.cancel", side="client"):
        asked = (request for request in wire.requests if request.type == "response.create")
        by_voice = not then[frame.index].active and (_reply_due(wire, frame.index) or _may_be_heard(then[frame.index]))
        if by_voice or any(request.unanswered_at(frame.index) for request in asked):
            continue  # what a pending response becomes is open (U15)
        later = [other for other in wire.received if other.index > frame.index]
        if any(other.type in ended or other.type == "response.created" for other in later):
            yield None
        elif any(index > frame.index for index in wire.silences):
            running = ", ".join(sorted(then[frame.index].active)) or "no response was running"
            yield Breach(frame, f"response.cancel ({running}) had no outcome")


@rule("GEN-017", "a session.finish")
def finish_has_one_outcome(wire: Evidence) -> Iterator[Breach | None]:
    """`session.finish` → `session.finished` or `error`, not both, within two seconds where nothing is running."""
    for request in (found for found in wire.requests if found.type == "session.finish"):
        if request.open:
            left = waited_out(wire, request) and wire.ending.first != "server"
            if left and not wire.excused(exempt(request, wire)):
                yield Breach(request.frame, "session.finish got neither session.finished nor error")
            continue
        yield None
        if request.answers and any(
            frame.type == "error" and frame.index > request.frame.index and "session.finish" in message(frame)
            for frame in wire.received
        ):
            yield Breach(request.answers[0], "session.finish got both session.finished and error")
        first = min((*request.answers, *request.errors), key=lambda frame: frame.index)
        if not request.moment.active and not request.moment.buffered and request.alone:
            waited = first.at - request.frame.at
            if waited > 2000:
                yield Breach(first, f"session.finish was answered after {waited:.0f} ms")


@rule("GEN-018", "a documented mistake")
def documented_mistakes_get_errors(wire: Evidence) -> Iterator[Breach | None]:
    """`modalities: ["audio"]`, an idle cancel, an image before any audio, an empty commit: each gets an `error`."""
    then = wire.moments
    data = wire.data
    for frame, following in zip(data, [*data[1:], None], strict=False):
        mistake = _mistake(wire, frame, data)
        if mistake is None:
            continue
        end = following.index if following else len(wire.frames)
        replies = [other for other in wire.received if frame.index < other.index < end]
        if any(other.type == "error" for other in replies):
            yield None
            continue
        later = wire.next_place("server", "error", frame.index) is not None
        quiet = [index for index in wire.silences if index > frame.index]
        in_vain = wire.transcript.stop is not None and wire.transcript.stop.waiting_for == ("error",)
        waited = bool(quiet) or (in_vain and following is None)
        accepted = any(other.type == ANSWERED_BY.get(str(frame.type)) for other in replies)
        if (waited or accepted) and not later and not then[frame.index].active:
            said = f"{mistake} got {listed(other.type for other in replies)}, not error"
            yield Breach(replies[0] if replies else frame, said)


def _mistake(wire: Evidence, frame: Frame, data: list[Frame]) -> str | None:
    """The documented mistake that this client frame is, in words."""
    if not isinstance(frame.event, dict):
        return None
    moment = wire.moments[frame.index]

    def sent(kind: str) -> bool:
        """Whether an event of this type was sent before."""
        return wire.places.get(("client", kind), [frame.index])[0] < frame.index

    match frame.type:
        case "session.update":
            return 'modalities: ["audio"]' if body(frame.event, "session").get("modalities") == ["audio"] else None
        case "response.cancel":
            before = [other.type for other in data if other.index < frame.index]
            idle = not moment.active and "response.create" not in before and moment.turns in {"manual", "vad"}
            started = wire.last_place("server", "response.created", frame.index) is not None
            over = started and _all_over(wire, frame.index) and before[-1:] != ["response.create"]
            quiet = not moment.buffered and not _reply_due(wire, frame.index)
            return "a cancel without a response" if quiet and (idle or over) else None
        case "input_image_buffer.append":
            first = not sent("input_audio_buffer.append")
            return "an image before any audio" if first else None
        case "input_audio_buffer.commit":
            empty = not sent("input_audio_buffer.append") and moment.turns == "manual"
            return "a commit of an empty buffer" if empty else None
    return None


def _created_before(wire: Evidence, index: int) -> int:
    """Index of the last `response.created` before this frame, -1 for none."""
    made = wire.last_place("server", "response.created", index)
    return -1 if made is None else made


def _may_be_heard(moment: Moment) -> bool:
    """Whether voice detection may still make a turn of what was sent."""
    return moment.turns != "manual" and moment.buffered


def _reply_due(wire: Evidence, index: int) -> bool:
    """Whether a turn that voice detection committed may still get its reply."""
    committed = wire.last_place("server", COMMITTED, index)
    created = wire.last_place("server", "response.created", index)
    return committed is not None and (created is None or created < committed)


def _all_over(wire: Evidence, index: int) -> bool:
    """Whether every `response.create` before this frame has led to a response that is done."""
    asked, done, created = (
        bisect_left(wire.places.get((side, kind), []), index)
        for side, kind in (("client", "response.create"), ("server", "response.done"), ("server", "response.created"))
    )
    return created == done and created >= asked


@rule("GEN-026", "a response")
def one_response_at_a_time(wire: Evidence) -> Iterator[Breach | None]:
    """A response is created only when the one before it is over."""
    running: str | None = None
    for frame in wire.of("response.created", "response.done"):
        key = body(frame.event, "response").get("id")
        if frame.type == "response.created" and isinstance(key, str):
            over = running is None or key == running or may_lack_done(wire, running) is not None
            yield None if over else Breach(frame, f"{key} was created while {running} was open")
            running = key
        elif frame.type == "response.done" and key == running:
            running = None
