"""Voice detection: speech is announced, ended, and told in milliseconds that make sense."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.judge.evidence import Evidence
from conformance.judge.evidence.missing import acting, is_clear_speech, silence_needed, switches_detection
from conformance.judge.finding import Breach
from conformance.judge.rules.base import rule

STARTED, STOPPED = "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped"
CLEAR = "input_audio_buffer.clear"
SLACK_MS = 50  # a detector works in windows and rounds


@rule("GEN-049", "speech in VAD mode")
def speech_is_announced(wire: Evidence) -> Iterator[Breach | None]:
    """Two seconds of clear speech in VAD mode are announced by `speech_started`.

    Only spoken fixtures count, and what was said in all since the last turn, when the client then let a whole quiet
    window run out.
    """
    then = wire.moments
    waits = wire.silences
    started = [frame.index for frame in wire.of(STARTED)]
    if started:
        yield None
    for index in waits:
        moment = then[index]
        if is_clear_speech(wire, index) and not any(at < index for at in started):
            said = f"{moment.speech_ms / 1000:.1f} s of speech were not announced by speech_started"
            yield Breach(wire.frames[index], said)
            return


@rule("GEN-050", "detected speech in VAD mode")
def speech_is_ended(wire: Evidence) -> Iterator[Breach | None]:
    """Detected speech that enough streamed silence follows is ended by `speech_stopped`."""
    then = wire.moments
    if wire.of(STOPPED):
        yield None
    started = [frame.index for frame in wire.of(STARTED)]
    # What becomes of speech within which the buffer is cleared or the detection is changed is open (U8, Q-MODE-SWITCH).
    if not started or any(frame.type == CLEAR or switches_detection(frame) for frame in acting(wire, started[-1])):
        return
    for index in wire.silences:
        moment = then[index]
        if index < started[-1] or moment.turns != "vad" or moment.speaking is None or moment.audio_ms is None:
            continue
        if moment.quiet_ms >= silence_needed(moment):
            said = f"{moment.quiet_ms / 1000:.1f} s of silence did not bring speech_stopped of {moment.speaking}"
            yield Breach(wire.frames[index], said)
            return


def _turns(wire: Evidence) -> Iterator[tuple[int, str, str, Any]]:
    """The voice events as (frame index, type, item id, milliseconds); a repetition for the same item is left out.

    A clear, a commit of the client or a change of the configuration breaks the sequence and shows as an entry of type
    "break"; so does its answer, since what came before that is of the time before.
    """
    before: tuple[str, str] | None = None
    settled = wire.settled.meant
    voice = wire.of(STARTED, STOPPED)
    moves = wire.of(CLEAR, "session.update", "input_audio_buffer.commit", side="client") if voice else []
    answers = [wire.frames[index] for index in settled] if voice else []
    for frame in sorted({one.index: one for one in (*voice, *moves, *answers)}.values(), key=lambda one: one.index):
        ours = frame if frame.side == "client" else next(iter(settled.get(frame.index, ())), None)
        if ours is not None and ours.type in {CLEAR, "session.update", "input_audio_buffer.commit"}:
            before = None
            yield frame.index, "break", "", None
        elif frame.side == "server" and frame.type in {STARTED, STOPPED}:
            item = str(frame.event.get("item_id"))
            if before == (frame.type, item):
                continue
            before = (frame.type, item)
            ms = frame.event.get("audio_start_ms" if frame.type == STARTED else "audio_end_ms")
            yield frame.index, frame.type, item, ms


@rule("GEN-051", "voice events")
def starts_and_stops_alternate(wire: Evidence) -> Iterator[Breach | None]:
    """`speech_started` and `speech_stopped` alternate, and a stop bears the item of its start."""
    then = wire.moments
    speaking: str | None = None
    sure = True  # whether the state is known; a clear or an update within speech leaves it open
    for index, kind, item, _ in _turns(wire):
        frame = wire.frames[index]
        if kind == "break":
            sure = sure and speaking is None
            speaking = None
            continue
        if then[index].turns == "semantic":
            return
        if kind == STARTED:
            said = f"speech_started of {item} came while {speaking} was spoken"
            yield Breach(frame, said) if sure and speaking is not None else None
            speaking, sure = item, True
        else:
            if speaking is None and sure:
                yield Breach(frame, f"speech_stopped of {item} came without speech_started")
            elif speaking is not None:
                said = f"speech_stopped bears {item}; the speech was {speaking}"
                yield None if item == speaking else Breach(frame, said)
            speaking, sure = None, True


@rule("GEN-052", "two voice events")
def clock_runs_forward(wire: Evidence) -> Iterator[Breach | None]:
    """The milliseconds of voice detection never run backwards.

    A start may lie before the end of the speech before it by the padding that it includes.
    """
    then = wire.moments
    started = stopped = None
    own: dict[str, int] = {}
    for index, kind, item, ms in _turns(wire):
        frame = wire.frames[index]
        if kind == "break":
            started = stopped = None
            continue
        if not isinstance(ms, int):
            continue
        padding = then[index].detection.get("prefix_padding_ms", 300)
        padding = max(500, padding) if isinstance(padding, int) else 500
        if kind == STARTED:
            if started is not None:
                said = f"speech_started at {ms} ms follows one at {started} ms"
                yield Breach(frame, said) if ms < started else None
            if stopped is not None and ms < stopped - padding:
                yield Breach(frame, f"speech_started at {ms} ms follows speech_stopped at {stopped} ms")
            started, own[item] = ms, ms
        else:
            if stopped is not None:
                said = f"speech_stopped at {ms} ms follows one at {stopped} ms"
                yield Breach(frame, said) if ms < stopped else None
            if item in own:
                said = f"{item} stops at {ms} ms and starts at {own[item]} ms"
                yield Breach(frame, said) if ms < own[item] else None
            stopped = ms


@rule("GEN-053", "voice events with milliseconds")
def clock_stays_within_the_audio(wire: Evidence) -> Iterator[Breach | None]:
    """No voice event lies after the audio sent so far, nor, if the clock is the session's, after now."""
    then = wire.moments
    for index, kind, item, ms in _turns(wire):
        frame = wire.frames[index]
        sent = then[index].audio_ms
        if kind == "break" or sent is None or not isinstance(ms, int):
            continue
        age = wire.frames[index].at - wire.frames[0].at + wire.handshake.ms
        late = ms > max(sent, age) + SLACK_MS
        said = f"{kind} of {item} lies at {ms} ms; {sent:.0f} ms of audio were sent"
        yield Breach(frame, said) if late else None
