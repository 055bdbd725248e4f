"""Voice activity detection on real samples, without I/O and without a clock of its own.

Time is audio time: milliseconds of audio received since the session began, whatever the pace at which it
arrived. The sources give two origins for the two fields (start of the audio buffer for `audio_start_ms`,
start of the session for `audio_end_ms`, SE) and leave open whether they share one clock; here they do, and
`reset()` (a cleared buffer) does not turn it back.

What is measured: the level of each 10 ms frame in dBFS (RMS without the frame's mean; 0 dBFS is a
full-scale square wave).  A frame is active when its level reaches the gate.  The sources only say that the
threshold runs from -1 to 1, that 0.5 is the default and that lower is more sensitive (CE); the gate is our
reading of that:

    threshold   -1.0    0.0     0.2     0.5    1.0
    gate dBFS    -70   -48.7   -44.4    -38    -16

straight lines between -1, 0.5 and 1.  Speech at a normal level lies around -20 dBFS, a quiet room around -60.

Speech starts when 6 of the last 10 frames are active: 60 ms, so a click doesn't start a turn.  Once it has
started the gate is 3 dB lower, or every vowel that fades would flutter.  It stops when no frame was active
for `silence_duration_ms`.

* `audio_start_ms` is the first active frame minus `prefix_padding_ms`, never before the start of the buffer
  nor before the end of the previous utterance.
* `audio_end_ms` is the end of the last active frame plus `silence_duration_ms`: the moment of the decision,
  the end of what goes to the model.  So it lies within the audio received, and the numbers only grow.
"""

from __future__ import annotations

import functools
import sys
from array import array
from collections import deque
from dataclasses import dataclass
from operator import mul

FRAME_MS = 10
ONSET_FRAMES = 6
WINDOW_FRAMES = 10
HYSTERESIS_DB = 3.0

_GATES = ((-1.0, -70.0), (0.5, -38.0), (1.0, -16.0))


@dataclass(frozen=True)
class SpeechStarted:
    """Speech was found; `start_byte` is where the utterance (with padding) begins in the audio received."""

    audio_start_ms: int
    start_byte: int


@dataclass(frozen=True)
class SpeechStopped:
    """Speech has ended; the utterance is `[start_byte, end_byte)` of all audio received in this session."""

    audio_end_ms: int
    start_byte: int
    end_byte: int


VadEvent = SpeechStarted | SpeechStopped


def gate_dbfs(threshold: float) -> float:
    """Return the level in dBFS from which a frame is active."""
    (low_x, low_y), (mid_x, mid_y), (high_x, high_y) = _GATES
    if threshold <= mid_x:
        return low_y + (threshold - low_x) * (mid_y - low_y) / (mid_x - low_x)
    return mid_y + (threshold - mid_x) * (high_y - mid_y) / (high_x - mid_x)


class VoiceActivity:
    """A stream of s16le bytes in, speech events out.

    `threshold` -1..1; `prefix_padding_ms` and `silence_duration_ms` in ms; `rate` in Hz (a multiple of 1000);
    `channels` interleaved.  The first three may be changed between two chunks with `configure`.
    """

    def __init__(
        self,
        threshold: float = 0.5,
        prefix_padding_ms: int = 300,
        silence_duration_ms: int = 800,
        rate: int = 16_000,
        channels: int = 1,
    ) -> None:
        if rate <= 0 or rate % 1000:
            raise ValueError(f"rate is {rate}, not a multiple of 1000 Hz")
        if channels < 1:
            raise ValueError(f"channels is {channels}, not 1 or more")
        self._sample_bytes = 2 * channels
        self._ms_bytes = rate // 1000 * self._sample_bytes
        self._frame_bytes = self._ms_bytes * FRAME_MS
        self._pending = bytearray()
        self._done = 0  # bytes of the session before `_pending`
        self._floor = 0  # byte before which no utterance may begin
        self._recent: deque[bool] = deque(maxlen=WINDOW_FRAMES)
        self._start_byte: int | None = None
        self._active_end = 0  # byte after the last active frame
        self.configure(threshold, prefix_padding_ms, silence_duration_ms)

    def configure(self, threshold: float, prefix_padding_ms: int, silence_duration_ms: int) -> None:
        """Change the settings; what was heard so far stands."""
        if not -1.0 <= threshold <= 1.0:
            raise ValueError(f"threshold is {threshold}, not within -1..1")
        if prefix_padding_ms < 0 or silence_duration_ms < 0:
            raise ValueError("prefix_padding_ms and silence_duration_ms can't be negative")
        self._prefix_bytes = prefix_padding_ms * self._ms_bytes
        self._silence_bytes = silence_duration_ms * self._ms_bytes
        gate = gate_dbfs(threshold)
        self._gate_on = 32768.0**2 * 10 ** (gate / 10)
        self._gate_off = self._gate_on * 10 ** (-HYSTERESIS_DB / 10)

    @property
    def speaking(self) -> bool:
        """Whether an utterance has started and not yet stopped."""
        return self._start_byte is not None

    @property
    def start_byte(self) -> int | None:
        """Where the utterance under way begins, or None."""
        return self._start_byte

    @property
    def position_bytes(self) -> int:
        """How much audio was received in this session, in bytes."""
        return self._done + len(self._pending)

    def reset(self) -> None:
        """Forget the utterance under way and what led up to it (a cleared buffer); the clock runs on.

        Half a sample that waited for its other byte is dropped: what comes next begins with a whole one.
        """
        position = self.position_bytes
        self._done = self._floor = position - position % self._sample_bytes
        self._pending.clear()
        self._recent.clear()
        self._start_byte = None

    def feed(self, chunk: bytes) -> list[VadEvent]:
        """Take a chunk of any size, odd sizes included, and return what was found, in order.

        The same audio gives the same events however it is cut.
        """
        self._pending += chunk
        size = self._frame_bytes
        whole = len(self._pending) - len(self._pending) % size
        if not whole:
            return []
        audio = bytes(self._pending[:whole])
        del self._pending[:whole]
        found: list[VadEvent] = []
        if self._start_byte is None and audio.count(0) == whole:
            # Digital silence begins nothing: half of what a run sends is heard in one go.
            self._done += whole
            self._recent.extend([False] * min(whole // size, WINDOW_FRAMES))
            return found
        for start in range(0, whole, size):
            power = _power(audio[start : start + size])
            self._done += size
            event = self._step(power)
            if event is not None:
                found.append(event)
        return found

    def _step(self, power: float) -> VadEvent | None:
        if self._start_byte is None:
            self._recent.append(power >= self._gate_on)
            return self._begin() if sum(self._recent) >= ONSET_FRAMES else None
        if power >= self._gate_off:
            self._active_end = self._done
            return None
        # `<` would stop one frame late: silence_duration_ms of 200 is over when 20 frames were quiet.
        return self._end() if self._done - self._active_end >= self._silence_bytes else None

    def _begin(self) -> SpeechStarted:
        frames_ago = len(self._recent) - self._recent.index(True)
        onset = self._done - frames_ago * self._frame_bytes
        start = max(self._floor, onset - self._prefix_bytes)
        self._recent.clear()
        self._start_byte = start
        self._active_end = self._done
        return SpeechStarted(start // self._ms_bytes, start)

    def _end(self) -> SpeechStopped:
        assert self._start_byte is not None
        # Not past `_done`: the setting may have been changed within the silence, or not be a multiple of a
        # frame.
        end = min(self._done, self._active_end + self._silence_bytes)
        event = SpeechStopped(end // self._ms_bytes, self._start_byte, end)
        self._start_byte = None
        self._floor = end
        return event


@functools.lru_cache(maxsize=4096)  # a run's conversations send the same few sounds over and over
def _power(frame: bytes) -> float:
    """Return the variance of a frame's samples: its power without a constant offset."""
    samples = array("h", frame)
    if sys.byteorder == "big":
        samples.byteswap()
    count = len(samples)
    mean = sum(samples) / count
    power: float = sum(map(mul, samples, samples)) / count - mean * mean
    return power
