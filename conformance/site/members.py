"""The members of an event, read from its schema: each by its path, with types, bounds, models and sources.

A schema nests: it refers to shared parts, and says "where `type` is `message`, then these members, too".  Here that
becomes one list in the order of the schema, which is how a person looks a member up.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance import data
from conformance.spec.catalogue import questions

Json = dict[str, Any]

SIDES = ("client", "server")
DEEPEST = 40  # references and levels; no event has half of them, and a schema that refers to itself would have no end


@dataclass
class Member:
    """One member.  `path` is dotted, `[]` stands for the items of a list; `required` is always or under a condition.

    `where` are the conditions under which it is there; `bounds` are sentences; `contradictions` the keys (C3, U5) of
    the points on which sources differ about it.
    """

    path: str
    types: list[str] = field(default_factory=list)
    required: bool = False
    where: list[str] = field(default_factory=list)
    bounds: list[str] = field(default_factory=list)
    says: list[str] = field(default_factory=list)
    models: list[str] | None = None
    source: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        """Its name on the page: the path without the brackets of lists, and without the `session` around it all."""
        plain = self.path.replace("[]", "")
        return plain.removeprefix("session.")

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition(".")[2].removesuffix("[]")


@dataclass(frozen=True)
class Event:
    """An event: `side` is who sends it."""

    side: str
    type: str
    schema: Json

    @functools.cached_property
    def members(self) -> list[Member]:
        """Its members, in the order of the schema."""
        found: dict[str, Member] = {}
        for member in _walk(self.schema, "", f"{self.side}/{self.type}.json", (), 0):
            if member.path in found:
                _merge(found[member.path], member)
            else:
                found[member.path] = member
        for path, member in found.items():  # who describes an object describes what is in it
            outer = found.get(path.rpartition(".")[0].removesuffix("[]"))
            member.source = member.source or (outer.source if outer is not None else self.source)
        return list(found.values())

    @property
    def source(self) -> list[str]:
        """Keys of the sources of the event as a whole."""
        return _list(self.schema.get("x-source"))

    @property
    def contradictions(self) -> list[str]:
        """Keys of the points on which sources differ about the event as a whole."""
        return [*_list(self.schema.get("x-question")), *_list(self.schema.get("x-settled-by"))]


@functools.cache
def events() -> dict[str, Event]:
    """All events by type, those of the client first."""
    found = {}
    for side in SIDES:
        for path in sorted((data.schemas() / side).glob("*.json")):
            kind = path.name.removesuffix(".json")
            found[kind] = Event(side, kind, _load(path))
    return found


@functools.cache
def _load(path: Path) -> Json:
    loaded: Json = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def _target(reference: str, file: str) -> tuple[Json, str]:
    name, _, pointer = reference.partition("#")
    home = f"common/{name.rpartition('/')[2]}" if name else file
    found: Any = _load(data.schemas() / home)
    for step in filter(None, pointer.split("/")):
        found = found[step]
    return found, home


def _walk(schema: Json, prefix: str, file: str, where: tuple[str, ...], depth: int) -> Iterator[Member]:
    """Members below `schema`, whose own path is `prefix`."""
    if depth > DEEPEST:
        raise RecursionError(f"{file} refers to itself at {prefix}")
    if "$ref" in schema:
        target, home = _target(schema["$ref"], file)
        yield from _walk(target, prefix, home, where, depth + 1)
    parts = [part for part in schema.get("allOf", ()) if "not" not in part]
    for part in parts:
        if "if" not in part:
            yield from _walk(part, prefix, file, where, depth + 1)
    yield from _own(schema, prefix, file, where, depth)
    for part in parts:
        if "if" in part:
            yield from _walk(part.get("then", {}), prefix, file, (*where, _condition(part["if"])), depth + 1)
    items = schema.get("items")
    if isinstance(items, dict):
        yield from _walk(items, f"{prefix}[]", file, (), depth + 1)


def _own(schema: Json, prefix: str, file: str, where: tuple[str, ...], depth: int) -> Iterator[Member]:
    """Members that the schema itself describes, and those that it requires and another one describes."""
    required, described = schema.get("required", ()), schema.get("properties", {})
    inside = f"{prefix}." if prefix else ""
    for name, member in described.items():
        yield _member(f"{inside}{name}", member, file, where, required=name in required)
        yield from _walk(member, f"{inside}{name}", file, (), depth + 1)
    for name in required:
        if name not in described:
            yield Member(f"{inside}{name}", required=True, where=list(where))


def _member(path: str, schema: Json, file: str, where: tuple[str, ...], *, required: bool) -> Member:
    whole = _flat(schema, file)
    models = whole.get("x-models")
    return Member(
        path,
        types=_types(whole),
        required=required,
        where=list(where),
        bounds=list(_bounds(whole)),
        says=[text for text in (schema.get("description") or whole.get("description"), whole.get("x-note")) if text],
        models=None if models is None else list(models),
        source=_list(whole.get("x-source")),
        contradictions=[*_list(whole.get("x-question")), *_list(whole.get("x-settled-by"))],
    )


def _flat(schema: Json, file: str) -> Json:
    """The schema with what it refers to; what stands beside the reference wins."""
    if "$ref" not in schema:
        return schema
    target, home = _target(schema["$ref"], file)
    return {**_flat(target, home), **{key: value for key, value in schema.items() if key != "$ref"}}


def _merge(into: Member, other: Member) -> None:
    """Add what another schema says of the same member; what holds under a condition only says so."""
    into.required = into.required or (other.required and not other.where)
    under = [condition for condition in other.where if not condition.startswith(f"`{into.name}` ")]
    bounds = other.bounds
    if other.where:  # and what the condition is about is known from it
        bounds = [f"Where {' and '.join(under)}: {bound[0].lower()}{bound[1:]}" for bound in other.bounds if under]
        bounds = [] if len(under) < len(other.where) else bounds
        bounds = [] if set(other.bounds) <= set(into.bounds) else bounds
    for held, more in (
        (into.types, other.types), (into.bounds, bounds), (into.says, other.says), (into.source, other.source),
        (into.contradictions, other.contradictions),
    ):  # fmt: skip
        held += [item for item in more if item not in held]
    if into.where and other.says:
        into.where += [item for item in other.where if item not in into.where]
    into.models = into.models if into.models is not None else other.models


def _condition(schema: Json) -> str:
    """What has to hold, in words: `` `type` is `message` ``."""
    told = [
        f"`{name}` is `{part['const']}`" if "const" in part else f"`{name}` is one of {_words(part['enum'])}"
        for name, part in schema.get("properties", {}).items()
        if "const" in part or "enum" in part
    ]
    return " and ".join(told) or "a condition of the schema holds"


def _types(schema: Json) -> list[str]:
    if "type" in schema:
        return _list(schema["type"])
    values = [schema["const"]] if "const" in schema else schema.get("enum", [])
    return sorted({_type(value) for value in values})


def _type(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _bounds(schema: Json) -> Iterator[str]:
    """What values it may have, a sentence each."""
    only = [schema["const"]] if "const" in schema else schema.get("enum", [])
    if len(only) == 1:
        yield f"Always {_word(only[0])}."
    elif only:
        yield f"One of {_words(only)}."
    if "x-combinations" in schema:
        yield f"In these combinations: {_words(schema['x-combinations'])}."
    yield from _range(schema)
    if "default" in schema:
        yield f"Default {_word(schema['default'])}."
    for key, text in _BY_MODEL.items():
        if key in schema:
            yield text.format(", ".join(f"{_word(value)} ({model})" for model, value in schema[key].items()))
    if "x-mutable" in schema:
        yield _MUTABLE[schema["x-mutable"]]
    for key, text in _SIMPLE.items():
        if key in schema:
            yield text.format(", ".join(_list(schema[key])) if key.endswith("models") else _plain(schema[key]))
    if "x-value-models" in schema:
        by_value = (f"`{value}` for {', '.join(models)}" for value, models in schema["x-value-models"].items())
        yield f"Not for every model: {'; '.join(by_value)}."
    if "x-seen" in schema:
        seen = schema["x-seen"]
        yield f"Seen: {_words(seen) if isinstance(seen, list) else seen}."
    if schema.get("x-echoed") is False:
        yield "Never echoed."


_MUTABLE = {
    "before-first-audio": "May change only before the first audio.",
    "before-first-audio-output": "May change only before the model has spoken.",
    "no-active-response": "May change only while no response is active.",
}
_SIMPLE = {
    "maxProperties": "At most {} members.",
    "contentEncoding": "In {}.",
    "contentMediaType": "Of the type {}.",
    "x-requires": "Only with `{}`.",
    "x-sdk-default": "The SDKs send {} where nothing was chosen.",
    "x-fixed-models": "Can't be changed on {}.",
    "x-required-models": "Mandatory for {}.",
    "x-null": "{}",
}
_BY_MODEL = {
    "x-defaults": "Default {}.",
    "x-family-max": "At most {}.",
    "x-family-exclusive-min": "More than {}.",
}
_LIMITS = (
    ("minimum", "at least {}"),
    ("exclusiveMinimum", "more than {}"),
    ("maximum", "at most {}"),
    ("exclusiveMaximum", "less than {}"),
    ("minLength", "{} or more characters"),
    ("maxLength", "{} characters at most"),
    ("minItems", "{} or more items"),
    ("maxItems", "{} items at most"),
)


_NOT_EMPTY = {("minLength", 1), ("minItems", 1)}


def _range(schema: Json) -> Iterator[str]:
    told = [
        "not empty" if (key, schema[key]) in _NOT_EMPTY else text.format(_plain(schema[key]))
        for key, text in _LIMITS
        if key in schema
    ]
    if told:
        sentence = ", ".join(told)
        yield f"{sentence[0].upper()}{sentence[1:]}."


def _plain(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) and value > 9_999 else str(value)


def _words(values: list[Any]) -> str:
    return ", ".join(_word(value) for value in values)


def _word(value: Any) -> str:
    if isinstance(value, str):
        return f"`{value}`" if " " not in value else value
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def _list(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)


@functools.cache
def contradicted() -> dict[str, tuple[str, ...]]:
    """The open questions of each contradiction, by its key (C1, U5)."""
    found: dict[str, tuple[str, ...]] = {}
    for row in questions().values():
        found[row.contradiction] = (*found.get(row.contradiction, ()), row.id)
    return found
