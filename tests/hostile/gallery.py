"""Every endpoint there is, by name."""

from __future__ import annotations

from types import ModuleType

from . import closing, documents, events, floods, framing, handshakes, outages, quoting
from .kit import Endpoint, name_of

FAMILIES = (handshakes, floods, framing, documents, events, closing, outages, quoting)
# What others are made from: each of these does nothing by itself.
BASES = {"Answers", "Breaks", "ClosesWith", "Floods", "GoesAway", "Quotes", "Replaces", "Upgrades"}


def _of(family: ModuleType) -> dict[str, type[Endpoint]]:
    own = (value for value in vars(family).values() if isinstance(value, type) and value.__module__ == family.__name__)
    return {name_of(one): one for one in own if issubclass(one, Endpoint) and one.__name__ not in BASES}


ENDPOINTS: dict[str, type[Endpoint]] = {name: one for family in FAMILIES for name, one in _of(family).items()}
