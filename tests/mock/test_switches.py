"""Switches and options: named after the open questions, checked when they are set, and each one acts."""

import pytest

from conformance import data
from conformance.mock.models import MODELS
from conformance.mock.options import MockOptions, OptionError
from conformance.mock.switches import NOT_SWITCHABLE, Switches, known
from support.told import COUNT, Told, error, naming, one, types


def test_every_question_has_a_switch_or_a_reason():
    import tomllib

    rows = tomllib.loads((data.package() / "spec" / "questions.toml").read_text(encoding="utf-8"))["question"]
    names = {row["id"].lower().removeprefix("q-") for row in rows}
    without = {name for name in NOT_SWITCHABLE if "=" not in name}
    assert names == set(known()) | without
    assert not without & set(known())


def test_every_switch_is_read_somewhere():
    texts = [path.read_text(encoding="utf-8") for path in (data.package() / "mock").glob("*.py")]
    unread = [name for name in known() if not any(f'"{name}"' in text for text in texts)]
    assert unread == []


def test_the_default_is_the_outcome_that_is_marked():
    assert Switches()["finish"] == "error"
    assert Switches({"finish": "finished"})["finish"] == "finished"
    assert Switches().chosen("finish") is None


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"switches": {"finnish": "error"}}, "did you mean 'finish'"),
        ({"switches": {"finish": "finish"}}, "did you mean 'finished'"),
        ({"quirks": ("silent-updates",)}, "did you mean 'silent-update'"),
        ({"latency": "slow"}, "no latency 'slow'"),
        ({"status_policy": "clean"}, "did you mean 'clean_close_ok'"),
        ({"silence_billing": "some"}, "no silence_billing"),
        ({"ledger_rows": "responses"}, "did you mean 'response'"),
    ],
)
def test_what_is_not_known_is_refused_with_the_nearest(options, says):
    with pytest.raises(OptionError, match=says):
        MockOptions(**options)


def told(switch, value, **options):
    return Told(switches={switch: value}, **options)


def test_replace_forgets_what_is_not_named():
    session = told("update-merge", "replace")
    session.update(instructions="Be brief.")
    assert "instructions" not in session.update(modalities=["text"])


@pytest.mark.parametrize(("value", "shown"), [("null", None), ("missing", "no key")])
def test_manual_mode_in_the_echo(value, shown):
    assert told("null-turn-detection-echo", value).update(turn_detection=None).get("turn_detection", "no key") == shown


def test_partial_updates_apply_what_is_valid():
    session = told("update-atomic", "partial")
    assert "error" in session.update(instructions="New.", modalities=["audio"])
    assert session.update()["instructions"] == "New."


@pytest.mark.parametrize(("value", "shown"), [("clamped", 1.99), ("ignored", None), ("accepted", 5)])
def test_past_a_bound(value, shown):
    assert told("past-bound", value).update(temperature=5).get("temperature") == shown


def test_a_clamp_at_the_lower_bound():
    assert told("past-bound", "clamped").update(temperature=-5)["temperature"] == 0


def test_the_voice_may_fail_late():
    session = told("voice-unknown", "late")
    assert session.update(voice="Nobody")["voice"] == "Nobody"
    assert error(session.ask("hello"))["code"] == "COMMON_ERROR"
    assert session.end.code == 1007


def test_errors_may_name_the_event():
    session = told("error-event-id", "echoed")
    assert error(session.tell("no.such", event_id="mine"))["event_id"] == "mine"


def test_create_right_after_a_commit_may_be_dropped():
    from conformance import fixtures

    session = told("create-after-commit", "dropped", latency="fast")
    session.update(turn_detection=None)
    session.append(fixtures.wav("hello"))
    session.tell("input_audio_buffer.commit")
    assert session.tell("response.create") == []
    session.wait(1)
    assert types(session.tell("response.create"))[0] == "response.created"


def test_the_item_may_wait_for_the_create():
    from conformance import fixtures

    session = told("manual-item-created", "after-create")
    session.update(turn_detection=None)
    session.append(fixtures.wav("hello"))
    assert "conversation.item.created" not in types(session.tell("input_audio_buffer.commit"))
    assert types(session.tell("response.create"))[0] == "conversation.item.created"


def test_an_update_may_wait_for_the_end_of_a_response():
    session = told("update-during-response", "deferred", latency="fast")
    session.write(COUNT)
    session.tell("response.create")
    assert session.tell("session.update", session={}) == []
    kinds = types(session.wait(10))
    assert kinds.index("session.updated") > kinds.index("response.done")


@pytest.mark.parametrize("value", ["no-response", "cancelled", "error-and-completes"])
def test_a_cancel_at_once(value):
    session = told("cancel-pending", value, latency="fast")
    session.update(modalities=["text"])
    session.write(COUNT)
    kinds = types(session.tell("response.create") + session.tell("response.cancel") + session.wait(10))
    assert ("response.created" in kinds) is (value != "no-response")
    assert ("error" in kinds) is (value == "error-and-completes")
    assert ("response.done" in kinds) is (value == "error-and-completes")


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        ("message-first", ["message", "function_call"]),
        ("call-first", ["function_call", "message"]),
        ("calls-only", ["function_call"]),
    ],
)
def test_a_message_beside_a_call(value, kinds):
    session = told("mixed-output", value)
    session.update(modalities=["text"], tools=[{"type": "function", "function": {"name": "get_time"}}])
    done = one(session.ask("Call get_time."), "response.done")["response"]
    assert [item["type"] for item in done["output"]] == kinds


@pytest.mark.parametrize("kind", ["conversation.item.delete", "output_audio_buffer.clear"])
def test_undocumented_events_may_be_accepted(kind):
    switch = {"conversation.item.delete": "item-delete"}.get(kind, "output-buffer-clear")
    assert types(told(switch, "accepted").tell(kind)) == [{"item-delete": "conversation.item.deleted"}.get(
        switch, "output_audio_buffer.cleared"
    )]  # fmt: skip


@pytest.mark.parametrize("value", [value for name in ["idle-close"] for value in known()[name]])
def test_how_an_idle_session_ends(value):
    session = told("idle-close", value)
    events = session.wait(301)
    assert (session.end is None) is (value == "stays-open")
    assert ("error" in types(events)) is value.startswith("error")


@pytest.mark.parametrize("switch", ["idle-clock-update", "idle-clock-audio"])
def test_what_does_not_reset_the_idle_clock(switch):
    session = told(switch, "does-not-reset")
    session.wait(200)
    if switch == "idle-clock-update":
        session.update()
    else:
        session.tell("input_audio_buffer.append", audio="AAAA")
    session.wait(101)
    assert session.end is not None


@pytest.mark.parametrize("name", known())
def test_no_side_breaks_the_mock(name):
    """Whatever is chosen, a varied conversation runs through without a fault of the mock's."""
    newest, *_, oldest = MODELS
    for value in known()[name][1:]:
        for model in (newest, oldest):
            with naming(f"{name}={value}, {model}"):
                varied(told(name, value, model=model))


def varied(session):
    from conformance import fixtures

    steps = [
        lambda s: s.tell("session.update", session={"modalities": ["text", "audio"], "temperature": 9, "voice": None}),
        lambda s: s.tell("session.update", session={"instructions": 5, "turn_detection": {"threshold": 0.4}}),
        lambda s: s.tell("session.update", session={"audio": {"output": {"format": {"sample_rate": 8000}}}}),
        lambda s: s.write("Say hello."),
        lambda s: s.tell("response.create", response={"max_tokens": 2, "odd": 1}),
        lambda s: s.append(fixtures.wav("hello") + fixtures.silence(1200)),
        lambda s: s.image("tiny_16x16.jpg"),
        lambda s: s.tell("input_audio_buffer.clear"),
        lambda s: s.tell("session.update", session={"turn_detection": None}),
        lambda s: s.append(fixtures.tone(300)),
        lambda s: s.image("tiny_16x16.jpg"),
        lambda s: s.tell("input_audio_buffer.commit"),
        lambda s: s.tell("response.create"),
        lambda s: s.tell("response.cancel"),
        lambda s: s.text("{bad"),
        lambda s: s.tell("no.such"),
        lambda s: s.tell("session.finish"),
    ]
    for step in steps:
        if session.end is None:
            step(session)
    session.wait(2)
