"""One parser for rows of every spelling."""

import json

import pytest

from conformance.status.rows import distinct, moment, parse, redact, status_of, total, worst

USAGE = {"total_tokens": 12, "input_tokens": 5, "output_tokens": 7, "output_tokens_details": {"audio_tokens": 4}}
STRINGS = {
    "total_tokens": "12",
    "input_tokens": "5",
    "output_tokens": "7",
    "output_tokens_details": '{"audio_tokens":"4"}',
}
SLS = {"task_uuid": "sess_1", "request_id": "r-1", "status_code": "200", "start_unix_timestamp": "1790000000000"}


def test_a_row_of_the_log_service():
    row = parse({**SLS, "duration": "1500", "usage": json.dumps(USAGE), "__time__": "1790000001"})
    assert (row.task, row.request, row.status) == ("sess_1", "r-1", "succeeded")
    assert (row.started, row.duration, row.usage) == (1790000000000, 1500, USAGE)


def test_a_row_of_the_command():
    origin = {"task_uuid": "sess_1", "extras": {"protocol": "ws"}}
    given = {
        "modelRequestId": "r-1",
        "startTime": 1790000000000,
        "callDuration": 9,
        "httpStatusCode": 400,
        "errorCode": "ClientDisconnect",
        "errorMessage": "Client disconnected before task finished!",
        "originLog": json.dumps(origin),
    }
    row = parse(given)
    assert (row.task, row.request, row.status) == ("sess_1", "r-1", "failed_client")
    assert row.error == "ClientDisconnect: Client disconnected before task finished!"
    assert row.started == 1790000000000


@pytest.mark.parametrize(
    "spelling",
    [
        {"task_uuid": "sess_1"},
        {"taskUuid": "sess_1"},
        {"originLog": {"task_uuid": "sess_1"}},
        {"originLog": '{"taskUuid":"sess_1"}'},
        {"taskUuid": "", "originLog": {"task_uuid": "sess_1"}},
        {"message": '{"task_uuid":"sess_1","status_code":"200"}'},
        {"message": {"originLog": '{"task_uuid":"sess_1"}'}},
    ],
)
def test_the_id_is_found_wherever_it_stands(spelling):
    assert parse(spelling).task == "sess_1"


@pytest.mark.parametrize("usage", [USAGE, STRINGS, json.dumps(USAGE), json.dumps(STRINGS)])
def test_usage_in_any_spelling(usage):
    assert parse({"usage": usage}).usage == USAGE


@pytest.mark.parametrize("usage", ["", "none", "{broken", 7, None, [], {}])
def test_what_is_no_usage_is_none(usage):
    assert parse({"usage": usage}).usage is None


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("200", "succeeded"),
        (200, "succeeded"),
        (" 204 ", "succeeded"),
        ("200.0", "succeeded"),
        ("0", "cancelled"),
        (0, "cancelled"),
        ("CANCEL", "cancelled"),
        ("400", "failed_client"),
        (499, "failed_client"),
        ("429", "failed_throttled"),
        (429.0, "failed_throttled"),
        ("500", "failed_server"),
        (503, "failed_server"),
        ("101", "unknown"),
        ("302", "unknown"),
        ("-1", "unknown"),
        ("600", "unknown"),
        ("nan", "unknown"),
        ("what", "unknown"),
        (True, "unknown"),
        (None, None),
        ("", None),
        (" ", None),
    ],
)
def test_codes(code, status):
    assert status_of(code) == status
    assert parse({"status_code": code}).status == parse({"httpStatusCode": code}).status == (status or "unknown")


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("SUCCESS", "succeeded"),
        ("CLIENT_ERROR", "failed_client"),
        ("SERVER_ERROR", "failed_server"),
        ("CANCEL", "cancelled"),
        (["CANCEL"], "cancelled"),
        (["CANCEL", "SUCCESS"], "unknown"),
        ("Failed", "failed_unspecified"),
        ("失败", "failed_unspecified"),
        ("成功", "succeeded"),
        ("取消", "cancelled"),
        ("进行中", "in_progress"),
        ("In progress", "in_progress"),
        ("Purple", "unknown"),
    ],
)
def test_words(word, status):
    assert parse({"statusCodeTypes": word}).status == status


def test_a_code_says_more_than_a_word():
    assert parse({"status_code": "429", "statusCodeTypes": ["CLIENT_ERROR"]}).status == "failed_throttled"
    assert parse({"status_code": "what", "statusCodeTypes": ["SUCCESS"]}).status == "unknown"


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ({"start_unix_timestamp": "1790000000000"}, "in_progress"),
        ({"start_time": "2026-10-04 10:00:00.000", "status_code": ""}, "in_progress"),
        ({"start_unix_timestamp": "1790000000000", "duration": "5"}, "unknown"),
        ({"startTime": 1790000000000, "endTime": 1790000000005}, "unknown"),
        ({"startTime": 1790000000000, "errorCode": "ClientDisconnect"}, "unknown"),
        ({}, "unknown"),
        ({"usage": USAGE}, "unknown"),
    ],
)
def test_a_missing_code_is_never_a_cancellation(row, status):
    assert parse(row).status == status


@pytest.mark.parametrize(
    "row",
    [{"status_code": {}}, {"message": "{"}, {"originLog": "[]"}, {"usage": '{"a":' * 9000}, {"task_uuid": ["x"]}],
)
def test_no_row_is_an_error(row):
    assert parse(row).status == "unknown"


@pytest.mark.parametrize(
    ("statuses", "found"),
    [
        (["succeeded", "failed_client"], "failed_client"),
        (["failed_client", "failed_server"], "failed_server"),
        (["failed_unspecified", "failed_throttled"], "failed_throttled"),
        (["succeeded", "cancelled"], "cancelled"),
        (["succeeded", "unknown"], "unknown"),
        (["succeeded", "in_progress"], "in_progress"),
        (["cancelled", "in_progress"], "in_progress"),
        (["succeeded", "succeeded"], "succeeded"),
        ([], "unknown"),
    ],
)
def test_the_worst_wins(statuses, found):
    assert worst(statuses) == worst(reversed(statuses)) == found


def test_a_row_that_was_delivered_twice_counts_once():
    rows = [parse(row) for row in ({**SLS, "__time__": "1"}, {**SLS, "__time__": "2"}, {**SLS, "duration": "5"})]
    assert [row.duration for row in distinct(rows)] == [None, 5]


def test_usages_are_summed():
    assert total([]) is None
    assert total([USAGE, {"total_tokens": 1, "plan": "x", "output_tokens_details": {"text_tokens": 2}}]) == {
        **USAGE,
        "total_tokens": 13,
        "plan": "x",
        "output_tokens_details": {"audio_tokens": 4, "text_tokens": 2},
    }


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        (1790000000000, 1790000000000),
        ("1790000000000", 1790000000000),
        (1790000000, 1790000000000),
        ("2026-09-21T15:33:20+01:00", 1790001200000),
        ("2026-10-04 10:00:00", None),
        ("soon", None),
        (None, None),
    ],
)
def test_moments(value, ms):
    assert moment(value) == ms


def test_nobody_is_named():
    secret = {"client_ip": "9.9.9.9", "uid": "123456", "apikey_id": "77", "apikeyId": "77", "clientIp": "9.9.9.9"}
    row = {
        **SLS,
        **secret,
        "__source__": "9.9.9.9",
        "__tag__:__client_ip__": "9.9.9.9",
        "originLog": json.dumps({**secret, "channel": "api", "inner": [secret]}),
        "extras": {"protocol": "ws", **secret},
        "message": '{"uid":"123456","cut off',
        "workspace_id": "ws-1",
        "source": "mock",
    }
    kept = redact(row)
    assert not any(one in json.dumps(kept) for one in ("9.9.9.9", "123456", "77"))
    assert kept.items() >= SLS.items()
    assert kept["originLog"] == '{"channel": "api", "inner": [{}]}'
    assert (kept["extras"], kept["workspace_id"], kept["source"]) == ({"protocol": "ws"}, "ws-1", "mock")
