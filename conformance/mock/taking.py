"""Taking one value of an update: of the right type, within its range, or what the switches say of any other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.mock import errors
from conformance.mock.errors import Json, Refused
from conformance.mock.ranges import Bound
from conformance.mock.switches import Switches


class Ignored(Exception):  # noqa: N818  (a signal, not an error)
    """A member is passed over: the old value stays."""


class Taking:
    """How a session takes values."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches

    def typed(self, param: str, value: Any, kind: type, expected: str) -> Any:
        """Return a value of the right JSON type, or do what wrong-type says."""
        if isinstance(value, kind) and not (kind in {int, float} and isinstance(value, bool)):
            return value
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            return value
        if kind is int and isinstance(value, float) and value.is_integer():
            return int(value)
        fault = errors.wrong_type(param, expected, value)
        side = self._switches["wrong-type"]
        if side == "ignored":
            raise Ignored
        if side == "coerced":
            return _coerced(value, kind)
        raise Refused(fault if side == "error" else replace(fault, close=1007))

    def number(self, place: Json, name: str, param: str, value: Any, bound: Bound) -> None:
        """Keep a number under this name where it is within its range; elsewhere what past-bound says."""
        kind, expected = (int, "an integer") if bound.whole else (float, "a number")
        value = self.typed(param, value, kind, expected)
        if isinstance(value, str) or bound.holds(value):
            place[name] = value
            return
        side = self._switches["past-bound"]
        if side == "ignored":
            return
        if side in {"clamped", "accepted"}:
            place[name] = bound.clamped(value) if side == "clamped" else value
            return
        fault = errors.wrong_value(param, value, f"Expected a value {bound}.")
        raise Refused(replace(fault, close=1007 if side == "closed" else None))


def _coerced(value: Any, kind: type) -> Any:
    if kind is str:
        return str(value)
    if kind in {int, float} and isinstance(value, str):
        try:
            return kind(value)
        except ValueError:
            raise Ignored from None
    if kind is bool:
        return bool(value)
    # Nothing sensible can be made of a word where an object or a list should be.
    raise Ignored


def modalities(value: Any, param: str) -> list[str]:
    """Return the modalities as sent, or refuse them by E1."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        if sorted(value) in (["text"], ["audio", "text"]):
            return list(value)
        raise Refused(errors.modalities(value, param))
    raise Refused(errors.wrong_type(param, "an array of strings", value))
