"""How fast the mock answers, in seconds.

`none`: at once, for tests with a clock of their own.  `fast`: a few ms between events, so that a client can step in
between.  `live`: about what the service takes; audio comes in real time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from conformance.mock.options import Latency, MockOptions


@dataclass(frozen=True)
class Pace:
    """Waits in seconds.

    `first`: from request to the first event after `response.created` (a range); `step`: between deltas; `audio`: how
    long a second of audio takes; `heard`: from commit to the completed transcription; `idle`: how long a second of
    `idle_timeout_ms` takes (a fast mock is also quick to lose patience).
    """

    first: tuple[float, float]
    step: float
    audio: float
    heard: float
    idle: float = 1.0


PACES: dict[Latency, Pace] = {
    "none": Pace((0.0, 0.0), 0.0, 0.0, 0.0),
    "fast": Pace((0.002, 0.002), 0.0025, 0.0, 0.003, idle=0.1),
    "live": Pace((0.4, 1.2), 0.05, 1.0, 0.25),
}


def pace(options: MockOptions) -> Pace:
    """How fast this mock answers."""
    paced, first = PACES[options.latency], options.weather.first_ms
    return paced if first is None else replace(paced, first=(first / 1000, first / 1000))
