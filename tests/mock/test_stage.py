"""Moments and answers of one's own: what a scenario may ask of the mock, and what it may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.mock import answers, stage
from conformance.mock.core import CloseWith, Drop, SendEvent, SendPing, SendRaw
from conformance.mock.models import USUAL, model_for
from conformance.mock.options import MockOptions, OptionError
from conformance.mock.session import Session

TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
    for name in ("look", "listen")
]


def session(*rows: dict[str, Any], lines: tuple[dict[str, Any], ...] = (), number: int = 1) -> Session:
    options = MockOptions(
        latency="none", moments=tuple(map(stage.moment, rows)), answers=tuple(map(answers.line, lines))
    )
    return Session(model_for(USUAL), options, number=number)


def say(one: Session, text: str, *, tools: list[Any] | None = None, at: float = 1.0) -> list[dict[str, Any]]:
    """A turn in text; the events that came."""
    events: list[dict[str, Any]] = [
        {"type": "session.update", "session": {"modalities": ["text"], "tools": tools or []}}
    ]
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    events += [{"type": "conversation.item.create", "item": item}, {"type": "response.create"}]
    for event in events:
        one.receive_text(answers.json.dumps(event), at)
    return [out.event for out in one.poll(at + 1) if isinstance(out, SendEvent)]


@pytest.mark.parametrize(
    ("does", "out"),
    [
        ({"drop": True}, Drop()),
        ({"close": {"code": 1001, "reason": "gone"}}, CloseWith(1001, "gone")),
        ({"raw": "what"}, SendRaw("what")),
        ({"ping": "hello"}, SendPing(b"hello")),
    ],
)
def test_what_follows_an_event(does: dict[str, Any], out: object) -> None:
    first, second = session({"when": "session.created", "does": does}).poll(0.0)
    assert isinstance(first, SendEvent)
    assert first.event["type"] == "session.created"
    assert second == out


def test_events_are_changed_and_others_sent() -> None:
    one = session(
        {"when": "*", "nth": 0, "does": {"set": {"a.b": 1}, "remove": ["session.voice", "no.such"]}},
        {"when": "session.created", "does": {"times": 2, "send": {"type": "news"}}},
    )
    shown = [out.event for out in one.poll(0.0) if isinstance(out, SendEvent)]
    assert [event["type"] for event in shown] == ["session.created", "news", "news"]
    assert shown[0]["a"] == {"b": 1}
    assert "voice" not in shown[0]["session"]
    assert shown[1]["event_id"] != shown[2]["event_id"]


def test_the_nth_in_the_session_that_was_named() -> None:
    row = {"when": ["response.text.delta"], "nth": 2, "session": 2, "does": {"send": {"type": "news"}}}
    for number, news in ((1, 0), (2, 1)):
        types = [event["type"] for event in say(session(row, number=number), "tell me a story")]
        assert types.count("news") == news
        assert types.count("response.text.delta") > 2
        if news:
            assert types[: types.index("news")].count("response.text.delta") == 2


def test_silence_keeps_the_connection() -> None:
    one = session({"when": "response.created", "does": {"silence": True}})
    assert [event["type"] for event in say(one, "hello")][-1] == "response.created"
    assert one.closing is None


def test_a_clients_event_may_be_the_moment() -> None:
    one = session({"when": "> session.finish", "does": {"drop": True}})
    one.receive_text('{"type":"session.finish"}', 1.0)
    assert one.poll(1.0)[-1] == Drop()


def test_somebody_is_heard_where_turns_are_detected() -> None:
    one = session({"when": "session.created", "does": {"hear": "hello"}})
    types = [out.event["type"] for out in one.poll(1.0) + one.poll(5.0) if isinstance(out, SendEvent)]
    assert "input_audio_buffer.speech_started" in types
    assert "response.done" in types


def test_upgrades_are_refused_by_number() -> None:
    made = [stage.moment({"when": "upgrade", "nth": 2, "does": {"refuse": {"status": 429, "message": "slow"}}})]
    assert [stage.refusal(made, number) for number in (1, 2, 3)] == [None, (429, "", "slow"), None]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({}, "a moment needs `when`"),
        ({"when": "x", "dose": {}}, "a moment has no 'dose'; did you mean 'does'?"),
        ({"when": "x", "does": {"dropp": True}}, "a moment can't 'dropp'; did you mean 'drop'?"),
    ],
)
def test_moments_that_make_no_sense(row: dict[str, Any], says: str) -> None:
    with pytest.raises(OptionError, match=says.replace("?", r"\?")):
        stage.moment(row)


def test_answers_of_ones_own() -> None:
    lines = (
        {"hears": "order", "say": "It ships on Monday."},
        {"after_tools": True, "say": "So: {outputs}"},
        {"calls": 2},
    )
    told = say(session(lines=lines), "Where is my ORDER?")
    assert "".join(event["delta"] for event in told if event["type"] == "response.text.delta") == "It ships on Monday."
    called = say(session(lines=lines), "hello", tools=TOOLS)
    names = [event["name"] for event in called if event["type"] == "response.function_call_arguments.done"]
    assert names == ["look", "listen"]
    twice = say(session(lines=({"calls": 2},)), "hello", tools=TOOLS[:1])
    assert [event["type"] for event in twice].count("response.function_call_arguments.done") == 2
    named = say(session(lines=({"calls": [{"name": "mine", "arguments": {"a": 1}}]},)), "hello", tools=TOOLS)
    (call,) = [event for event in named if event["type"] == "response.function_call_arguments.done"]
    assert (call["name"], call["arguments"]) == ("mine", '{"a": 1}')


def test_without_tools_and_without_a_fit_the_scripted_model_answers() -> None:
    lines = ({"hears": "order", "say": "Monday."}, {"calls": 1})
    told = say(session(lines=lines), "hello there")
    assert (
        "".join(event["delta"] for event in told if event["type"] == "response.text.delta") == "You said: hello there"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "there are no [[answers]]"),
        ("[[answers]]\nsay = 1\nhear = 2", "an answer has no 'hear'; did you mean 'hears'?"),
        ("[[answers]]\nhears = '('\nsay = 'x'", "is no regular expression"),
        ("[[answers]]\nhears = 'x'", "an answer needs `say` or `calls`"),
        ("[[answers]]\ncalls = ['x']", "calls is a number, or a list of tables"),
        ("[[answers", "Expected"),
    ],
)
def test_files_of_answers_that_make_no_sense(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "answers.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OptionError) as told:
        answers.read(path)
    assert says in str(told.value)
