"""The key is found in every encoding that could reach a file."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.redact import Redactor

KEY = 'sk-a/b+c=d e"f\\1234567890'
REDACT = Redactor(KEY)


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        quote(KEY, safe=""),
        json.dumps({"said": KEY}),
        json.dumps({"said": json.dumps(KEY)}),
        base64.b64encode(KEY.encode()).decode(),
        base64.b64encode(b"Bearer " + KEY.encode()).decode(),
        base64.b64encode(b"user:" + KEY.encode() + b":more").decode(),
        KEY.encode().hex(),
        "".join(f"\\u{ord(letter):04x}" for letter in KEY),
    ],
)
def test_every_form_is_found_and_masked(text: str) -> None:
    assert REDACT.found(text)
    assert not REDACT.found(REDACT(text))


@given(st.binary(max_size=30), st.binary(max_size=30))
def test_base64_is_found_at_every_offset(before: bytes, after: bytes) -> None:
    text = base64.b64encode(before + KEY.encode() + after).decode()
    assert not REDACT.found(REDACT(text))
    assert REDACT(text) != text


def test_without_a_key_nothing_changes() -> None:
    assert Redactor(None)("sk-anything") == "sk-anything"
