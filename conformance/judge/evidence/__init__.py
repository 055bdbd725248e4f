"""What one connection holds, read once: the session at every frame, requests with their answers, responses, silences.

Everything here is a pure fold over frames, with no clock and no I/O.  `Evidence` keeps what was folded; rules and the
view of the chapters read it, and it knows neither.
"""

from conformance.judge.evidence.connection import Evidence, Response

__all__ = ["Evidence", "Response"]
