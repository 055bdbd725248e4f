"""What tokens cost by the list prices that were seen, as far as any were."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from conformance.spec.profiles import Profile, told_by_name

FILE = Path(__file__).parent / "prices.toml"
MILLION = 1_000_000


@dataclass(frozen=True)
class Price:
    """Amounts of `currency` for a million tokens; `model` and `region` are empty where the price is for all of them."""

    family: str
    currency: str
    audio_in: float
    other_in: float
    text_out: float
    audio_out: float
    source: str
    date: str
    model: str = ""
    region: str = ""

    def of(self, tokens: Mapping[str, int]) -> float:
        """What these tokens cost; keys are `audio_in`, `other_in`, `text_out` and `audio_out`."""
        return float(sum(getattr(self, kind) * count for kind, count in tokens.items()) / MILLION)

    def words(self, tokens: Mapping[str, int]) -> str:
        """The same in a few words: `about 0.012 USD (APIYI, 2026-09-14)`."""
        return f"about {self.of(tokens):.3f} {self.currency} by list prices ({self.source}, {self.date})"


@cache
def prices() -> tuple[Price, ...]:
    """All prices there are."""
    with FILE.open("rb") as file:
        return tuple(Price(**row) for row in tomllib.load(file)["price"])


def price_for(profile: Profile, region: str) -> Price | None:
    """The price of a model in a region (any region's where this one's is not known), or None.

    A model that has only the rules of a family has not its price.
    """
    if not told_by_name(profile):
        return None
    fitting = [row for row in prices() if row.family == profile.family and row.model in {"", profile.model}]
    return next((row for row in fitting if row.region == region), fitting[0] if fitting else None)


__all__ = ["Price", "price_for", "prices"]
