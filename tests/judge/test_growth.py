"""Judging grows with a session's length and not with its square, told by the calls that are made and by no clock."""

from __future__ import annotations

import cProfile
import json
import pstats

import pytest

from conformance.judge.checks import evidence, load, run
from conformance.spec.profiles import profile_for
from conformance.wire.transcript import Frame, Transcript
from support.long_session import MODEL, session

RULES = [check for check in load().checks.values() if check.takes == "wires" and check.id.startswith("GEN-")]


def calls(held: Transcript) -> int:
    """How many calls all rules together make."""
    profile = cProfile.Profile()
    wires = evidence([held], profile_for(MODEL))
    with profile:
        verdicts = {run(check.id, check.function, check.owner(), wires).verdict for check in RULES}
    assert verdicts <= {"pass", "skipped", "fail", "inconclusive"}
    total: int = pstats.Stats(profile).total_calls  # type: ignore[attr-defined]
    return total


def scolded(turns: int) -> Transcript:
    """The same session, in which every event is answered by an error beside its answer."""
    held = session(turns)
    frames: list[Frame] = []
    for frame in held.legs[0].frames:
        frames.append(frame.seen_as(index=len(frames)))
        if frame.side == "client":
            error = json.dumps({"type": "error", "event_id": f"error_{frame.index}", "error": {"message": "no"}})
            frames.append(Frame(len(frames), "server", frame.at + 1, "text", error))
    held.legs[0].frames[:] = frames
    return held


@pytest.mark.parametrize("made", [session, scolded])
def test_ten_times_the_frames_are_eleven_times_the_calls_at_most(made) -> None:  # type: ignore[no-untyped-def]
    calls(made(2))  # what is read once for all
    assert calls(made(200)) <= 11 * calls(made(20))


def test_a_long_session_is_judged_as_what_it_is() -> None:
    wires = evidence([session(3)], profile_for(MODEL))
    said = {check.id: run(check.id, check.function, check.owner(), wires) for check in RULES}
    assert {name: one.detail for name, one in said.items() if one.verdict not in {"pass", "skipped"}} == {}
