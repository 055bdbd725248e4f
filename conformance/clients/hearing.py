"""What can be heard in samples: silence, clipping, a wrong byte order, a voice too deep to be anybody's.

Samples are 16-bit integers, rates Hz.  All figures are ours: far enough from any speech that a real voice, a cheap
microphone or a mains hum is never told to be wrong.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from itertools import accumulate
from operator import mul
from statistics import median

QUIET = 64
"""Of 32,767: what no sample of a silent line exceeds."""
CLIPPED = 0.02
"""Share of samples at the very end of the scale."""
LOUD = 500.0  # root mean square of what may be a voice
DEEP = 48.0
"""Hz: below any voice, and below the mains."""
VOICED = 0.6
FEWEST = 8  # voiced parts, before their pitch says anything
MOST = 12  # parts that are looked at


def samples(pcm: bytes) -> array[int]:
    """Little-endian 16-bit samples; an odd byte at the end is left out."""
    found = array("h", pcm[: len(pcm) // 2 * 2])
    if sys.byteorder == "big":
        found.byteswap()
    return found


def silent(given: array[int]) -> bool:
    """Whether there is nothing to hear."""
    return bool(given) and max(given) <= QUIET and min(given) >= -QUIET


def clipped(given: array[int]) -> float:
    """The share of samples at the end of the scale."""
    ends = sum(1 for value in given if value >= 32_767 or value <= -32_767)
    return ends / len(given) if given else 0.0


def swapped(given: array[int]) -> bool:
    """Whether it is noise as it stands, and sound with the bytes of each sample the other way round."""
    if _roughness(given) <= 1.0:
        return False
    other = array("h", given)
    other.byteswap()
    return _rms(other) > QUIET and _roughness(other) < 0.3


def _roughness(given: array[int]) -> float:
    """How much a sample differs from the one before: 2 in white noise, well below 1 in any sound."""
    power = _power(given)
    if not power:
        return 0.0
    # The squares of all differences, multiplied out: whole numbers, and no step of Python's for each sample.
    ends = given[0] ** 2 + given[-1] ** 2
    return float((2 * int(power) - ends - 2 * sum(map(mul, given, given[1:]))) / power)


def _rms(given: array[int]) -> float:
    return float((_power(given) / len(given)) ** 0.5) if given else 0.0


def pitch(given: array[int], rate: int) -> float | None:
    """The median pitch of its voiced parts, in Hz; None when there are too few."""
    step = max(1, rate // 2000)
    slow, hz = given[::step], rate / step
    size = int(hz * 0.08)
    parts = [slow[at : at + size] for at in range(0, len(slow) - size, size)]
    loud = [part for part in parts if _rms(part) > LOUD][:MOST]
    found = [value for value in (_pitch(part, hz) for part in loud) if value is not None]
    return median(found) if len(found) >= FEWEST else None


def _pitch(part: array[int], hz: float) -> float | None:
    mean = sum(part) / len(part)
    flat = [value - mean for value in part]
    upto = [0.0, *accumulate(map(mul, flat, flat))]
    lags = range(max(1, int(hz / 400)), int(hz / 25))
    found = {lag: _alike(flat, upto, lag) for lag in lags}
    best = max(found.values())
    if best < VOICED:
        return None
    # A sound is as much like itself two periods later; the first such lag is its period.  Short lags are alike in any
    # smooth sound, so the search begins where the likeness has once been lost.
    lost = next((lag for lag in lags if found[lag] < VOICED / 2), None)
    return next((hz / lag for lag in lags if lost is not None and lag > lost and found[lag] > 0.85 * best), None)


def _alike(values: list[float], upto: list[float], lag: int) -> float:
    """How alike they are to themselves so many samples later, from 1 to -1; `upto`: the power of the first of them."""
    power = (upto[-1 - lag] * (upto[-1] - upto[lag])) ** 0.5
    return sum(map(mul, values, values[lag:])) / power if power else 0.0


def _power(values: Sequence[float]) -> float:
    return float(sum(map(mul, values, values)))
