"""Rows at their edges: each key in each spelling, what counts as missing, each code, each word, each unit of time."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from conformance.status.rows import (
    WORDS,
    WORST,
    as_object,
    distinct,
    moment,
    number,
    parse,
    redact,
    status_of,
    text,
    tokens_of,
    total,
    unwrap,
    worst,
)

MISSING: list[Any] = [None, "", "  ", [], {}]


@pytest.mark.parametrize(
    ("member", "names", "value", "read"),
    [
        ("task", ("task_uuid", "taskUuid"), "t", "t"),
        ("request", ("request_id", "requestId", "modelRequestId", "model_request_id"), "r", "r"),
        ("status", ("status_code", "statusCode", "httpStatusCode", "http_status_code"), "429", "failed_throttled"),
        ("status", ("statusCodeType", "statusCodeTypes", "status_code_type", "status", "shown"), "cancel", "cancelled"),
        ("started", ("start_unix_timestamp", "startTime", "start_time"), "2", 2000.0),
        ("duration", ("duration", "callDuration", "call_duration"), "5", 5.0),
        ("error", ("error_code", "errorCode", "error_message", "errorMessage", "message"), "e", "e"),
    ],
)
def test_each_key_is_read_in_each_spelling(member: str, names: tuple[str, ...], value: str, read: Any) -> None:
    for name in names:
        assert getattr(parse({name: value}), member) == read, name
        assert getattr(parse({name + "x": value}), member) in {"", None, "unknown"}, name
        for nothing in MISSING:
            assert getattr(parse({name: nothing}), member) in {"", None, "unknown"}, (name, nothing)
    for first, second in itertools.pairwise(names):
        if "message" not in second.lower():
            assert getattr(parse({first: value, second: "200"}), member) == read, (first, second)
            assert getattr(parse({first: "", second: value}), member) == read, (first, second)


def test_an_error_is_its_code_and_its_message() -> None:
    assert parse({"errorCode": "a", "errorMessage": "b"}).error == "a: b"
    assert parse({"errorMessage": "b"}).error == "b"


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ({"start_time": 1}, "in_progress"),
        ({"start_time": 1, "duration": 3}, "unknown"),
        ({"start_time": 1, "duration": 0}, "unknown"),
        ({"start_time": 1, "errorCode": "x"}, "unknown"),
        ({"start_time": 1, "end_unix_timestamp": 2}, "unknown"),
        ({"start_time": 1, "endTime": 2}, "unknown"),
        ({"start_time": 1, "end_time": 2}, "unknown"),
        ({"start_time": 1, "errorMessage": "x"}, "in_progress"),
        ({"start_time": "?"}, "in_progress"),
        ({}, "unknown"),
    ],
)
def test_only_what_began_and_shows_no_end_is_running(row: dict[str, Any], status: str) -> None:
    assert parse(row).status == status


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (0, "cancelled"), (1, "unknown"), (199, "unknown"), (200, "succeeded"), (299, "succeeded"), (300, "unknown"),
        (399, "unknown"), (400, "failed_client"), (428, "failed_client"), (429, "failed_throttled"),
        (430, "failed_client"), (499, "failed_client"), (500, "failed_server"), (599, "failed_server"),
        (600, "unknown"), (-1, "unknown"), ("200", "succeeded"), ("success", "succeeded"), ("?", "unknown"),
        (True, "unknown"),
    ],
)  # fmt: skip
def test_each_code_both_sides(code: Any, status: str) -> None:
    assert status_of(code) == status
    assert status_of(code, "cancel") == status  # a code that is there decides
    if not isinstance(code, bool):
        assert status_of(None, code) == status  # and a word may be a number


SAID = {
    "succeeded": ("success", "succeeded", "成功"),
    "failed_client": ("client_error",),
    "failed_server": ("server_error",),
    "cancelled": ("cancel", "cancelled", "canceled", "取消", "已取消"),
    "failed_unspecified": ("failed", "失败"),
    "in_progress": ("in progress", "in_progress", "running", "进行中", "运行中"),
    "absent": ("absent", "not listed"),
}


def test_each_word() -> None:
    for status, words in SAID.items():
        for word in words:
            assert status_of(None, word) == status_of(None, word.upper()) == status_of(None, [word]) == status
    assert set(WORDS) == {word for words in SAID.values() for word in words}
    assert status_of(None, "else") == "unknown"
    assert status_of(None, ["cancel", "success"]) is None
    assert status_of(None, []) is None
    assert status_of("", " ") is None


def test_the_worst_comes_first() -> None:
    order = (
        "failed_server", "failed_client", "failed_throttled", "failed_unspecified", "in_progress", "cancelled",
        "unknown", "absent", "succeeded",
    )  # fmt: skip
    assert order == WORST
    for bad, better in itertools.pairwise(order):
        assert worst([better, bad]) == worst([bad, better]) == bad
    assert worst([]) == "unknown"


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        (99_999_999_999, 99_999_999_999_000.0),  # seconds
        (100_000_000_000, 100_000_000_000.0),  # milliseconds
        ("1790000000", 1790000000000.0),
        ("1970-01-01T00:00:02+00:00", 2000.0),
        ("1970-01-01T01:00:02+01:00", 2000.0),
        ("1970-01-01T00:00:02", None),
        ("soon", None),
        (None, None),
        (True, None),
    ],
)
def test_times(value: Any, ms: float | None) -> None:
    assert moment(value) == ms


@pytest.mark.parametrize(
    ("value", "found"),
    [(1, 1.0), (1.5, 1.5), ("1.5", 1.5), (" 2 ", 2.0), (True, None), ("x", None), (None, None), ([], None),
     ("inf", None), ("nan", None), (10**400, None)],
)  # fmt: skip
def test_numbers(value: Any, found: float | None) -> None:
    assert number(value) == found


def test_texts() -> None:
    assert [text(one) for one in (" a ", 7, 1.5, True, None, [])] == ["a", "7", "1.5", "", "", ""]


def test_objects() -> None:
    assert as_object({"a": 1}) == as_object('  {"a":1}') == {"a": 1}
    assert as_object("{") is as_object("[1]") is as_object([1]) is as_object(None) is None


def test_what_stands_within_what() -> None:
    assert unwrap({"message": '{"a":1}', "a": 0, "b": 2}) == {"a": 1, "b": 2}
    assert unwrap({"message": {"message": "m"}}) == {"message": "m"}
    assert unwrap({"message": "words"}) == {"message": "words"}
    for name in ("originLog", "origin_log"):
        given = {name: {"a": 1, "b": 2}, "a": 3, "b": "", "c": 0}
        assert unwrap(given) == {"a": 3, "b": 2, "c": 0, name: given[name]}


def test_rows_that_say_the_same_are_one() -> None:
    rows = [parse(one) for one in ({"a": 1, "__time__": 1}, {"a": 1, "__time__": 2}, {"a": 1, "_x": 1}, {"b": 1})]
    assert [row.raw for row in distinct(rows)] == [rows[0].raw, rows[2].raw, rows[3].raw]


def test_sums() -> None:
    one, two = {"n": 1, "deep": {"x": 2}, "word": "a", "yes": True}, {"n": 2.5, "deep": {"x": 3, "y": 1}, "word": "b"}
    assert total([]) is None
    assert total([one]) == one
    assert total([one, two]) == {"n": 3.5, "deep": {"x": 5, "y": 1}, "word": "b", "yes": True}
    assert total([{"n": "a"}, {"n": 1}]) == {"n": 1}
    assert total([{"n": 1}, {"n": {"x": 1}}]) == {"n": {"x": 1}}
    assert total([one, {"yes": True}]) == one


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (None, None),
        ({}, None),
        ({"total_tokens": 0}, 0.0),
        ({"total_tokens": "5", "input_tokens": 1}, 5.0),
        ({"input_tokens": 1}, 1.0),
        ({"output_tokens": 2}, 2.0),
        ({"input_tokens": 1, "output_tokens": 2}, 3.0),
        ({"input_tokens": 0}, None),
    ],
)
def test_tokens(usage: Any, tokens: float | None) -> None:
    assert tokens_of(usage) == tokens


def test_usage_in_strings_becomes_numbers() -> None:
    given = {"a": "1", "b": "1.5", "c": "x", "d": '{"e":"2"}', "f": "{", "g": 3.0, "h": None}
    read = parse({"usage": given}).usage
    assert read == {"a": 1, "b": 1.5, "c": "x", "d": {"e": 2}, "f": "{", "g": 3, "h": None}
    assert read is not None
    assert isinstance(read["a"], int)
    assert isinstance(read["g"], int)
    assert parse({"usage": {}}).usage is parse({"usage": "x"}).usage is None


PRIVATE = (
    "clientip", "client_ip", "__client_ip__", "apikey_id", "apiKeyId", "userId", "x_user_id", "accountId", "uid",
    "aliUid", "aliyun_uid", "callerUid", "parentUid", "ownerUid", "__source__",
)  # fmt: skip
PUBLIC = ("source", "uidx", "xuid", "clientipx", "ip", "request_id", "task_uuid")


def test_who_it_was_is_left_out_however_deep() -> None:
    for name in PRIVATE:
        given = {name: 1, "a": {name: 1}, "b": [{name: 1, "c": 2}], "d": f'{{"{name}": 1, "e": 2}}'}
        assert redact(given) == {"a": {}, "b": [{"c": 2}], "d": '{"e": 2}'}, name
        assert redact({"a": f'  [{{"{name}": 1}}]'}) == {"a": "[{}]"}
    for name in PUBLIC:
        assert redact({name: 1}) == {name: 1}
    assert redact({"a": '{"uid": ', "b": "[1", "c": "x {", "d": '{"é":1}'}) == {
        "a": "", "b": "", "c": "x {", "d": '{"é": 1}',
    }  # fmt: skip
