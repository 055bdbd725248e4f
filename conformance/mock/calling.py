"""Which tools the mock calls, and with what."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from conformance.mock.requests import Call, Json, Request

_DULL = frozenset(
    """
    a an and any are as at be by can current currently do does for from get gets fetch find given
    has how in into is it its lookup of on or please query return returns search set show that the
    this to tool use used user users what when where which who will with you your about function
    information
    """.split()  # noqa: SIM905  (a list of words reads best as words)
)


def calls(request: Request, said: str) -> tuple[Call, ...]:
    """The calls that a turn leads to: of the tools it names, or mentions, or that the client insists on."""
    functions = [entry for entry in map(_function, request.tools) if entry]
    if not functions or request.tool_choice == "none":
        return ()
    if (not request.tool_choice or request.tool_choice == "auto") and _already_called(request.history):
        return ()
    if isinstance(request.tool_choice, dict):
        name = (_function(request.tool_choice) or {}).get("name")
        chosen = [function for function in functions if function["name"] == name]
    else:
        # A tool called by its name shuts out those that merely share a word with the sentence.
        named = [function for function in functions if _names(function["name"], said)]
        chosen = named or [function for function in functions if _mentioned(function, said)]
        if not chosen and request.tool_choice == "required":
            chosen = functions[:1]
    return tuple(Call(function["name"], _arguments(function, said)) for function in chosen)


def own_calls(request: Request, said: str) -> tuple[Call, ...]:
    """Return a call of each of the client's functions, whatever was said; none where calls were made already."""
    if _already_called(request.history):
        return ()
    return tuple(Call(found["name"], _arguments(found, said)) for found in map(_function, request.tools) if found)


def _already_called(history: list[Json]) -> bool:
    """Tell whether a call was made since the last user turn: a model that is asked again doesn't call again."""
    for item in reversed(history):
        if item.get("type") == "function_call":
            return True
        if item.get("type") == "message" and item.get("role") == "user":
            return False
    return False


def _function(entry: Json) -> Json | None:
    """Return the function of a tool entry, nested (CE) or flat; None for anything else, MCP servers included."""
    if not isinstance(entry, dict) or entry.get("type") != "function":
        return None
    function = entry.get("function", entry)
    return function if isinstance(function, dict) and isinstance(function.get("name"), str) else None


def _names(name: str, said: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said, re.IGNORECASE) is not None


def _key_words(text: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text).replace("_", " ").lower()
    words = {word for word in re.findall(r"[a-z][a-z0-9]+", spaced) if len(word) > 2 and word not in _DULL}
    # Chinese has no spaces: every pair of characters is a word of sorts.
    for run in re.findall(r"[\u4e00-\u9fff]{2,}", spaced):
        words |= {run[i : i + 2] for i in range(len(run) - 1)}
    return words


def _mentioned(function: Json, said: str) -> bool:
    spoken = _key_words(said)
    named = _key_words(function["name"])
    if named & spoken:
        return True
    described = _key_words(str(function.get("description") or "")) & spoken
    # One common word of a long description is chance; Chinese pairs and single-word descriptions aren't long.
    return len(described) >= 2 or any(not word.isascii() for word in described)


def _arguments(function: Json, said: str) -> str:
    schema = function.get("parameters")
    if not isinstance(schema, dict):
        return "{}"
    try:
        value = _fill(schema, said, "", _proper_nouns(said))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        # A client may send any JSON as a schema; one that makes no sense gets a call without arguments.
        return "{}"
    return json.dumps(value if isinstance(value, dict) else {}, ensure_ascii=False)


def _proper_nouns(said: str) -> list[str]:
    """Return capitalised words that don't merely begin a sentence, in order; runs of them stay together."""
    found = re.findall(r"(?<![.!?] )(?<!^)\b[A-Z][\w'-]*(?: [A-Z][\w'-]*)*", said)
    nouns = [noun for noun in found if noun not in {"I", "I'm", "I'd", "I'll"}]
    first = re.match(r"[A-Z][\w'-]*", said)
    # "Hangzhou weather, please": the first word is a name when nothing else is and it isn't a common word.
    return nouns or ([first[0]] if first and first[0].lower() not in _DULL and " " in said else [])


def _fill(schema: Json, said: str, name: str, nouns: list[str]) -> Any:
    """Return a value that fits a JSON Schema, taken from the user's words where that makes sense."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        options = schema["enum"]
        return next((option for option in options if _names(str(option), said)), options[0])
    if "default" in schema and name:
        return schema["default"]
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if kind is None:
        kind = "object" if "properties" in schema else "string"
    if kind == "object":
        properties = schema.get("properties") or {}
        # What is required, or everything where nothing is.
        wanted = [key for key in properties if key in (schema.get("required") or list(properties))]
        remaining = list(nouns)
        return {
            key: _fill(properties[key] if isinstance(properties[key], dict) else {}, said, key, remaining)
            for key in wanted
        }
    if kind == "array":
        inner = schema.get("items")
        count = min(10, max(1, int(schema.get("minItems", 1))))
        return [_fill(inner if isinstance(inner, dict) else {}, said, name, nouns) for _ in range(count)]
    if kind in {"integer", "number"}:
        return _number(schema, said, whole=kind == "integer")
    if kind == "boolean":
        return True
    if kind == "null":
        return None
    return _string(said, name, nouns)


def _number(schema: Json, said: str, *, whole: bool) -> float:
    spoken = re.search(r"-?\d+(?:\.\d+)?", said)
    value = float(spoken[0]) if spoken else 1.0
    value = max(value, float(schema.get("minimum", -math.inf)))
    value = min(value, float(schema.get("maximum", math.inf)))
    return int(value) if whole or value.is_integer() else value


def _string(said: str, name: str, nouns: list[str]) -> str:
    if nouns:
        return nouns.pop(0)
    city = re.search(r"(北京|上海|杭州|广州|深圳|南京|成都|西安)", said)
    if city:
        return city[1]
    words = [word for word in re.findall(r"[\w'-]+", said) if word.lower() not in _DULL]
    return words[-1] if words else name or "text"
