"""Checks of one conversation on members that are null, of another type or absent: a finding, no error of ours."""

from dataclasses import replace

import pytest

from conformance.judge.checks import load, run
from support.talks import c, message, s, talk

ODD = [None, 7, "x", [], {}]


def verdict(check_id, wire):
    check = load().checks[check_id]
    return run(check_id, lambda: check.function(check.owner(), wire))


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize("check_id", ["ITM-001", "ITM-002", "ITM-003"])
def test_an_item_that_is_no_item(check_id, value):
    wire = talk(*[replace(line, label="first") if line.side == "client" else line for line in message()])
    assert verdict(check_id, wire).verdict != "error"
    odd = talk(c("conversation.item.create", label="first"), s("conversation.item.created", item=value))
    found = verdict(check_id, odd)
    assert found.verdict == "fail", found
    assert found.detail


@pytest.mark.parametrize("value", ODD)
def test_a_session_that_is_none(value):
    odd = talk(c("session.update", label="escaped"), s("session.updated", session=value))
    assert verdict("ENV-016", odd).verdict == "fail"
    absent = talk(c("session.update", label="escaped"), s("error", error={}))
    assert verdict("ENV-016", absent).detail == "there is no member `session` in an object that should have one"


@pytest.mark.parametrize("value", ["5", None, 1.5, True, [], "NaN"])
@pytest.mark.parametrize("check_id", ["USE-006", "USE-007", "USE-008"])
def test_a_count_of_tokens_that_is_none(check_id, value):
    details = {"text_tokens": 1, "audio_tokens": value}
    body = {"id": "resp_1", "status": "completed", "output": [], "usage": {
        "total_tokens": 2, "input_tokens": 1, "output_tokens": 1,
        "input_tokens_details": details, "output_tokens_details": details,
    }}  # fmt: skip
    odd = talk(c("response.create"), s("response.created", response=body), s("response.done", response=body))
    found = verdict(check_id, odd)
    assert found.verdict == "fail", found
    assert "`audio_tokens` is" in found.detail
    assert "which is no count" in found.detail


def test_a_count_of_tokens_that_is_one_is_judged():
    details = {"text_tokens": 1, "audio_tokens": 0}
    body = {"id": "resp_1", "status": "completed", "output": [], "usage": {
        "total_tokens": 2, "input_tokens": 1, "output_tokens": 1,
        "input_tokens_details": details, "output_tokens_details": details,
    }}  # fmt: skip
    wire = talk(c("response.create"), s("response.created", response=body), s("response.done", response=body))
    assert verdict("USE-006", wire).detail.startswith("input:")


def test_a_cancelled_reply_without_any_text_tells_nothing_of_its_end():
    body = {"id": "resp_1", "status": "cancelled", "output": []}
    wire = talk(
        c("response.create"), s("response.created", response=body), c("response.cancel", label="cancel"),
        s("response.done", response=body),
    )  # fmt: skip
    found = verdict("CAN-004", wire)
    assert (found.verdict, found.detail) == ("inconclusive", "the reply has no text")
