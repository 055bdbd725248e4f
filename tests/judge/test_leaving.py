"""How a client left, from a leg alone."""

from __future__ import annotations

import json

import pytest

from conformance.judge.leaving import in_words, leaving, statuses
from conformance.wire.transcript import Ending, Frame, Leg

CLEAN = Ending("client", 1000, "", 1000, "", clean=True, tcp="fin")
TORN = Ending("client", tcp="client")


def leg(*events: str, ending: Ending = CLEAN) -> Leg:
    """`>` marks what the client sent."""
    frames = [
        Frame(index, "client" if event[0] == ">" else "server", index * 10.0, "text", json.dumps({"type": event[1:]}))
        for index, event in enumerate(events)
    ]
    return Leg("ws://x", frames=frames, ending=ending)


@pytest.mark.parametrize(
    ("events", "ending", "label"),
    [
        ((), CLEAN, "close-1000 idle"),
        (("<response.created", "<response.done"), CLEAN, "close-1000"),
        (("<response.created",), CLEAN, "close-1000 mid-response"),
        ((">input_audio_buffer.append",), TORN, "drop with audio"),
        ((), Ending("client", tcp="client", problem="TCP was reset by the client"), "reset idle"),
        ((), Ending("client", 1005, "", 1005), "close without a code idle"),
        ((), Ending("server", None, "", None), "dropped by the server"),
        ((), Ending("server", 1011, "", 1011, clean=True), "closed by the server with 1011"),
        ((), Ending("server", None, "", 1011), "closed by the server with 1011, unanswered"),
        ((), Ending(), "left open"),
        ((">session.finish", "<session.finished"), CLEAN, "finish-accepted, close-1000 idle"),
        ((">session.finish", "<error"), CLEAN, "finish-refused, close-1000 idle"),
        ((">session.finish",), TORN, "finish-unanswered, drop idle"),
        (("<error", ">session.finish"), CLEAN, "finish-unanswered, close-1000 idle"),  # that error is older
    ],
)  # fmt: skip
def test_labels(events: tuple[str, ...], ending: Ending, label: str) -> None:
    assert leaving(leg(*events, ending=ending)).label == label


@pytest.mark.parametrize(
    ("events", "ending", "words", "torn"),
    [
        ((), CLEAN, "close 1000 on an idle session", False),
        (("<response.created", "<response.done"), CLEAN, "close 1000", False),
        (("<response.created",), Ending("client", 4000, "", 4000), "close 4000 during a reply", False),
        ((">input_audio_buffer.append",), TORN, "no close frame with audio waiting", True),
        (
            (),
            Ending("client", tcp="client", problem="TCP was reset by the client"),
            "TCP reset on an idle session",
            True,
        ),
        ((), Ending("client", 1005, "", 1005), "close without a code on an idle session", False),
        ((), Ending("server", None, "", None), "dropped by the server", False),
        ((), Ending(), "left open", False),
        ((">session.finish", "<error"), CLEAN, "`session.finish` refused, then close 1000 on an idle session", False),
        ((">session.finish",), TORN, "`session.finish` not answered, then no close frame on an idle session", True),
    ],
)
def test_words(events: tuple[str, ...], ending: Ending, words: str, torn: bool) -> None:
    left = leaving(leg(*events, ending=ending))
    assert (left.words, left.torn) == (words, torn)


def test_a_sentence_tells_every_policy() -> None:
    listed = {"here": "failed_client", "a": "failed_client", "b": "succeeded", "c": "succeeded"}
    said = in_words(leaving(leg()), listed)
    assert said == "close-1000 (idle); listed as failed (client error) under a, succeeded under b and under c"
    policies = {"finish_required": "in_progress", "clean_close_ok": "absent"}
    assert statuses(policies) == (
        "listed as in progress where only `session.finish` counts, not at all where a clean close counts"
    )
    assert statuses({"here": "x", "a": "succeeded"}) == "listed as succeeded under every policy"
    assert statuses({}) == "the ledger does not list it"
