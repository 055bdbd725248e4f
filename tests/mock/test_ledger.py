"""What the ledger lists."""

import json

import pytest

from conformance.mock.core import Billed
from conformance.mock.ledger import Call, Ledger, total
from conformance.mock.options import MockOptions

USAGE = {
    "total_tokens": 10,
    "input_tokens": 8,
    "output_tokens": 2,
    "input_tokens_details": {"text_tokens": 8},
    "output_tokens_details": {"text_tokens": 2},
}
ONE = Billed(started=1.0, first_output=1.5, ended=2.0, status="completed", usage=USAGE)
CLEAN = {"first": "client", "code": 1000}
ABRUPT = {"first": "nobody", "code": None}


def call(finished=False, billed=(ONE,), **ending):
    return Call("sess_1", "uuid", "model", 1000.0, 5000.0, finished=finished, billed=tuple(billed), **ending)


def rows(made, now=5000.0, **options):
    ledger = Ledger(MockOptions(**options))
    ledger.record(made)
    return ledger.rows(now)


def code(made, **options):
    found = rows(made, **options)
    return found[0].get("status_code", "in progress") if found else "absent"


def test_a_row_has_the_shape_of_the_audit_log():
    (row,) = rows(call(**CLEAN))
    assert row["task_uuid"] == "sess_1"
    assert (row["status_code"], row["error_code"]) == ("400", "ClientDisconnect")
    assert (row["start_unix_timestamp"], row["duration"], row["first_output_duration"]) == ("1000", "4000", "1500")
    assert row["start_time"] == "1970-01-01 00:00:01.000"
    assert json.loads(row["extras"])["protocol"] == "ws"


@pytest.mark.parametrize(
    ("policy", "clean", "abrupt", "finished"),
    [
        ("finish_required", "400", "400", "200"),
        ("clean_close_ok", "200", "400", "200"),
        ("cancelled", "0", "400", "200"),
        ("pending_until_finish", "in progress", "in progress", "200"),
        ("absent_unless_success", "absent", "absent", "200"),
    ],
)
def test_policies(policy, clean, abrupt, finished):
    for options in ({"status_policy": policy}, {"switches": {"close-status": policy.replace("_", "-")}}):
        assert code(call(**CLEAN), **options) == clean
        assert code(call(**ABRUPT), **options) == abrupt
        assert code(call(finished=True, **CLEAN), **options) == finished


def test_a_session_that_the_server_ended():
    assert code(call(first="server", code=1011)) == "500"
    assert rows(call(first="server", code=1007))[0]["error_code"] == "InvalidParameter"


@pytest.mark.parametrize(("side", "seen"), [("failed", "400"), ("succeeded", "200"), ("absent", "absent")])
def test_empty_sessions(side, seen):
    assert code(call(billed=(), **CLEAN), switches={"empty-session-status": side}) == seen


def test_usage_is_summed_and_sometimes_a_string():
    ledger = Ledger(MockOptions())
    for _ in range(2):
        ledger.record(call(billed=(ONE, ONE), **CLEAN))
    first, second = (row["usage"] for row in ledger.rows(5000.0))
    assert first == json.loads(second) == total([USAGE, USAGE])
    assert first["input_tokens_details"] == {"text_tokens": 16}


def test_a_row_for_each_response():
    found = rows(call(billed=(ONE, ONE), **CLEAN), ledger_rows="response")
    assert [row["task_uuid"] for row in found] == ["sess_1", "sess_1"]


def test_no_usage_on_failed_rows():
    assert "usage" not in rows(call(**CLEAN), usage_on_failed_rows=False)[0]
    assert "usage" not in rows(call(billed=(), **CLEAN))[0]


def test_rows_come_late():
    assert rows(call(**CLEAN), now=5999.0, ledger_lag_ms=1000) == []
    assert len(rows(call(**CLEAN), now=6000.0, ledger_lag_ms=1000)) == 1


def test_the_window():
    ledger = Ledger(MockOptions())
    ledger.record(call(**CLEAN))
    assert len(ledger.rows(9000.0, 4000.0, 6000.0)) == 1
    assert ledger.rows(9000.0, 6000.0, 7000.0) == []
    assert ledger.rows(9000.0, 0.0, 999.0) == []
