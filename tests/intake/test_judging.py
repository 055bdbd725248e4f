"""Recordings judged one by one: what is kept of each has a bound, and other models are not mixed in."""

from __future__ import annotations

import dataclasses

from conformance.intake.judging import Room, judge, stranger
from conformance.judge.checks import load
from conformance.judge.tally import Tally
from conformance.spec.profiles import profile_for
from conformance.wire.transcript import Transcript
from support import recordings
from support.records import MODEL, Stage, transcript

PROFILE = profile_for(MODEL)
RULES = [check for check in load().checks.values() if check.conversation is None]


def types(held: Transcript) -> list[str | None]:
    return [frame.type for frame in held.legs[0].frames]


def test_what_fits_is_kept_whole() -> None:
    call = recordings.call()
    kept = Room(len(call.legs[0].frames), 1000).abridged(call)
    assert kept == call
    assert "left_out" not in kept.notes


def test_of_what_does_not_fit_deltas_and_audio_go_first() -> None:
    long = transcript("long", Stage().greet().stream(20).reply(20).close())
    room = Room(6, 10)
    kept = room.abridged(long)
    frames = kept.legs[0].frames
    assert types(kept)[:6] == types(long)[:6]
    assert not [one for one in types(kept)[6:] if str(one).endswith(".delta") or one == "input_audio_buffer.append"]
    assert "response.done" in types(kept)
    assert [frame.index for frame in frames] == list(range(len(frames)))
    assert kept.notes["left_out"] == len(long.legs[0].frames) - len(frames)
    assert room.abridged(long).notes["left_out"] > kept.notes["left_out"]  # the room is that of all conversations
    assert len(room.abridged(long).legs[0].frames) == 0


def test_bytes_have_a_bound_too() -> None:
    long = transcript("long", Stage().greet().stream(2).close())
    size = sum(len(frame.text or "") + len(frame.data) for frame in long.legs[0].frames)
    assert "left_out" not in Room(size=size).abridged(long).notes
    assert Room(size=size - 1).abridged(long).notes["left_out"] == 1


def test_everything_is_judged_whatever_is_kept() -> None:
    kept: list[Transcript] = []
    stage = Stage().greet().reply(20).server("error", error="no object")
    outcomes = judge(iter([transcript("long", stage.close())]), RULES, PROFILE, lambda held, _: kept.append(held))
    assert outcomes["GEN-010"].verdict == "fail"
    assert [one.conversation for one in kept] == ["long"]


def test_a_conversation_of_another_family_is_told_and_left_out() -> None:
    other = dataclasses.replace(recordings.call(), model="qwen3.8-omni-flash-realtime")
    assert stranger(recordings.call(), PROFILE) is None
    assert "judge it alone" in (stranger(other, PROFILE) or "")
    kept: list[Transcript] = []
    outcomes = judge([other], RULES, PROFILE, lambda held, _: kept.append(held))
    assert {outcome.verdict for outcome in outcomes.values()} == {"skipped"}
    assert kept[0].trouble


def test_findings_name_the_frames_as_the_record_keeps_them() -> None:
    stage = Stage().greet().stream(30)
    stage.server("error", error={"message": "no"}, event_id=7)
    call = transcript("recording/1", stage.close())
    room = Room(1, 1000)
    tally = Tally([load().checks["GEN-005"]], PROFILE)
    kept = room.abridged(call)
    tally.add(call, room.places)
    (found,) = tally.outcomes()["GEN-005"].findings
    assert found.frame is not None
    assert kept.legs[0].frames[found.frame].type == "error"
    assert found.frame < len(call.legs[0].frames) - 30


def test_a_frame_that_the_record_leaves_out_is_no_place() -> None:
    call = transcript("recording/1", Stage().greet().server("error", event_id=7).close())
    tally = Tally([load().checks["GEN-005"]], PROFILE)
    tally.add(call, [{0: 0}])
    (found,) = tally.outcomes()["GEN-005"].findings
    assert found.frame is None
