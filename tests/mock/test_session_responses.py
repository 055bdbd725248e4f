"""Responses: their order of events, their shapes, their early ends, their cost."""

import base64
import json

import pytest

from conformance import fixtures
from conformance.mock.models import MODELS, model_for
from support.told import COUNT, Told, error, one, types

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CLOCK = {"type": "function", "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}}}
TEXT_ORDER = [
    "response.created",
    "response.output_item.added",
    "conversation.item.created",
    "response.content_part.added",
    "response.text.delta",
    "response.text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.done",
]
AUDIO_ORDER = [
    *TEXT_ORDER[:4],
    "response.audio_transcript.delta",
    "response.audio.delta",
    "response.audio_transcript.done",
    "response.audio.done",
    *TEXT_ORDER[6:],
]


def typed(**options):
    told = Told(**options)
    told.update(modalities=["text"])
    return told


def order(events):
    return list(dict.fromkeys(types(events)))


def running(told, text=COUNT, deltas=3):
    """A response under way."""
    told.write(text)
    seen = told.tell("response.create")
    while sum(kind.endswith("delta") for kind in types(seen)) < deltas:
        seen += told.wait(told.session.next_due() - told.now)
    return seen


def test_a_typed_turn_has_the_recorded_order():
    assert order(typed().ask("Say hello there everybody.")) == TEXT_ORDER


def test_a_spoken_turn_has_the_documented_order():
    assert order(Told().ask("Say hello.")) == AUDIO_ORDER


def test_the_acknowledgement_of_a_text_item():
    told = Told()
    first = one(told.write("Grüße 你好 🙂"), "conversation.item.created")
    assert "previous_item_id" not in first
    assert {**first["item"], "id": ""} == {
        "id": "",
        "object": "realtime.item",
        "type": "message",
        "status": "completed",
        "role": "user",
        "content": [{"type": "input_text", "text": "Grüße 你好 🙂"}],
    }
    second = one(told.write("and"), "conversation.item.created")
    assert second["previous_item_id"] == first["item"]["id"]


def test_the_shapes_of_a_typed_turn():
    told = typed()
    events = told.ask("Say hello.")
    created, done = one(events, "response.created")["response"], one(events, "response.done")["response"]
    assert (created["status"], created["output"], created["voice"]) == ("in_progress", [], "Tina")
    assert created["output_audio_format"] == "pcm"
    item = one(events, "response.output_item.added")["item"]
    assert (item["status"], item["content"], item["role"]) == ("in_progress", [], "assistant")
    assert one(events, "conversation.item.created")["item"] == item
    assert one(events, "response.output_item.done")["item"]["content"] == [{"type": "text"}]
    (shown,) = done["output"]
    assert shown == {**item, "status": "completed", "content": [{"type": "text", "text": "hello"}]}
    assert (done["id"], done["status"]) == (created["id"], "completed")
    assert next(iter(one(events, "response.text.delta"))) == "delta"


def test_deltas_add_up():
    events = typed().ask("Tell me a story.")
    deltas = [event["delta"] for event in events if event["type"] == "response.text.delta"]
    assert len(deltas) > 3
    assert "".join(deltas) == one(events, "response.text.done")["text"]


def test_sound_is_as_long_as_it_is_billed():
    told = Told()
    events = told.ask("Tell me a story.")
    pcm = b"".join(base64.b64decode(event["delta"]) for event in events if event["type"] == "response.audio.delta")
    usage = one(events, "response.done")["response"]["usage"]
    assert len(pcm) % 2 == 0
    assert usage["output_tokens_details"]["audio_tokens"] == pytest.approx(fixtures.pcm_ms(pcm, 24000) * 0.0125, abs=1)


@pytest.mark.parametrize(("rate", "container"), [(8000, "pcm"), (48000, "wav")])
def test_the_output_format_is_honoured(rate, container):
    told = Told()
    told.update(audio={"output": {"format": {"type": container, "sample_rate": rate}}})
    events = told.ask("Say hello.")
    first, *others = [base64.b64decode(event["delta"]) for event in events if event["type"] == "response.audio.delta"]
    assert (first[:4] == b"RIFF") is (container == "wav")
    assert not any(other[:4] == b"RIFF" for other in others)
    assert len(first + b"".join(others)) == pytest.approx(rate * 2 * 5 * 0.07, abs=44)


def test_history_is_remembered_and_billed_again():
    told = typed()
    first = one(told.ask("Say hello."), "response.done")["response"]["usage"]
    second = one(told.ask("Say hello."), "response.done")["response"]["usage"]
    assert second["input_tokens"] > first["input_tokens"]
    assert second["total_tokens"] == second["input_tokens"] + second["output_tokens"]
    assert second["input_tokens_details"] == {"text_tokens": second["input_tokens"]}


def test_overrides_hold_for_one_turn():
    told = Told()
    events = told.ask("Say hello.", response={"modalities": ["text"], "instructions": None})
    assert order(events) == TEXT_ORDER
    assert order(told.tell("response.create")) == AUDIO_ORDER


def test_instructions_of_one_turn():
    told = typed()
    events = told.tell("response.create", response={"instructions": "Answer with exactly two words: blue whale"})
    assert one(events, "response.text.done")["text"] == "blue whale"


def test_max_tokens_cut_a_reply():
    told = typed()
    told.update(max_tokens=4)
    done = one(told.ask(COUNT), "response.done")["response"]
    assert done["status"] == "incomplete"
    assert done["usage"]["output_tokens"] <= 4


def test_two_calls_come_one_after_the_other_in_the_recorded_order():
    told = typed()
    told.update(tools=[WEATHER, CLOCK])
    events = told.ask("Call get_weather for Hangzhou and get_time.")
    assert types(events) == [
        "response.created",
        "response.output_item.added",
        "conversation.item.created",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.output_item.added",
        "conversation.item.created",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.done",
    ]
    calls = one(events, "response.done")["response"]["output"]
    assert [call["name"] for call in calls] == ["get_weather", "get_time"]
    assert calls[0]["call_id"].startswith("call_")
    assert len(calls[0]["call_id"]) == 5 + 24
    assert json.loads(calls[0]["arguments"]) == {"city": "Hangzhou"}
    assert [event["output_index"] for event in events if event["type"] == "response.output_item.added"] == [0, 1]
    assert one(events, "response.function_call_arguments.delta")["obfuscation"]
    for call, output in zip(calls, ["sunny", "noon"], strict=True):
        ack = told.tell(
            "conversation.item.create",
            item={"type": "function_call_output", "call_id": call["call_id"], "output": output},
        )
        assert one(ack, "conversation.item.created")["item"]["status"] == "completed"
    answer = one(told.tell("response.create"), "response.text.done")["text"]
    assert "sunny" in answer
    assert "noon" in answer


def test_a_result_is_given_once():
    told = typed()
    told.update(tools=[CLOCK])
    (call,) = one(told.ask("Call get_time."), "response.done")["response"]["output"]
    item = {"type": "function_call_output", "call_id": call["call_id"], "output": "", "id": "item_mine"}
    assert (
        one(told.tell("conversation.item.create", item=item), "conversation.item.created")["item"]["id"] == "item_mine"
    )
    assert error(told.tell("conversation.item.create", item=item))["param"] == "item.call_id"


def test_a_cancelled_reply_is_closed_without_response_done():
    told = typed(latency="fast")
    seen = running(told)
    said = "".join(event["delta"] for event in seen if event["type"] == "response.text.delta")
    events = told.tell("response.cancel")
    assert types(events) == ["response.text.done", "response.content_part.done", "response.output_item.done"]
    assert events[0]["text"] == said
    assert told.wait(10) == []
    assert order(told.ask("Say hello."))[0] == "response.created"
    assert types(told.wait(10))[-1] == "response.done"


def test_a_cancel_before_anything_came_still_shows_an_item():
    told = typed(latency="fast")
    told.write(COUNT)
    told.tell("response.create")
    assert "response.output_item.done" in types(told.tell("response.cancel"))
    assert told.wait(10) == []


@pytest.mark.parametrize("status", ["cancelled", "incomplete", "completed"])
def test_a_cancelled_reply_may_end_with_response_done(status):
    told = typed(latency="fast", switches={"cancel-done": f"done-{status}", "cancelled-usage": "present"})
    running(told)
    done = one(told.tell("response.cancel"), "response.done")["response"]
    assert done["status"] == status
    assert done["usage"]["output_tokens"] > 0


def test_nothing_comes_in_a_burst_after_a_pause_of_the_server():
    told = typed(latency="fast")
    running(told)
    told.now += 5.0
    assert len(told.take()) <= 2


def test_live_latency_speaks_in_real_time():
    told = Told(latency="live")
    told.write("Tell me a story.")
    told.tell("response.create")
    began = told.now
    first = None
    while told.session.replies.active:
        told.now = told.session.next_due()
        delta = any(kind.endswith("delta") for kind in types(told.take()))
        if delta and first is None:
            first = told.now - began
    assert 0.4 <= first <= 1.3
    assert told.now - began > 6.0


def test_an_empty_conversation_is_answered():
    assert order(Told().tell("response.create")) == AUDIO_ORDER


def test_a_search_is_counted():
    told = typed()
    told.update(enable_search=True)
    usage = one(told.ask("What is new?"), "response.done")["response"]["usage"]
    assert usage["plugins"] == {"search": {"count": 1, "strategy": "agent"}}


@pytest.mark.parametrize("model", MODELS)
def test_every_family_answers(model):
    told = Told(model)
    told.update(voice=model_for(model).default_voice)
    assert order(told.ask("Say hello.")) == AUDIO_ORDER
    assert "error" not in types(told.says)


def test_the_voice_of_a_greeting_that_the_model_lacks_answers_nothing():
    told = Told("qwen3.8-omni-flash-realtime")
    assert told.created["voice"] == "Chelsie"
    refused = error(told.ask("Say hello."))
    assert refused["message"] == "<400> InternalError.Algo.InvalidParameter: Voice 'Chelsie' is not supported."


def test_a_greeting_with_a_voice_of_the_models_own_answers():
    told = Told("qwen3.8-omni-flash-realtime", switches={"greeting-voice": "answered"})
    assert told.created["voice"] == "Tina"
    assert order(told.ask("Say hello.")) == AUDIO_ORDER


def test_finish_where_it_is_accepted():
    told = typed(latency="fast", switches={"finish": "finished"})
    running(told)
    assert told.tell("session.finish") == []
    assert types(told.wait(10))[-2:] == ["response.done", "session.finished"]
    assert told.session.finished
    assert told.end is None
