"""Members as a schema nests them, and as a page lists them."""

from __future__ import annotations

import pytest

from conformance.site import topics
from conformance.site.members import Event, events
from conformance.spec.anchors import SHAPE


def members(schema):
    return {member.path: member for member in Event("client", "made", schema).members}


def at(kind, path):
    return next(member for member in events()[kind].members if member.path == path)


def test_objects_and_lists_are_walked_and_brackets_stand_for_items():
    inner = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    found = members({"properties": {"list": {"type": "array", "items": inner}, "one": inner}})
    assert list(found) == ["list", "list[].name", "one", "one.name"]
    assert found["list[].name"].required
    assert not found["one"].required
    assert found["list[].name"].anchor == "list.name"


def test_what_holds_under_a_condition_says_so():
    told = {
        "properties": {"kind": {"enum": ["a", "b"]}, "size": {"type": "integer", "minimum": 1}},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": "a"}}},
                "then": {
                    "required": ["size", "extra"],
                    "properties": {"kind": {"const": "a"}, "size": {"maximum": 9}, "extra": {"type": "string"}},
                },
            }
        ],
    }
    found = members(told)
    assert found["kind"].bounds == ["One of `a`, `b`."], "what the condition is about is not said twice"
    assert found["size"].bounds == ["At least 1.", "Where `kind` is `a`: at most 9."]
    assert not found["size"].required, "always"
    assert (found["extra"].where, found["extra"].required) == (["`kind` is `a`"], True)


def test_a_schema_that_refers_to_itself_is_told():
    schema = {"properties": {}}
    schema["properties"]["again"] = schema
    with pytest.raises(RecursionError, match=r"client/made\.json"):
        members(schema)


@pytest.mark.parametrize(
    ("path", "bound"),
    [
        ("session.turn_detection.threshold", "At least -1.0, at most 1.0."),
        ("session.temperature", "At least 0, less than 2."),
        ("session.turn_detection.idle_timeout_ms", "Only with `turn_detection.type = server_vad`."),
        ("session.voice", "May change only before the model has spoken."),
        ("session.modalities", 'In these combinations: `["text"]`, `["text", "audio"]`.'),
        ("session.tools[].server_url", "Never echoed."),
    ],
)
def test_bounds_are_sentences(path, bound):
    assert bound in at("session.update", path).bounds


def test_every_member_says_what_it_is_and_who_says_so():
    """A member that nobody describes would be an empty row."""
    found = [
        f"{event.type}: {member.path}"
        for event in events().values()
        for member in event.members
        if not (member.types or member.says) or not member.source
    ]
    assert found == []


def test_clauses_and_questions_are_found_by_what_they_name():
    finish = events()["session.finish"]
    assert "GEN-017" in [row.id for row in topics.clauses_of(finish)]
    assert "Q-FINISH" in [row.id for row in topics.questions_of(finish)]
    assert [row.id for row in topics.faults_of(finish)] == ["E12"]
    update = events()["session.update"]
    assert "SES-101" in topics.rows_of(update, at("session.update", "session.temperature"))
    assert "Q-IDLE-TIMEOUT-MS" in topics.rows_of(update, at("session.update", "session.turn_detection.idle_timeout_ms"))
    assert "session.finish" in topics.events_of(topics.clauses_of(finish)[0])


def test_no_event_is_without_a_sentence():
    """Where only the rule of shapes speaks of an event, its name is misspelt somewhere or a clause is missing."""
    silent = [kind for kind, event in events().items() if {row.id for row in topics.clauses_of(event)} <= {SHAPE}]
    assert silent == []
