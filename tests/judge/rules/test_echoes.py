"""A server that quotes the key is told where, and never what."""

from __future__ import annotations

import pytest

from conformance.judge.finding import TOLD, Failed
from conformance.judge.rules.echoes import quotes_no_key
from conformance.judge.verdicts import NotApplicable
from conformance.mock.options import MockOptions
from conformance.mock.quirks import chosen
from conformance.trial import Trial, run
from conformance.wire.transcript import Echo, Frame, Handshake, Leg, Transcript
from support.rules import failure

FRAMES = [
    Frame(0, "server", 0.0, "text", '{"type":"error"}'),
    Frame(1, "server", 0.0, "binary", None, b"x"),
    Frame(2, "server", 0.0, "close", None, b"\x03\xe8bye"),
]


def held(*echoes: Echo, status: int = 101, trouble: str | None = None) -> Transcript:
    leg = Leg("ws://x", handshake=Handshake(status, 1.0), frames=FRAMES, echoes=list(echoes))
    return Transcript("a/A", "", [leg], trouble=trouble)


@pytest.mark.parametrize(
    ("echo", "says"),
    [
        (Echo("frame", 0, "plain", whole=True), "a/A: the key is in frame 0, error (plain)"),
        (Echo("frame", 1, "hex", whole=True), "a/A: the key is in frame 1, binary (hex)"),
        (Echo("frame", 2, "Base64", whole=True), "a/A: the key is in the reason of the close frame (Base64)"),
        (Echo("frame", 9, "plain", whole=True), "a/A: the key is in frame 9 (plain)"),
        (Echo("header", "X-Y", "plain", whole=True), "a/A: the key is in the header X-Y of the handshake (plain)"),
        (Echo("body", "", "plain", whole=True), "a/A: the key is in the body of the handshake (plain)"),
        (Echo("frame", 0, "plain", whole=False), ""),
    ],
)
def test_where_it_is_is_told(echo: Echo, says: str) -> None:
    assert failure(quotes_no_key, [held(echo)]) == says
    # A refused handshake and a session that met trouble quote the key as any other.
    assert failure(quotes_no_key, [held(echo, status=401, trouble="refused")]) == says


def test_forms_in_one_place_are_told_together_and_many_places_are_counted() -> None:
    both = held(Echo("frame", 0, "plain", whole=True), Echo("frame", 0, "hex", whole=True))
    assert failure(quotes_no_key, [both]) == "a/A: the key is in frame 0, error (plain, hex)"
    many = [held(Echo("body", "", "plain", whole=True))] * (TOLD + 1)
    assert failure(quotes_no_key, many[1:]).count("the key") == TOLD
    assert failure(quotes_no_key, many).endswith("(and 1 more)")


def test_where_nobody_looked_nothing_is_said() -> None:
    old = Transcript("a/A", "", [Leg("ws://x")])
    with pytest.raises(NotApplicable):
        quotes_no_key([old])
    assert failure(quotes_no_key, [old, held()]) == ""


def test_each_lie_is_told_in_its_form() -> None:
    says = {
        "error-quotes-the-key": "(plain)",
        "error-percent-encodes-the-key": "(percent-encoded)",
        "error-quotes-the-key-in-base64": "(Base64)",
        "refusal-quotes-the-key": "the body of the handshake (plain)",
        "goodbye-quotes-the-key": "the reason of the close frame (plain)",
    }
    results = run([Trial(quirk.touches, quirk.model, MockOptions(quirks=(quirk.name,))) for quirk in chosen(says)])
    for name, result in zip(says, results, strict=True):
        found = result.outcomes["GEN-071"]
        assert found.verdict == "fail", name
        assert found.detail.splitlines()[0].endswith(says[name])


def test_only_a_frame_is_a_place_on_the_connection() -> None:
    past = len(FRAMES)
    places = [Echo("frame", 1, "plain", whole=True), Echo("header", "X-Y", "plain", whole=True)]
    with pytest.raises(Failed) as problem:
        quotes_no_key([held(*places, Echo("body", "", "plain", whole=True), Echo("frame", past, "hex", whole=True))])
    assert [finding.frame for finding in problem.value.findings] == [1, None, None, past]
