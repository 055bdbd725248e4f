"""`session.update`: taken, refused, echoed."""

import json

import pytest

from conformance.mock.models import MODELS
from support.told import Told, error, types

TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
MCP = {"type": "mcp", "server_label": "docs", "server_url": "https://mcp.example.com/v1"}
INPUT, VAD, FIRST = "session.audio.input.format", "session.turn_detection", "session.tools[0]"
Q38, _, Q35, Q3, TURBO = MODELS


def test_the_greeting_has_the_recorded_shape():
    assert {**Told().created, "id": "sess_"} == {
        "id": "sess_",
        "object": "realtime.session",
        "model": "qwen3.5-omni-flash-realtime",
        "modalities": ["text", "audio"],
        "voice": "Tina",
        "input_audio_format": "pcm",
        "output_audio_format": "pcm",
        "input_audio_transcription": {"model": "qwen3-asr-flash-realtime"},
        "turn_detection": {
            "type": "server_vad",
            "threshold": 0.5,
            "prefix_padding_ms": 300,
            "silence_duration_ms": 800,
            "create_response": True,
            "interrupt_response": True,
        },
    }


def test_ids_have_the_live_form():
    created = Told().created["id"]
    assert created.startswith("sess_")
    assert len(created) == 5 + 21


def test_ids_are_the_same_again_and_differ_between_connections():
    assert Told().created["id"] == Told().created["id"] != Told(connection=1).created["id"]


def test_an_update_merges_at_the_top():
    told = Told()
    told.update(instructions="Be brief.")
    echo = told.update(modalities=["text"], max_tokens=128)
    assert (echo["instructions"], echo["modalities"], echo["max_tokens"]) == ("Be brief.", ["text"], 128)
    assert echo["id"] == told.created["id"]
    assert "temperature" not in echo


def test_manual_mode_has_no_key():
    echo = Told().update(turn_detection=None)
    assert "turn_detection" not in echo


def test_siblings_in_turn_detection_return_to_their_defaults():
    told = Told()
    told.update(turn_detection={"type": "server_vad", "silence_duration_ms": 2000})
    echo = told.update(turn_detection={"threshold": 0.1})["turn_detection"]
    assert (echo["threshold"], echo["silence_duration_ms"]) == (0.1, 800)


def test_audio_alone_is_refused_in_the_documented_words():
    assert Told().update(modalities=["audio"]) == {
        "error": {
            "type": "invalid_request_error",
            "code": "invalid_value",
            "message": "Invalid modalities: ['audio']. Supported combinations are: ['text'] and ['audio', 'text'].",
            "param": "session.modalities",
        }
    }


def test_a_refused_update_changes_nothing():
    told = Told()
    told.update(instructions="Old.")
    told.update(instructions="New.", voice="Tina", modalities=["audio"])
    assert told.update()["instructions"] == "Old."


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({"temperature": "warm"}, "invalid_type", "session.temperature"),
        ({"temperature": True}, "invalid_type", "session.temperature"),
        ({"temperature": 2}, "invalid_value", "session.temperature"),
        ({"temperature": -0.1}, "invalid_value", "session.temperature"),
        ({"top_p": 0}, "invalid_value", "session.top_p"),
        ({"top_k": -1}, "invalid_value", "session.top_k"),
        ({"top_k": 1.5}, "invalid_type", "session.top_k"),
        ({"max_tokens": 0}, "invalid_value", "session.max_tokens"),
        ({"repetition_penalty": 0}, "invalid_value", "session.repetition_penalty"),
        ({"presence_penalty": 2.1}, "invalid_value", "session.presence_penalty"),
        ({"seed": 2**31}, "invalid_value", "session.seed"),
        ({"instructions": 5}, "invalid_type", "session.instructions"),
        ({"turn_detection": "on"}, "invalid_type", "session.turn_detection"),
        ({"turn_detection": {"threshold": 2}}, "invalid_value", "session.turn_detection.threshold"),
        (
            {"turn_detection": {"silence_duration_ms": 100}},
            "invalid_value",
            f"{VAD}.silence_duration_ms",
        ),
        ({"turn_detection": {"idle_timeout_ms": 1}}, "invalid_value", "session.turn_detection.idle_timeout_ms"),
        ({"turn_detection": {"type": "smart_turn"}}, "invalid_value", "session.turn_detection.type"),
        ({"input_audio_format": "g711_ulaw"}, "invalid_value", "session.input_audio_format"),
        ({"audio": {"input": {"format": {"sample_rate": 11025}}}}, "invalid_value", f"{INPUT}.sample_rate"),
        ({"audio": {"input": {"format": {"type": None}}}}, "invalid_type", f"{INPUT}.type"),
        ({"tools": TOOL}, "invalid_type", "session.tools"),
        ({"tools": [{"type": "function", "function": {}}]}, "missing_required_parameter", f"{FIRST}.function.name"),
        ({"tools": [{"type": "function", "name": "flat"}]}, "missing_required_parameter", "session.tools[0].function"),
        ({"tools": [TOOL], "enable_search": True}, "invalid_value", "session.enable_search"),
        ({"voice": ""}, "InvalidParameter", "session.voice"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(session, code, param):
    told = Told()
    found = told.update(**session)["error"]
    assert (found["type"], found["code"], found["param"]) == ("invalid_request_error", code, param)
    assert found["message"]
    assert told.update()["object"] == "realtime.session"
    assert told.end is None


@pytest.mark.parametrize(
    "session",
    [
        {"temperature": 0},
        {"temperature": 1.99},
        {"top_p": 1},
        {"top_k": None},
        {"top_k": 1000},
        {"seed": -1},
        {"seed": 2**31 - 1},
        {"presence_penalty": -2},
        {"max_tokens": 1},
        {"instructions": ""},
        {"voice": None},
        {"no_such_field": {"deep": []}},
        {"input_audio_transcription": {"model": None}},
        {"input_audio_transcription": None},
        {"turn_detection": {"type": "semantic_vad"}},
        {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 5000}},
        {"enable_search": True, "search_options": {"enable_source": True}},
        {"tools": []},
    ],
)
def test_what_is_right_is_confirmed(session):
    told = Told()
    assert types(told.tell("session.update", session=session)) == ["session.updated"]


def test_the_voice_of_another_model_is_fatal():
    told = Told()
    text = "<400> InternalError.Algo.InvalidParameter: Voice 'Cherry' is not supported."
    assert told.update(voice="Cherry") == {"error": {"code": "COMMON_ERROR", "message": text}}
    assert (told.end.code, told.end.reason) == (1007, text)
    assert told.session.next_due() is None


def test_a_long_reason_fits_into_a_control_frame():
    told = Told()
    told.update(voice="名" * 100)
    assert len(told.end.reason.encode()) <= 123


def test_more_voices_can_be_given():
    assert Told(voices=("Ethan",)).update(voice="Ethan")["voice"] == "Ethan"


def test_nested_formats_are_echoed_with_their_defaults():
    echo = Told().update(audio={"input": {"format": {"sample_rate": 24000}}})
    assert echo["audio"] == {"input": {"format": {"type": "pcm", "sample_rate": 24000}}}
    assert echo["input_audio_format"] == "pcm"


@pytest.mark.parametrize("model", [Q3, TURBO])
def test_older_families_drop_what_they_lack(model):
    echo = Told(model).update(
        tools=[TOOL],
        audio={"input": {"format": {"sample_rate": 24000}}},
        enable_search=True,
        turn_detection={"type": "semantic_vad"},
    )
    assert not {"tools", "audio", "enable_search"} & set(echo)
    assert echo["turn_detection"]["type"] == "server_vad"


def test_turbo_ignores_sampling():
    assert "temperature" not in Told(TURBO).update(temperature=0.5)


def test_multichannel_rules():
    told = Told(Q38)
    form = {"type": "pcm", "sample_rate": 16000, "channels": 4}
    assert told.update(audio={"input": {"format": form}})["audio"]["input"]["format"] == form
    assert "error" in told.update(audio={"input": {"format": {**form, "channel_layout": "mono"}}})
    assert "error" in told.update(audio={"input": {"format": {**form, "sample_rate": 8000}}})
    assert "error" in told.update(audio={"input": {"format": {**form, "channels": 3}}})


def test_a_server_of_tools_is_discovered_and_its_address_kept():
    told = Told(Q38)
    events = told.tell("session.update", session={"tools": [{**MCP, "authorization": "Bearer s3cret"}]})
    assert types(events) == [
        "mcp_list_tools.in_progress",
        "session.updated",
        "conversation.item.created",
        "mcp_list_tools.completed",
    ]
    assert "s3cret" not in json.dumps(events)
    assert "example.com" not in json.dumps(events)


@pytest.mark.parametrize(
    "change",
    [
        {"server_url": "http://mcp.example.com/"},
        {"server_url": "https://user@mcp.example.com/"},
        {"server_url": "https://mcp.example.com:8443/"},
        {"server_url": "https://127.0.0.1/"},
        {"server_url": None},
        {"server_label": "x" * 65},
        {"server_label": "two words"},
        {"headers": {"Host": "x"}},
        {"headers": []},
        {"require_approval": {}},
        {"allowed_tools": ["*"]},
    ],
)
def test_rules_of_mcp(change):
    assert "error" in Told(Q38).update(tools=[{**MCP, **change}])


def test_mcp_belongs_to_one_family():
    assert "error" in Told().update(tools=[MCP])


def test_formats_are_fixed_after_audio_and_the_voice_after_an_answer():
    told = Told(voices=("Ethan",))
    told.append(bytes(3200))
    rate = {"audio": {"input": {"format": {"type": "pcm", "sample_rate": 8000}}}}
    assert "error" in told.update(**rate)
    assert "error" not in told.update(audio={"input": {"format": {"type": "pcm", "sample_rate": 16000}}})
    told.ask("Say hello.")
    assert told.update(voice="Ethan")["error"]["code"] == "cannot_update_voice"
    assert "error" not in told.update(voice="Tina")


def test_update_without_session():
    assert error(Told().tell("session.update"))["param"] == "session"
    assert error(Told().tell("session.update", session=[]))["code"] == "invalid_type"
