"""Times as recordings write them, in ms; None where the unit can't be known."""

from __future__ import annotations

import datetime as dt
from typing import Any

NAMES = ("time", "timestamp", "ts", "at", "t", "date", "datetime", "@timestamp", "wallTime", "when")
UNITS = {"_ms": 1.0, "Ms": 1.0, "_s": 1000.0, "_us": 0.001, "_ns": 0.000001}
ALL = frozenset(name + unit for name in NAMES for unit in ("", *UNITS))


def told(entry: dict[str, Any]) -> float | None:
    """The time of an entry, in ms.

    A number is since 1970 if it is large enough for it, in s, ms, µs or ns by its size; a whole number that is not is
    in ms, as every tool writes it; a fraction may be either, so it needs a unit in its name (`time_s`, `t_ms`).
    """
    for name in NAMES:
        for unit, factor in UNITS.items():
            found: Any = entry.get(name + unit)
            if _is_number(found):
                return float(found) * factor
        if name in entry:
            return _read(entry[name])
    return None


def _read(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return iso(value)
    if not _is_number(value):
        return None
    for least, factor in ((1e17, 1e-6), (1e14, 1e-3), (1e11, 1.0), (1e8, 1000.0)):
        if value >= least:
            return float(value * factor)
    return float(value) if value == int(value) else None


def iso(text: str) -> float | None:
    """A date and time of ISO 8601, or of a Python log (`2026-11-27 10:00:00,123`); without a zone it is UTC."""
    try:
        found = dt.datetime.fromisoformat(text.strip().replace(",", "."))
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or dt.UTC).timestamp() * 1000


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -1e300 < value < 1e300
