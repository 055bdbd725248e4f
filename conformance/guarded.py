"""JSON of others, read so that nothing in it can hurt: one reader for frames, records, forms, baselines and histories.

It differs from `json.loads` in four ways.  A text that is nested more deeply than `DEEPEST` is refused (RFC 8259 §9
lets a reader set limits), before any memory or stack is spent on it.  `NaN` and `Infinity`, which are no JSON, and
numbers past what 64 bits or a double hold are kept as the text that they are (`NotANumber`), so no sum ever meets them.
An object that lacks a member says so in words.  And nothing but `Refused` is ever raised.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from conformance.cut import cut

DEEPEST = 100
"""Levels of arrays and objects; the deepest event of the sources has nine, and a tool's parameters a few more."""

Make = Callable[[list[tuple[str, Any]]], dict[str, Any]]
_LEAST, _MOST = -(2**63), 2**64 - 1
# Possessive: an unfinished string takes the rest of the text, and no quote is ever looked at twice.
_NO_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[^"\[\]{}]++', re.DOTALL)
_STEP = {"[": 1, "{": 1, "]": -1, "}": -1}
_HALF = re.compile(r"[\ud800-\udfff]")


class Refused(ValueError):  # noqa: N818  # it says what became of the text
    """The text is no JSON, or none that is read here; the message says why."""


class NotANumber(str):
    """A number's literal that stands for no number: kept as text."""

    __slots__ = ()


class Absent(KeyError, AssertionError):  # noqa: N818  # like Refused
    """A member that an object lacks: what a check that needs it fails with, in a sentence."""

    def __str__(self) -> str:
        return f"there is no member `{self.args[0]}` in an object that should have one"


class Members(dict[str, Any]):
    """A JSON object."""

    def __missing__(self, key: str) -> Any:
        raise Absent(key)


def parse(text: str | bytes, members: Make | None = None) -> Any:
    """The value of a JSON text (bytes: UTF-8, with or without a mark).  Raises Refused.

    `members` makes an object of its pairs, and may raise what it likes.
    """
    return _read(text, _decoder(members) if members else _DECODER)


def flaws(text: str) -> list[str]:
    """What makes a JSON text one that readers read in different ways, each in words; none of a text that is refused.

    Names that stand twice in one object (RFC 8259 §4), numbers that few readers can hold (§6) and strings with half of
    a surrogate pair (§8.2).
    """
    found: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> Members:
        made = Members(pairs)
        if len(made) < len(pairs):
            seen: set[str] = set()
            twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            found.append(f"`{shortened(twice)}` stands twice in one object")
        return made

    def past(literal: str, value: Any) -> Any:
        if isinstance(value, NotANumber):
            found.append(f"the number {shortened(literal)} is past what 64 bits or a double hold")
        return value

    try:
        value = _read(
            text,
            json.JSONDecoder(
                object_pairs_hook=members,
                parse_int=lambda literal: past(literal, _int(literal)),
                parse_float=lambda literal: past(literal, _float(literal)),
                parse_constant=NotANumber,
            ),
        )
    except Refused:
        return []
    # A text without an escape can't hold half a pair: the frame's own UTF-8 would not have it.
    if "\\u" in text and any(_HALF.search(string) for string in _strings(value)):
        found.append("a string holds half of a surrogate pair")
    return found


def is_plain(text: str, value: Any) -> bool:
    """Whether a text surely has no flaw, as its value shows at a glance; what it can't tell, `flaws` does.

    Without a backslash no string holds a quote, so every `":` ends a name: none is lost as long as as many members
    were read.
    """
    if "\\" in text or '" :' in text:
        return False
    names = 0
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            names += len(one)
            left += one.values()
        elif isinstance(one, list):
            left += one
        elif isinstance(one, NotANumber):
            return False
    return names == text.count('":')


def constants(text: str) -> list[str]:
    """The `NaN` and `Infinity` of a text that is otherwise JSON: with them it is none (RFC 8259 §6)."""
    found: list[str] = []
    if "NaN" not in text and "Infinity" not in text:
        return found
    try:
        _read(text, json.JSONDecoder(parse_int=_int, parse_float=_float, parse_constant=found.append))
    except Refused:
        return []
    return found


def object_at(value: Any, *names: str) -> dict[str, Any]:
    """The object at the end of a way of names.  Raises AssertionError, in a sentence, where there is none."""
    for name in names:
        if not isinstance(value, dict) or name not in value:
            raise Absent(name)
        value = value[name]
    assert isinstance(value, dict), f"{'.'.join(names) or 'what should be an object'} is {shortened(repr(value))}"
    return value


def shortened(text: str, most: int = 40) -> str:
    """The beginning of a text, and how long it is where that is not all."""
    return text if len(text) <= most else f"{cut(text, most)}… ({len(text)} characters)"


def _read(text: str | bytes, decoder: json.JSONDecoder) -> Any:
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        _measure(text)
        return decoder.decode(text)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise Refused(str(problem)) from None


def _measure(text: str) -> None:
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    steps = map(_STEP.__getitem__, _NO_BRACKET.sub("", text))
    if max(itertools.accumulate(steps), default=0) > DEEPEST:
        raise Refused(f"it is nested more than {DEEPEST} levels deep")


def _int(literal: str) -> int | NotANumber:
    value = int(literal) if len(literal) <= 20 else None  # Python itself refuses what has thousands of digits
    return value if value is not None and _LEAST <= value <= _MOST else NotANumber(literal)


def _float(literal: str) -> float | NotANumber:
    value = float(literal)
    return value if math.isfinite(value) else NotANumber(literal)


def _strings(value: Any) -> Iterator[str]:
    """Every string and name in a value; without recursion, whatever it is."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            left += one
            left += one.values()
        elif isinstance(one, list):
            left += one


def _decoder(members: Make) -> json.JSONDecoder:
    return json.JSONDecoder(object_pairs_hook=members, parse_int=_int, parse_float=_float, parse_constant=NotANumber)


_DECODER = _decoder(Members)
