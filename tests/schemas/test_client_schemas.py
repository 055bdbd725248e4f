"""The client half of the schemas: well formed, true to what official clients send, and able to refuse."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.support import BASE, load, reasons, subschemas

EVENTS = [
    "conversation.item.create",
    "input_audio_buffer.append",
    "input_audio_buffer.clear",
    "input_audio_buffer.commit",
    "input_image_buffer.append",
    "response.cancel",
    "response.create",
    "session.finish",
    "session.update",
]
PARTS = [
    "audio_format",
    "client_envelope",
    "client_item",
    "session_config",
    "tools",
    "transcription",
    "turn_detection",
    "voices",
]
OURS = [f"client/{name}" for name in EVENTS] + [f"common/{name}" for name in PARTS]
FAMILIES = {"qwen3.8", "qwen3.5", "qwen3", "turbo"}

# What each of our own keywords says. A new one is added here first.
OWN_KEYWORDS = {
    "x-cloned-voices": "families that speak with cloned voices",
    "x-combinations": "the documented values of an array, spelled out",
    "x-default-by-channels": "default that follows from the number of channels",
    "x-defaults": "default by family, where families differ",
    "x-documented-minimum": "the minimum of the text, where the text itself contradicts it",
    "x-echoed": "false where the service keeps the value to itself",
    "x-family-exclusive-min": "exclusive lower bound of the families stricter than `minimum`",
    "x-family-max": "upper bound by family, where families differ",
    "x-fixed-models": "families that have the parameter but do not let it change",
    "x-forbidden-names": "header names that are refused, in lower case",
    "x-forbidden-prefixes": "beginnings of header names that are refused, in lower case",
    "x-limits": "limits a schema cannot hold, or that the sources disagree about",
    "x-max-contains-source": "source of `maxContains`",
    "x-models": "families that know it; absent means all, an empty list none",
    "x-mutable": "until when the value may change; absent means at any time",
    "x-note": "a remark on the range",
    "x-null": "who sends null",
    "x-off": "values that switch the parameter off",
    "x-required-models": "families whose text makes it mandatory",
    "x-requires": "another setting it has no effect without",
    "x-retrieved": "date of the newest copy used",
    "x-sdk-default": "what the official SDKs send unasked",
    "x-seen": "values seen, of a field without a documented list",
    "x-settled-by": "the contradiction between sources that leaves it open",
    "x-source": "keys of the sources",
    "x-unique-by": "member that must differ between the entries of an array",
    "x-value-models": "families that know a single value of an enum",
    "x-voices": "voice names by family",
}
MUTABLE = {"before-first-audio", "before-first-audio-output", "no-active-response"}

EVENT_ID = "event_0f2b1c9de8a94f17a5b3c6d7e8f90123"
VAD = {"type": "server_vad", "threshold": 0.2, "prefix_padding_ms": 300, "silence_duration_ms": 800}
FLAT = {"input_audio_format": "pcm16", "output_audio_format": "pcm16"}
NESTED_IN = {"input": {"format": {"type": "pcm", "sample_rate": 16000}}}
NESTED_OUT = {"output": {"format": {"type": "pcm", "sample_rate": 24000}}}
SPOKEN = {"modalities": ["audio", "text"], "voice": "Tina", "turn_detection": VAD}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string"}},
            "required": ["location"],
        },
    },
}

# Configurations the official SDKs, the official samples and recorded clients put on the wire.
SENT_SESSIONS: dict[str, dict[str, Any]] = {
    "python, nothing chosen": {
        "modalities": ["audio", "text"],
        "voice": None,
        **FLAT,
        "input_audio_transcription": {"model": None},
        "turn_detection": VAD,
    },
    "python, transcription of the samples": {
        **SPOKEN,
        **FLAT,
        "input_audio_transcription": {"model": "gummy-realtime-v1"},
    },
    "python, manual and no transcription": {
        **SPOKEN,
        **FLAT,
        "input_audio_transcription": None,
        "turn_detection": None,
    },
    "python, nested audio": {
        **SPOKEN,
        "audio": NESTED_IN | NESTED_OUT,
        "input_audio_transcription": {"model": None},
    },
    "python, nested audio, one side": {
        **SPOKEN,
        "audio": NESTED_OUT,
        "input_audio_transcription": {"model": None},
    },
    "python, format extension": {
        "audio": {"output": {"format": {"type": "pcm", "sample_rate": 24000, "speech_rate": 1.2}}},
    },
    "python, compaction": {**SPOKEN, **FLAT, "video": {"input": {"representation_compact": "normal"}}},
    "python, more turn detection": {"turn_detection": {**VAD, "idle_timeout_ms": 10000}},
    "python, recognition options": {
        **SPOKEN,
        "input_audio_transcription": {"language": "zh", "corpus": {"text": "Qwen"}},
        "input_audio_format": "pcm",
        "output_audio_format": "pcm16",
        "sample_rate": 16000,
    },
    "python, translation options": {
        **SPOKEN,
        **FLAT,
        "translation": {"language": "en", "corpus": {"phrases": {"通义": "Qwen"}}},
    },
    "python, translation without language": {"translation": {"language": None}},
    "python, tools by keyword": {
        **SPOKEN,
        **FLAT,
        "instructions": "Be brief.",
        "enable_search": False,
        "tools": [WEATHER],
    },
    "java, flat": {
        "turn_detection": VAD,
        "output_audio_format": "pcm24",
        "input_audio_format": "pcm16",
        "modalities": ["text"],
        "input_audio_transcription": {"model": None},
    },
    "java, nested": {"modalities": ["text", "audio"], "audio": NESTED_IN | NESTED_OUT, "turn_detection": None},
    "recorded text session": {
        "modalities": ["text"],
        "instructions": "Answer briefly.",
        "max_tokens": 128,
        "tools": [WEATHER],
    },
    "held replies": {"turn_detection": {"type": "server_vad", "create_response": False}, "tool_choice": "required"},
    "threshold alone": {"turn_detection": {"threshold": 0.8}},
    "search": {"enable_search": True, "search_options": {"enable_source": True}, "tools": []},
    "unknown members": {"speed": 1.5, "audio": {"input": {"noise_reduction": {"type": "near_field"}}}},
    "nothing": {},
}

SENT_FRAMES: dict[str, dict[str, Any]] = {
    "update without session": {"type": "session.update"},
    "python create": {"type": "response.create", "response": {"instructions": None}},
    "python create, text only": {
        "type": "response.create",
        "response": {"instructions": "One word.", "modalities": ["text"]},
    },
    "java create, bare": {"type": "response.create"},
    "java create, modalities": {
        "type": "response.create",
        "response": {"instructions": None, "modalities": ["audio", "text"]},
    },
    "cancel": {"type": "response.cancel"},
    "append": {"type": "input_audio_buffer.append", "audio": "AAAA" * 1067},
    "append a WAV": {"type": "input_audio_buffer.append", "audio": "UklGRiQAAABXQVZF"},
    "commit": {"type": "input_audio_buffer.commit"},
    "clear": {"type": "input_audio_buffer.clear"},
    "image": {"type": "input_image_buffer.append", "image": "/9j/4AAQSkZJRgABAQAAAQABAAD/2Q=="},
    "tool output with the client's id": {
        "type": "conversation.item.create",
        "item": {
            "id": "item_5d0c1f6b2a794e8f9b3a7c6d5e4f3021",
            "type": "function_call_output",
            "call_id": "call_1",
            "output": '{"temperature": 21}',
        },
    },
    "tool output": {
        "type": "conversation.item.create",
        "item": {"type": "function_call_output", "call_id": "call_1", "output": "21"},
    },
    "text with the client's id": {
        "type": "conversation.item.create",
        "item": {
            "id": "record_user_1",
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "Hello."}],
        },
    },
    "finish": {"type": "session.finish"},
}

COUNTEREXAMPLES: dict[str, list[dict[str, Any]]] = json.loads(
    Path(__file__).with_name("client_counterexamples.json").read_text(encoding="utf-8")
)


def grown(value: Any) -> Any:
    """Spell out the long strings of the data file: `{"$repeat": [text, times]}`, `{"$join": [part, …]}`."""
    match value:
        case {"$repeat": [text, times]}:
            return text * times
        case {"$join": parts}:
            return "".join(grown(part) for part in parts)
        case dict():
            return {key: grown(item) for key, item in value.items()}
        case list():
            return [grown(item) for item in value]
    return value


class TestDocuments:
    @pytest.mark.parametrize("name", OURS)
    def test_is_a_valid_schema(self, name: str) -> None:
        Draft202012Validator.check_schema(load(name))

    @pytest.mark.parametrize("name", OURS)
    def test_says_where_it_comes_from(self, name: str) -> None:
        schema = load(name)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["$id"] == f"{BASE}{name}.json"
        assert schema["title"]
        assert schema["description"].endswith(".")
        assert schema["x-source"]
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", schema["x-retrieved"])

    @pytest.mark.parametrize("name", OURS)
    def test_examples_validate(self, name: str) -> None:
        examples = load(name)["examples"]
        assert len(examples) >= 2
        assert [reasons(name, example) for example in examples] == [[]] * len(examples)

    @pytest.mark.parametrize("name", OURS)
    def test_own_keywords_are_known(self, name: str) -> None:
        for where, part in subschemas(load(name)):
            assert {key for key in part if key.startswith("x-")} <= OWN_KEYWORDS.keys(), where
            for key in ("x-models", "x-fixed-models", "x-required-models", "x-defaults", "x-family-max"):
                assert set(part.get(key, ())) <= FAMILIES, where
            assert part.get("x-mutable", "no-active-response") in MUTABLE, where

    @pytest.mark.parametrize("name", OURS)
    def test_every_reference_leads_somewhere(self, name: str) -> None:
        for where, part in subschemas(load(name)):
            if isinstance(part.get("$ref"), str):
                file, _, pointer = part["$ref"].partition("#/")
                target = load(f"common/{Path(file).stem}") if file else load(name)
                for step in pointer.split("/") if pointer else ():
                    assert step in target, where
                    target = target[step]

    def test_the_closed_list_of_events_has_a_file_each(self) -> None:
        assert sorted(load("common/client_envelope")["$defs"]["EventType"]["enum"]) == EVENTS


class TestSessionMembers:
    """Cases are generated from these members, so types and ranges stand on the member itself."""

    MEMBERS: dict[str, dict[str, Any]] = load("common/session_config")["properties"]

    @pytest.mark.parametrize("member", sorted(MEMBERS))
    def test_has_type_description_and_source(self, member: str) -> None:
        assert {"type", "x-source", "description"} <= self.MEMBERS[member].keys()

    @pytest.mark.parametrize("member", sorted(MEMBERS))
    def test_hides_nothing_behind_an_alternative(self, member: str) -> None:
        assert not {"anyOf", "oneOf", "if"} & self.MEMBERS[member].keys()

    @pytest.mark.parametrize("name", ["session_config", "turn_detection", "audio_format", "transcription"])
    def test_defaults_are_allowed_values(self, name: str) -> None:
        for where, part in subschemas(load(f"common/{name}")):
            plain = Draft202012Validator({key: value for key, value in part.items() if key != "$ref"})
            for default in [part["default"]] if "default" in part else part.get("x-defaults", {}).values():
                assert plain.is_valid(default), where


class TestAccepts:
    @pytest.mark.parametrize("sent", SENT_SESSIONS)
    def test_configuration_that_clients_send(self, sent: str) -> None:
        frame = {"event_id": EVENT_ID, "type": "session.update", "session": SENT_SESSIONS[sent]}
        assert reasons("client/session.update", frame) == []

    @pytest.mark.parametrize("sent", SENT_FRAMES)
    def test_frame_that_clients_send(self, sent: str) -> None:
        frame = SENT_FRAMES[sent]
        assert reasons(f"client/{frame['type']}", {"event_id": EVENT_ID, **frame}) == []

    @pytest.mark.parametrize(
        ("member", "values"),
        [
            ("temperature", [0, 1.999]),
            ("top_p", [0.001, 1]),
            ("top_k", [0, 101, None]),
            ("max_tokens", [1, 65536]),
            ("repetition_penalty", [0, 1.05]),
            ("presence_penalty", [-2, 2]),
            ("seed", [-1, 0, 2147483647]),
            ("smooth_output", [True, False, None]),
        ],
    )
    def test_bounds(self, member: str, values: list[Any]) -> None:
        for value in values:
            assert reasons("common/session_config", {member: value}) == []

    @pytest.mark.parametrize(
        "audio_format",
        [
            {"channels": 1, "channel_layout": "mono"},
            {"channel_layout": "mono"},
            {"channels": 2},
            {"channels": 2, "channel_layout": "raw_mic_array"},
            {"channels": 4, "channel_layout": "foa_ambix", "type": "pcm", "sample_rate": 16000},
            {"type": "wav", "sample_rate": 48000, "channels": 1},
        ],
    )
    def test_channels_that_match_their_layout(self, audio_format: dict[str, Any]) -> None:
        assert reasons("common/audio_format", {"input": {"format": audio_format}}) == []

    @pytest.mark.parametrize(
        "server",
        [
            {"server_url": "https://mcp.example.com"},
            {"server_url": "https://mcp.example.com:443/v1?user=a@b.example"},
            {"server_url": "https://10.example.com/"},
            {"server_url": "https://[2606:4700::1111]/mcp"},
            {"headers": {f"X-{n}": "" for n in range(16)}},
            {"headers": {"Accept-Language": "en", "Origins": "a", "My-Host": "b"}},
            {"allowed_tools": []},
            {"allowed_tools": ["a.b-c_d", "t" * 64]},
            {"authorization": "Bearer ~!", "require_approval": "always"},
        ],
    )
    def test_mcp_server(self, server: dict[str, Any]) -> None:
        entry = {"type": "mcp", "server_label": "docs", "server_url": "https://mcp.example.com/v1", **server}
        assert reasons("common/tools", [WEATHER, entry]) == []

    def test_eight_mcp_servers(self) -> None:
        entry = {"type": "mcp", "server_url": "https://mcp.example.com/v1"}
        servers = [{**entry, "server_label": f"docs{n}"} for n in range(8)]
        assert reasons("common/tools", [WEATHER, *servers]) == []


class TestRefuses:
    @pytest.mark.parametrize(
        ("event", "row"),
        [
            pytest.param(event, row, id=f"{event}: {row['name']}")
            for event, rows in COUNTEREXAMPLES.items()
            for row in rows
        ],
    )
    def test_for_the_stated_reason(self, event: str, row: dict[str, Any]) -> None:
        found = reasons(f"client/{event}", grown(row["frame"]))
        assert (row["path"], row["keyword"]) in found
        assert {path for path, _ in found} == {row["path"]}  # one place may break two rules; no other place is wrong

    def test_there_are_enough_counterexamples(self) -> None:
        assert sorted(COUNTEREXAMPLES) == EVENTS
        assert min(len(rows) for rows in COUNTEREXAMPLES.values()) >= 3
        assert len(COUNTEREXAMPLES["session.update"]) >= 40

    @pytest.mark.parametrize("event", EVENTS)
    def test_names_are_unique(self, event: str) -> None:
        names = [row["name"] for row in COUNTEREXAMPLES[event]]
        assert len(names) == len(set(names))
