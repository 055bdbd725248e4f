"""What may stand behind an option: numbers, each with the range that it must lie in, refused in one sentence."""

from __future__ import annotations

import argparse

DAY = 86_400


def natural(text: str) -> int:
    """A whole number from 0 on."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 on")
    return int(text)


def count(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def seconds(text: str) -> float:
    """A time of at most a day."""
    return number(text, DAY, f"number of seconds from 0 to {DAY}")


def number(text: str, most: float, what: str) -> float:
    """A number from 0 to `most`; `what` completes "… is no …"."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is no {what}")
    return value
