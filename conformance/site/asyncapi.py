"""The protocol as one AsyncAPI 3 document: what the service receives and sends, made from the schemas.

The schemas are JSON Schema 2020-12.  AsyncAPI reads a superset of draft-07, and so do the tools that generate code from
it; `_old` says the same in draft-07, where a reference stands alone and counted `contains` is not known.  Version 3.0,
because generators do not read 3.1 yet (Modelina 5.10 makes one empty model of it, and 115 of this).

Generators make classes of the title of the document (AsyncAPI's own clients) or of a channel and of each schema
(chanx), and methods of the operations, so these are words without dots and commas, each once.  And they differ in whose
document they read: AsyncAPI's own clients send what the document sends, others send what it receives.  Hence two sides,
that of the service and that of a client, which differ in nothing but the operations.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance import __version__, data
from conformance.site import yaml
from conformance.spec.profiles import DEFAULT_MODEL, MODELS
from conformance.wire.target import PATH, REGIONS

Json = dict[str, Any]

CHANNEL = "realtime"
SIDES = ("client", "server")
ACTIONS = {"service": ("receive", "send"), "client": ("send", "receive")}
"""What each side of a connection does with the events of SIDES."""

# What answers an event of the client where all goes well (CE, SE); an `error` may answer each of them.
ANSWERS = {
    "session.update": ("session.updated",),
    "input_audio_buffer.commit": ("input_audio_buffer.committed",),
    "input_audio_buffer.clear": ("input_audio_buffer.cleared",),
    "conversation.item.create": ("conversation.item.created",),
    "response.create": ("response.created",),
    "session.finish": ("session.finished",),
}

ABOUT = (
    "The protocol as a conformance suite tests it, made from public sources up to October 2026; no vendor wrote or "
    "approved it. Every member says its sources (`x-source`), the models that know it (`x-models`) and the point on "
    "which sources contradict each other (`x-question`, `x-settled-by`). One JSON object per text frame; audio and "
    "images travel as Base64 inside."
)


def document(side: str = "service") -> str:
    """Return the document as YAML, as the service or the client of ACTIONS would write it."""
    return yaml.dump(tree(side))


def tree(side: str = "service") -> Json:
    """Return the document as a value of JSON."""
    events = {side: {_name(path): json.loads(path.read_text("utf-8")) for path in _files(side)} for side in SIDES}
    names = [name for side in SIDES for name in events[side]]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Qwen Omni Realtime",
            "version": __version__,
            "description": f"{ABOUT} Operations are those of {'a client' if side == 'client' else 'the service'}.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
            "tags": [{"name": "realtime"}, {"name": "websocket"}],
        },
        "defaultContentType": "application/json",
        "servers": dict(_servers()),
        "channels": {
            CHANNEL: {
                "address": PATH,
                "title": CHANNEL,
                "description": "One session: it begins with `session.created` and ends with the connection.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
                "bindings": {"ws": _binding()},
            }
        },
        "operations": dict(_operations(events, ACTIONS[side])),
        "components": {
            "messages": {name: _message(schema) for side in SIDES for name, schema in events[side].items()},
            "schemas": dict(_shared()),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "The API key; it belongs to one region."}
            },
        },
    }


def _files(side: str) -> list[Path]:
    return sorted((data.schemas() / side).glob("*.json"))


def _name(path: Path) -> str:
    return path.name.removesuffix(".json")


def _servers() -> Iterator[tuple[str, Json]]:
    for region, (shared, workspace) in REGIONS.items():
        security = [{"$ref": "#/components/securitySchemes/key"}]
        yield (
            region,
            {
                "host": shared,
                "protocol": "wss",
                "description": "The shared host, which the SDKs use.",
                "security": security,
            },
        )
        yield (
            f"{region}-workspace",
            {
                "host": f"{{workspace}}.{workspace}",
                "protocol": "wss",
                "description": "The host of a workspace, which the guide lists since June 2026.",
                "variables": {
                    "workspace": {"description": "The workspace's id; no host has the default.", "default": "your-id"}
                },
                "security": security,
            },
        )


def _binding() -> Json:
    """The handshake: the model is chosen by the address, and by nothing else that is documented."""
    model = {
        "type": "string",
        "description": "The model; a dated snapshot of each may be named, too.",
        "examples": list(MODELS),
        "default": DEFAULT_MODEL,
    }
    workspace = {"type": "string", "description": "The workspace's id."}
    return {
        "method": "GET",
        "query": {"type": "object", "required": ["model"], "properties": {"model": model}},
        "headers": {"type": "object", "properties": {"X-DashScope-WorkSpace": workspace}},
        "bindingVersion": "0.1.0",
    }


def _operations(events: dict[str, dict[str, Json]], actions: tuple[str, str]) -> Iterator[tuple[str, Json]]:
    channel = {"$ref": f"#/channels/{CHANNEL}"}
    for side, action in zip(SIDES, actions, strict=True):
        for name, schema in events[side].items():
            made: Json = {
                "action": action,
                "channel": channel,
                "title": name,
                "summary": _first_sentence(schema["description"]),
                "messages": [_of_channel(name)],
            }
            if name in ANSWERS:
                made["reply"] = {"channel": channel, "messages": [_of_channel(it) for it in (*ANSWERS[name], "error")]}
            yield action + _pascal(name), made


def _of_channel(name: str) -> Json:
    return {"$ref": f"#/channels/{CHANNEL}/messages/{name}"}


def _message(schema: Json) -> Json:
    examples = [{"name": f"example-{number}", "payload": value} for number, value in enumerate(schema["examples"], 1)]
    return {
        "name": schema["title"],
        "title": schema["title"],
        "summary": _first_sentence(schema["description"]),
        "description": schema["description"],
        "payload": {**_old(_with_envelope(schema), ""), "title": f"{_pascal(schema['title'])}Event"},
        "examples": examples,
    }


def _with_envelope(schema: Json) -> Json:
    """The schema of an event and what all events of its side have in common as one: some generators read no `allOf`."""
    (shared,) = schema["allOf"]
    envelope = json.loads((data.schemas() / "common" / shared["$ref"].rpartition("/")[2]).read_text("utf-8"))
    whole = {key: value for key, value in schema.items() if key != "allOf"}
    return {**whole, "properties": {**envelope["properties"], **schema["properties"]}}


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].removesuffix(".") + "."


def _shared() -> Iterator[tuple[str, Json]]:
    """The parts that events share, each under a name of its own, and the definitions inside them."""
    for path in _files("common"):
        schema = json.loads(path.read_text("utf-8"))
        parts = {"": schema, **schema.get("$defs", {})}
        for name, part in parts.items():
            key = _pascal(_name(path)) + name
            yield key, {**_old(part, path.name), "title": key}


@functools.cache
def _pascal(words: str) -> str:
    """Return a name that any language takes: `SessionUpdate` for `session.update`."""
    return "".join(word.capitalize() for word in re.findall(r"[A-Za-z0-9]+", words))


def _target(reference: str, file: str) -> str:
    """Where in the document a reference of a schema of `common/` leads."""
    name, _, pointer = reference.partition("#")
    stem = (name.rpartition("/")[2] or file).removesuffix(".json")
    return f"#/components/schemas/{_pascal(stem)}{pointer.removeprefix('/$defs/')}"


LITERAL = frozenset({"const", "default", "enum", "examples"})  # values, not schemas
NAMED = frozenset({"properties", "patternProperties"})  # schemas by the names of members
LATER = frozenset({"$schema", "$id", "$defs", "minContains", "maxContains"})  # not of draft-07, or not in this place


def _old(schema: Any, file: str) -> Any:
    """The same demands in draft-07."""
    if isinstance(schema, list):
        return [_old(item, file) for item in schema]
    if not isinstance(schema, dict):
        return schema
    counted = "minContains" in schema  # `contains` alone would ask for one at least
    made: Json = {}
    for key, value in schema.items():
        if key in LATER or key == "$ref" or (key == "contains" and counted):
            continue
        if key in LITERAL or key.startswith("x-"):
            made[key] = value
        elif key == "title":
            made[key] = _pascal(value)
        elif key in NAMED:
            made[key] = {name: _old(part, file) for name, part in value.items()}
        else:
            made[key] = _old(value, file)
    if "$ref" in schema:
        reference = {"$ref": _target(schema["$ref"], file)}
        if not made:
            return reference
        made["allOf"] = [*made.get("allOf", []), reference]
    return made
