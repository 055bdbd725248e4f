"""What a probe got is told where a server takes no update at all, too: the words of its refusals are the proof."""

from __future__ import annotations

import pytest

from conformance.cases.shared import errors_to, fate
from support.talks import Line, c, s, talk

NONE, BAD = s("error", error={"message": "no updates"}), s("error", error={"message": "no JSON"})
START = [s("session.created", session={"id": "sess_1"}), c("session.update", session={}), NONE]
PROBE, PROOF = c("input_audio_buffer.append", label="probe", audio="*"), c("session.update", session={"a": 1})
NEXT = c("input_audio_buffer.append", label="next", audio="*")


@pytest.mark.parametrize(
    ("lines", "seen", "errors"),
    [
        ([PROBE, PROOF, NONE], "ignored", []),
        ([PROBE, BAD, PROOF, NONE], "error", ["no JSON"]),
        ([PROBE, PROOF, BAD, NONE], "error", ["no JSON"]),
        # The same words for everything: the last of them is the proof's.
        ([PROBE, PROOF, NONE, NONE], "error", ["no updates"]),
        # What answers the next probe proves nothing.
        ([PROBE, PROOF, NEXT, NONE], "other", []),
    ],
)
def test_the_refusal_of_the_proof_tells(lines: list[Line], seen: str, errors: list[str]) -> None:
    wire = talk(*START, *lines)
    assert fate(wire, "probe").outcome == seen
    if seen != "other":
        assert [error["message"] for error in errors_to(wire, "probe")] == errors


def test_an_update_is_no_probe_of_that_kind() -> None:
    wire = talk(*START, c("session.update", label="probe", session={}), PROOF, NONE, NONE)
    assert fate(wire, "probe").outcome == "other"


def test_words_of_no_refusal_prove_nothing() -> None:
    taken = [START[0], START[1], s("session.updated", session={})]
    assert fate(talk(*taken, PROBE, PROOF, NONE), "probe").outcome == "other"
