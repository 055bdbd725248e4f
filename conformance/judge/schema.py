"""One event against the schema of its type: is it valid, why not, and what does it hold that no source names.

Two validators read the same files. `jsonschema_rs` decides, because a run judges thousands of frames; `jsonschema`
explains, because its errors keep the value, the keyword and the branch. `tests/judge/test_schema.py` holds them to
the same verdict. `jsonschema` is imported when the first event is explained: it takes a sixth of what collecting does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import jsonschema_rs

from conformance import data
from conformance.wire import gaps

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError
    from referencing import Registry

Direction = Literal["client", "server"]
Schema: TypeAlias = dict[str, Any]
# A schema (an object, true or false) and the resolver of its references, a class that `referencing` does not export.
Applied: TypeAlias = tuple[Any, Any]

_LONGEST_SENTENCE = 200  # characters; a report shows it on one line
_LONGEST_VALUE = 60


class UnknownType(KeyError):  # noqa: N818  # names what is wrong, as KeyError does
    """No schema describes this event: its `type` is missing, not a string, or in no source."""

    def __init__(self, direction: str, kind: object) -> None:
        super().__init__(kind)
        self.direction, self.kind = direction, kind

    def __str__(self) -> str:
        return f"no schema for the {self.direction} event type {_brief(self.kind)}"


@dataclass(frozen=True)
class Violation:
    """One reason why an event is invalid.

    `path` is a JSON path such as `$.session.turn_detection.threshold`; `rule` is the schema keyword that was
    broken; `says` is one sentence of at most 200 characters with what was expected and what was seen.
    """

    path: str
    rule: str
    says: str


@dataclass(frozen=True)
class _Judge:
    """Both validators of one event type."""

    document: Schema
    decides: jsonschema_rs.Draft202012Validator

    @cached_property
    def explains(self) -> Draft202012Validator:
        return _explaining()(self.document, registry=_library().registry)


@dataclass(frozen=True)
class _Library:
    """Every schema file, read once."""

    documents: list[Schema]
    judges: Mapping[str, Mapping[str, _Judge]]
    conditions: dict[int, Draft202012Validator] = field(default_factory=dict)

    @cached_property
    def registry(self) -> Registry[Any]:
        from referencing import Registry  # noqa: PLC0415
        from referencing.jsonschema import DRAFT202012  # noqa: PLC0415

        made: Registry[Any] = Registry()
        return made.with_resources((one["$id"], DRAFT202012.create_resource(one)) for one in self.documents)

    def judge(self, direction: str, kind: object) -> _Judge:
        found = self.judges[direction].get(kind) if isinstance(kind, str) else None
        if found is None:
            raise UnknownType(direction, kind)
        return found

    def holds(self, condition: Schema, value: Any) -> bool:
        """Tell whether the `if` of a schema applies; our conditions contain no `$ref`, so they stand alone."""
        from jsonschema import Draft202012Validator  # noqa: PLC0415

        if id(condition) not in self.conditions:
            self.conditions[id(condition)] = Draft202012Validator(condition)
        return self.conditions[id(condition)].is_valid(value)


@cache
def _library() -> _Library:
    root = data.schemas()
    read = {
        (folder, path.name.removesuffix(".json")): json.loads(path.read_text(encoding="utf-8"))
        for folder in ("client", "server", "common")
        for path in sorted((root / folder).glob("*.json"))
    }
    fast = jsonschema_rs.Registry([(document["$id"], document) for document in read.values()])
    judges: dict[str, dict[str, _Judge]] = {"client": {}, "server": {}}
    for (folder, kind), document in read.items():
        if folder in judges:
            judges[folder][kind] = _Judge(document, jsonschema_rs.Draft202012Validator(document, registry=fast))
    return _Library(list(read.values()), judges)


@cache
def client_types() -> tuple[str, ...]:
    """Name every event type a client may send, sorted."""
    return tuple(sorted(_library().judges["client"]))


@cache
def server_types() -> tuple[str, ...]:
    """Name every event type the service may send, sorted."""
    return tuple(sorted(_library().judges["server"]))


def schema(direction: Direction, kind: str) -> Schema:
    """Return the schema document of an event type; raises `UnknownType`."""
    return _library().judge(direction, kind).document


def is_valid(direction: Direction, event: Any) -> bool:
    """Tell whether an event fits the schema of its type; raises `UnknownType` when it has none."""
    judge = _judge_of(direction, event)
    if isinstance(event, gaps.Partial):
        raise gaps.Unshown("cut")
    with suppress(ValueError):  # a value that came from Python and that JSON cannot hold
        return judge.decides.is_valid(event)
    with suppress(ValueError):
        return judge.decides.is_valid(_whole(event))
    return judge.explains.is_valid(_whole(event))


def explain(direction: Direction, event: Any) -> list[Violation]:
    """List why an event is invalid, the most telling reason first; empty exactly when `is_valid` says yes."""
    if is_valid(direction, event):
        return []
    judge, event = _judge_of(direction, event), _whole(event)
    return _violations(judge.explains, event) or [
        # Never an empty list for an invalid event: should the two ever differ, the one that decides has the word.
        Violation(_path(error.instance_path), str(error.schema_path[-1]), _cut(error.message))
        for error in judge.decides.iter_errors(event)
    ]


def extra_fields(direction: Direction, event: Any) -> list[str]:
    """List the JSON paths of members that the schema does not name: not wrong, but worth a note.

    Follows `$ref`, `allOf`, `anyOf`, `oneOf`, `items` and the branch of an `if` that applies. An object whose
    members the schema leaves open (the parameters of a function) has no extra fields.
    """
    document = _judge_of(direction, event).document
    return list(_extras(event, [(document, _library().registry.resolver(document["$id"]))], "$"))


def shape(event: Any) -> dict[str, str]:
    """Map every path of a value to its JSON type: `{"$": "object", "$.session.tools[].type": "string", …}`.

    Indexes of arrays are written `[]`; a path with several types has them sorted, as in `null|string`. JSON knows
    one type of number, so 1 and 0.5 have the same shape.
    """
    found: dict[str, set[str]] = {}
    for path, kind in _shapes(event, "$"):
        found.setdefault(path, set()).add(kind)
    return {path: "|".join(sorted(kinds)) for path, kinds in found.items()}


def _whole(value: Any) -> Any:
    """The value with Base64 in the place of Base64 that was left out: its beginning is known, and that it was some."""
    if isinstance(value, gaps.Elided):
        return value.head.ljust(4, "A") if value.size else ""
    if isinstance(value, dict):
        return {name: _whole(inner) for name, inner in value.items()}
    return [_whole(inner) for inner in value] if isinstance(value, list) else value


def _judge_of(direction: Direction, event: Any) -> _Judge:
    return _library().judge(direction, event.get("type") if isinstance(event, dict) else None)


@cache
def _explaining() -> type[Draft202012Validator]:
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415

    kept = {"pattern": _pattern}
    return validators.extend(Draft202012Validator, kept)  # type: ignore[no-untyped-call, no-any-return]


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: ARG001
    """The keyword `pattern`, decided by the validator that decides: Python takes 70 ms for a large picture's Base64."""
    from jsonschema import ValidationError  # noqa: PLC0415

    try:
        found = not isinstance(instance, str) or _matching(pattern).is_valid(instance)
    except ValueError:  # half a character, which no UTF-8 can hold
        found = re.search(pattern, instance) is not None
    if not found:
        yield ValidationError(f"the text does not match {pattern!r}")


@cache
def _matching(pattern: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"pattern": pattern})


def _violations(validator: Draft202012Validator, event: Any) -> list[Violation]:
    from jsonschema.exceptions import relevance  # noqa: PLC0415

    reasons = [leaf for error in validator.iter_errors(event) for leaf in _leaves(error)]
    # `relevance` puts shallow errors first: a missing `session` says more than anything inside of it.
    reasons.sort(key=relevance, reverse=True)
    told = (Violation(_path(error.absolute_path), str(error.validator), _says(error)) for error in reasons)
    return list(dict.fromkeys(told))


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """Replace a failed `anyOf` or `oneOf` by the errors of the branch that was meant, when one stands out.

    A branch was not meant when the value is of another JSON type or bears another `type`; among the rest the
    one with the fewest errors was. With a tie the alternative as a whole is the reason.
    """
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    ranked = sorted(branches.values(), key=_distance)
    if not ranked or (len(ranked) > 1 and _distance(ranked[0]) == _distance(ranked[1])):
        yield error
        return
    for inner in ranked[0]:
        yield from _leaves(inner)


def _distance(errors: list[ValidationError]) -> tuple[int, int]:
    other_kind = sum(
        (error.validator == "type" and not error.path)
        or (error.validator in {"const", "enum"} and list(error.path) in ([], ["type"]))
        for error in errors
    )
    return other_kind, len(errors)


def _extras(value: Any, schemas: Iterable[Applied], path: str) -> Iterator[str]:
    parts = [part for applied in schemas for part in _parts(applied, value)]
    if isinstance(value, list):
        for index, item in enumerate(value):
            below = [(part["items"], resolver) for part, resolver in parts if "items" in part]
            yield from _extras(item, below, path + _step(index))
    elif isinstance(value, dict):
        closed = any("properties" in part for part, _ in parts)
        for name, item in value.items():
            below = [(part["properties"][name], r) for part, r in parts if name in part.get("properties", ())]
            below = below or [(part["additionalProperties"], r) for part, r in parts if "additionalProperties" in part]
            if below:
                yield from _extras(item, below, path + _step(name))
            elif closed:
                yield path + _step(name)


def _parts(applied: Applied, value: Any) -> Iterator[Applied]:
    """Flatten a schema into the schemas that apply to a value in place."""
    part, resolver = applied
    if not isinstance(part, dict):  # true and false name no members
        return
    yield part, resolver
    if "$ref" in part:
        target = resolver.lookup(part["$ref"])
        yield from _parts((target.contents, target.resolver), value)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for inner in part.get(keyword, ()):
            yield from _parts((inner, resolver), value)
    if "if" in part:
        branch = "then" if _library().holds(part["if"], value) else "else"
        yield from _parts((part.get(branch), resolver), value)


def _shapes(value: Any, path: str) -> Iterator[tuple[str, str]]:
    yield path, _json_type(value)
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _shapes(item, path + _step(name))
    elif isinstance(value, list):
        for item in value:
            yield from _shapes(item, f"{path}[]")


def _json_type(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if part.isidentifier() else f"[{part!r}]"


def _path(parts: Iterable[str | int]) -> str:
    return "$" + "".join(_step(part) for part in parts)


def _cut(text: str, longest: int = _LONGEST_SENTENCE) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _brief(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    return _cut(text, _LONGEST_VALUE)


def _seen(value: Any) -> str:
    """Name a value with its type: `the string "high"`, `null`, `an array of 3`."""
    match value:
        case None | bool():
            return _brief(value)
        case dict():
            return f"an object with {_cut(', '.join(map(str, value)), 90)}" if value else "an empty object"
        case list():
            return f"an array of {len(value)}: {_brief(value)}" if value else "an empty array"
    return f"the {_json_type(value)} {_brief(value)}"


def _kinds(kinds: str | list[str]) -> str:
    names = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(name if name == "null" else f"{'an' if name[0] in 'aio' else 'a'} {name}" for name in names)


def _says(error: ValidationError) -> str:
    """Tell an error in one sentence: what the schema expected and what was there."""
    limit: Any = error.validator_value
    match error.validator:
        case "type":
            expected = _kinds(limit)
        case "const":
            expected = _brief(limit)
        case "enum":
            expected = "one of " + ", ".join(map(_brief, limit))
        case "required":
            missing = next((name for name in limit if error.message.startswith(repr(name))), "?")
            expected = f"the member `{missing}`"
        case "minimum":
            expected = f"at least {limit}"
        case "exclusiveMinimum":
            expected = f"more than {limit}"
        case "maximum":
            expected = f"at most {limit}"
        case "exclusiveMaximum":
            expected = f"less than {limit}"
        case "minLength" | "minItems" | "minProperties":
            expected = f"a length of at least {limit}"
        case "maxLength" | "maxItems" | "maxProperties":
            expected = f"a length of at most {limit}"
        case "uniqueItems":
            expected = "no value twice"
        case "contains":
            expected = f"an entry that is {_brief(limit.get('const', limit))}"
        case "pattern":
            expected = f"text that matches {_cut(limit, _LONGEST_VALUE)}"
        case "not":
            expected = _forbidden(error, limit)
        case "anyOf" | "oneOf":
            expected = f"one of {len(limit)} alternatives"
        case _:
            return _cut(error.message)
    return _cut(f"Expected {expected}, saw {_seen(error.instance)}.")


def _forbidden(error: ValidationError, limit: Any) -> str:
    if isinstance(limit, dict) and set(limit) == {"required"}:
        return "no member " + " with ".join(f"`{name}`" for name in limit["required"])
    comment = error.schema.get("$comment") if isinstance(error.schema, dict) else None
    if isinstance(comment, str):
        return f"a value that keeps this rule: {comment.rstrip('.')}"
    return f"a value other than {_brief(limit)}"
