"""Schemas read from the files as they are, joined by a registry, and errors told as (path, keyword) pairs."""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).resolve().parents[2] / "schemas"
BASE = "https://qwen-realtime-conformance.example/schemas/"


@cache
def load(name: str) -> Any:
    """Read one schema, named by folder and stem: `client/session.update`."""
    return json.loads((ROOT / f"{name}.json").read_text(encoding="utf-8"))


def names(folder: str) -> list[str]:
    """Name the schemas of a folder, sorted: `["client/response.cancel", …]`."""
    return sorted(f"{folder}/{path.name.removesuffix('.json')}" for path in (ROOT / folder).glob("*.json"))


def _retrieve(uri: str) -> Resource[Any]:
    """Find a schema by its `$id`; files are read when a reference asks, so a half-written one hurts nobody else."""
    return DRAFT202012.create_resource(load(uri.removeprefix(BASE).removesuffix(".json")))


@cache
def validator(name: str) -> Draft202012Validator:
    """Make the validator of one schema, its references resolved from the files."""
    return Draft202012Validator(load(name), registry=Registry(retrieve=_retrieve))  # type: ignore[call-arg]


def _path(parts: Iterable[str | int]) -> str:
    """Write a path the same way for every version of jsonschema: `$.tools[0].headers['X-Team']`."""
    steps = (
        f"[{part}]" if isinstance(part, int) else f".{part}" if part.isidentifier() else f"['{part}']" for part in parts
    )
    return "$" + "".join(steps)


def reasons(name: str, instance: Any) -> list[tuple[str, str]]:
    """List why a schema refuses an instance: JSON path (`$.session.voice`) and keyword, empty when it accepts."""
    return sorted(
        {(_path(error.absolute_path), str(error.validator)) for error in validator(name).iter_errors(instance)}
    )


def subschemas(schema: Any, where: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Walk every object of a schema document, with its JSON pointer; examples and defaults are values, not schemas."""
    if isinstance(schema, dict):
        yield where, schema
        for key, value in schema.items():
            if key not in {"examples", "default", "const", "enum"}:
                yield from subschemas(value, f"{where}/{key}")
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from subschemas(value, f"{where}/{index}")
