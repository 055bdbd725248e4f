"""Transcription of the user's speech: previews, and one end."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.judge.evidence import Evidence
from conformance.judge.finding import Breach
from conformance.judge.rules.base import rule
from conformance.spec.unsolicited import PREVIEW, TRANSCRIPTION
from conformance.wire.transcript import Frame

ENDS = {TRANSCRIPTION + "completed", TRANSCRIPTION + "failed"}
COMMITTED = "input_audio_buffer.committed"


@rule("GEN-054", "speech in VAD mode with transcription")
def speech_gets_one_terminal_event(wire: Evidence) -> Iterator[Breach | None]:
    """Speech in VAD mode gets one `completed` or `failed`.

    It may come after `response.done`, so a missing one counts only when the client let a whole quiet window run out
    after the reply, or a later turn has its own.
    """
    ends: dict[object, list[Frame]] = {}
    for frame in wire.of(*ENDS):
        ends.setdefault(frame.event.get("item_id"), []).append(frame)
    for item, told in ends.items():
        said = f"{item} got {len(told)} terminal transcription events"
        yield Breach(told[1], said) if len(told) > 1 else None
    then = wire.moments
    turns = [
        frame for frame in wire.of(COMMITTED) if then[frame.index].turns == "vad" and then[frame.index].transcribes
    ]
    for number, frame in enumerate(turns):
        item = frame.event.get("item_id")
        if item in ends or not then[-1].transcribes:
            continue
        replied = [other.index for other in wire.of("response.done") if other.index > frame.index]
        waited = bool(replied) and any(index > replied[0] for index in wire.silences)
        overtaken = any(later.event.get("item_id") in ends for later in turns[number + 2 :])
        if waited or overtaken:
            yield Breach(frame, f"the speech {item} got neither transcription completed nor failed")


@rule("GEN-073", "a transcription that ended")
def nothing_follows_a_transcript(wire: Evidence) -> Iterator[Breach | None]:
    """No preview of an item comes after its transcription has ended."""
    ended: set[object] = set()
    for frame in wire.of(PREVIEW, *ENDS):
        item = frame.event.get("item_id")
        if frame.type in ENDS:
            yield None
            ended.add(item)
        elif item in ended:
            yield Breach(frame, f"a preview of {item} came after its transcription had ended")


@rule("GEN-055", "a completed transcription in VAD mode")
def speech_gets_previews(wire: Evidence) -> Iterator[Breach | None]:
    """Speech that was transcribed in VAD mode got a transcription `delta`."""
    then = wire.moments
    previews = {frame.event.get("item_id") for frame in wire.of(PREVIEW)}
    for frame in wire.of(TRANSCRIPTION + "completed"):
        if frame.event.get("transcript") and then[frame.index].turns == "vad":
            item = frame.event.get("item_id")
            said = f"the speech {item} was transcribed without a delta"
            yield None if item in previews else Breach(frame, said)
