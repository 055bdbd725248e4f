"""Who answers for it when a script waited in vain: one clause for each conversation that broke off.

A script that never got its `response.done` may lack it because the response was never created, because the turn was
never committed, or because the connection fell.  One rule fails for it, the rule of the first link that is missing;
rules that own the later events are blocked by that one.  Where the missing link is one that the sources leave open
nobody has failed, and the rule is inconclusive: a faithful server must neither fail here nor look contradictory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.judge.evidence.connection import Evidence
from conformance.judge.evidence.excused import exempt, may_lack_done, no_automatic_reply
from conformance.judge.evidence.session import Moment
from conformance.judge.evidence.waiting import lost, silent_stop, stop_of
from conformance.spec.catalogue import owners
from conformance.spec.requests import ANSWERED_BY, clause_of
from conformance.spec.unsolicited import TRANSCRIPTION
from conformance.wire.transcript import Frame

SHOWN = "conversation.item.created"
DOCUMENTED_MISTAKES = "GEN-018"
CLEAR_MS = 2000
"""So much clear speech, in milliseconds, is surely heard."""


@dataclass(frozen=True)
class Culprit:
    """The clause that answers for a script's stop, and whether that is a breach of it."""

    clause: str
    says: str
    breach: bool = True
    frame: Frame | None = None
    """What was not followed up; None: whatever crossed last."""


def culprit(evidence: Evidence) -> Culprit | None:
    """The first missing link, or None where the script did not break off over something of ours."""
    if (refusal := _refusal(evidence)) is not None:
        return refusal
    if lost(evidence):
        return Culprit("GEN-001", "the connection was gone before its script was through", breach=False)
    stop = silent_stop(evidence)
    if stop is None:
        return None
    waited = stop.waiting_for
    wanted = " or ".join(waited)
    if set(waited) == {"error"}:
        return Culprit(
            DOCUMENTED_MISTAKES, "an error was waited for; its own clause tells whether it must come", breach=False
        )
    found = _unanswered(evidence, wanted) or _unfinished(evidence, wanted)
    return found or _unheard(evidence, waited) or _otherwise(waited, wanted)


def _refusal(evidence: Evidence) -> Culprit | None:
    """The request whose refusal ended a wait: the clause that wants an answer got one."""
    stop = stop_of(evidence)
    if stop is None or stop.refused is None or stop.refused >= len(evidence.frames):
        return None
    error = evidence.frames[stop.refused]
    for request in evidence.requests:
        if error in request.errors:
            said = error.event.get("error")
            clause = clause_of(request.type)
            return Culprit(clause, f"{request.called} was refused: {said}", breach=False, frame=error)
    return None


def _unanswered(evidence: Evidence, wanted: str) -> Culprit | None:
    for request in evidence.requests:
        if request.open:
            why = exempt(request, evidence)
            if why is None:
                says = f"{request.called} got neither {ANSWERED_BY[request.type]} nor error"
                return Culprit(clause_of(request.type), says, frame=request.frame)
            return Culprit(
                clause_of(request.type), f"{request.called} was not answered, which is open: {why}", breach=False
            )
    last = evidence.requests[-1:]
    if last and last[0].errors and ANSWERED_BY[last[0].type] in wanted:
        said = last[0].errors[0].event.get("error")
        return Culprit(clause_of(last[0].type), f"{last[0].called} was refused: {said}", breach=False)
    return None


def _unfinished(evidence: Evidence, wanted: str) -> Culprit | None:
    """A response that was created and is not over."""
    if "response." not in wanted and "session.finished" not in wanted and "error" not in wanted:
        return None
    for response in evidence.responses[-1:]:
        if "response.done" in response.types or "response.created" not in response.types:
            continue
        why = may_lack_done(evidence, response.id)
        if why is None:
            says = f"{response.id} was created and no response.done ended it"
            return Culprit("GEN-024", says, frame=response.frames[-1])
        return Culprit("GEN-024", f"{response.id} has no response.done, which is open: {why}", breach=False)
    return None


def _unheard(evidence: Evidence, waited: tuple[str, ...]) -> Culprit | None:
    """A turn that voice detection should have made, as far as it got."""
    by_voice = [
        event for event in waited if event.startswith(("input_audio_buffer.", TRANSCRIPTION, SHOWN, "response."))
    ]
    then = evidence.moments
    now = then[-1]
    if not by_voice or now.turns not in {"vad", "semantic"}:
        return None
    started = [frame for frame in evidence.received if frame.type == "input_audio_buffer.speech_started"]
    sent = [frame for frame in evidence.frames if frame.side == "client" and frame.type == "input_audio_buffer.append"]
    if not sent:
        return None
    if now.turns == "semantic":
        first = owners().get(by_voice[0]) or "GEN-049"
        return Culprit(first, "what semantic_vad announces is open (U10)", breach=False)
    committed = [frame for frame in evidence.received if frame.type == "input_audio_buffer.committed"]
    stopped = [frame for frame in evidence.received if frame.type == "input_audio_buffer.speech_stopped"]
    last = max((frame.index for frame in (*started, *stopped, *committed)), default=-1)
    if last < 0:
        return _not_started(evidence)
    latest = evidence.frames[last]
    if latest.type == "input_audio_buffer.speech_started":
        return _not_stopped(now, evidence, last)
    if latest.type == "input_audio_buffer.speech_stopped":
        return _not_committed(evidence, last)
    return _after_commit(evidence, latest.index, waited) or _not_started(evidence)


def _not_started(evidence: Evidence) -> Culprit:
    said = f"{evidence.moments[-1].speech_ms / 1000:.1f} s of speech were not announced"
    if is_clear_speech(evidence, len(evidence.frames)):
        return Culprit("GEN-049", f"{said} by speech_started")
    return Culprit("GEN-049", f"{said}, which is not enough to be sure", breach=False)


def is_clear_speech(evidence: Evidence, index: int) -> bool:
    """Whether two seconds of speech came before this frame that voice detection surely hears.

    No threshold above 0.5 may be shown or have been asked for: an echo need not show what is in force.  What decides
    the turns has to stand while it is said, and turns must not have been manual before: what becomes of speech within
    which the detection is changed, and of what was heard before it was switched on, is open (U8, Q-MODE-SWITCH).
    """
    then = evidence.moments
    if then[index].speech_ms < CLEAR_MS:
        return False
    since = next((at for at in range(index, 0, -1) if not then[at].speech_ms), 0)
    steady = all(then[at].turns == "vad" for at in range(since, index + 1))
    always = all(then[at].turns in {"vad", "unsure"} for at in range(since))
    return steady and always and all(map(_is_low, _thresholds(evidence, index)))


def _thresholds(evidence: Evidence, index: int) -> Iterator[Any]:
    """The threshold that is shown before this frame, and all that were asked for."""
    yield evidence.moments[index].detection.get("threshold", 0.5)
    for frame in evidence.of("session.update", side="client"):
        session = frame.event.get("session")
        detection = session.get("turn_detection") if isinstance(session, dict) else None
        if frame.index < index and isinstance(detection, dict) and detection.get("threshold") is not None:
            yield detection["threshold"]


def _is_low(threshold: Any) -> bool:
    return isinstance(threshold, int | float) and threshold <= 0.5


def _not_stopped(now: Moment, evidence: Evidence, started: int) -> Culprit:
    needed = silence_needed(now)
    if any(frame.type == "input_audio_buffer.clear" for frame in acting(evidence, started)):
        return Culprit("GEN-050", "the buffer was cleared within speech (U8)", breach=False)
    if any(switches_detection(frame) for frame in acting(evidence, started)):
        return Culprit("GEN-050", "voice detection was switched within speech (U8)", breach=False)
    if now.audio_ms is None or now.quiet_ms < needed:
        return Culprit("GEN-050", f"less than {needed / 1000:.1f} s of silence followed the speech", breach=False)
    return Culprit("GEN-050", f"{now.quiet_ms / 1000:.1f} s of silence did not bring speech_stopped")


def acting(evidence: Evidence, since: int) -> Iterator[Frame]:
    """What of the client a server may have read after the frame with this index.

    That is what was sent after it, and what was sent before it and answered later: the two crossed.
    """
    for frame in evidence.frames[since:]:
        if frame.side == "client":
            yield frame
        else:
            yield from evidence.settled.meant.get(frame.index, ())


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


def _not_committed(evidence: Evidence, stopped: int) -> Culprit:
    if any(frame.type == "input_audio_buffer.clear" for frame in evidence.frames):
        return Culprit("GEN-012", "the buffer was cleared, perhaps within speech (U8)", breach=False)
    item = evidence.frames[stopped].event.get("item_id")
    says = f"speech_stopped of {item} led to no input_audio_buffer.committed"
    return Culprit("GEN-012", says, frame=evidence.frames[stopped])


def _after_commit(evidence: Evidence, committed: int, waited: tuple[str, ...]) -> Culprit | None:
    item = evidence.frames[committed].event.get("item_id")
    later = [frame for frame in evidence.received if frame.index > committed]
    shown = [frame for frame in evidence.received if frame.type == SHOWN and _item_id(frame.event) == item]
    now = evidence.moments[-1]
    if not shown and any(event == SHOWN or event.startswith("response.") for event in waited):
        says = f"the committed item {item} was not shown by conversation.item.created"
        return Culprit("GEN-014", says, frame=evidence.frames[committed])
    replies = any(event.startswith("response.") for event in waited)
    if replies and not any(frame.type == "response.created" for frame in later):
        why = no_automatic_reply(evidence, now)
        if why is None:
            says = f"the committed turn {item} led to no response.created"
            return Culprit("GEN-015", says, frame=evidence.frames[committed])
        return Culprit("GEN-015", f"the committed turn {item} led to no response, which is open: {why}", breach=False)
    ends = {TRANSCRIPTION + "completed", TRANSCRIPTION + "failed"}
    if ends & set(waited) and not any(
        frame.type in ends and frame.event.get("item_id") == item for frame in evidence.received
    ):
        if not now.transcribes:
            return Culprit("GEN-054", "transcription is off", breach=False)
        says = f"the speech {item} got no terminal transcription event"
        return Culprit("GEN-054", says, frame=evidence.frames[committed])
    return None


def _item_id(event: dict[str, object]) -> object:
    item = event.get("item")
    return item.get("id") if isinstance(item, dict) else None


def _otherwise(waited: tuple[str, ...], wanted: str) -> Culprit | None:
    clause = next((owners()[event] for event in waited if event != "error" and event in owners()), None)
    return Culprit(clause, f"{wanted} did not come, and nothing shows that it had to", breach=False) if clause else None
