"""What members of `session.update` may be: ranges, words and defaults as the mock reads them (CE, Sep-Oct 2026).

The judge reads the schemas; a test compares the two, value by value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.mock.models import Model


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


SOURCE = "CE (Sep-Oct 2026), the table of `session.update`; the defaults of `turn_detection` WS-REC"
"""Where everything in this module is from."""

RATES = (8000, 16000, 24000, 48000)  # Hz
LAYOUTS = {1: "mono", 2: "raw_mic_array", 4: "foa_ambix"}
"""The only layout of each number of channels."""

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
WORDS: dict[str, tuple[Any, ...]] = {
    "input_audio_format": ("pcm", "pcm16"),
    "output_audio_format": ("pcm", "pcm16", "pcm24"),
    "audio.input.format.type": ("pcm", "wav"),
    "audio.input.format.sample_rate": RATES,
    "audio.input.format.sample_format": ("s16le",),
    "audio.input.format.channels": tuple(LAYOUTS),
    "audio.input.format.packing": ("interleaved",),
    "audio.input.format.channel_layout": tuple(LAYOUTS.values()),
    "audio.output.format.type": ("pcm", "wav"),
    "audio.output.format.sample_rate": RATES,
    "video.input.representation_compact": ("none", "normal"),
    "turn_detection.type": ("server_vad", "semantic_vad"),
}
SWITCHES = frozenset(
    {
        "smooth_output",
        "enable_search",
        "search_options.enable_source",
        "turn_detection.create_response",
        "turn_detection.interrupt_response",
    }
)
"""Members that are true or false."""
OFF = frozenset({"top_k", "smooth_output"})
"""Members for which null is a value of its own."""
DEFAULTS = {
    "turn_detection.type": "server_vad",
    "turn_detection.threshold": 0.5,
    "turn_detection.prefix_padding_ms": 300,
    "turn_detection.silence_duration_ms": 800,
    "turn_detection.create_response": True,
    "turn_detection.interrupt_response": True,
    "audio.input.format.type": "pcm",
    "audio.input.format.sample_rate": 16_000,
    "audio.input.format.sample_format": "s16le",
    "audio.input.format.channels": 1,
    "audio.input.format.packing": "interleaved",
    "audio.input.format.channel_layout": "mono",
    "audio.output.format.type": "pcm",
    "audio.output.format.sample_rate": 24_000,
}
"""What a member is that an object leaves out; of `turn_detection` as a live session shows it (WS-REC)."""


def defaults(parent: str) -> dict[str, Any]:
    """The defaults of an object's members, by their last name."""
    return {path.removeprefix(parent + "."): value for path, value in DEFAULTS.items() if path.startswith(parent + ".")}


def number(name: str, model: Model) -> Bound:
    """The range of a number of the session for a model."""
    if name == "max_tokens":
        return Bound(1, model.max_tokens_limit, whole=True)
    if name == "repetition_penalty" and model.family == "qwen3.8":
        return Bound(0, None)
    return NUMBERS[name]


def within(path: str, value: Any, model: Model) -> bool:
    """Whether a value of the documented type is also within what is documented for its member."""
    if path in WORDS:
        return value in WORDS[path]
    if path in SWITCHES:
        return isinstance(value, bool) or (value is None and path in OFF)
    if value is None:
        return path in OFF
    parent, _, name = path.rpartition(".")
    bound = VAD_NUMBERS[name] if parent == "turn_detection" else number(name, model)
    return isinstance(value, int | float) and not isinstance(value, bool) and bound.holds(value)


def members(session: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The members of an update by their whole paths, those of objects one by one."""
    if not isinstance(session, dict):
        return
    for name, value in session.items():
        if isinstance(value, dict):
            yield from members(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def asks_only(session: Any, path: str, model: Model) -> bool:
    """Whether an update asks for a legal value of this member, and beside it for what is the default anyway.

    A member that is true or false is in an update only when it is meant.
    """
    asked = dict(members(session))
    if path == "search_options.enable_source":
        asked.pop("enable_search", None)  # without which it may not be given
    return (
        path in asked
        and within(path, asked.pop(path), model)
        and all(name not in SWITCHES and value == DEFAULTS.get(name) for name, value in asked.items())
    )
