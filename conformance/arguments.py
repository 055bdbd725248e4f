"""What may stand behind an option: numbers, each with the range that it must lie in, refused in one sentence."""

from __future__ import annotations

import argparse
import re

DAY = 86_400

_HEADER = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)[ \t]*")
"""RFC 9110 §5.5: a token, a colon, and what is seen of ASCII."""
_OWN = re.compile(r"host|connection|upgrade|content-length|transfer-encoding|sec-websocket-.*", re.IGNORECASE)
_KEYS = {"authorization": "$DASHSCOPE_API_KEY", "x-dashscope-workspace": "--workspace"}


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


def port(text: str) -> int:
    """A port; 0 lets the system choose."""
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port from 0 to 65535")
    return int(text)


def header(text: str) -> tuple[str, str]:
    """A header of a request, `NAME:VALUE`, as a pair; what is refused is not quoted, since the value is a secret."""
    found = _HEADER.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError("what was given is no NAME:VALUE of visible ASCII")
    name, value = found.groups()
    if _OWN.fullmatch(name):
        raise argparse.ArgumentTypeError(f"{name} is a header of the handshake itself")
    if name.lower() in _KEYS:
        raise argparse.ArgumentTypeError(f"{name} is made from {_KEYS[name.lower()]}")
    return name, value


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
