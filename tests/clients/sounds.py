"""What the bad client says: a question aloud, or what its fault makes of it."""

from __future__ import annotations

import struct

from conformance import fixtures


def sound(fault: str) -> bytes:
    """What the client says, as PCM of 16 kHz unless its fault is another kind."""
    pcm = fixtures.wav("weather")
    if fault == "48k-as-16k":
        return fixtures.resample(pcm, 16_000, 48_000)
    if fault == "big-endian":
        return b"".join(pcm[at + 1 : at - 1 if at else None : -1] for at in range(0, len(pcm), 2))
    if fault == "silence":
        return fixtures.silence(1500)
    if fault == "clipped":
        return fixtures.to_pcm(max(-32_767, min(32_767, 20 * value)) for value in fixtures.to_samples(pcm))
    if fault == "riff":
        return b"RIFF" + struct.pack("<I", len(pcm)) + b"WAVEfmt " + bytes(28) + pcm
    if fault == "flood":
        return pcm + fixtures.silence(90_000)
    return pcm
