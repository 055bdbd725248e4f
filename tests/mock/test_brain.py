import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance import fixtures
from conformance.mock.brain import Brain
from conformance.mock.requests import Answer, Request
from conformance.mock.tokens import text_tokens

BRAIN = Brain()


def tool(name: Any, description: str = "", **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


WEATHER = tool("get_weather", "Get the current weather of a city", city={"type": "string"})
TIME = tool("get_local_time", "Get the local time in a city", city={"type": "string"})


def user(text: Any) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def spoken(text: Any) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_audio", "transcript": text}]}


def ask(text: Any, **rest: Any) -> Answer:
    return BRAIN.answer(Request(history=[user(text)], **rest))


@pytest.mark.parametrize(
    ("said", "instructions", "expected"),
    [
        ("The sky is blue", "", "You said: The sky is blue"),
        ("The sky is blue", "Always answer in Chinese.", "您说：The sky is blue"),
        ("你好", "请用中文回答", "您说：你好"),
        ("Hi", "Answer with exactly two words: blue whale. Nothing more.", "blue whale"),
        ("Say good night.", "", "good night"),
        ('Please reply with "ok"', "", "ok"),
        ("Respond only with: roger", "", "roger"),
        ("Count from 1 to 5, please", "", "1, 2, 3, 4, 5."),
        ("数到 3", "用中文", "1、2、3。"),
        ("", "", "Hello, I am listening."),
    ],
)
def test_it_answers(said: Any, instructions: Any, expected: Any) -> None:
    assert ask(said, instructions=instructions) == Answer(expected)


def test_a_spoken_turn_counts_like_a_written_one() -> None:
    history = [user("Hi"), {"type": "message", "role": "assistant", "content": []}, spoken("Hello there.")]
    assert BRAIN.answer(Request(history=history)).text == "You said: Hello there."


def test_long_answers_for_those_who_interrupt() -> None:
    assert len(ask("count to 200").text) > 500
    assert len(ask("Tell me a story.").text) > 150


def test_a_proactive_answer_needs_no_turn() -> None:
    assert BRAIN.answer(Request(proactive=True)).text == "Are you still there?"


@pytest.mark.parametrize("limit", [1, 3, 8])
def test_max_tokens_cuts(limit: Any) -> None:
    answer = ask("count to 100", max_tokens=limit)
    assert answer.truncated
    assert text_tokens(answer.text) == limit
    assert not ask("Hi", max_tokens=100).truncated


def test_a_mentioned_tool_is_called_with_the_city() -> None:
    answer = ask("What is the weather in Hangzhou?", tools=[WEATHER, TIME])
    assert answer.text == ""
    (call,) = answer.calls
    assert call.name == "get_weather"
    assert json.loads(call.arguments) == {"city": "Hangzhou"}


def test_two_mentioned_tools_are_two_calls() -> None:
    answer = ask("Tell me the weather and the local time in New York", tools=[WEATHER, TIME])
    assert [call.name for call in answer.calls] == ["get_weather", "get_local_time"]
    assert {json.loads(call.arguments)["city"] for call in answer.calls} == {"New York"}


def test_a_tool_called_by_its_name_shuts_out_the_others() -> None:
    answer = ask("Call get_local_time, not the weather", tools=[WEATHER, TIME])
    assert [call.name for call in answer.calls] == ["get_local_time"]


@pytest.mark.parametrize(
    ("choice", "said", "names"),
    [
        ("auto", "Hello", []),
        ("required", "Hello", ["get_weather"]),
        ("none", "weather", []),
        (None, "weather", ["get_weather"]),
        ({"type": "function", "function": {"name": "get_local_time"}}, "Hello", ["get_local_time"]),
    ],
)
def test_tool_choice(choice: Any, said: Any, names: Any) -> None:
    assert [call.name for call in ask(said, tools=[WEATHER, TIME], tool_choice=choice).calls] == names


def test_arguments_follow_the_schema() -> None:
    fancy = tool(
        "book",
        unit={"type": "string", "enum": ["celsius", "fahrenheit"]},
        nights={"type": "integer", "minimum": 1, "maximum": 5},
        quiet={"type": "boolean"},
        guests={"type": "array", "items": {"type": "string"}, "minItems": 2},
        note={"type": ["string", "null"]},
    )
    (call,) = ask("book for Anna 12 nights in fahrenheit", tools=[fancy]).calls
    value = json.loads(call.arguments)
    assert value["unit"] == "fahrenheit"
    assert value["nights"] == 5
    assert value["quiet"] is True
    assert value["guests"][0] == "Anna"
    assert len(value["guests"]) == 2
    assert isinstance(value["note"], str)


def test_tool_outputs_are_put_in_words_and_not_asked_for_again() -> None:
    history = [
        user("weather in Hangzhou?"),
        {"type": "function_call", "name": "get_weather", "arguments": "{}", "call_id": "call_1"},
        {"type": "function_call_output", "call_id": "call_1", "output": '{"sky": "clear", "degrees": 21}'},
        {"type": "function_call_output", "call_id": "call_2", "output": "light wind"},
    ]
    answer = BRAIN.answer(Request(history=history, tools=[WEATHER]))
    assert answer == Answer("Here is what I found: sky clear, degrees 21, light wind.")
    history.append({"type": "message", "role": "assistant", "content": [{"type": "text", "text": answer.text}]})
    assert BRAIN.answer(Request(history=history, tools=[WEATHER])).calls == ()


KEYS = st.sampled_from(["type", "properties", "enum", "items", "minItems", "minimum", "required", "a"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(JSON, st.text(max_size=40))
def test_no_schema_breaks_it(schema: Any, said: Any) -> None:
    odd = {"type": "function", "function": {"name": "odd", "description": schema, "parameters": schema}}
    (call,) = ask(said, tools=[odd, schema], tool_choice="required").calls
    assert isinstance(json.loads(call.arguments), dict)


@given(st.text(max_size=200), st.text(max_size=80))
def test_the_same_request_gives_the_same_answer(said: Any, instructions: Any) -> None:
    assert ask(said, instructions=instructions) == ask(said, instructions=instructions)
    assert ask(said, instructions=instructions).text


@pytest.mark.parametrize("rate", [8000, 16_000, 24_000, 48_000])
@pytest.mark.parametrize("name", ["hello", "weather", "goodbye", "nihao", "three_utterances"])
def test_it_hears_the_fixtures(name: Any, rate: Any) -> None:
    pcm = fixtures.resample(fixtures.wav(name), 16_000, rate)
    item = fixtures.silence(333, rate) + pcm + fixtures.silence(200, rate)
    assert BRAIN.hear(item, rate) == fixtures.utterance_text(name)


def test_it_hears_two_in_the_order_they_were_said() -> None:
    both = fixtures.wav("goodbye") + fixtures.silence(100) + fixtures.wav("hello")
    assert BRAIN.hear(both) == "Thank you, goodbye. Hello there."


def test_unknown_speech_gets_its_length() -> None:
    assert BRAIN.hear(fixtures.noise(1200, -30)) == "(speech of 1.2 seconds)"
    assert BRAIN.hear(b"") == "(speech of 0.0 seconds)"


def test_it_sounds() -> None:
    said = BRAIN.synthesise("Hello there.", "Tina")
    assert fixtures.pcm_ms(said, 24_000) == 12 * 70
    assert max(map(abs, fixtures.to_samples(said))) > 2000
    assert said == BRAIN.synthesise("Hello there.", "Tina")
    assert said != BRAIN.synthesise("Hello there.", "Ethan")
    assert fixtures.pcm_ms(BRAIN.synthesise("Hello there.", "Tina", 8000), 8000) == 12 * 70
    assert fixtures.pcm_ms(BRAIN.synthesise("long " * 100, "Tina"), 24_000) <= 6000
    assert BRAIN.synthesise("", "Tina") == b""
