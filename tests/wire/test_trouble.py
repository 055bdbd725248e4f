"""Trouble in what was recorded, and lost sessions: where they are seen and where they must not be."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.wire.transcript import Ending, Frame, Handshake, Leg, Stop, Transcript
from conformance.wire.trouble import LONGEST_WAIT, find, lost

CREATED = '{"type":"session.created","session":{"id":"sess_1"}}'
GONE = Ending(first="server", tcp="fin")


def closed(code: int, reason: str = "") -> Ending:
    """The server closed by the book."""
    return Ending("server", code, "", code, reason, clean=True)


def heard(
    *texts: str, ending: Ending | None = None, sent: tuple[str, ...] = (), stop: Stop | None = None, **shake: Any
) -> Transcript:
    """A conversation of one connection: what the client sent, then what the server said."""
    frames = [Frame(n, "client", float(n), "text", text, step=n) for n, text in enumerate(sent)]
    frames += [Frame(len(sent) + n, "server", 100.0 + n, "text", text) for n, text in enumerate(texts)]
    handshake = Handshake(**{"status": 101, "ms": 1.0, **shake})
    leg = Leg(
        "wss://x", handshake=handshake, frames=frames, ending=ending or Ending("client", 1000, "", 1000, clean=True)
    )
    return Transcript("test/One", "2026-11-27T00:00:00Z", [leg], stop=stop)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"type":"error","error":{"code":"Throttling","message":"x"}}', "quota"),
        ('{"type":"error","error":"Requests rate limit exceeded, please try again later."}', "quota"),
        ('{"type":"error","code":"Throttling","message":"x"}', "quota"),
        ('{"code":"AccessDenied","message":"Access denied","request_id":"1"}', "account"),
        ('{"error":{"code":"Arrearage"}}', "account"),
        ('{"type":"response.done","response":{"status":"failed","status_details":{"error":{"code":"Throttling"}}}}',
         "quota"),
        ('{"type":"response.done","response":{"status":"completed","status_details":{"error":{"code":"Throttling"}}}}',
         None),
        ('{"type":"conversation.item.input_audio_transcription.failed","error":{"code":"Throttling"}}', None),
        ('{"type":"response.text.delta","delta":"Requests rate limit exceeded","message":"Access denied"}', None),
        ('{"type":"error","error":{"code":"invalid_value","message":"Invalid value: \'Access denied\'."}}', None),
        ('{"type":"error","error":{"code":"InternalError","message":"Internal service error: null"}}', None),
        ('{"type":"error","error":{"code":7,"message":[1]}}', None),
        ('{"type":"error","error":null}', None),
        ('{"type":"response.done","response":null}', None),
        ("[]", None),
        ("no JSON", None),
    ],
)  # fmt: skip
def test_in_any_frame(text: str, kind: str | None) -> None:
    found = find(heard(CREATED, text))
    assert (found and found.kind) == kind


@pytest.mark.parametrize(
    ("status", "body", "kind", "sure"),
    [
        (429, "", "quota", False),
        (429, '{"code":"Throttling.RateQuota","message":"m"}', "quota", True),
        (400, '{"code":"Arrearage","message":"m"}', "account", True),
        (403, '{"code":"AllocationQuota.FreeTierOnly"}', "account", True),
        (403, "Forbidden", "account", False),
        (503, "", "service", False),
    ],
)
def test_in_a_handshake(status: int, body: str, kind: str, sure: bool) -> None:
    found = find(heard(status=status, body=body))
    assert found is not None
    assert (found.kind, found.sure) == (kind, sure)
    assert f"HTTP {status}" in found.words


@pytest.mark.parametrize(("status", "body"), [(400, "bad request"), (200, "quota exceeded"), (302, "")])
def test_a_handshake_that_tells_no_trouble(status: int, body: str) -> None:
    assert find(heard(status=status, body=body)) is None


@pytest.mark.parametrize(
    ("headers", "body", "wait"),
    [
        ((("Retry-After", "20"),), "", 20.0),
        ((("retry-after", "99999"),), "", LONGEST_WAIT),
        ((("Retry-After", "Fri, 27 Nov 2026 20:00:00 GMT"),), "", None),
        ((), "Please try again in 7 seconds", 7.0),
        ((), "Please retry after 2 minutes.", 120.0),
        ((), "please try again later", None),
    ],
)
def test_how_long_to_wait(headers: tuple[tuple[str, str], ...], body: str, wait: float | None) -> None:
    found = find(heard(status=429, body=body, response_headers=headers))
    assert found is not None
    assert found.wait == wait


def test_of_a_probe_only_what_a_session_met_is_trouble() -> None:
    throttled = '{"type":"error","error":{"code":"Arrearage","message":"x"}}'
    refused, met = heard(status=403, body="Forbidden"), heard(CREATED, throttled)
    assert find(refused, greeted=True) is None
    assert find(heard(throttled), greeted=True) is None
    for order in ([*met.legs, *refused.legs], [*refused.legs, *met.legs]):
        found = find(Transcript("test/One", "2026-11-27T00:00:00Z", order), greeted=True)
        assert found is not None
        assert "Arrearage" in found.words


def test_in_a_close_reason() -> None:
    reason = "Requests rate limit exceeded, please try again later."
    found = find(heard(ending=closed(1007, reason)))
    assert found is not None
    assert found.kind == "quota"
    assert "1007" in found.words


def test_a_documented_close_is_none() -> None:
    reason = "<400> InternalError.Algo.InvalidParameter: Voice 'Cherry' is not supported."
    assert find(heard(CREATED, ending=closed(1007, reason))) is None


# -- lost sessions


@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        (GONE, "line"),
        (Ending(first="server", tcp="rst"), "line"),
        (closed(1011, "x"), "service"),
        (closed(1013), "service"),
        (closed(1000), None),
        (closed(1007, "x"), None),
        (closed(1008, "All session slots are in use"), "service"),
        (closed(1000, "The server is at full capacity"), "service"),
        (closed(1008, "All session settings are in use"), None),
        (closed(1007, "<400> InternalError.Algo.InvalidParameter: 'server is busy' is no value"), None),
        (Ending("client", 1000, "", 1000, "the server is busy", clean=True), None),
        (Ending("client", 1000, tcp="fin"), "line"),
        (Ending("client", 1000, tcp="rst"), "line"),
        (Ending("client", 1000, code_received=1000, tcp="fin"), None),
        (Ending("client", 1000, tcp="timeout"), None),
        (Ending("client", tcp="client"), None),
        (Ending("server", 1002, tcp="fin", problem="ProtocolError: x"), None),
    ],
)
def test_ends_that_are_the_lines_or_the_services(ending: Ending, kind: str | None) -> None:
    found = lost(heard(CREATED, ending=ending))
    assert (found and found.kind) == kind


def test_a_fault_of_the_service_in_a_frame() -> None:
    found = lost(heard(CREATED, '{"type":"error","error":{"code":"InternalError","message":"Internal service error"}}'))
    assert found is not None
    assert "InternalError" in found.how


def test_silence_is_a_loss_where_something_had_to_come() -> None:
    waited = Stop(3, ("response.created",), 20_000.0, "nothing came")
    found = lost(heard(CREATED, stop=waited))
    assert found is not None
    assert "response.created" in found.how
    assert lost(heard(CREATED, stop=Stop(3, (), 0.0, "could not send"))) is None


def test_the_same_place_is_the_same_step_after_about_as_much() -> None:
    def after(count: int, ending: Ending = GONE) -> Any:
        return lost(heard(CREATED, sent=("{}",) * count, ending=ending))

    assert after(3).same_place(after(3))
    sent = [Frame(n, "client", float(n), "text", "{}", step=2) for n in range(40)]

    def appended(count: int) -> Any:
        made = heard(ending=GONE)
        made.legs[0].frames = sent[:count]
        return lost(made)

    assert appended(20).same_place(appended(22))
    assert not appended(20).same_place(appended(23))
    assert not after(3).same_place(after(4))
    assert not after(3).same_place(after(3, closed(1011)))
