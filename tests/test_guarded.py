"""The reader of other people's JSON: what it takes, what it refuses, and what it keeps as text."""

from __future__ import annotations

import json
import sys
import tracemalloc

import pytest

from conformance import guarded
from conformance.guarded import DEEPEST, NotANumber, Refused, flaws, parse


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def test_plain_json_is_read_as_ever() -> None:
    text = '{"a":[1,-2,3.5,true,null,"é\\u00e9"],"b":{}}'
    assert parse(text) == json.loads(text)
    assert parse(b"\xef\xbb\xbf" + text.encode()) == json.loads(text)


@pytest.mark.parametrize("text", ["", "{", "[1,]", "{'a':1}", '"\x00"', b"\xff", "\ufeff1"])
def test_what_is_no_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(Refused):
        parse(text)


def test_the_depth_has_a_bound_and_brackets_in_strings_are_none() -> None:
    assert parse(nested(DEEPEST))
    with pytest.raises(Refused, match=f"more than {DEEPEST} levels deep"):
        parse(nested(DEEPEST + 1))
    assert parse(json.dumps(["[" * 500 + '"\\[']))
    assert len(parse("[" + ",".join(["[]"] * 1000) + "]")) == 1000


@pytest.mark.parametrize("text", [nested(100_000), "[" * 1_000_000, '{"a":' * 100_000, '"\\' * 200_000 + "[" * 200])
def test_a_bottomless_text_costs_nothing(text: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(Refused):
            parse(text)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "literal",
    ["NaN", "Infinity", "-Infinity", "9" * 400, "9" * 5000, "1e999", "-1e999", str(2**64), str(-(2**63) - 1)],
)
def test_what_stands_for_no_number_is_kept_as_text(literal: str) -> None:
    value = parse(f'{{"n":{literal}}}')["n"]
    assert isinstance(value, NotANumber)
    assert value == literal
    assert json.loads(json.dumps(value)) == literal


@pytest.mark.parametrize("number", [2**64 - 1, -(2**63), 0, 1e308, 5e-324])
def test_what_stands_for_a_number_is_one(number: float) -> None:
    value = parse(repr(number))
    assert value == number
    assert type(value) is type(number)
    assert flaws(repr(number)) == []


def test_a_member_that_is_not_there_says_so() -> None:
    with pytest.raises(AssertionError, match="no member `session`"):
        parse("{}")["session"]
    with pytest.raises(KeyError):
        parse('{"a":{}}')["a"]["b"]
    assert parse("{}").get("session") is None


def test_flaws_of_a_text_that_is_refused_are_none() -> None:
    assert flaws('{"a":1,"a":2') == []
    assert guarded.constants('{"a":NaN') == []
    assert guarded.constants('{"a":"NaN"}') == []
    assert guarded.constants('{"a":[NaN,-Infinity]}') == ["NaN", "-Infinity"]


def test_the_whole_bound_fits_into_the_stack_of_a_run() -> None:
    # Whatever is accepted is later walked by recursive code: schemas, shapes, the page.
    assert sys.getrecursionlimit() > DEEPEST * 4


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{}", "no member `item`"),
        ('{"item":null}', "item is None"),
        ('{"item":"x"}', "item is 'x'"),
        ("null", "no member `item`"),
        ('{"item":[]}', r"item is \[\]"),
    ],
)
def test_an_object_that_is_none_fails_a_check_in_words(text: str, says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        guarded.object_at(parse(text), "item")
    assert guarded.object_at(parse('{"item":{"id":1}}'), "item") == {"id": 1}
