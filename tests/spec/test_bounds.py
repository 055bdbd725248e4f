from typing import Any

import jsonschema
import pytest

from conformance.spec import bounds
from conformance.spec.catalogue import clauses
from conformance.spec.profiles import FAMILIES, MODELS, Profile, profile_for

BY_FAMILY = {profile_for(model).family: profile_for(model) for model in MODELS}


def values(path: str, family: str) -> tuple[list[Any], list[Any]]:
    profile = BY_FAMILY[family]
    accepted = [probe.value for probe in bounds.legal(path, profile)]
    return accepted, [probe.value for probe in bounds.illegal(path, profile)]


@pytest.mark.parametrize(
    ("path", "family", "accepted", "refused"),
    [
        ("temperature", "qwen3.5", [0, 1.99, 0.7], [-0.1, 2]),
        ("top_p", "qwen3", [0.01, 1.0], [0, 1.1]),
        ("top_k", "qwen3.8", [0, 100, 101, 20, None], [-1]),
        ("max_tokens", "qwen3.8", [1, 65536], [0, 65537]),
        ("max_tokens", "qwen3", [1, 16384], [0]),
        ("max_tokens", "qwen3.5", [1], [0]),
        ("repetition_penalty", "qwen3.8", [0], [-0.1]),
        ("repetition_penalty", "qwen3", [0.01, 1.05], [0]),
        ("seed", "qwen3.5", [0, 2147483647], [2147483648]),
        ("turn_detection.silence_duration_ms", "turbo", [200, 6000, 800], [199, 6001]),
        ("turn_detection.type", "qwen3.5", ["server_vad", "semantic_vad"], ["no-such-value"]),
        ("turn_detection.type", "turbo", ["server_vad"], ["no-such-value"]),
        ("audio.input.format.channels", "qwen3.8", [1, 2, 4], [3]),
        ("smooth_output", "qwen3", [True, False, None], []),
        ("enable_search", "qwen3.5", [True, False], []),
    ],
)
def test_values_at_and_past_the_bounds(path: str, family: str, accepted: list[Any], refused: list[Any]) -> None:
    assert values(path, family) == (accepted, refused)


@pytest.mark.parametrize(
    ("path", "family"),
    [
        ("temperature", "turbo"),  # fixed there
        ("smooth_output", "qwen3.5"),
        ("audio.input.format.channels", "qwen3.5"),
        ("audio.output.format.type", "qwen3.8"),
        ("translation.language", "qwen3.8"),  # an SDK option of other models
    ],
)
def test_a_family_without_the_field_gets_no_probe(path: str, family: str) -> None:
    assert bounds.probes(path, BY_FAMILY[family]) == []


def test_a_probe_is_sent_in_its_place_with_what_it_needs() -> None:
    by_label = {probe.label: probe for path in bounds.fields() for probe in bounds.probes(path, BY_FAMILY["qwen3.8"])}
    assert by_label["temperature=0"].session() == {"temperature": 0}
    assert by_label["turn_detection.threshold=1.0"].session() == {
        "turn_detection": {
            "type": "server_vad",
            "threshold": 1.0,
            "prefix_padding_ms": 300,
            "silence_duration_ms": 800,
        }
    }
    layout = by_label['audio.input.format.channel_layout="foa_ambix"'].session()
    assert layout["audio"]["input"]["format"]["channels"] == 4
    assert by_label["search_options.enable_source=true"].session() == {
        "enable_search": True,
        "search_options": {"enable_source": True},
    }


@pytest.mark.parametrize("path", bounds.fields())
@pytest.mark.parametrize("profile", BY_FAMILY.values(), ids=BY_FAMILY)
def test_a_probe_has_a_label_of_its_own_and_the_schema_agrees_with_it(path: str, profile: Profile) -> None:
    """What a JSON Schema can't say of one family (`x-…`) may pass it, but nothing legal may fail it."""
    schema = bounds.fields()[path].schema
    validator = jsonschema.Draft202012Validator(schema)
    labels = set()
    for probe in bounds.probes(path, profile):
        only_here = "x-family-exclusive-min" in schema and probe.value == 0
        assert validator.is_valid(probe.value) == probe.legal or only_here, probe.label
        assert probe.label not in labels
        labels.add(probe.label)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_limited_field_is_judged_by_a_clause(family: str) -> None:
    judged = {
        name
        for row in clauses().values()
        if row.id.startswith(("SES-1", "SES-2")) and (not row.models or family in row.models)
        for name in row.fields
    }
    limited = {path for path, found in bounds.fields().items() if found.judged and family in found.models}
    assert limited - judged == set()


def test_clauses_name_fields_that_the_schema_has() -> None:
    for row in clauses().values():
        for name in row.fields:
            assert name in bounds.fields(), f"{row.id} judges {name}"
            families = set(row.models or FAMILIES)
            assert families & set(bounds.fields()[name].models), f"{row.id}: no model of it has {name}"


@pytest.mark.parametrize("series", ["SES-1", "SES-2"])
def test_no_clause_is_without_a_value_to_try(series: str) -> None:
    for row in clauses().values():
        if not row.id.startswith(series):
            continue
        for name in row.fields:
            for family in row.models or FAMILIES:
                accepted, refused = values(name, family)
                assert accepted if series == "SES-1" else refused, f"{row.id} has no value of {name} for {family}"
