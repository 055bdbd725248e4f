"""Documented ranges and enums of `session.update`, read from its schema, as values to probe.

The schema is the only place where a range is written; chapter 3 walks what this module makes of it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance import data
from conformance.spec.profiles import FAMILIES, Profile

Json = dict[str, Any]

INSIDE = 0.01  # how far inside an exclusive bound the nearest legal number stands
PAST = 0.1  # how far past an inclusive bound the nearest refused number stands

# Objects that are sent whole when one member is probed: what an object with one member does to the others is an open
# question (§7.2 item 7), and it would decide the probe.  The values are the schema's defaults.
WHOLE = {
    "turn_detection": ("type", "threshold", "prefix_padding_ms", "silence_duration_ms"),
    "audio.input.format": ("type", "sample_rate"),
    "audio.output.format": ("type", "sample_rate"),
}


@dataclass(frozen=True)
class Field:
    """One scalar member of the session by its dotted path; `models` are the families it is documented for."""

    path: str
    schema: Json
    models: tuple[str, ...]

    @property
    def types(self) -> frozenset[str]:
        """The JSON types that it may have."""
        types = self.schema.get("type", ())
        return frozenset((types,) if isinstance(types, str) else types)

    @property
    def judged(self) -> bool:
        """Whether the document limits it: by an enum, a range, or by being a boolean."""
        limits = {"enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
        return bool(limits & self.schema.keys()) or "boolean" in self.types


@dataclass(frozen=True)
class Probe:
    """One value for one field.  `legal` says whether the document allows it; `beside` is what must be sent with it."""

    path: str
    value: Any
    legal: bool
    beside: Json = field(default_factory=dict, hash=False)

    @property
    def label(self) -> str:
        """Names the probe in a transcript: `temperature=0`."""
        return f"{self.path}={json.dumps(self.value)}"

    def session(self) -> Json:
        """The `session` object that sets this one value, and `beside` where the value needs company."""
        whole: Json = {}
        for path, value in [*self.beside.items(), (self.path, self.value)]:
            place = whole
            *outer, last = path.split(".")
            for name in outer:
                place = place.setdefault(name, {})
            place[last] = value
        return whole


@functools.cache
def fields() -> dict[str, Field]:
    """All scalar members of the session by dotted path, in the schema's order."""
    return {found.path: found for found in _walk(_load("session_config.json"), "session_config.json", "", FAMILIES)}


def probes(path: str, profile: Profile) -> list[Probe]:
    """Values at the documented bounds (legal) and just past them (not legal) for this model.

    Empty for a model whose family does not know the field.  The field's default is among the legal ones.
    """
    found = fields()[path]
    if profile.family not in found.models:
        return []
    distinct = {json.dumps(value): (value, allowed) for value, allowed in _values(found, profile.family)}
    return [Probe(path, value, allowed, _beside(path, value)) for value, allowed in distinct.values()]


def legal(path: str, profile: Profile) -> list[Probe]:
    """The probes of a field that must be accepted."""
    return [probe for probe in probes(path, profile) if probe.legal]


def illegal(path: str, profile: Profile) -> list[Probe]:
    """The probes of a field that should be refused."""
    return [probe for probe in probes(path, profile) if not probe.legal]


def _load(name: str) -> Json:
    loaded: Json = json.loads((data.schemas() / "common" / name).read_text(encoding="utf-8"))
    return loaded


def _walk(schema: Json, file: str, prefix: str, models: tuple[str, ...]) -> Iterator[Field]:
    for name, member in schema.get("properties", {}).items():
        part, home = _resolve(member, file)
        families = tuple(part.get("x-models", models))
        if "properties" in part:
            yield from _walk(part, home, f"{prefix}{name}.", families)
        else:
            found = Field(f"{prefix}{name}", part, families)
            if not found.types & {"array", "object"}:
                yield found


def _resolve(schema: Json, file: str) -> tuple[Json, str]:
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


def _values(found: Field, family: str) -> Iterator[tuple[Any, bool]]:
    schema = found.schema
    if "enum" in schema:
        yield from _words(found, family)
        return
    if "boolean" in found.types:
        yield True, True
        yield False, True
    if found.types & {"number", "integer"}:
        yield from _low(found, family)
        yield from _high(found, family)
        default = schema.get("x-defaults", {}).get(family, schema.get("default"))
        # The default of `seed` lies outside its own range; that it is accepted is an open question (C41).
        if default is not None and default >= schema.get("x-documented-minimum", default):
            yield default, True
    if "null" in found.types and (found.judged or "x-off" in schema):
        yield None, True


def _words(found: Field, family: str) -> Iterator[tuple[Any, bool]]:
    """The values of an enum, those of this family only, and one value that is not in it."""
    words = found.schema["enum"]
    for word in words:
        if family in found.schema.get("x-value-models", {}).get(str(word), FAMILIES):
            yield word, True
    if "integer" in found.types:
        yield next(number for number in range(min(words), max(words) + 2) if number not in words), False
    else:
        yield "no-such-value", False


def _low(found: Field, family: str) -> Iterator[tuple[Any, bool]]:
    schema, step = found.schema, _past(found)
    low, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    if family in schema.get("x-family-exclusive-min", {}):
        low, above = None, schema["x-family-exclusive-min"][family]
    if "x-documented-minimum" in schema:
        # Between the documented minimum and the one that the schema lets pass, the sources contradict each other.
        yield schema["x-documented-minimum"], True
    elif low is not None:
        yield low, True
        yield _round(low - step), False
    if above is not None:
        yield _round(above + INSIDE), True
        yield above, False


def _high(found: Field, family: str) -> Iterator[tuple[Any, bool]]:
    schema, step = found.schema, _past(found)
    high, below = schema.get("maximum"), schema.get("exclusiveMaximum")
    families = schema.get("x-family-max")
    if families is not None:
        # A family's figure below the field's own maximum is its longest output (RT), not a bound that is said to be
        # checked: it is accepted, and nothing is known of what lies past it.  No figure: no probe.
        if family in families:
            yield families[family], True
        high = high if families.get(family) == high else None
    if high is not None:
        yield high, True
        yield _round(high + step), False
    if below is not None:
        yield _round(below - INSIDE), True
        yield below, False
    if "above" in schema.get("x-off", {}):
        edge = schema["x-off"]["above"]
        yield edge, True
        yield edge + 1, True


def _past(found: Field) -> float:
    return PAST if "number" in found.types else 1


def _round(value: float) -> float:
    return value if isinstance(value, int) else round(value, 6)


def _beside(path: str, value: Any) -> Json:
    """What a value needs beside it to be judged by itself."""
    beside: Json = {}
    outer, _, name = path.rpartition(".")
    for member in WHOLE.get(outer, ()):
        known = fields().get(f"{outer}.{member}")
        if known is not None and member != name:
            beside[f"{outer}.{member}"] = known.schema["default"]
    by_channels = fields()[path].schema.get("x-default-by-channels", {})
    for channels, layout in by_channels.items():
        if layout == value:
            beside[f"{outer}.channels"] = int(channels)
    needed = fields()[path].schema.get("x-requires", "")
    if needed.partition(" = ")[0] == "enable_search":
        beside["enable_search"] = True
    return beside
