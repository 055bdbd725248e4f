"""A document is read piece by piece, wherever its pieces break."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from conformance.intake import walker
from conformance.intake.connection import Unread

DOCUMENT = {"a": [1, 2.5, {"b": "x" * 50}], "ключ": "é\n\\u00e9", "nested": {"c": [], "d": {}}, "last": -12}


def walked(text: str) -> dict[str, Any]:
    made = walker.Walker(io.BytesIO(text.encode()))
    found: dict[str, Any] = {}
    for name in made.members():
        found[name] = [made.value() for _ in made.elements()] if made.peek() == "[" else made.value()
    return found


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 1000])
def test_the_pieces_make_the_whole(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walker, "CHUNK", chunk)
    for indent in (None, 2):
        assert walked(json.dumps(DOCUMENT, indent=indent)) == DOCUMENT
        assert walked(json.dumps(DOCUMENT, ensure_ascii=False, indent=indent)) == DOCUMENT


@pytest.mark.parametrize("text", ["[]", '{"a" 1}', '{"a":1', '{"a":[1 2]}', '{"a":tru}', '{"a":1,,}', "{7:1}", '{"a":'])
def test_what_is_no_json_is_told(text: str) -> None:
    with pytest.raises(Unread, match="line 1: "):
        walked(text)


def test_a_value_past_the_bound_is_not_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walker, "CHUNK", 16)
    monkeypatch.setattr(walker, "LARGEST", 64)
    with pytest.raises(Unread, match="line 1: "):
        walked(json.dumps({"a": "x" * 500}))
