"""Who answers for it when a script waited in vain: one clause for each conversation that broke off.

A script that never got its `response.done` may lack it because the response was never created, because the turn was
never committed, or because the connection fell.  One rule fails for it, the rule of the first link that is missing;
rules that own the later events are blocked by that one.  Where the missing link is one that the sources leave open
nobody has failed, and the rule is inconclusive: a faithful server must neither fail here nor look contradictory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.judge.finding import Breach
from conformance.judge.rules.frames import is_loud, once
from conformance.judge.rules.requests import (
    BACKEND,
    Request,
    lost,
    message,
    requests,
    silent_stop,
    stop_of,
)
from conformance.judge.rules.session import Moment, moments, moments_of
from conformance.judge.rules.settling import settling
from conformance.judge.verdicts import Blocked, Inconclusive, Unjudged
from conformance.judge.view import Wire
from conformance.spec import requests as excuses
from conformance.spec.catalogue import owners
from conformance.spec.requests import ANSWERED_BY, Excuse, clause_of
from conformance.spec.unsolicited import TRANSCRIPTION
from conformance.wire.transcript import Frame

ITEM = "conversation.item.created"
DOCUMENTED_MISTAKES = "GEN-018"


@dataclass(frozen=True)
class Culprit:
    """The clause that answers for a script's stop, and whether that is a breach of it."""

    clause: str
    says: str
    breach: bool = True
    frame: Frame | None = None
    """What was not followed up; None: whatever crossed last."""


def findings(clause: str, wire: Wire) -> Iterator[Breach | Unjudged]:
    """What a clause has to say of the place where this connection's script broke off."""
    stop = stop_of(wire)
    if stop is None:
        return
    found = culprit(wire)
    if found is None:
        return
    owned = [event for event in stop.waiting_for if owners().get(event) == clause]
    if found.clause == clause:
        frame = found.frame or wire.last()
        yield Breach(frame, found.says) if found.breach else Inconclusive(found.says)
    elif owned:
        yield Blocked(owned[0], found.clause, found.says)


def culprit(wire: Wire) -> Culprit | None:
    """The first missing link, or None where the script did not break off over something of ours."""
    if lost(wire):
        return Culprit("GEN-001", "the connection was gone before its script was through", breach=False)
    stop = silent_stop(wire)
    if stop is None:
        return None
    waited = stop.waiting_for
    wanted = " or ".join(waited)
    if set(waited) == {"error"}:
        return Culprit(
            DOCUMENTED_MISTAKES, "an error was waited for; its own clause tells whether it must come", breach=False
        )
    return (
        _unanswered(wire, wanted) or _unfinished(wire, wanted) or _unheard(wire, waited) or _otherwise(waited, wanted)
    )


def _unanswered(wire: Wire, wanted: str) -> Culprit | None:
    for request in requests(wire):
        if request.open:
            why = exempt(request, wire)
            if why is None:
                says = f"{request.called} got neither {ANSWERED_BY[request.type]} nor error"
                return Culprit(clause_of(request.type), says, frame=request.frame)
            return Culprit(
                clause_of(request.type), f"{request.called} was not answered, which is open: {why}", breach=False
            )
    last = requests(wire)[-1:]
    if last and last[0].errors and ANSWERED_BY[last[0].type] in wanted:
        said = last[0].errors[0].event.get("error")
        return Culprit(clause_of(last[0].type), f"{last[0].called} was refused: {said}", breach=False)
    return None


def exempt(request: Request, wire: Wire) -> Excuse | None:
    """What leaves it open whether this request is answered, or None: it must be."""
    moment, event = request.moment, request.frame.event
    before = (other for other in requests(wire) if other.frame.index < request.frame.index)
    if any(other.type == "session.finish" and other.answers for other in before):
        return excuses.FINISHED
    match request.type:
        case "session.update":
            session = event.get("session")
            if not isinstance(session, dict):
                return excuses.NO_SESSION
            voice = session.get("voice")
            if voice is not None and wire.profile.knows_voice(str(voice)) is not True:
                return excuses.ODD_VOICE
            return excuses.UPDATE_IN_REPLY if moment.active else None
        case "input_audio_buffer.commit":
            if moment.turns != "manual":
                return excuses.COMMIT_IN_VAD
            return excuses.COMMIT_IN_REPLY if moment.active else None
        case "conversation.item.create":
            return _item_is_open(request, wire)
        case "response.create":
            return _create_is_open(request, wire)
    return None


def cancelled_after(wire: Wire, index: int) -> bool:
    """Whether the client sent a cancel after this frame."""
    return any(frame.side == "client" and frame.type == "response.cancel" for frame in wire.frames[index + 1 :])


def spoke_after(wire: Wire, index: int) -> bool:
    """Whether the client sent anything loud after this frame."""
    later = [frame for frame in wire.frames[index + 1 :] if frame.type == "input_audio_buffer.append"]
    return any(is_loud(frame.event.get("audio")) is not False for frame in later)


def _item_is_open(request: Request, wire: Wire) -> Excuse | None:
    item = request.frame.event.get("item")
    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        return excuses.MALFORMED_ITEM
    if item["type"] == "message":
        acknowledged = any(
            other.answers and other.frame.index < request.frame.index and other.type == request.type
            for other in requests(wire)
        )
        return None if acknowledged and item.get("role") == "user" else excuses.TEXT_ITEM
    if item["type"] != "function_call_output":
        return excuses.UNLISTED_ITEM
    calls = {
        frame.event.get("call_id")
        for frame in wire.received
        if frame.type == "response.function_call_arguments.done" and frame.index < request.frame.index
    }
    answered = {
        other.frame.event["item"].get("call_id")
        for other in requests(wire)
        if other.type == request.type
        and other.frame.index < request.frame.index
        and isinstance(other.frame.event.get("item"), dict)
    }
    call = item.get("call_id")
    known = call in calls and call not in answered and isinstance(item.get("output"), str)
    return None if known else excuses.ODD_CALL


def _create_is_open(request: Request, wire: Wire) -> Excuse | None:
    moment = request.moment
    if moment.active:
        return excuses.CREATE_IN_REPLY
    if not moment.items:
        return excuses.NOTHING_SAID
    if moment.speaking is not None or (moment.turns != "manual" and moment.buffered):
        return excuses.SPEAKING
    if cancelled_after(wire, request.frame.index):
        return excuses.CANCEL_FOLLOWS
    if moment.turns != "manual" and spoke_after(wire, request.frame.index):
        return excuses.SPEECH_FOLLOWS
    commits = (other for other in requests(wire) if other.type == "input_audio_buffer.commit")
    if any(commit.unanswered_at(request.frame.index) for commit in commits):
        return excuses.UNCONFIRMED
    earlier = wire.frames[: request.frame.index]
    spoken = {
        f.event.get("item_id") for f in earlier if f.side == "server" and f.type == "input_audio_buffer.committed"
    }
    heard = {
        f.event.get("item_id")
        for f in earlier
        if f.side == "server" and f.type in {TRANSCRIPTION + "completed", TRANSCRIPTION + "failed"}
    }
    if spoken - heard:
        return excuses.UNTRANSCRIBED if moment.transcribes else excuses.TRANSCRIPTION_OFF
    return None


def cut_short(wire: Wire, response_id: str) -> Excuse | None:
    """Why a response may have ended otherwise than by `response.done`: cancelled, interrupted; None for neither."""
    return once(_cut_short, wire.frames).get(response_id)


def _cut_short(frames: Sequence[Frame]) -> dict[object, Excuse]:
    """The responses that were cut short, each with its reason: one pass for all of them."""
    found: dict[object, Excuse] = {}
    running: set[object] = set()
    over: set[object] = set()
    cancelled_early = False  # a cancel may overtake the `response.created` that it is meant for (U15)
    asked = 0  # responses that were asked for and neither created nor surely refused
    heard = False  # whether voice detection may have asked for one
    committed = resumed = False  # a turn waits for its response, and the user has begun to speak again
    then, meant = moments_of(frames), settling(frames).meant

    def cut(why: Excuse) -> None:
        found.update(dict.fromkeys(running, why))
        over.update(running)
        running.clear()

    for frame in frames:
        if frame.side == "client":
            if frame.type == "response.create":
                cancelled_early &= asked > 0 or heard
                asked += 1
            elif frame.type == "input_audio_buffer.append":
                heard |= then[frame.index].turns != "manual"
            elif frame.type == "response.cancel":
                cancelled_early = True
                cut(excuses.CANCELLED)
            elif frame.type == "session.finish":
                cut(excuses.FINISHED_IN_REPLY)
        elif frame.type == "input_audio_buffer.committed":
            committed, resumed = True, False
        elif frame.type == "input_audio_buffer.speech_started":
            resumed = committed
            cut(excuses.INTERRUPTED)
        elif frame.type == "response.created":
            asked, heard = max(0, asked - 1), False
            key = _id_of(frame.event)
            if isinstance(key, str) and key not in over:
                if cancelled_early or resumed:
                    found[key] = excuses.CANCELLED_EARLY if cancelled_early else excuses.INTERRUPTED_EARLY
                    over.add(key)
                    running.discard(key)
                else:
                    running.add(key)
            committed = resumed = False
        else:
            if [sent.type for sent in meant.get(frame.index, ())] == ["response.create"]:
                asked = max(0, asked - 1)
            if frame.type == "response.done":
                key = _id_of(frame.event)
                if isinstance(key, str) and key in running:
                    running.discard(key)
                    over.add(key)
    return found


def may_lack_done(wire: Wire, response_id: str) -> Excuse | None:
    """Why a response may have no `response.done`: cut short, or a tool call on 3.8 (C37); None: it must have one."""
    if wire.profile.family == "qwen3.8" and response_id in once(_with_calls, wire.frames):
        return excuses.CALL_OF_38
    broke = response_id in once(_broken_down, wire.frames)
    return excuses.BACKEND_FAULT if broke else cut_short(wire, response_id)


def _with_calls(frames: Sequence[Frame]) -> set[str]:
    """The responses that hold a tool call."""
    events = (frame.event for frame in frames if frame.side == "server" and frame.type is not None)
    return {
        event["response_id"]
        for event in events
        if isinstance(event.get("response_id"), str)
        and isinstance(event.get("item"), dict)
        and event["item"].get("type") == "function_call"
    }


def _broken_down(frames: Sequence[Frame]) -> set[str]:
    """The responses during which the backend said that it can't go on: such faults come and go."""
    running: set[str] = set()
    found: set[str] = set()
    for frame in frames:
        if frame.side != "server":
            continue
        key = _id_of(frame.event) if frame.type in {"response.created", "response.done"} else None
        if isinstance(key, str):
            (running.add if frame.type == "response.created" else running.discard)(key)
        elif frame.type == "error" and running and any(word in message(frame) for word in BACKEND):
            found |= running
            running.clear()
    return found


def _id_of(event: dict[str, object]) -> object:
    response = event.get("response")
    return response.get("id") if isinstance(response, dict) else None


def _unfinished(wire: Wire, wanted: str) -> Culprit | None:
    """A response that was created and is not over."""
    if "response." not in wanted and "session.finished" not in wanted and "error" not in wanted:
        return None
    for response in wire.responses[-1:]:
        if "response.done" in response.types or "response.created" not in response.types:
            continue
        why = may_lack_done(wire, response.id)
        if why is None:
            says = f"{response.id} was created and no response.done ended it"
            return Culprit("GEN-024", says, frame=response.frames[-1])
        return Culprit("GEN-024", f"{response.id} has no response.done, which is open: {why}", breach=False)
    return None


def _unheard(wire: Wire, waited: tuple[str, ...]) -> Culprit | None:
    """A turn that voice detection should have made, as far as it got."""
    by_voice = [
        event for event in waited if event.startswith(("input_audio_buffer.", TRANSCRIPTION, ITEM, "response."))
    ]
    then = moments(wire)
    now = then[-1]
    if not by_voice or now.turns not in {"vad", "semantic"}:
        return None
    started = [frame for frame in wire.received if frame.type == "input_audio_buffer.speech_started"]
    sent = [frame for frame in wire.frames if frame.side == "client" and frame.type == "input_audio_buffer.append"]
    if not sent:
        return None
    if now.turns == "semantic":
        first = owners().get(by_voice[0]) or "GEN-049"
        return Culprit(first, "what semantic_vad announces is open (U10)", breach=False)
    committed = [frame for frame in wire.received if frame.type == "input_audio_buffer.committed"]
    stopped = [frame for frame in wire.received if frame.type == "input_audio_buffer.speech_stopped"]
    last = max((frame.index for frame in (*started, *stopped, *committed)), default=-1)
    if last < 0:
        return _not_started(now)
    latest = wire.frames[last]
    if latest.type == "input_audio_buffer.speech_started":
        return _not_stopped(now, wire, last)
    if latest.type == "input_audio_buffer.speech_stopped":
        return _not_committed(wire, last)
    return _after_commit(wire, latest.index, waited) or _not_started(now)


def _not_started(now: Moment) -> Culprit:
    threshold = now.detection.get("threshold", 0.5)
    sure = now.speech_ms >= 2000 and isinstance(threshold, int | float) and threshold <= 0.5
    if sure:
        return Culprit("GEN-049", f"{now.speech_ms / 1000:.1f} s of speech were not announced by speech_started")
    said = f"{now.speech_ms / 1000:.1f} s of speech were not announced, too little to be sure"
    return Culprit("GEN-049", said, breach=False)


def _not_stopped(now: Moment, wire: Wire, started: int) -> Culprit:
    needed = silence_needed(now)
    if any(frame.type == "input_audio_buffer.clear" for frame in wire.frames[started:]):
        return Culprit("GEN-050", "the buffer was cleared within speech (U8)", breach=False)
    if any(switches_detection(frame) for frame in wire.frames[started:]):
        return Culprit("GEN-050", "voice detection was switched within speech (U8)", breach=False)
    if now.audio_ms is None or now.quiet_ms < needed:
        return Culprit("GEN-050", f"less than {needed / 1000:.1f} s of silence followed the speech", breach=False)
    return Culprit("GEN-050", f"{now.quiet_ms / 1000:.1f} s of silence did not bring speech_stopped")


def switches_detection(frame: Frame) -> bool:
    """Whether a client frame says anew who decides the turns."""
    if frame.side != "client" or frame.type != "session.update" or not isinstance(frame.event, dict):
        return False
    session = frame.event.get("session")
    return isinstance(session, dict) and "turn_detection" in session


def silence_needed(moment: Moment) -> float:
    """How much streamed silence (ms) surely ends speech in this session."""
    asked = moment.detection.get("silence_duration_ms", 800)
    return max(2000.0, asked + 1200.0 if isinstance(asked, int | float) else 7200.0)


def _not_committed(wire: Wire, stopped: int) -> Culprit:
    if any(frame.type == "input_audio_buffer.clear" for frame in wire.frames):
        return Culprit("GEN-012", "the buffer was cleared, perhaps within speech (U8)", breach=False)
    item = wire.frames[stopped].event.get("item_id")
    says = f"speech_stopped of {item} led to no input_audio_buffer.committed"
    return Culprit("GEN-012", says, frame=wire.frames[stopped])


def _after_commit(wire: Wire, committed: int, waited: tuple[str, ...]) -> Culprit | None:
    item = wire.frames[committed].event.get("item_id")
    later = [frame for frame in wire.received if frame.index > committed]
    shown = [frame for frame in wire.received if frame.type == ITEM and _item_id(frame.event) == item]
    now = moments(wire)[-1]
    if not shown and any(event == ITEM or event.startswith("response.") for event in waited):
        says = f"the committed item {item} was not shown by conversation.item.created"
        return Culprit("GEN-014", says, frame=wire.frames[committed])
    replies = any(event.startswith("response.") for event in waited)
    if replies and not any(frame.type == "response.created" for frame in later):
        why = no_automatic_reply(wire, now)
        if why is None:
            says = f"the committed turn {item} led to no response.created"
            return Culprit("GEN-015", says, frame=wire.frames[committed])
        return Culprit("GEN-015", f"the committed turn {item} led to no response, which is open: {why}", breach=False)
    ends = {TRANSCRIPTION + "completed", TRANSCRIPTION + "failed"}
    if ends & set(waited) and not any(
        frame.type in ends and frame.event.get("item_id") == item for frame in wire.received
    ):
        if not now.transcribes:
            return Culprit("GEN-054", "transcription is off", breach=False)
        says = f"the speech {item} got no terminal transcription event"
        return Culprit("GEN-054", says, frame=wire.frames[committed])
    return None


def no_automatic_reply(wire: Wire, moment: Moment) -> Excuse | None:
    """Why a committed turn may stay without a reply in VAD mode."""
    if moment.detection.get("create_response") is False:
        return excuses.NO_AUTOMATIC_REPLY
    if wire.profile.family == "qwen3.8":
        return excuses.REPLY_OF_38
    if not moment.transcribes:
        return excuses.TRANSCRIPTION_OFF
    return None


def _item_id(event: dict[str, object]) -> object:
    item = event.get("item")
    return item.get("id") if isinstance(item, dict) else None


def _otherwise(waited: tuple[str, ...], wanted: str) -> Culprit | None:
    clause = next((owners()[event] for event in waited if event != "error" and event in owners()), None)
    return Culprit(clause, f"{wanted} did not come, and nothing shows that it had to", breach=False) if clause else None
