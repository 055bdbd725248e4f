"""What a response costs: the whole conversation as input, billed again every time, and what came out (§5)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.mock import encoding, tokens
from conformance.mock.buffer import Turn
from conformance.mock.errors import Json
from conformance.mock.models import Model
from conformance.mock.options import SilenceBilling
from conformance.mock.switches import Switches

FRAME_TOKENS = 4  # what surrounds each item and the whole; an estimate, no tokenizer ships with the mock

SHARES: dict[SilenceBilling, float] = {"none": 0.0, "all": 1.0, "quarter": 0.25}
"""Of the rate at which audio is billed: what an idle second costs."""


@dataclass(frozen=True)
class Tariff:
    """The rules in force in one session."""

    model: Model
    switches: Switches
    silence: SilenceBilling = "none"

    @property
    def policy(self) -> SilenceBilling:
        """What of the silence is billed: the switch `silence-billed`, where it was chosen, or the option."""
        by_switch: dict[str | None, SilenceBilling] = {
            "not-billed": "none", "billed": "all", "padding": "padding", "in-part": "quarter",
        }  # fmt: skip
        return by_switch.get(self.switches.chosen("silence-billed"), self.silence)

    def idle(self, seconds: float, *, detecting: bool) -> int:
        """Tokens of audio that belongs to no turn when a reply is asked for."""
        share = SHARES.get(self.policy, 0.0) if detecting else float(self.switches["uncommitted-billed"] == "billed")
        return math.ceil(round(share * seconds * self.model.audio_in_rate, 6))

    def heard(self, turn: Turn) -> int:
        """Tokens of a turn's audio."""
        idle = turn.streamed_seconds - turn.seconds
        seconds = turn.whole_seconds if self.policy == "padding" else turn.seconds + SHARES[self.policy] * idle
        least = self.switches["audio-minimum"]
        if least == "per-append" and turn.appends:
            seconds = max(seconds, sum(max(1.0, one) for one in turn.appends))
        return self._rounded(seconds, self.model.audio_in_rate, turn.format.channels, exact=least == "exact")

    def _rounded(self, seconds: float, rate: float, channels: int, *, exact: bool) -> int:
        side = self.switches["token-rounding"]
        if side == "up" and not exact:
            return tokens.audio_input_tokens(self.model, seconds, channels)
        factor = self.model.multichannel_factor if channels > 1 else 1
        if not exact:
            seconds = max(seconds, self.model.audio_min_seconds)
        if side == "whole-seconds":
            seconds = math.ceil(seconds)
        amount = round(seconds * rate, 6)
        return factor * (math.floor(amount) if side == "down" else math.ceil(amount))

    def seen(self, turn: Turn, session_seconds: float, *, compact: bool) -> int:
        """Tokens of a turn's images."""
        total = 0
        for width, height in turn.images:
            count = tokens.image_tokens(self.model, width, height, compact=compact)
            total += max(24, count) if self.switches["image-token-min"] == "twenty-four" else count
        if self.switches["image-billing"] == "times-seconds":
            total *= max(1, math.ceil(session_seconds / 2))
        return total

    def asked(self, history: Iterable[Json], instructions: str, tools: list[Json]) -> int:
        """Tokens of all the text that goes in."""
        total = FRAME_TOKENS + tokens.text_tokens(instructions)
        if tools:
            total += tokens.text_tokens(encoding.dumps(tools))
        return total + sum(FRAME_TOKENS + tokens.text_tokens(_words(item)) for item in history)

    def spoken(self, seconds: float) -> int:
        """Tokens of audio that came out."""
        return tokens.audio_output_tokens(self.model, seconds)


def _words(item: Json) -> str:
    if item.get("type") == "function_call":
        return f"{item.get('name')}{item.get('arguments')}"
    if item.get("type") == "function_call_output":
        return str(item.get("output"))
    # What the user spoke is billed as audio; its transcript costs nothing.
    parts = item.get("content") or []
    return " ".join(
        str(part.get("text") or part.get("transcript") or "")
        for part in parts
        if isinstance(part, dict) and part.get("type") != "input_audio"
    )
