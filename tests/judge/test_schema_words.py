"""A reason in words, for every keyword; which alternative was meant; what a value is called; what nothing names."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.judge import schema
from conformance.judge.schema import UnknownType, Violation
from conformance.wire.gaps import Elided

LONG = "b" * 70


def reasons(document: Any, value: Any) -> list[Violation]:
    return schema._violations(Draft202012Validator(document), value)


@pytest.mark.parametrize(
    ("document", "value", "rule", "says"),
    [
        ({"type": "string"}, 3, "type", "Expected a string, saw the number 3."),
        ({"type": "string"}, 0.5, "type", "Expected a string, saw the number 0.5."),
        ({"type": ["array", "null"]}, True, "type", "Expected an array or null, saw true."),
        ({"type": ["integer", "boolean"]}, None, "type", "Expected an integer or a boolean, saw null."),
        ({"type": "object"}, "x", "type", 'Expected an object, saw the string "x".'),
        ({"type": "number"}, {}, "type", "Expected a number, saw an empty object."),
        ({"type": "number"}, {"a": 1, "b": 2}, "type", "Expected a number, saw an object with a, b."),
        ({"type": "number"}, [], "type", "Expected a number, saw an empty array."),
        ({"type": "number"}, ["é", 2], "type", 'Expected a number, saw an array of 2: ["é", 2].'),
        ({"const": "a"}, "b", "const", 'Expected "a", saw the string "b".'),
        ({"enum": ["a", 1, None]}, "b", "enum", 'Expected one of "a", 1, null, saw the string "b".'),
        ({"required": ["a", "b"]}, {"a": 1}, "required", "Expected the member `b`, saw an object with a."),
        ({"minimum": 2}, 1, "minimum", "Expected at least 2, saw the number 1."),
        ({"exclusiveMinimum": 2}, 2, "exclusiveMinimum", "Expected more than 2, saw the number 2."),
        ({"maximum": 2}, 3, "maximum", "Expected at most 2, saw the number 3."),
        ({"exclusiveMaximum": 2}, 2, "exclusiveMaximum", "Expected less than 2, saw the number 2."),
        ({"minLength": 2}, "a", "minLength", 'Expected a length of at least 2, saw the string "a".'),
        ({"minItems": 2}, [1], "minItems", "Expected a length of at least 2, saw an array of 1: [1]."),
        ({"minProperties": 1}, {}, "minProperties", "Expected a length of at least 1, saw an empty object."),
        ({"maxLength": 1}, "ab", "maxLength", 'Expected a length of at most 1, saw the string "ab".'),
        ({"maxItems": 1}, [1, 2], "maxItems", "Expected a length of at most 1, saw an array of 2: [1, 2]."),
        ({"maxProperties": 0}, {"a": 1}, "maxProperties", "Expected a length of at most 0, saw an object with a."),
        ({"uniqueItems": True}, [1, 1], "uniqueItems", "Expected no value twice, saw an array of 2: [1, 1]."),
        ({"contains": {"const": "a"}}, [], "contains", 'Expected an entry that is "a", saw an empty array.'),
        ({"contains": {"minimum": 1}}, [], "contains", 'Expected an entry that is {"minimum": 1}, saw an empty array.'),
        ({"pattern": "^a+$"}, "b", "pattern", 'Expected text that matches ^a+$, saw the string "b".'),
        ({"not": {"required": ["a", "b"]}}, {"a": 1, "b": 2}, "not",
         "Expected no member `a` with `b`, saw an object with a, b."),
        ({"not": {"required": ["a"], "type": "object"}}, {"a": 1}, "not",
         'Expected a value other than {"required": ["a"], "type": "object"}, saw an object with a.'),
        ({"not": {"const": 1}, "$comment": "One is taken."}, 1, "not",
         "Expected a value that keeps this rule: One is taken, saw the number 1."),
        ({"not": {"const": 1}}, 1, "not", 'Expected a value other than {"const": 1}, saw the number 1.'),
        ({"oneOf": [{"const": 1}, {"const": 2}]}, 3, "oneOf", "Expected one of 2 alternatives, saw the number 3."),
        ({"anyOf": [{"const": 1}, {"const": 2}]}, 3, "anyOf", "Expected one of 2 alternatives, saw the number 3."),
        ({"multipleOf": 2}, 3, "multipleOf", "3 is not a multiple of 2"),
    ],
)  # fmt: skip
def test_each_keyword_in_words(document: Any, value: Any, rule: str, says: str) -> None:
    assert reasons(document, value) == [Violation("$", rule, says)]


def test_a_path_leads_to_the_place() -> None:
    document = {"properties": {"a": {"items": {"properties": {"x y": {"type": "string"}}}}}}
    assert [reason.path for reason in reasons(document, {"a": [{}, {"x y": 1}]})] == ["$.a[1]['x y']"]


def test_what_is_shallow_comes_first_and_nothing_twice() -> None:
    twice = {"type": "string"}
    document = {"properties": {"a": {"allOf": [twice, twice]}}, "required": ["b"], "allOf": [{"required": ["b"]}]}
    assert [reason.path for reason in reasons(document, {"a": 1})] == ["$", "$.a"]


@pytest.mark.parametrize(
    ("document", "value", "path", "rule"),
    [
        # of another JSON type
        ({"anyOf": [{"type": "string"}, {"type": "object", "required": ["x"]}]}, {}, "$", "required"),
        ({"anyOf": [{"type": "object", "required": ["x"]}, {"type": "string"}]}, {}, "$", "required"),
        # of another `type`
        ({"anyOf": [{"properties": {"type": {"const": "a"}, "n": {"type": "string"}}},
                    {"properties": {"type": {"const": "b"}}, "required": ["c", "d"]}]},
         {"type": "a", "n": 1}, "$.n", "type"),
        ({"anyOf": [{"properties": {"type": {"enum": ["a"]}, "n": {"type": "string"}}, "required": ["m"]},
                    {"properties": {"type": {"enum": ["b"]}}}]},
         {"type": "a", "n": 1}, "$", "required"),
        # another member than `type` tells nothing of which was meant: the fewer errors do
        ({"anyOf": [{"properties": {"kind": {"const": "a"}}},
                    {"properties": {"n": {"type": "string"}, "m": {"type": "string"}}}]},
         {"kind": "b", "n": 1, "m": 2}, "$.kind", "const"),
        # within an alternative another
        ({"anyOf": [{"type": "null"}, {"properties": {"a": {"anyOf": [{"type": "null"}, {"minLength": 2}]}}}]},
         {"a": "x"}, "$.a", "minLength"),
        # nothing tells
        ({"anyOf": [{"required": ["x"]}, {"required": ["y"]}]}, {}, "$", "anyOf"),
        ({"anyOf": [{"required": ["x"]}]}, {}, "$", "required"),
    ],
)  # fmt: skip
def test_which_alternative_was_meant(document: Any, value: Any, path: str, rule: str) -> None:
    assert [(reason.path, reason.rule) for reason in reasons(document, value)][:1] == [(path, rule)]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("b" * 58, '"' + "b" * 58 + '"'),  # 60 characters
        ("b" * 59, '"' + "b" * 58 + "…"),
        (float, "<class 'float'>"),
    ],
)
def test_a_value_has_sixty_characters(value: Any, shown: str) -> None:
    assert schema._brief(value) == shown


def test_names_of_members_and_sentences_are_bounded() -> None:
    (reason,) = reasons({"type": "string"}, {"n" * 91: 1})
    assert reason.says == f"Expected a string, saw an object with {'n' * 89}…."
    (reason,) = reasons({"type": "string"}, {"n" * 90: 1})
    assert reason.says == f"Expected a string, saw an object with {'n' * 90}."
    (reason,) = reasons({"enum": [LONG, LONG, LONG]}, 1)
    assert len(reason.says) == 200
    assert reason.says.endswith("…")


def test_an_unknown_type_is_named() -> None:
    assert str(UnknownType("client", "x")) == 'no schema for the client event type "x"'
    with pytest.raises(UnknownType, match="server event type null"):
        schema.is_valid("server", [])


@pytest.mark.parametrize(
    ("size", "head", "whole"), [(300, "UklG", "UklG"), (300, "U", "UAAA"), (1, "", "AAAA"), (0, "", "")]
)
def test_audio_that_was_left_out_is_base64_still(size: int, head: str, whole: str) -> None:
    left_out = Elided(size, head)
    assert schema._whole({"a": [left_out], "b": left_out, "c": 1}) == {"a": [whole], "b": whole, "c": 1}


def extras(document: Any, value: Any) -> list[str]:
    return list(schema._extras(value, [({"$id": "x", **document}, None)], "$"))


@pytest.mark.parametrize(
    ("document", "value", "found"),
    [
        ({"properties": {"a": {}}}, {"a": 1, "b": 2}, ["$.b"]),
        ({}, {"b": 2}, []),  # a schema that names no members leaves them open
        ({"properties": {"a": {"properties": {}}}}, {"a": {"c": 1}}, ["$.a.c"]),
        ({"items": {"properties": {}}}, [{}, {"c": 1}], ["$[1].c"]),
        ({"properties": {}, "additionalProperties": {"properties": {}}}, {"x": {"c": 1}}, ["$.x.c"]),
        ({"properties": {"a": True}, "additionalProperties": False}, {"a": {"c": 1}}, []),
        ({"allOf": [{"properties": {"a": {}}}], "properties": {"b": {}}}, {"a": 1, "b": 2, "c": 3}, ["$.c"]),
        ({"anyOf": [{"properties": {"a": {}}}], "properties": {}}, {"a": 1, "c": 3}, ["$.c"]),
        ({"oneOf": [{"properties": {"a": {}}}], "properties": {}}, {"a": 1, "c": 3}, ["$.c"]),
        ({"if": {"required": ["a"]}, "then": {"properties": {"a": {}}}, "else": {"properties": {"c": {}}}},
         {"a": 1, "c": 3}, ["$.c"]),
        ({"if": {"required": ["x"]}, "then": {"properties": {"a": {}}}, "else": {"properties": {"c": {}}}},
         {"a": 1, "c": 3}, ["$.a"]),
        ({"if": {"required": ["a"]}, "else": {"properties": {}}}, {"a": 1}, []),
    ],
)  # fmt: skip
def test_members_that_nothing_names(document: Any, value: Any, found: list[str]) -> None:
    assert extras(document, value) == found


def test_a_shape_is_of_json_types() -> None:
    value = {"n": None, "b": True, "i": 1, "f": 0.5, "s": "x", "a": [1, None, []], "o": {}}
    assert schema.shape(value) == {
        "$": "object", "$.n": "null", "$.b": "boolean", "$.i": "number", "$.f": "number", "$.s": "string",
        "$.a": "array", "$.a[]": "array|null|number", "$.o": "object",
    }  # fmt: skip
