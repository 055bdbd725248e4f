"""What the server hears: samples out of packets, where speech is in them, and which words it was."""

from __future__ import annotations

import base64
import binascii
import json
import wave
from array import array
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
RATE = 16_000
STEP = 160  # samples of a frame: 10 ms
BINS = 24
ROUGH = 1.1  # noise has 1.3, speech half of that


class BadAudioError(ValueError):
    """The payload is no Base64, in the words of a Java decoder."""


def decoded(text: str) -> bytes:
    """Base64 as the service takes it: standard alphabet, padded, without line breaks."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        strange = next((char for char in text if not (char.isalnum() or char in "+/=")), None)
        shown = f"{ord(strange):x}" if strange else ""
        words = f"Illegal base64 character {shown}" if strange else "Input byte array has wrong 4-byte ending unit"
        raise BadAudioError(words) from None


def body(packet: bytes) -> bytes:
    """The samples of a WAV packet: what follows its header, where it has one."""
    if packet[:4] != b"RIFF":
        return packet
    at = packet.find(b"data")
    return packet[at + 8 :] if at >= 0 else b""


class Stream:
    """Bytes of any packet size at any rate → 16 kHz samples; an odd byte waits for the next packet."""

    def __init__(self) -> None:
        self.rest = b""
        self.taken = 0  # samples in, at the client's rate

    def feed(self, data: bytes, rate: int) -> array[int]:
        data = self.rest + data
        even = len(data) & ~1
        data, self.rest = data[:even], data[even:]
        samples = array("h", data)
        if rate == RATE:
            return samples
        first, self.taken = self.taken, self.taken + len(samples)
        begin, end = -(-first * RATE // rate), -(-self.taken * RATE // rate)
        return array("h", (samples[min(len(samples) - 1, at * rate // RATE - first)] for at in range(begin, end)))


def loudness(samples: array[int]) -> int:
    """Mean absolute value."""
    return sum(map(abs, samples)) // max(1, len(samples))


class Detector:
    """Voice detection over 10 ms frames: tells ("started", ms) and ("stopped", ms) with ms from the first sample."""

    def __init__(self) -> None:
        self.frames = 0  # seen so far
        self.pending: array[int] = array("h")
        self.speaking = False
        self._loud = self._quiet = 0
        self.onset = 0

    def feed(self, samples: array[int], floor: int, silence_ms: int) -> list[tuple[str, int, int]]:
        """The turns' bounds in these samples, as (which, ms of the sound's own bound, ms now)."""
        found = []
        self.pending.extend(samples)
        whole = len(self.pending) // STEP
        for number in range(whole):
            loud = loudness(self.pending[number * STEP : (number + 1) * STEP]) > floor
            self.frames += 1
            now = self.frames * 10
            if not self.speaking:
                self._loud = self._loud + 1 if loud else max(0, self._loud - 1)
                if loud and self._loud == 1:
                    self.onset = now - 10
                if self._loud >= 6:
                    self.speaking, self._loud, self._quiet = True, 0, 0
                    found.append(("started", self.onset, now))
            else:
                self._quiet = 0 if loud else self._quiet + 1
                if self._quiet * 10 >= silence_ms:
                    self.speaking, self._loud = False, 0
                    found.append(("stopped", now - self._quiet * 10, now))
        del self.pending[: whole * STEP]
        return found

    def quiet(self) -> None:
        """Forget an utterance that is going on; the clock goes on."""
        self.speaking, self._loud, self._quiet = False, 0, 0


def floor(threshold: float) -> int:
    """The loudness above which a frame is speech: -38 dB at 0.5, and 30 dB more or less for each whole number."""
    return int(32768 * 10 ** ((-38 + (threshold - 0.5) * 30) / 20))


def _shape(samples: array[int]) -> tuple[int, list[float]]:
    """Length in frames and how the loudness goes, of what is not silence at either end."""
    levels = [loudness(samples[at : at + STEP]) for at in range(0, len(samples) - STEP + 1, STEP)]
    heard = [number for number, level in enumerate(levels) if level > 200]
    if not heard:
        return 0, []
    levels = levels[heard[0] : heard[-1] + 1]
    whole = sum(levels)
    count = len(levels)
    return count, [
        sum(levels[count * at // BINS : max(count * at // BINS + 1, count * (at + 1) // BINS)])
        / max(1, max(count * at // BINS + 1, count * (at + 1) // BINS) - count * at // BINS)
        * count
        / whole
        for at in range(BINS)
    ]


def _far(one: tuple[int, list[float]], other: tuple[int, list[float]]) -> float:
    gap = abs(one[0] - other[0]) / max(one[0], other[0], 1)
    return gap * 3 + sum(abs(a - b) for a, b in zip(one[1], other[1], strict=True)) / BINS


@cache
def known() -> list[tuple[str, tuple[int, list[float]]]]:
    """The sentences that the server understands: those of the speech that comes with the project."""
    manifest: dict[str, Any] = json.loads((FIXTURES / "manifest.json").read_text("utf-8"))
    found = []
    for name, facts in manifest.items():
        if not name.startswith("speech/"):
            continue
        with wave.open(str(FIXTURES / name)) as file:
            samples = array("h", file.readframes(file.getnframes()))
        parts = facts.get("utterances", [{"text": facts["text"], "start_ms": 0, "end_ms": facts["ms"]}])
        found += [(part["text"], _shape(samples[part["start_ms"] * 16 : part["end_ms"] * 16])) for part in parts]
    return found


def rough(samples: array[int]) -> bool:
    """Whether it is noise, as samples that are cut in two become: each far from the one before, by its own measure."""
    steps = sum(abs(one - other) for one, other in pairwise(samples))
    return steps > ROUGH * sum(map(abs, samples))


def heard(samples: array[int]) -> str:
    """The words in a turn's audio: utterance by utterance, "" for what is none that is known."""
    words, start, quiet = [], None, 0
    for at in range(0, len(samples) + 40 * STEP, STEP):
        loud = loudness(samples[at : at + STEP]) > 200
        if loud:
            start = at if start is None else start
            quiet = 0
        elif start is not None:
            quiet += 1
            if quiet >= 40:
                shape = _shape(samples[start : at + STEP])
                if shape[0] >= 20 and not rough(samples[start : at + STEP]):
                    text, other = min(known(), key=lambda pair: _far(shape, pair[1]))
                    if _far(shape, other) < 0.9:
                        words.append(text)
                start, quiet = None, 0
    return " ".join(words)
