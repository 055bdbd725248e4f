"""The judge's numbers and the mock's are two readings of the sources: value by value they agree.

Neither is made from the other, so a number that is changed in one of them turns one of these red, and the message
names where each has it from.
"""

import dataclasses
import json
from typing import Any

import pytest

from conformance import data
from conformance.mock import buffer, models, options, ranges
from conformance.spec import bounds, profiles

FAMILY = {profile.family: profile for profile in map(profiles.profile_for, profiles.MODELS)}
SHARED = sorted(
    {field.name for field in dataclasses.fields(profiles.Profile)}
    & {field.name for field in dataclasses.fields(models.Model)}
)
EDGES = {
    "minimum": ("low", False),
    "exclusiveMinimum": ("low", True),
    "maximum": ("high", False),
    "exclusiveMaximum": ("high", True),
}
OURS = {"turn_detection.prefix_padding_ms": {"minimum": 0}}
"""No source limits it; the mock alone refuses a time below nothing."""


def schema_source(path: str) -> str:
    found = bounds.fields()[path].schema.get("x-source", "the schema of the session")
    return ", ".join([found] if isinstance(found, str) else found)


def differ(what: str, judge: Any, judge_source: str, mock: Any, mock_source: str) -> str:
    return f"{what}: the judge reads {judge} ({judge_source}), the mock {mock} ({mock_source})"


def test_both_know_the_same_models() -> None:
    assert models.MODELS == profiles.MODELS
    assert models.USUAL == profiles.DEFAULT_MODEL
    for name in profiles.MODELS:
        assert models.model_for(f"{name}-2026-01-31").family == profiles.profile_for(f"{name}-2026-01-31").family


def test_every_field_of_either_table_names_its_source() -> None:
    fields = {field.name for field in dataclasses.fields(profiles.Profile)} - {"model", "family"}
    assert set(profiles.SOURCES) == fields
    assert set(models.SOURCES) == {field.name for field in dataclasses.fields(models.Model)} - {"name", "family"}
    assert set(models.SOURCES) <= fields, "what the mock alone knows of a model has no second reading"


@pytest.mark.parametrize("field", SHARED)
@pytest.mark.parametrize("name", profiles.MODELS)
def test_a_model_is_read_alike(name: str, field: str) -> None:
    judge, mock = getattr(profiles.profile_for(name), field), getattr(models.model_for(name), field)
    assert judge == mock, differ(f"{name}, {field}", judge, profiles.SOURCES[field], mock, models.SOURCES[field])


@pytest.mark.parametrize("family", profiles.FAMILIES)
def test_a_default_of_sampling_is_the_one_of_the_schema(family: str) -> None:
    for name, value in FAMILY[family].sampling.items():
        schema = bounds.fields()[name].schema
        other = schema.get("x-defaults", {}).get(family, schema.get("default"))
        assert value == other, differ(
            f"{family}, {name}", value, profiles.SOURCES["sampling"], other, schema_source(name)
        )


@pytest.mark.parametrize("path", [*ranges.NUMBERS, *(f"turn_detection.{name}" for name in ranges.VAD_NUMBERS)])
@pytest.mark.parametrize("family", profiles.FAMILIES)
def test_a_range_is_read_alike(path: str, family: str) -> None:
    """At each bound and just past it, and in every number that the schema writes."""
    profile, model = FAMILY[family], models.model_for(FAMILY[family].model)
    for probe in bounds.probes(path, profile):
        mock = ranges.within(path, probe.value, model)
        assert probe.legal == mock, differ(probe.label, probe.legal, schema_source(path), mock, ranges.SOURCE)
    schema, name = bounds.fields()[path].schema, path.rpartition(".")[2]
    bound = ranges.VAD_NUMBERS[name] if path.startswith("turn_") else ranges.number(name, model)
    limits = {key: schema[key] for key in EDGES if key in schema}
    if family in schema.get("x-family-exclusive-min", {}):
        limits["exclusiveMinimum"] = limits.pop("minimum")
    if "x-documented-minimum" in schema:
        limits["minimum"] = schema["x-documented-minimum"]
    if "x-family-max" in schema:
        limits["maximum"] = schema["x-family-max"].get(family)
    read = {
        key: getattr(bound, side)
        for key, (side, outside) in EDGES.items()
        if getattr(bound, side) is not None and outside is (bound.above if side == "low" else bound.below)
    }
    limits = {**{key: value for key, value in limits.items() if value is not None}, **OURS.get(path, {})}
    assert limits == read, differ(f"{family}, {path}", limits, schema_source(path), read, ranges.SOURCE)


@pytest.mark.parametrize("path", ranges.WORDS)
def test_words_are_read_alike(path: str) -> None:
    judge, mock = bounds.fields()[path].schema["enum"], list(ranges.WORDS[path])
    assert judge == mock, differ(path, judge, schema_source(path), mock, ranges.SOURCE)


def test_every_member_with_a_limit_has_two_readings() -> None:
    limited = {path for path, field in bounds.fields().items() if field.judged and field.models}
    numbers = {*ranges.NUMBERS, *(f"turn_detection.{name}" for name in ranges.VAD_NUMBERS)}
    assert numbers | set(ranges.WORDS) | ranges.SWITCHES == limited | set(OURS)


@pytest.mark.parametrize("path", ranges.DEFAULTS)
def test_a_default_is_read_alike(path: str) -> None:
    schema, mock = bounds.fields()[path].schema, ranges.DEFAULTS[path]
    judge = schema["x-default-by-channels"]["1"] if "x-default-by-channels" in schema else schema["default"]
    assert judge == mock, differ(path, judge, schema_source(path), mock, ranges.SOURCE)


def test_the_layout_of_a_number_of_channels_is_read_alike() -> None:
    path = "audio.input.format.channel_layout"
    judge = {int(key): value for key, value in bounds.fields()[path].schema["x-default-by-channels"].items()}
    assert judge == ranges.LAYOUTS, differ(path, judge, schema_source(path), ranges.LAYOUTS, ranges.SOURCE)


def test_null_is_a_value_of_its_own_for_the_same_members() -> None:
    judge = {
        path
        for path, field in bounds.fields().items()
        if "null" in field.types and (field.judged or "x-off" in field.schema) and field.models
    }
    assert judge == ranges.OFF


@pytest.mark.parametrize(
    ("event", "member", "number", "source"),
    [
        ("input_image_buffer.append", "image", buffer.IMAGE_BASE64_BYTES, "CE (from May 2026)"),
        ("input_audio_buffer.append", "audio", options.Limits().append_bytes, "CE (2025)"),
    ],
)
def test_the_longest_append_is_read_alike(event: str, member: str, number: int, source: str) -> None:
    file = data.schemas() / "client" / f"{event}.json"
    first = json.loads(file.read_text(encoding="utf-8"))["properties"][member]["x-limits"][0]
    assert first["bytes"] == number, differ(f"{event}, {member}", first["bytes"], first["x-source"], number, source)
