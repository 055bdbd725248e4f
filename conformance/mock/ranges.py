"""The documented ranges of numbers in `session.update` (CE)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bound:
    """The documented range of a number; `above` and `below` say that the bound itself is outside."""

    low: float | None
    high: float | None
    above: bool = False
    below: bool = False
    whole: bool = False

    def holds(self, value: float) -> bool:
        """Whether the value lies in the range."""
        if self.low is not None and (value <= self.low if self.above else value < self.low):
            return False
        return not (self.high is not None and (value >= self.high if self.below else value > self.high))

    def clamped(self, value: float) -> float:
        """Return the nearest value inside, 0.01 from a bound that is outside."""
        if self.low is not None and value <= self.low:
            return self.low + 0.01 if self.above else self.low
        assert self.high is not None
        return round(self.high - 0.01, 6) if self.below else self.high

    def __str__(self) -> str:
        low = "" if self.low is None else f"{'greater than' if self.above else 'of at least'} {self.low}"
        high = "" if self.high is None else f"{'less than' if self.below else 'at most'} {self.high}"
        return " and ".join(part for part in (low, high) if part)


NUMBERS = {
    "temperature": Bound(0, 2, below=True),
    "top_p": Bound(0, 1.0, above=True),
    "top_k": Bound(0, None, whole=True),
    "max_tokens": Bound(1, None, whole=True),
    "repetition_penalty": Bound(0, None, above=True),
    "presence_penalty": Bound(-2.0, 2.0),
    "seed": Bound(0, 2**31 - 1, whole=True),
}
VAD_NUMBERS = {
    "threshold": Bound(-1.0, 1.0),
    "prefix_padding_ms": Bound(0, None, whole=True),
    "silence_duration_ms": Bound(200, 6000, whole=True),
    "idle_timeout_ms": Bound(5000, 30000, whole=True),
}
