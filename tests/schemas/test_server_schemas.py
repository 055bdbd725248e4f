"""The server half of the schemas: well formed, true to recorded and documented frames, and able to refuse."""

import base64
import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.support import BASE, ROOT, load, names, reasons, subschemas

PARTS = ["content_part", "error", "ids", "item", "response", "server_envelope", "server_session", "usage"]
EVENTS: list[str] = load("common/server_envelope")["$defs"]["EventType"]["enum"]
OURS = [f"server/{name}" for name in EVENTS] + [f"common/{name}" for name in PARTS]
MCP = [name for name in EVENTS if "mcp" in name]
FAMILIES = {"qwen3.8", "qwen3.5", "qwen3", "turbo"}
SOURCES = {
    "CE",
    "SE",
    "RT-Q",
    "FLOW",
    "QIAN",
    "QA",
    "ASR",
    "PY",
    "JAVA",
    "WS-REC",
    "WS-EV",
    "WS-D",
    "APIYI",
    "ROVER",
    "NEO",
    "MEET",
    "WATCH",
}

# What each of our own keywords says. A new one is added here first.
OWN_KEYWORDS = {
    "x-models": "families that know it; absent means all",
    "x-question": "the contradiction (C…) or unknown (U…) that leaves it open",
    "x-retrieved": "date of the newest copy used",
    "x-seen": "values seen, or the form all known values have, where no closed list is documented",
    "x-source": "keys of the sources",
    "x-value-models": "families that know a single value of an enum",
    "x-values": "what is special about single values of an enum",
}

NOT_OBJECTS: list[Any] = [None, [], "error", 1]
COUNTEREXAMPLES: dict[str, list[dict[str, Any]]] = json.loads(
    Path(__file__).with_name("server_counterexamples.json").read_text(encoding="utf-8")
)


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@cache
def questions() -> set[str]:
    catalogue = ROOT.parent / "conformance" / "spec" / "questions.toml"
    rows = tomllib.loads(catalogue.read_text(encoding="utf-8"))["question"]
    return {row["contradiction"] for row in rows}


def example(event: str, index: int = 0) -> Any:
    return json.loads(json.dumps(load(f"server/{event}")["examples"][index]))


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
        assert examples
        assert [reasons(name, value) for value in examples] == [[]] * len(examples)

    @pytest.mark.parametrize("name", OURS)
    def test_own_keywords_are_known(self, name: str) -> None:
        for where, part in subschemas(load(name)):
            assert {key for key in part if key.startswith("x-")} <= OWN_KEYWORDS.keys(), where
            assert set(part.get("x-models", ())) <= FAMILIES, where
            assert set(listed(part.get("x-source", []))) <= SOURCES, where

    @pytest.mark.parametrize("name", OURS)
    def test_open_points_are_questions_of_the_catalogue(self, name: str) -> None:
        for where, part in subschemas(load(name)):
            assert set(listed(part.get("x-question", []))) <= questions(), where

    @pytest.mark.parametrize("name", OURS)
    def test_every_reference_leads_somewhere(self, name: str) -> None:
        for where, part in subschemas(load(name)):
            if isinstance(part.get("$ref"), str):
                file, _, pointer = part["$ref"].partition("#")
                target = load(f"common/{Path(file).stem}") if file else load(name)
                for step in pointer.strip("/").split("/") if pointer else ():
                    assert step in target, where
                    target = target[step]

    @pytest.mark.parametrize("name", OURS)
    def test_conditions_stand_alone(self, name: str) -> None:
        """The search for extra fields evaluates an `if` by itself."""
        for where, part in subschemas(load(name)):
            assert all("$ref" not in inner for _, inner in subschemas(part.get("if", {}))), where

    @pytest.mark.parametrize("name", OURS)
    def test_members_are_described(self, name: str) -> None:
        for key, member in load(name).get("properties", {}).items():
            assert member.keys() & {"description", "const"}, key

    def test_the_closed_list_of_events_has_a_file_each(self) -> None:
        assert names("server") == sorted(f"server/{name}" for name in EVENTS)
        assert len(EVENTS) == 25 + 1 + 8
        assert len(MCP) == 8

    @pytest.mark.parametrize("event", EVENTS)
    def test_an_event_is_pinned_to_its_type_and_open_to_more(self, event: str) -> None:
        schema = load(f"server/{event}")
        assert schema["title"] == event
        assert schema["properties"]["type"] == {"const": event}
        assert all("additionalProperties" not in part for _, part in subschemas(schema))
        assert all("unevaluatedProperties" not in part for _, part in subschemas(schema))

    @pytest.mark.parametrize("event", EVENTS)
    def test_an_event_id_is_required_of_all_but_one(self, event: str) -> None:
        optional = event == "conversation.item.input_audio_transcription.failed"
        assert ("event_id" in load(f"server/{event}")["required"]) is not optional

    @pytest.mark.parametrize("event", MCP)
    def test_mcp_events_belong_to_one_family(self, event: str) -> None:
        assert load(f"server/{event}")["x-models"] == ["qwen3.8"]


class TestAccepts:
    """What one source shows and another does not."""

    @pytest.mark.parametrize("event", EVENTS)
    def test_members_no_source_names(self, event: str) -> None:
        assert reasons(f"server/{event}", {**example(event), "speaker_id": 3, "meta": {"a": [1]}}) == []

    @pytest.mark.parametrize("member", ["type", "code", "param"])
    def test_an_error_with_the_message_alone(self, member: str) -> None:
        event = example("error")
        del event["error"][member]
        assert reasons("server/error", event) == []
        assert reasons("server/error", {**event, "error": {"message": "Response timeout."}}) == []

    def test_a_session_with_the_four_members_every_source_shows(self) -> None:
        event = example("session.created")
        event["session"] = {key: event["session"][key] for key in ("object", "model", "modalities", "id")}
        assert reasons("server/session.created", event) == []

    @pytest.mark.parametrize(
        "echo", ["missing", None, {}, {"type": "semantic_vad", "threshold": 2, "idle_timeout_ms": None}]
    )
    def test_every_echo_of_turn_detection(self, echo: Any) -> None:
        event = example("session.updated")
        event["session"]["turn_detection"] = echo
        if echo == "missing":
            del event["session"]["turn_detection"]
        assert reasons("server/session.updated", event) == []

    @pytest.mark.parametrize(
        "member",
        ["voice", "instructions", "tools", "input_audio_transcription", "top_k", "max_tokens", "audio"],
    )
    def test_a_setting_echoed_as_null(self, member: str) -> None:
        event = example("session.updated")
        event["session"][member] = None
        assert reasons("server/session.updated", event) == []

    @pytest.mark.parametrize("number", [0, 1, 2**53, 24.0])
    def test_a_duration_of_any_length(self, number: float) -> None:
        event = {**example("input_audio_buffer.speech_started"), "audio_start_ms": number}
        assert reasons("server/input_audio_buffer.speech_started", event) == []

    @pytest.mark.parametrize(
        "part", [{"type": "audio"}, {"type": "audio", "text": "a"}, {"type": "audio", "transcript": "a"}]
    )
    def test_words_of_a_finished_audio_item_in_either_member_or_none(self, part: dict[str, str]) -> None:
        event = example("response.output_item.done")
        event["item"]["content"] = [part]
        assert reasons("server/response.output_item.done", event) == []

    @pytest.mark.parametrize("status", ["failed", "incomplete", "cancelled", "in_progress"])
    def test_a_response_that_did_not_complete_needs_no_usage_and_no_words(self, status: str) -> None:
        event = example("response.done")
        event["response"]["status"] = status
        del event["response"]["usage"]
        del event["response"]["output"][0]["content"][0]["text"]
        assert reasons("server/response.done", event) == []

    @pytest.mark.parametrize("member", ["voice", "output_audio_format"])
    def test_a_response_of_a_session_in_nested_form(self, member: str) -> None:
        event = example("response.created")
        del event["response"][member]
        assert reasons("server/response.created", event) == []

    def test_the_second_of_two_calls_has_the_index_one(self) -> None:
        event = {**example("response.function_call_arguments.done"), "output_index": 1}
        assert reasons("server/response.function_call_arguments.done", event) == []

    @pytest.mark.parametrize("previous", ["missing", None, "item_1"])
    def test_every_form_of_previous_item_id(self, previous: str | None) -> None:
        event = example("conversation.item.created") | ({} if previous == "missing" else {"previous_item_id": previous})
        assert reasons("server/conversation.item.created", event) == []

    @pytest.mark.parametrize(
        "item",
        [
            {"type": "mcp_approval_request", "id": "mcpr_1", "anything": {}},
            {"type": "mcp_list_tools", "error": "unreachable"},
            {"type": "mcp_list_tools", "error": {"code": 502}, "tools": None},
            {"type": "mcp_call", "status": "failed", "error": {"message": "refused"}},
        ],
    )
    def test_mcp_items_whose_members_nobody_describes(self, item: dict[str, Any]) -> None:
        assert reasons("server/conversation.item.created", example("conversation.item.created") | {"item": item}) == []

    @pytest.mark.parametrize("size", [0, 1, 2, 3, 4800, 96000])
    def test_audio_of_any_size(self, size: int) -> None:
        audio = base64.b64encode(bytes(range(256)) * (size // 256) + bytes(size % 256)).decode()
        event = {**example("response.audio.delta"), "delta": audio}
        assert reasons("server/response.audio.delta", event) == []


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
        found = reasons(f"server/{event}", row["frame"])
        assert (row["path"], row["keyword"]) in found
        assert {path for path, _ in found} == {row["path"]}  # one place may break two rules; no other place is wrong

    @pytest.mark.parametrize("event", EVENTS)
    def test_what_is_not_an_object(self, event: str) -> None:
        for frame in NOT_OBJECTS:
            assert ("$", "type") in reasons(f"server/{event}", frame)

    def test_there_are_enough_counterexamples(self) -> None:
        assert sorted(COUNTEREXAMPLES) == sorted(EVENTS)
        assert min(len(rows) for rows in COUNTEREXAMPLES.values()) >= 3
        assert min(len(COUNTEREXAMPLES[name]) for name in ("response.done", "session.created", "error")) >= 8

    @pytest.mark.parametrize("event", EVENTS)
    def test_names_are_unique(self, event: str) -> None:
        rows = [row["name"] for row in COUNTEREXAMPLES[event]]
        assert len(rows) == len(set(rows))
