"""Base64 as the service reads it, JSON as it comes and goes.

One reported text, "Illegal base64 character d" for a line break, is that of Java's strict decoder (MAKER), so the rest
of its texts is used too.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any, NoReturn

from conformance.mock import errors
from conformance.mock.errors import Refused

_FOREIGN = re.compile(r"[^A-Za-z0-9+/=]")
_LINE_BREAKS = re.compile(r"[\r\n]")


def unbase64(text: str, param: str, *, lenient: bool = False) -> bytes:
    """Decode padded standard Base64; `lenient` takes line breaks."""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return _slowly(text, param, lenient=lenient)


def _slowly(text: str, param: str, *, lenient: bool) -> bytes:
    """Decode what is not quite Base64, or say what is wrong with it."""
    if lenient:
        text = _LINE_BREAKS.sub("", text)
    foreign = _FOREIGN.search(text)
    if foreign:
        raise Refused(errors.base64(f"Illegal base64 character {ord(foreign[0]):x}", param))
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Refused(errors.base64("Input byte array has wrong 4-byte ending unit", param)) from None


class NotJson(ValueError):  # noqa: N818  (reads as what it says)
    """The text is no JSON."""


def loads(text: str) -> Any:
    """Read JSON by the book: no NaN, no Infinity, no bottomless nesting."""
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as problem:
        raise NotJson(str(problem)) from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def copied(value: Any) -> Any:
    """A JSON value of its own, as `copy.deepcopy` makes it in four times the time."""
    if isinstance(value, dict):
        return {name: copied(one) for name, one in value.items()}
    return [copied(one) for one in value] if isinstance(value, list) else value


def dumps(value: Any) -> str:
    """Write JSON as the service does: no blank space, characters as they are (WS-REC)."""
    text = _ENCODER.encode(value)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair that a client sent escaped goes back escaped
        return json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return text
