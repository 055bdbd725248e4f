"""What excuses the absence of an answer or of an end: where the excuses of `conformance.spec.requests` apply."""

from __future__ import annotations

from conformance.judge.evidence.connection import Evidence
from conformance.judge.evidence.frames import is_loud
from conformance.judge.evidence.requests import BACKEND, Request, message
from conformance.judge.evidence.session import Moment
from conformance.spec import requests as excuses
from conformance.spec.requests import Excuse
from conformance.spec.unsolicited import TRANSCRIPTION

COMMITTED = "input_audio_buffer.committed"
HEARD = frozenset({TRANSCRIPTION + "completed", TRANSCRIPTION + "failed"})


def exempt(request: Request, evidence: Evidence) -> Excuse | None:
    """What leaves it open whether this request is answered, or None: it must be."""
    moment, event = request.moment, request.frame.event
    before = (other for other in evidence.requests if other.frame.index < request.frame.index)
    if any(other.type == "session.finish" and other.answers for other in before):
        return excuses.FINISHED
    match request.type:
        case "session.update":
            session = event.get("session")
            if not isinstance(session, dict):
                return excuses.NO_SESSION
            voice = session.get("voice")
            if voice is not None and evidence.profile.knows_voice(str(voice)) is not True:
                return excuses.ODD_VOICE
            return excuses.UPDATE_IN_REPLY if moment.active else None
        case "input_audio_buffer.commit":
            if moment.turns != "manual":
                return excuses.COMMIT_IN_VAD
            return excuses.COMMIT_IN_REPLY if moment.active else None
        case "conversation.item.create":
            return _item_is_open(request, evidence)
        case "response.create":
            return _create_is_open(request, evidence)
    return None


def cancelled_after(evidence: Evidence, index: int) -> bool:
    """Whether the client sent a cancel after this frame."""
    return any(frame.side == "client" and frame.type == "response.cancel" for frame in evidence.frames[index + 1 :])


def spoke_after(evidence: Evidence, index: int) -> bool:
    """Whether the client sent anything loud after this frame."""
    later = [frame for frame in evidence.frames[index + 1 :] if frame.type == "input_audio_buffer.append"]
    return any(is_loud(frame.event.get("audio")) is not False for frame in later)


def _item_is_open(request: Request, evidence: Evidence) -> Excuse | None:
    item = request.frame.event.get("item")
    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        return excuses.MALFORMED_ITEM
    if item["type"] == "message":
        acknowledged = any(
            other.answers and other.frame.index < request.frame.index and other.type == request.type
            for other in evidence.requests
        )
        return None if acknowledged and item.get("role") == "user" else excuses.TEXT_ITEM
    if item["type"] != "function_call_output":
        return excuses.UNLISTED_ITEM
    calls = {
        frame.event.get("call_id")
        for frame in evidence.received
        if frame.type == "response.function_call_arguments.done" and frame.index < request.frame.index
    }
    answered = {
        other.frame.event["item"].get("call_id")
        for other in evidence.requests
        if other.type == request.type
        and other.frame.index < request.frame.index
        and isinstance(other.frame.event.get("item"), dict)
    }
    call = item.get("call_id")
    known = call in calls and call not in answered and isinstance(item.get("output"), str)
    return None if known else excuses.ODD_CALL


def _create_is_open(request: Request, evidence: Evidence) -> Excuse | None:
    moment = request.moment
    if moment.active:
        return excuses.CREATE_IN_REPLY
    if not moment.items:
        return excuses.NOTHING_SAID
    if moment.speaking is not None or (moment.turns != "manual" and moment.buffered):
        return excuses.SPEAKING
    if cancelled_after(evidence, request.frame.index):
        return excuses.CANCEL_FOLLOWS
    if moment.turns != "manual" and spoke_after(evidence, request.frame.index):
        return excuses.SPEECH_FOLLOWS
    commits = (other for other in evidence.requests if other.type == "input_audio_buffer.commit")
    if any(commit.unanswered_at(request.frame.index) for commit in commits):
        return excuses.UNCONFIRMED
    earlier = evidence.frames[: request.frame.index]
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


def cut_short(evidence: Evidence, response_id: str) -> Excuse | None:
    """Why a response may have ended otherwise than by `response.done`: cancelled, interrupted; None for neither."""
    return evidence.fold(_cut_short).get(response_id)


def _cut_short(evidence: Evidence) -> dict[object, Excuse]:
    """The responses that were cut short, each with its reason: one pass for all of them."""
    found: dict[object, Excuse] = {}
    running: set[object] = set()
    over: set[object] = set()
    cancelled_early = False  # a cancel may overtake the `response.created` that it is meant for (U15)
    asked = 0  # responses that were asked for and neither created nor surely refused
    heard = False  # whether voice detection may have asked for one
    committed = resumed = False  # a turn waits for its response, and the user has begun to speak again
    then, meant = evidence.moments, evidence.settled.meant

    def cut(why: Excuse) -> None:
        found.update(dict.fromkeys(running, why))
        over.update(running)
        running.clear()

    for frame in evidence.frames:
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
            if frame.index in meant and [sent.type for sent in meant[frame.index]] == ["response.create"]:
                asked = max(0, asked - 1)
            if frame.type == "response.done":
                key = _id_of(frame.event)
                if isinstance(key, str) and key in running:
                    running.discard(key)
                    over.add(key)
    return found


def may_lack_done(evidence: Evidence, response_id: str) -> Excuse | None:
    """Why a response may have no `response.done`: cut short, or a tool call on 3.8 (C37); None: it must have one."""
    if evidence.profile.family == "qwen3.8" and response_id in evidence.fold(_with_calls):
        return excuses.CALL_OF_38
    broke = response_id in evidence.fold(_broken_down)
    return excuses.BACKEND_FAULT if broke else cut_short(evidence, response_id)


def _with_calls(evidence: Evidence) -> set[str]:
    """The responses that hold a tool call."""
    events = (frame.event for frame in evidence.frames if frame.side == "server" and frame.type is not None)
    return {
        event["response_id"]
        for event in events
        if isinstance(event.get("response_id"), str)
        and isinstance(event.get("item"), dict)
        and event["item"].get("type") == "function_call"
    }


def _broken_down(evidence: Evidence) -> set[str]:
    """The responses during which the backend said that it can't go on: such faults come and go."""
    running: set[str] = set()
    found: set[str] = set()
    for frame in evidence.frames:
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


def no_automatic_reply(evidence: Evidence, moment: Moment) -> Excuse | None:
    """Why a committed turn may stay without a reply in VAD mode."""
    if moment.detection.get("create_response") is False:
        return excuses.NO_AUTOMATIC_REPLY
    if evidence.profile.family == "qwen3.8":
        return excuses.REPLY_OF_38
    if not moment.transcribes:
        return excuses.TRANSCRIPTION_OFF
    return None
