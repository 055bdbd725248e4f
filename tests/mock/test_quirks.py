"""Quirks: each lies once, in the way it says."""

import pytest

from conformance.mock import quirks
from conformance.mock.quirks import REGISTRY, quirk
from support.told import Told, error, naming, one, types


def lying(name):
    told = Told(quirks=(name,))
    told.update(modalities=["text"]) if name != "silent-update" else None
    return told


def test_every_quirk_says_what_it_does():
    for name, row in REGISTRY.items():
        assert row.name == name == name.lower()
        assert row.chapter.isdigit()
        assert row.lie
        assert row.hooks


def test_the_registry_refuses_what_it_does_not_know():
    with pytest.raises(ValueError, match="did you mean 'emit'"):
        quirk("x", "02", "y", hook="emits")
    with pytest.raises(ValueError, match="twice"):
        quirk("silent-update", "03", "something else")(lambda event, session: None)
    with pytest.raises(quirks.OptionError, match="silent-update"):
        quirks.chosen(["silent-updat"])


@pytest.mark.parametrize("chapter", sorted({row.chapter for row in REGISTRY.values()}))
def test_no_quirk_breaks_the_mock(chapter):
    for name in sorted(name for name, row in REGISTRY.items() if row.chapter == chapter and name != "greets-nobody"):
        with naming(name):
            told = Told(quirks=(name,))
            told.tell("session.update", session={"instructions": "Be brief.", "modalities": ["text"]})
            told.tell("session.update", session={"max_tokens": 20})
            told.ask("Count to 40.")
            told.tell("no.such")


def test_silent_update():
    told = lying("silent-update")
    assert told.tell("session.update", session={"instructions": "x"}) == []
    assert told.session.config["instructions"] == "x"


def test_done_without_created():
    kinds = types(lying("done-without-created").ask("Say hello."))
    assert "response.created" not in kinds
    assert "response.done" in kinds


def test_duplicate_event_id():
    told = lying("duplicate-event-id")
    told.ask("Say hello.")
    assert len({event["event_id"] for event in told.says}) == 1


def test_error_kills_connection():
    told = lying("error-kills-connection")
    assert error(told.tell("response.cancel"))
    assert told.end.code == 1011


def test_unknown_type_ignored():
    told = lying("unknown-type-ignored")
    assert told.tell("no.such") == []
    assert types(told.tell("response.cancel")) == ["error"]


def test_update_resets_siblings():
    told = lying("update-resets-siblings")
    assert told.update(max_tokens=5)["modalities"] == ["text", "audio"]


def test_echoes_but_ignores_instructions():
    told = lying("echoes-but-ignores-instructions")
    assert told.update(instructions="Answer with exactly one word: whale")["instructions"]
    assert "whale" not in one(told.ask("hi"), "response.text.done")["text"]


def test_text_done_differs():
    events = lying("text-done-differs").ask("Say hello.")
    assert one(events, "response.text.done")["text"] != "hello"


def test_usage_does_not_add_up():
    usage = one(lying("usage-does-not-add-up").ask("Say hello."), "response.done")["response"]["usage"]
    assert usage["total_tokens"] != usage["input_tokens"] + usage["output_tokens"]


def test_close_not_answered():
    assert Told(quirks=("close-not-answered",)).session.quirks.close_frame(1000, "") is None
    assert Told().session.quirks.close_frame(1000, "") == (1000, "")


def test_what_a_lie_leaves_without_a_type_no_other_looks_at():
    def strips(event, session):
        return [{name: value for name, value in event.items() if name != "type"}]

    def reads(event, session):
        return [{**event, "read": event["type"]}]

    both = quirks.Quirks(())
    both._hooks["emit"] = [strips, reads]
    assert both.emit({"type": "x", "n": 1}, None) == [{"n": 1}]
    both._hooks["emit"] = [reads, strips]
    assert both.emit({"type": "x", "n": 1}, None) == [{"n": 1, "read": "x"}]
