"""Values that fit a client schema, and ways to spoil them.

The schemas say what a field may hold, so nothing is listed here that they list: a new field of `session_config.json`
is sent from the day it is written down.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from conformance import data
from conformance.fuzz.choice import Chooser, chance, pick
from conformance.judge import schema
from conformance.spec.profiles import Profile

Json = dict[str, Any]

# The first is the simplest; the others are what text handling stumbles over.
TEXTS = (
    "hello",
    "",
    "你好世界",
    "🙂👨‍👩‍👧",
    "Grüße\n\ttab",
    "e\u0301",
    "\u202eright to left",
    "\u0000",
    "\u2028",
    '"}]}',
    "x" * 300,
)
WRONG: tuple[Any, ...] = (None, 7, "seven", True, [], {}, -1, 1.5, 10**12, [None], {"a": {"b": []}})
DEEPEST = 6
# Names are outside of the schemas' reach: an unknown voice may end the session (C39), so it is sent knowingly or never.
PLAIN = frozenset({"voice", "model"})


@cache
def _document(name: str) -> Json:
    loaded: Json = json.loads((data.schemas() / "common" / name).read_text(encoding="utf-8"))
    return loaded


def _target(reference: str, document: Json) -> tuple[Json, Json]:
    """Follow a `$ref`: the schema it means, and the document that this stands in."""
    file, _, pointer = reference.partition("#")
    found = document = _document(file.rpartition("/")[2]) if file else document
    for part in pointer.strip("/").split("/") if pointer else ():
        found = found[part]
    return found, document


def _merged(node: Json, document: Json) -> tuple[Json, Json]:
    """A schema with what it refers to; where both name members, they are put together."""
    made = {name: value for name, value in node.items() if name != "$ref"}
    parts = [node["$ref"]] if "$ref" in node else []
    parts += [part["$ref"] for part in node.get("allOf", ()) if "$ref" in part]
    for reference in parts:
        found, home = _target(reference, document)
        found, home = _merged(found, home)
        made = {**found, **made, "properties": {**found.get("properties", {}), **made.get("properties", {})}}
        document = home if not made.get("properties") or found.get("properties") else document
    return made, document


def made(kind: str, chooser: Chooser, profile: Profile) -> Json:
    """A valid event of this type: from its schema or, where that is too winding to follow, one of its examples."""
    document = schema.schema("client", kind)
    event = {**_value(document, document, chooser, profile, 0), "type": kind}
    event.pop("event_id", None)
    if schema.is_valid("client", event):
        return event
    example: Json = copy.deepcopy(pick(chooser, document["examples"]))
    return example


def session(chooser: Chooser, profile: Profile) -> Json:
    """A valid `session` with one to three fields that this model's family knows."""
    document = _document("session_config.json")
    names = [name for name, part in document["properties"].items() if _known(part, profile) and name not in PLAIN]
    found: Json = {}
    for _ in range(1 + chooser.below(3)):
        name = pick(chooser, names)
        found[name] = _value(document["properties"][name], document, chooser, profile, 1)
        if not schema.is_valid("client", {"type": "session.update", "session": found}):
            del found[name]
    return found


def _known(part: Json, profile: Profile) -> bool:
    fixed = profile.family in part.get("x-fixed-models", ())
    return not fixed and profile.family in part.get("x-models", (profile.family,))


def _value(node: Json, document: Json, chooser: Chooser, profile: Profile, depth: int) -> Any:
    node, document = _merged(node, document)
    if "const" in node:
        return node["const"]
    if "enum" in node:
        allowed = node.get("x-value-models", {})
        values = [one for one in node["enum"] if profile.family in allowed.get(one, (profile.family,))]
        return pick(chooser, values or node["enum"])
    kinds = node.get("type", "object" if "properties" in node else "string")
    match pick(chooser, [kinds] if isinstance(kinds, str) else kinds):
        case "object":
            return _object(node, document, chooser, profile, depth)
        case "array":
            return _array(node, document, chooser, profile, depth)
        case "string":
            fits = [text for text in TEXTS if node.get("minLength", 0) <= len(text) <= node.get("maxLength", 10**6)]
            return pick(chooser, fits)
        case "integer":
            return _number(node, chooser, whole=True)
        case "number":
            return _number(node, chooser, whole=False)
        case "boolean":
            return bool(chooser.below(2))
    return None


def _object(node: Json, document: Json, chooser: Chooser, profile: Profile, depth: int) -> Json:
    found: Json = {}
    for name, part in node.get("properties", {}).items():
        if name in PLAIN:
            continue
        needed = name in node.get("required", ()) or name == "type"
        if not needed and (depth > DEEPEST or not _known(part, profile) or not chance(chooser, 40)):
            continue
        found[name] = _value(part, document, chooser, profile, depth + 1)
    return found


def _array(node: Json, document: Json, chooser: Chooser, profile: Profile, depth: int) -> list[Any]:
    if "x-combinations" in node:
        return list(pick(chooser, node["x-combinations"]))
    least = node.get("minItems", 0)
    count = least + chooser.below(min(node.get("maxItems", least + 2), least + 2) - least + 1)
    return [_value(node.get("items", {}), document, chooser, profile, depth + 1) for _ in range(count)]


def _number(node: Json, chooser: Chooser, *, whole: bool) -> int | float:
    """A bound, or something between: mistakes live at bounds."""
    step = 1 if whole else 0.01
    low = node.get("minimum", node.get("exclusiveMinimum", -1 if whole else -0.99) + step)
    high = node.get("maximum", node.get("exclusiveMaximum", low + 1000) - step)
    at = pick(chooser, (low, high, low + (high - low) * 0.25, low + (high - low) * 0.5))
    return int(at) if whole else round(float(at), 3)


def paths(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The paths of everything in a value but the value itself, outermost first."""
    entries: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        entries = list(value.items())
    elif isinstance(value, list):
        entries = list(enumerate(value))
    for name, inner in entries:
        yield (*at, name)
        yield from paths(inner, (*at, name))


def spoiled(event: Json, chooser: Chooser) -> Json:
    """The event with one mistake: a member of a wrong type, past its bound, missing, or unknown to all sources."""
    event = copy.deepcopy(event)
    places = [path for path in paths(event) if path != ("type",)]
    if not places:
        event["surprise"] = pick(chooser, WRONG)
        return event
    *way, last = pick(chooser, places)
    holder: Any = event
    for name in way:
        holder = holder[name]
    match chooser.below(4):
        case 0:
            holder[last] = pick(chooser, [one for one in WRONG if type(one) is not type(holder[last])])
        case 1:
            del holder[last]
        case 2 if isinstance(holder, dict):
            holder[pick(chooser, ("surprise", "", "Type", "🙂"))] = pick(chooser, WRONG)
        case _:
            number = isinstance(holder[last], int | float)
            others = (10**9, -(10**9), -0.5) if number else TEXTS[1:]
            holder[last] = pick(chooser, [one for one in others if one != holder[last]])
    return event
