"""Documented ranges and enums of `session.update`, read from its schema, as values to probe.

The schema is the only place where a range is written; chapter 3 walks what this module makes of it.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance import data
from conformance.spec.profiles import Profile

STEP = 0.01  # how far from an exclusive bound the nearest probe stands


@dataclass(frozen=True)
class Probe:
    """One value for one field.  `path` is dotted below `session`; `legal` says whether the document allows it."""

    path: str
    value: Any
    legal: bool
    models: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Names the probe in a transcript: `temperature=0`."""
        return f"{self.path}={json.dumps(self.value)}"

    def session(self) -> dict[str, Any]:
        """The `session` object that sets this one value."""
        value = self.value
        for name in reversed(self.path.split(".")):
            value = {name: value}
        assert isinstance(value, dict)
        return value


@functools.cache
def properties() -> dict[str, dict[str, Any]]:
    """Scalar fields of the session by dotted path, each with its schema and the families it is documented for."""
    return dict(_walk(_load("session_config.json"), "session_config.json", "", ()))


def _load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((data.schemas() / "common" / name).read_text(encoding="utf-8"))
    return loaded


def _walk(
    schema: dict[str, Any], file: str, prefix: str, models: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, found in schema.get("properties", {}).items():
        part, home = _resolve(found, file)
        families = tuple(part.get("x-models", models))
        path = f"{prefix}{name}"
        if "properties" in part:
            yield from _walk(part, home, f"{path}.", families)
        else:
            yield path, {**part, "x-models": families}


def _resolve(schema: dict[str, Any], file: str) -> tuple[dict[str, Any], str]:
    """Follow `$ref` within `common/`; keywords beside the reference win over those behind it."""
    if "$ref" not in schema:
        return schema, file
    name, _, pointer = schema["$ref"].partition("#")
    home = name.rpartition("/")[2] or file
    target: Any = _load(home)
    for part in filter(None, pointer.split("/")):
        target = target[part]
    found, home = _resolve(target, home)
    return {**found, **{key: value for key, value in schema.items() if key != "$ref"}}, home


def probes(path: str, profile: Profile) -> list[Probe]:
    """Values at the documented bounds (legal) and just past them (not legal) for this model."""
    schema = properties()[path]
    models = tuple(schema["x-models"])
    return [Probe(path, value, legal, models) for value, legal in _values(schema, profile)]


def _values(schema: dict[str, Any], profile: Profile) -> Iterator[tuple[Any, bool]]:
    types = schema.get("type", [])
    kinds = {types} if isinstance(types, str) else set(types)
    if "enum" in schema:
        for value in schema["enum"]:
            yield value, True
        if "string" in kinds or any(isinstance(value, str) for value in schema["enum"]):
            yield "no-such-value", False
        return
    if "boolean" in kinds:
        yield True, True
        yield False, True
    if kinds & {"number", "integer"}:
        step = 1 if "number" not in kinds else STEP
        yield from _bounds(schema, profile, step)
    if "null" in kinds:
        yield None, True


def _bounds(schema: dict[str, Any], profile: Profile, step: float) -> Iterator[tuple[Any, bool]]:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    family_max = schema.get("x-family-max", {}).get(profile.family)
    high = family_max if family_max is not None else high
    if low is not None:
        yield low, True
        yield _round(low - step), False
    if above is not None:
        yield _round(above + step), True
        yield above, False
    if high is not None:
        yield high, True
        yield _round(high + step), False
    if below is not None:
        yield _round(below - step), True
        yield below, False


def _round(value: float) -> float | int:
    rounded = round(value, 6)
    return int(rounded) if isinstance(value, int) or (math.isclose(rounded % 1, 0) and value == int(value)) else rounded
