"""Judging single events: the verdict, the reasons, the members no source names, the shape."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from conformance import data
from conformance.judge import schema
from conformance.judge.schema import Direction, UnknownType, Violation
from schemas.test_client_schemas import grown

KINDS: list[tuple[Direction, str]] = [
    *(("client", kind) for kind in schema.client_types()),
    *(("server", kind) for kind in schema.server_types()),
]
EXAMPLES: list[tuple[Direction, str, Any]] = [
    (direction, kind, event) for direction, kind in KINDS for event in schema.schema(direction, kind)["examples"]
]
AUDIO_DELTA = schema.schema("server", "response.audio.delta")["examples"][0]
LIVE_CREATED = schema.schema("server", "session.created")["examples"][0]


def counterexamples() -> Iterator[tuple[Direction, str, Any, str, str]]:
    """Every frame that must be refused: direction, event type, frame, path, keyword."""
    for direction in get_args(Direction):
        file = Path(__file__).parents[1] / "schemas" / f"{direction}_counterexamples.json"
        if file.exists():
            for kind, rows in json.loads(file.read_text(encoding="utf-8")).items():
                for row in rows:
                    yield direction, kind, grown(row["frame"]), row["path"], row["keyword"]


COUNTEREXAMPLES = list(counterexamples())


def verdicts(direction: Direction, kind: str, event: Any) -> tuple[bool, bool]:
    """What `jsonschema_rs` says of an event, and `jsonschema` as everybody has it, with Python's own patterns."""
    judge = schema._library().judge(direction, kind)
    plain = Draft202012Validator(judge.document, registry=schema._library().registry).is_valid(event)
    assert judge.explains.is_valid(event) == plain
    return judge.decides.is_valid(event), plain


def created(**members: Any) -> dict[str, Any]:
    """A live `session.created` with other members in its session."""
    event: dict[str, Any] = copy.deepcopy(LIVE_CREATED)
    event["session"] |= members
    return event


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place below a value."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, key)
        if isinstance(inner, (dict, list)):
            yield from places(inner, (*path, key))


ODD_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(
        [
            0,
            -1,
            1.0,
            0.5,
            -0.0,
            2**31,
            10**30,
            -(10**30),
            1e300,
            "",
            "0",
            "pcm",
            "AAAA\n",
            "é",
            "\x00",
            [],
            {},
        ]
    ),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.lists(st.sampled_from(["text", "audio", None, 1, 1.0, True, {}]), max_size=3),
    st.dictionaries(
        st.sampled_from(["type", "id", "text", "audio", "message", "model"]), st.none() | st.text(max_size=3)
    ),
)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[Direction, str, Any]:
    """An example with one to three places dropped, retyped or made null, or a stranger added."""
    direction, kind, original = draw(st.sampled_from(EXAMPLES))
    event = copy.deepcopy(original)
    for _ in range(draw(st.integers(1, 3))):
        targets = list(places(event))
        if not targets:
            break
        *above, last = draw(st.sampled_from(targets))
        parent: Any = event
        for step in above:
            parent = parent[step]
        match draw(st.sampled_from(["drop", "retype", "null", "add"])):
            case "drop":
                del parent[last]
            case "retype":
                parent[last] = draw(ODD_VALUES)
            case "null":
                parent[last] = None
            case "add" if isinstance(parent, dict):
                parent[draw(st.sampled_from(["x", "id", "text", "audio", "status", "server_url"]))] = draw(ODD_VALUES)
    return direction, kind, event


class TestVerdict:
    def test_types_are_sorted_and_complete(self) -> None:
        for folder, types in (("client", schema.client_types()), ("server", schema.server_types())):
            files = sorted(path.name.removesuffix(".json") for path in (data.schemas() / folder).glob("*.json"))
            assert list(types) == files

    @pytest.mark.parametrize(("direction", "kind"), KINDS)
    def test_schema_of_a_type(self, direction: Direction, kind: str) -> None:
        assert schema.schema(direction, kind)["title"] == kind

    @pytest.mark.parametrize(("direction", "kind"), KINDS)
    def test_examples_are_valid_and_hold_nothing_unnamed(self, direction: Direction, kind: str) -> None:
        for event in schema.schema(direction, kind)["examples"]:
            assert schema.is_valid(direction, event)
            assert schema.explain(direction, event) == []
            assert schema.extra_fields(direction, event) == []

    @pytest.mark.parametrize("kind", [None, 3, [], {}, "session.deleted", "session.update", "../common/error"])
    def test_a_type_without_a_schema(self, kind: Any) -> None:
        for ask in (schema.is_valid, schema.explain, schema.extra_fields):
            with pytest.raises(UnknownType, match="no schema for the server event type"):
                ask("server", {"type": kind})
        with pytest.raises(KeyError):
            schema.schema("server", kind)

    @pytest.mark.parametrize("event", [None, [], "error", 1, {}])
    def test_a_value_without_a_type(self, event: Any) -> None:
        with pytest.raises(UnknownType):
            schema.is_valid("server", event)

    @pytest.mark.parametrize("value", ["\ud800", float("nan"), float("inf"), 10**400, {1: 2}, object()])
    def test_values_that_json_cannot_hold_do_not_break_it(self, value: Any) -> None:
        event = created(strange=value)
        assert schema.is_valid("server", event)
        assert schema.is_valid("server", {**event, "session": value}) is False
        assert schema.explain("server", {**event, "session": value})[0].path == "$.session"

    @pytest.mark.parametrize(("half", "rules"), [("\ud800", ["not", "pattern"]), ("\ud800AAA", ["not"])])
    def test_half_a_character_is_held_to_a_pattern(self, half: str, rules: list[str]) -> None:
        assert [one.rule for one in schema.explain("server", {**AUDIO_DELTA, "delta": half})] == rules

    def test_deep_nesting_does_not_break_it(self) -> None:
        deep = json.loads("[" * 500 + "]" * 500)
        assert schema.is_valid("server", created(strange=deep))
        assert not schema.is_valid("server", created(model=deep))


class TestBothValidators:
    """jsonschema and jsonschema-rs give the same verdict."""

    @pytest.mark.parametrize(("direction", "kind"), KINDS)
    def test_on_examples(self, direction: Direction, kind: str) -> None:
        for event in schema.schema(direction, kind)["examples"]:
            assert verdicts(direction, kind, event) == (True, True)

    @pytest.mark.parametrize(("direction", "kind"), KINDS)
    def test_on_counterexamples(self, direction: Direction, kind: str) -> None:
        rows = [row for row in COUNTEREXAMPLES if row[:2] == (direction, kind)]
        for row in rows:
            assert verdicts(direction, kind, row[2]) == (False, False), row
        assert rows

    @settings(max_examples=600, deadline=None, database=None, derandomize=True)
    @given(mutated())
    @example(("server", "response.audio.delta", {**AUDIO_DELTA, "delta": "AAAA\n"}))
    @example(("server", "response.audio.delta", {**AUDIO_DELTA, "output_index": 1.0}))
    @example(("server", "response.audio.delta", {**AUDIO_DELTA, "output_index": True}))
    def test_on_mutations(self, case: tuple[Direction, str, Any]) -> None:
        direction, kind, event = case
        fast, slow = verdicts(direction, kind, event)
        assert fast == slow
        if event.get("type") == kind:
            reasons = schema.explain(direction, event)
            assert bool(reasons) is not fast
            assert all(len(reason.says) <= 200 for reason in reasons)
            schema.extra_fields(direction, event)


class TestReasons:
    @pytest.mark.parametrize(("direction", "kind"), KINDS)
    def test_of_counterexamples(self, direction: Direction, kind: str) -> None:
        for _, _, frame, path, keyword in (row for row in COUNTEREXAMPLES if row[:2] == (direction, kind)):
            if isinstance(frame, dict) and frame.get("type") == kind:
                found = schema.explain(direction, frame)
                assert found[0].path == path
                assert (path, keyword) in {(reason.path, reason.rule) for reason in found}
                assert len(found) == len(set(found))

    @pytest.mark.parametrize(
        ("members", "reason"),
        [
            (
                {"turn_detection": {"threshold": "high"}},
                Violation("$.session.turn_detection.threshold", "type", 'Expected a number, saw the string "high".'),
            ),
            (
                {"turn_detection": {"silence_duration_ms": -1}},
                Violation(
                    "$.session.turn_detection.silence_duration_ms",
                    "minimum",
                    "Expected at least 0, saw the number -1.",
                ),
            ),
            (
                {"object": "session"},
                Violation("$.session.object", "const", 'Expected "realtime.session", saw the string "session".'),
            ),
            (
                {"modalities": ["audio"]},
                Violation(
                    "$.session.modalities",
                    "contains",
                    'Expected an entry that is "text", saw an array of 1: ["audio"].',
                ),
            ),
            (
                {"modalities": []},
                Violation("$.session.modalities", "minItems", "Expected a length of at least 1, saw an empty array."),
            ),
            ({"voice": True}, Violation("$.session.voice", "type", "Expected a string or null, saw true.")),
            (
                {"tools": [{"type": "mcp", "server_label": "docs", "authorization": "x"}]},
                Violation(
                    "$.session.tools[0]",
                    "not",
                    "Expected no member `authorization`, saw an object with type, server_label, authorization.",
                ),
            ),
            (
                {"tools": [{"type": "function", "function": {}}]},
                Violation(
                    "$.session.tools[0].function",
                    "required",
                    "Expected the member `name`, saw an empty object.",
                ),
            ),
        ],
    )
    def test_say_what_was_expected_and_what_was_seen(self, members: dict[str, Any], reason: Violation) -> None:
        assert reason in schema.explain("server", created(**members))

    def test_of_a_rule_that_a_comment_explains(self) -> None:
        event = schema.schema("server", "response.audio.delta")["examples"][0] | {"delta": "AA-_"}
        assert schema.explain("server", event) == [
            Violation(
                "$.delta",
                "not",
                'Expected a value that keeps this rule: Standard alphabet, no line breaks, saw the string "AA-_".',
            )
        ]

    def test_shallow_ones_come_first(self) -> None:
        event = created(voice=1, turn_detection={"type": 1, "threshold": "x"})
        del event["event_id"]
        assert [reason.path.count(".") for reason in schema.explain("server", event)] == [0, 2, 3, 3]

    def test_long_values_are_abbreviated(self) -> None:
        event = created(object="x" * 10_000, model=["y" * 10_000], **{"k" * 500: 1})
        del event["session"]["id"]
        reasons = schema.explain("server", event)
        assert len(reasons) == 3
        assert all(len(reason.says) <= 200 and "…" in reason.says for reason in reasons)

    def test_odd_names_are_quoted_in_paths(self) -> None:
        entry = {
            "type": "mcp",
            "server_label": "a",
            "server_url": "https://a.example",
            "headers": {"X-Team": 1},
        }
        (reason,) = schema.explain("client", {"type": "session.update", "session": {"tools": [entry]}})
        assert reason.path == "$.session.tools[0].headers['X-Team']"

    @pytest.mark.parametrize("rule", ["anyOf", "oneOf"])
    @pytest.mark.parametrize(
        ("value", "found"),
        [
            ({"type": "a", "n": "1"}, [("$.n", "type")]),
            ({"type": "b"}, [("$", "required")]),
            ({"type": "b", "list": [1]}, [("$.list[0]", "type")]),
            ("word", [("$", "{rule}")]),
            ({"type": "c", "n": 1, "list": []}, [("$", "{rule}")]),
        ],
    )
    def test_of_alternatives_are_those_of_the_branch_that_was_meant(
        self, rule: str, value: Any, found: list[tuple[str, str]]
    ) -> None:
        alternatives = [
            {"type": "object", "properties": {"type": {"const": "a"}, "n": {"type": "integer"}}},
            {
                "type": "object",
                "required": ["list"],
                "properties": {
                    "type": {"const": "b"},
                    "list": {"type": "array", "items": {"type": "string"}},
                },
            },
        ]
        reasons = schema._violations(Draft202012Validator({rule: alternatives}), value)
        assert [(reason.path, reason.rule) for reason in reasons] == [
            (path, keyword.format(rule=rule)) for path, keyword in found
        ]


class TestExtraFields:
    @pytest.mark.parametrize(("direction", "kind"), KINDS)
    def test_one_at_the_top(self, direction: Direction, kind: str) -> None:
        event = schema.schema(direction, kind)["examples"][0]
        assert schema.extra_fields(direction, {**event, "trace": {"id": 1}}) == ["$.trace"]

    def test_below_references_and_arrays(self) -> None:
        event = copy.deepcopy(schema.schema("server", "response.done")["examples"][0])
        event["response"]["status_details"] = None
        event["response"]["usage"]["input_tokens_details"]["image_tokens"] = 5
        event["response"]["output"][0]["content"][0]["x-y"] = 1
        event["response"]["output"][0]["phase"] = 1
        assert schema.extra_fields("server", event) == [
            "$.response.output[0].content[0]['x-y']",
            "$.response.output[0].phase",
            "$.response.usage.input_tokens_details.image_tokens",
            "$.response.status_details",
        ]

    def test_only_the_kind_of_item_it_is_names_its_members(self) -> None:
        event = copy.deepcopy(schema.schema("server", "conversation.item.created")["examples"][0])
        event["item"]["call_id"] = "call_1"
        assert schema.extra_fields("server", event) == ["$.item.call_id"]

    def test_not_where_the_schema_leaves_members_open(self) -> None:
        event = created(tools=[{"type": "function", "function": {"name": "f", "parameters": {"a": {"b": 1}}}}])
        assert schema.extra_fields("server", event) == []
        entry = {
            "type": "mcp",
            "server_label": "a",
            "server_url": "https://a.example",
            "headers": {"X-Team": "b"},
        }
        assert schema.extra_fields("client", {"type": "session.update", "session": {"tools": [entry]}}) == []

    @pytest.mark.parametrize("session", [None, 3, "x", [], [{"a": 1}]])
    def test_of_an_invalid_event(self, session: Any) -> None:
        assert schema.extra_fields("server", {**LIVE_CREATED, "session": session}) == []


class TestShape:
    def test_paths_and_types(self) -> None:
        event = {
            "type": "x",
            "n": 1,
            "f": 0.5,
            "ok": True,
            "no": None,
            "list": [{"a": 1}, {"a": None, "b-c": []}],
            "o": {},
        }
        assert schema.shape(event) == {
            "$": "object",
            "$.type": "string",
            "$.n": "number",
            "$.f": "number",
            "$.ok": "boolean",
            "$.no": "null",
            "$.list": "array",
            "$.list[]": "object",
            "$.list[].a": "null|number",
            "$.list[]['b-c']": "array",
            "$.o": "object",
        }

    @pytest.mark.parametrize(("value", "kind"), [(None, "null"), ([], "array"), ("x", "string"), (1, "number")])
    def test_of_what_is_no_object(self, value: Any, kind: str) -> None:
        assert schema.shape(value) == {"$": kind}

    def test_values_do_not_matter(self) -> None:
        assert schema.shape(created(voice="Ethan")) == schema.shape(created(voice="Tina"))
        assert schema.shape(created(voice=None)) != schema.shape(created(voice="Tina"))
