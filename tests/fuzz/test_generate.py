"""Scripts: the same for the same seed, of every kind, written and read back, shrunk."""

import collections
import json

import pytest

from conformance.fuzz import generate, read, shrink, write
from conformance.fuzz.choice import Seeded
from conformance.fuzz.values import made, session, spoiled
from conformance.judge import schema
from conformance.spec.profiles import DEFAULT_MODEL, MODELS, profile_for

PROFILE = profile_for(DEFAULT_MODEL)


def test_the_same_seed_gives_the_same_events():
    assert generate(7, 20, PROFILE) == generate(7, 20, PROFILE)
    assert generate(7, 20, PROFILE) != generate(8, 20, PROFILE)


def test_a_script_does_not_depend_on_how_many_there_are():
    assert generate(7, 30, PROFILE)[:10] == generate(7, 10, PROFILE)


def test_snapshots_of_a_family_get_the_same_scripts():
    assert generate(7, 10, profile_for(f"{DEFAULT_MODEL}-2026-03-15")) == generate(7, 10, PROFILE)


def test_choices_do_not_depend_on_the_python():
    chooser = Seeded("1/qwen3.5/1")
    assert [chooser.below(100) for _ in range(8)] == [50, 1, 48, 5, 64, 15, 66, 83]


@pytest.mark.parametrize("model", MODELS)
def test_every_kind_of_move_is_made(model):
    moves = [move for script in generate(3, 200, profile_for(model)) for move in script]
    assert {move["do"] for move in moves} >= {"send", "text", "audio", "image", "wait"}
    events = [move["event"] for move in moves if move["do"] == "send"]
    sent = collections.Counter(str(event.get("type")) for event in events)
    assert set(schema.client_types()) <= set(sent)
    assert len(sent) > 12
    known = [event for event in events if event.get("type") in schema.client_types()]
    broken = sum(not schema.is_valid("client", event) for event in known)
    assert 0.05 < broken / len(known) < 0.5


def test_scripts_are_small_and_readable(tmp_path):
    for number, script in enumerate(generate(5, 50, PROFILE)):
        path = tmp_path / f"{number}.jsonl"
        write(path, script)
        assert read(path) == script
        assert path.stat().st_size < 12_000
        assert 2 <= len(script) <= 12


def test_what_is_no_script_is_refused(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"type":"session.update"}\n', encoding="utf-8")
    with pytest.raises(ValueError, match="not a move"):
        read(path)


@pytest.mark.parametrize("model", MODELS)
def test_values_from_the_schemas_are_valid(model):
    profile = profile_for(model)
    for number in range(60):
        chooser = Seeded(str(number))
        config = {"type": "session.update", "session": session(chooser, profile)}
        assert schema.is_valid("client", config), config
        for kind in schema.client_types():
            event = made(kind, chooser, profile)
            assert schema.is_valid("client", event), event
            assert json.loads(json.dumps(spoiled(event, chooser))) != event


def test_the_shortest_script_that_fails_is_found():
    script = [{"do": "wait"}] * 5
    script[1] = {"do": "send", "event": {"type": "a", "x": {"y": 1, "z": 2}}, "wait": "none"}
    script[4] = {"do": "audio", "sound": "hello"}

    def fails(moves):
        return any(move.get("event", {}).get("x", {}).get("z") == 2 for move in moves) and "audio" in str(moves)

    assert shrink(script, fails) == [
        {"do": "send", "event": {"type": "a", "x": {"z": 2}}, "wait": "answer"},
        {"do": "audio", "sound": "silence", "ms": 100},
    ]


def test_what_does_not_fail_again_stays_as_it_was():
    calls = []
    assert shrink([{"do": "wait"}] * 5, lambda moves: bool(calls.append(moves))) == [{"do": "wait"}] * 5
    assert len(calls) == 1


def test_a_shrink_is_frugal():
    calls = []
    shrink([{"do": "wait"}] * 40, lambda moves: calls.append(moves) or len(moves) > 30, attempts=25)
    assert len(calls) <= 25
