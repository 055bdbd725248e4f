"""`input_audio_buffer.append`: how a sound is cut into packets, and a frame of exactly so many bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from conformance import fixtures
from conformance.wire import steps
from conformance.wire.gaps import Elided

LONG_MS, LONG_SILENCE_MS = 10_000, 1_000
LONG_PACKET_MS = 500


def packets(step: steps.Append, *, paced: bool) -> Iterator[bytes]:
    """The audio of a step in packets of its size, or in longer ones where nobody listens to the cadence.

    That is where nothing keeps time, and the step asks for no size of its own: there idle sound would be half of all
    that a run sends.  The last packet is as short as any, for a wait after a long one could be its pace.
    """
    enough = LONG_SILENCE_MS if step.pcm.count(0) == len(step.pcm) else LONG_MS
    if paced or step.packet_ms != steps.PACKET_MS or fixtures.pcm_ms(step.pcm, step.rate) < enough:
        yield from fixtures.packets(step.pcm, step.packet_ms, step.rate)
        return
    last = 2 * (step.rate * step.packet_ms // 1000)
    yield from fixtures.packets(step.pcm[:-last], LONG_PACKET_MS, step.rate)
    yield step.pcm[-last:]


def sized_append(size: int, event: Callable[[str, Any], bytes]) -> tuple[bytes, str]:
    """An append of silence in exactly `size` bytes, and the text that a transcript keeps of it."""
    mark = str(Elided(0, ""))
    made = event("input_audio_buffer.append", {"audio": mark}).decode()
    room = size - len(made) + len(mark)
    length = room // 8 * 6  # of PCM: whole samples, and Base64 without padding
    if length <= 0:
        raise ValueError(f"a frame of {size} bytes has no room for audio")
    audio = "A" * (length // 3 * 4)
    payload = made.replace(mark, audio)[:-1] + " " * (room - len(audio)) + "}"
    return payload.encode(), made.replace(mark, str(Elided(length, "AAAA")))
