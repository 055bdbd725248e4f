"""When an echo shows the value that was sent: numbers by their worth, objects by what was asked of them."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.judge.rules.configuration import _same


@pytest.mark.parametrize(
    ("sent", "shown", "same"),
    [
        (1, 1.0, True),
        (0.5, 0.5000001, True),
        (0.5, 0.50001, False),
        (1, True, False),
        (True, 1, False),
        (True, True, True),
        ("a", "a", True),
        ("a", "b", False),
        ([1, 2], [1, 2], True),
        ([1, 2], [1, 3], False),
        ([1, 2], [3, 2], False),
        ([1], [1, 2], False),
        ({"a": 1}, {"a": 1, "b": 2}, True),  # a server may show more
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1, "b": 2}, {"a": 1}, False),
        ({"a": 1, "b": None}, {"a": 1}, True),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2, "c": 3}]}, True),
        ([], {}, False),
        (None, None, True),
    ],
)
def test_a_value_is_the_same(sent: Any, shown: Any, same: bool) -> None:
    assert _same(sent, shown) is same
