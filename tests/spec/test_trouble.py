"""The table of trouble: codes first, documented texts second, and nothing that only looks like it."""

from __future__ import annotations

import re

import pytest

from conformance.spec.trouble import by_status, by_words, rows


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("Throttling", "quota"),
        ("Throttling.RateQuota", "quota"),
        ("Throttling.BurstRate", "quota"),
        ("Throttling.AllocationQuota", "quota"),
        ("LimitRequests", "quota"),
        ("AccessDenied", "account"),
        ("Model.AccessDenied", "account"),
        ("AllocationQuota.FreeTierOnly", "account"),
        ("Arrearage", "account"),
        ("invalid_api_key", "account"),
        ("InternalError", "service"),
        ("InternalError.Algo", "service"),
        ("ServiceUnavailable", "service"),
        ("InternalError.Algo.InvalidParameter", None),
        ("ThrottlingIsNotThis", None),
        ("invalid_value", None),
        ("", None),
    ],
)
def test_codes(code: str, kind: str | None) -> None:
    found = by_words(code, "")
    assert (found and found.kind) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Requests rate limit exceeded, please try again later.", "quota"),
        ("You exceeded your current requests list.", "quota"),
        ("Request rate increased too quickly. To ensure system stability, please adjust your client logic.", "quota"),
        ("Allocated quota exceeded, please increase your quota limit.", "quota"),
        ("Too many requests. Batch requests are being throttled due to system capacity limits.", "quota"),
        ("To many requests. Your requests are being throttled...", "quota"),
        ("Access denied, please make sure your account is in good standing.", "account"),
        ("Access denied", "account"),
        ("The free tier of the model has been exhausted.", "account"),
        ("Incorrect API key provided.", "account"),
        ("all session slots are in use", "service"),
        ("All slots are busy, try again later", "service"),
        ("No available session slot.", "service"),
        ("The server is currently too busy", "service"),
        ("That model is currently overloaded with other requests.", "service"),
        ("The server is at full capacity.", "service"),
        ("Maximum number of concurrent sessions reached", "service"),
        ("All slots of the tool are filled in by the model.", None),
        ("No available voice for this model.", None),
        ("The server is in the middle of a response.", None),
        ("The model is at its maximum of tokens.", None),
        ("The capacity of the input audio buffer is 15 MB.", None),
        ("Invalid model: 'the server is at full capacity'.", None),
        ("The maximum number of concurrent responses is one.", None),
        ("Internal service error: null", "service"),
        ("Upstream realtime handshake rejected with HTTP 404", "account"),
        ("Upstream realtime handshake rejected with HTTP 429", "quota"),
        ("Upstream realtime handshake rejected with HTTP 418", None),
        ("<400> InternalError.Algo.InvalidParameter: Voice 'Cherry' is not supported.", None),
        ("Access denied to the tool that you named.", None),
        ("Invalid value: 'quota exceeded'. Supported values are: 'a'.", None),
        ('Invalid model: "free tier".', None),
        ("the response was cancelled by the client", None),
    ],
)  # fmt: skip
def test_texts(text: str, kind: str | None) -> None:
    found = by_words("", text)
    assert (found and found.kind) == kind


def test_a_code_decides_before_a_text() -> None:
    found = by_words("Throttling", "Access denied")
    assert found is not None
    assert found.kind == "quota"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, "account"), (403, "account"), (404, "account"), (407, "line"), (429, "quota"), (503, "service")],
)
def test_statuses(status: int, kind: str) -> None:
    found = by_status(status)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize("status", [101, 200, 302, 400, 426])
def test_what_a_status_does_not_tell(status: int) -> None:
    assert by_status(status) is None


def test_every_row_says_what_to_do_and_where_it_is_from() -> None:
    for row in rows():
        assert row.what
        assert row.todo
        assert row.source
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", row.date)
        assert row.codes or row.texts or row.statuses
        assert all(re.compile(text) for text in row.texts)
