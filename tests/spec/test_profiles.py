import dataclasses
from typing import Any

import pytest

from conformance.spec.prices import price_for
from conformance.spec.profiles import (
    CAPABILITIES,
    DEFAULT_MODEL,
    FAMILIES,
    MODELS,
    UnknownModel,
    profile_for,
    profile_of,
    told_by_name,
)


def test_every_model_has_a_profile_of_a_known_family() -> None:
    assert {profile_for(model).family for model in MODELS} == set(FAMILIES)
    assert DEFAULT_MODEL in MODELS
    for model in MODELS:
        profile = profile_for(model)
        assert profile.model == model
        assert profile.capabilities <= CAPABILITIES
        assert profile.default_voice in profile.voices


@pytest.mark.parametrize(
    ("snapshot", "family"),
    [
        ("qwen3-omni-flash-realtime-2025-09-15", "qwen3"),
        ("qwen3-omni-flash-realtime-2025-12-01", "qwen3"),
        ("qwen-omni-turbo-realtime-2025-05-08", "turbo"),
        ("qwen3.5-omni-plus-realtime-2026-03-15", "qwen3.5"),
    ],
)
def test_a_dated_snapshot_belongs_to_its_family(snapshot: Any, family: Any) -> None:
    profile = profile_for(snapshot)
    assert (profile.family, profile.model) == (family, snapshot)


@pytest.mark.parametrize("name", ["qwen3.5-omni-flash-realtme", "qwen3.5-omni-flash-realtime-2025", "", "gpt"])
def test_an_unknown_name_gets_a_suggestion(name: Any) -> None:
    with pytest.raises(UnknownModel, match=r"did you mean 'qwen"):
        profile_for(name)


def test_the_suggestion_is_the_nearest() -> None:
    with pytest.raises(UnknownModel, match=r"'qwen3\.5-omni-flash-realtime'"):
        profile_for("qwen3.5-omni-flash-realtme")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", ["a-model-of-my-own", "", "qwen3.5-omni-flash-realtme"])
def test_a_model_of_any_name_has_the_rules_of_a_family_that_is_named(name: str, family: str) -> None:
    profile = profile_for(name, family)
    assert (profile.model, profile.family, profile.leaving) == (name, family, False)
    assert any(
        dataclasses.replace(profile_for(model), model=name, leaving=False) == profile
        for model in MODELS
        if profile_for(model).family == family
    )
    assert not told_by_name(profile)
    assert price_for(profile, "beijing") is None


def test_a_family_that_the_name_tells_changes_nothing() -> None:
    for model in MODELS:
        plain = profile_for(model)
        assert profile_for(model, plain.family) == plain
        assert told_by_name(plain)
    other = profile_for("qwen-omni-turbo-realtime", "qwen3.5")
    assert (other.family, told_by_name(other)) == ("qwen3.5", False)


def test_a_record_s_target_has_its_profile() -> None:
    assert profile_of({"model": "mine", "profile": "qwen3"}).family == "qwen3"
    assert profile_of({"model": DEFAULT_MODEL}) == profile_for(DEFAULT_MODEL)
    for odd in ("qwen9", 7, [], None):  # a record from elsewhere
        with pytest.raises(UnknownModel):
            profile_of({"model": "mine", "profile": odd})


def test_capabilities_follow_the_matrix() -> None:
    can = {profile_for(model).family: profile_for(model).can for model in MODELS}
    assert [f for f in FAMILIES if can[f]("semantic_vad")] == ["qwen3.8", "qwen3.5"]
    assert [f for f in FAMILIES if can[f]("idle_timeout")] == ["qwen3.5"]
    assert [f for f in FAMILIES if can[f]("mcp")] == ["qwen3.8"]
    assert [f for f in FAMILIES if can[f]("smooth_output")] == ["qwen3"]
    assert [f for f in FAMILIES if not can[f]("sampling")] == ["turbo"]
    with pytest.raises(ValueError, match="no capability 'singing'"):
        can["turbo"]("singing")


def test_a_voice_is_refused_only_where_the_list_is_complete() -> None:
    assert profile_for("qwen-omni-turbo-realtime").knows_voice("Tina") is False
    assert profile_for("qwen-omni-turbo-realtime").knows_voice("Ethan") is True
    assert profile_for(DEFAULT_MODEL).knows_voice("Ethan") is None


def test_a_profile_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        profile_for(DEFAULT_MODEL).family = "x"  # type: ignore[misc]
    with pytest.raises(TypeError):
        profile_for(DEFAULT_MODEL).sampling["seed"] = 1  # type: ignore[index]
