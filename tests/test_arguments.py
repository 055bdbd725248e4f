"""Each range has two ends."""

from __future__ import annotations

import argparse

import pytest

from conformance import arguments


@pytest.mark.parametrize(
    ("kind", "inside", "outside"),
    [
        (arguments.natural, ["0", "7"], ["-1", "1.5", "x", ""]),
        (arguments.count, ["1", "7"], ["0", "-1", "1.5", "x"]),
        (arguments.seconds, ["0", "0.5", "86400"], ["-0.1", "86401", "nan", "x"]),
    ],
)
def test_what_lies_in_the_range_is_taken(kind, inside, outside) -> None:
    assert [kind(text) for text in inside] == [float(text) for text in inside]
    for text in outside:
        with pytest.raises(argparse.ArgumentTypeError, match="is no"):
            kind(text)
