"""How fast the mock answers, in seconds.

`none`: at once, for tests with a clock of their own.  `fast`: a few ms between events, so that a client can step in
between.  `live`: about what the service takes; audio comes in real time.
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.mock.options import Latency


@dataclass(frozen=True)
class Pace:
    """`first`: from request to the first event after `response.created` (range, seconds); `step`: between deltas;
    `audio`: how many seconds a second of audio takes; `heard`: from commit to the completed transcription.
    """

    first: tuple[float, float]
    step: float
    audio: float
    heard: float


PACES: dict[Latency, Pace] = {
    "none": Pace((0.0, 0.0), 0.0, 0.0, 0.0),
    "fast": Pace((0.002, 0.002), 0.0025, 0.0, 0.003),
    "live": Pace((0.4, 1.2), 0.05, 1.0, 0.25),
}
