"""A key that comes back: found in any of its forms, noted by its place, and never shown."""

import base64
from types import SimpleNamespace
from urllib.parse import quote

import pytest

from conformance.papers.facts import Courses, holds
from conformance.papers.keys import keys
from conformance.papers.player import Seen, armed, masked, quotes, shook
from conformance.papers.program import source
from conformance.papers.trace import Draft, Trace
from conformance.wire.transcript import Echo, Frame, Leg, Transcript

KEY = "sk-Planted_key-0001?>"


@pytest.mark.parametrize(
    "form",
    [
        KEY,
        quote(KEY, safe=""),
        "".join(f"%{byte:02x}" for byte in KEY.encode()),
        *(
            base64.b64encode(f"{before}{KEY}{after}".encode()).decode()
            for before in ("", "a", "ab")
            for after in ("", "b")
        ),
        base64.urlsafe_b64encode(f"Bearer {KEY}".encode()).decode(),
    ],
)
def test_a_key_is_found_in_each_of_its_forms(form) -> None:
    assert quotes(KEY, {"message": f"wrong: {form}."})


@pytest.mark.parametrize("told", [KEY[:-1], KEY[1:], base64.b64encode(KEY[:-1].encode()).decode(), "", None])
def test_a_part_of_a_key_is_no_key(told) -> None:
    assert not quotes(KEY, {"message": told})


def test_who_sends_no_key_is_quoted_none() -> None:
    seen = Seen([])
    armed(seen, {})
    assert masked(seen, {"type": "error"}) == {"type": "error"}
    assert seen.quoted == []


def test_what_quotes_a_key_is_noted_and_not_shown() -> None:
    seen = Seen([])
    armed(seen, {"Authorization": f"Bearer {KEY}"})
    event = {"type": "error", "event_id": "e", "error": {"message": [f"no {KEY}"]}}
    assert masked(seen, event) == {"type": "error", "event_id": "e"}
    shook(seen, SimpleNamespace(headers={"X-Key": KEY}, body=b"{}"))  # type: ignore[arg-type]
    shook(seen, SimpleNamespace(headers={}, body=None))  # type: ignore[arg-type]
    shook(seen, None)
    assert seen.quoted == ["error", "the handshake"]


@pytest.mark.parametrize(
    ("echo", "place"),
    [
        (Echo("frame", 0, "plain", whole=True), "error"),
        (Echo("frame", 1, "plain", whole=True), "close"),
        (Echo("body", "", "plain", whole=True), "the handshake"),
        (Echo("header", "X-Key", "plain", whole=True), "the handshake"),
        (Echo("frame", 0, "plain", whole=False), None),
    ],
)
def test_a_record_says_where_a_key_was(echo, place) -> None:
    frames = [Frame(0, "server", 0, "text", text='{"type":"error"}'), Frame(1, "server", 1, "close")]
    leg = Leg("wss://x", frames=frames, echoes=[echo])
    script = SimpleNamespace(steps=[], begun=[0, 0])
    found = Courses(Trace(Transcript("a/B", "now", [leg]), 0, script), Seen([]), Seen([]))  # type: ignore[arg-type]
    facts = keys(found)
    assert [fact.test for fact in facts] == ([f"{place!r} in seen.quoted"] if place else [])
    for fact in facts:
        assert holds(fact.test, found.mine)
        draft = Draft([], leg)
        fact.edit(draft)
        assert draft.leg.echoes == []


@pytest.mark.parametrize(
    ("test", "answer"), [("'error' in seen.quoted", False), ("'the handshake' in seen.quoted", True)]
)
def test_only_a_program_that_looks_for_a_key_masks_it_and_looks_where_it_has_to(test, answer) -> None:
    code = "\n".join(source([[0, [], 0, "text", "{}"]], test))
    assert "event := masked(seen, read(" in code
    assert ("shook" in code) == answer
    assert "quotes" not in "\n".join(source([[0, [], 0, "text", "{}"]], "seen.of('a') != []"))
