"""A time is read in its unit, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.intake import clock


@pytest.mark.parametrize(
    ("entry", "ms"),
    [
        ({"time": 1_790_000_000.5}, 1_790_000_000_500.0),
        ({"time": "1790000000.5"}, 1_790_000_000_500.0),
        ({"ts": 1_790_000_000_500}, 1_790_000_000_500.0),
        ({"ts": 1_790_000_000_500_000}, 1_790_000_000_500.0),
        ({"ts": 1_790_000_000_500_000_000}, 1_790_000_000_500.0),
        ({"timestamp": "2026-09-21T14:13:20.500Z"}, 1_790_000_000_500.0),
        ({"timestamp": "2026-09-21T22:13:20.5+08:00"}, 1_790_000_000_500.0),
        ({"timestamp": "2026-09-21 14:13:20,500"}, 1_790_000_000_500.0),
        ({"t": 250}, 250.0),
        ({"t_s": 0.25}, 250.0),
        ({"at_ms": 250.5}, 250.5),
        # A fraction without a unit is in seconds of Python or in ms of a browser: it is not guessed.
        ({"t": 0.25}, None),
        ({"t": 250.5}, None),
        ({"time": "noon"}, None),
        ({"time": True}, None),
        ({"time": None}, None),
        ({}, None),
    ],
)
def test_units(entry: dict[str, Any], ms: float | None) -> None:
    assert clock.told(entry) == (pytest.approx(ms) if ms is not None else None)
