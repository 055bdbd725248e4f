"""What a recording does not show is never judged, and never taken for a mistake."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.intake import connections, export
from conformance.judge import schema
from conformance.judge.checks import judge, load
from conformance.judge.evidence.connection import seen
from conformance.judge.evidence.session import moments
from conformance.judge.view import Wire
from conformance.spec.profiles import profile_for
from conformance.wire import gaps
from conformance.wire.transcript import Frame, Leg, Transcript
from support import recordings, records

PROFILE = profile_for("qwen3.5-omni-flash-realtime")
RULES = [check for check in load().checks.values() if check.conversation is None]


def verdicts(transcript: Transcript) -> dict[str, str]:
    found = judge(RULES, {transcript.conversation: transcript}, PROFILE)
    return {name: outcome.verdict for name, outcome in found.items()}


def told(gap: str) -> Transcript:
    call = recordings.call()
    return Transcript(**{**call.__dict__, "gaps": (gap,), "origin": "a test"})


def test_times_that_nobody_wrote_down_are_no_numbers() -> None:
    frame = Wire(told("times"), PROFILE).frames[1]
    for use in (lambda at: at - 1, lambda at: 1 - at, lambda at: at < 5, lambda at: at >= 5, round, lambda at: at / 2):
        with pytest.raises(gaps.Unshown, match="no times"):
            use(frame.at)


def test_a_recording_of_one_side_has_no_client_to_ask_for() -> None:
    wire = Wire(told("client"), PROFILE)
    assert {str(frame.side) for frame in wire.frames} == {"server"}
    assert all(frame.side == "server" for frame in wire.frames)
    with pytest.raises(gaps.Unshown, match="all that the client sent"):
        wire.sent("session.update")


def test_an_end_and_a_handshake_that_are_not_shown() -> None:
    with pytest.raises(gaps.Unshown, match="how the connection ended"):
        _ = Wire(told("close"), PROFILE).ending
    wire = Wire(told("handshake"), PROFILE)
    assert wire.opened
    with pytest.raises(gaps.Unshown, match="the handshake"):
        _ = wire.handshake


def test_audio_that_was_left_out_has_its_length_and_no_bytes() -> None:
    mark = gaps.Elided(3200, "UklG")
    frame = Frame(
        0, "client", 0.0, "text", json.dumps({"type": "input_audio_buffer.append", "audio": mark}), gap="audio"
    )
    assert (frame.event["audio"].size, frame.event["audio"].head) == (3200, "UklG")
    assert schema.is_valid("client", frame.event | {"event_id": "event_1"})
    with pytest.raises(gaps.Unshown, match="audio was left out"):
        frame.event["audio"].encode()


def test_only_a_recording_may_say_that_audio_was_left_out() -> None:
    text = json.dumps({"type": "response.audio.delta", "delta": gaps.Elided(3200, "UklG")})
    assert type(Frame(0, "server", 0.0, "text", text).event["delta"]) is str


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ('{"type":"response.done","response":{"id":"r","out', {"type": "response.done", "response": {"id": "r"}}),
        ('{"type":"a","list":[1,2', {"type": "a"}),
        ('{"type":"a","text":"half a se', {"type": "a"}),
        ('{"type":"a","n":12', {"type": "a"}),
        ('{"type":"a","done":{"b":[1]},"', {"type": "a", "done": {"b": [1]}}),
        ('{"ty', {}),
        ("nothing", {}),
    ],
)
def test_a_text_that_is_cut_says_what_stands_before_the_cut(text: str, known: dict[str, Any]) -> None:
    frame = Frame(0, "server", 0.0, "text", text, gap="cut")
    event = seen(Leg("", frames=[frame]), ("cut",))[0].event
    assert (event, frame.event) == (known, known)
    assert frame.event.get("absent") is None  # who shows it shows what there is
    with pytest.raises(gaps.Unshown, match="cut short"):
        event.get("absent")


def test_a_text_that_is_cut_is_neither_valid_nor_invalid() -> None:
    with pytest.raises(gaps.Unshown, match="cut short"):
        schema.is_valid("server", gaps.torn('{"type":"response.done","resp'))


def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in export.json_lines([recordings.call()])]


LESS: dict[str, Callable[[list[dict[str, Any]]], list[dict[str, Any]]]] = {
    "times": lambda rows: [{k: v for k, v in row.items() if not k.startswith("time")} for row in rows],
    "client": lambda rows: [row for row in rows if row.get("direction") != "send"],
    "close": lambda rows: [row for row in rows if row.get("event") != "end" and row.get("opcode") != "close"],
    "handshake": lambda rows: [row for row in rows if row.get("event") != "open"],
    "start": lambda rows: rows[4:],
    "audio": lambda rows: rows,
}


@pytest.mark.parametrize("gap", LESS)
def test_a_gap_skips_what_needs_it_and_changes_nothing_else(gap: str, tmp_path: Path) -> None:
    whole, less = tmp_path / "whole", tmp_path / "less"
    whole.write_text("".join(export.json_lines([recordings.call()])))
    less.write_text("".join(json.dumps(row) + "\n" for row in LESS[gap](lines())))
    (all_of_it,) = connections(whole, keep_audio=True)
    (part,) = connections(less, keep_audio=gap != "audio")
    assert all_of_it.gaps == ()
    assert gap in part.gaps
    wanted, found = verdicts(all_of_it), verdicts(part)
    assert {name: verdict for name, verdict in found.items() if verdict not in {wanted[name], "skipped"}} == {}
    if gap not in {"audio", "handshake"}:  # of these no rule needs anything here
        assert found != wanted


def test_a_breach_that_needs_nothing_that_is_missing_is_found(tmp_path: Path) -> None:
    path = tmp_path / "events.json"
    told = [event for side, _, event in recordings.events() if side == "server"]
    told[-1]["event_id"] = 7
    path.write_text(json.dumps(told))
    (found,) = connections(path)
    assert verdicts(found)["GEN-005"] == "fail"


def test_gaps_outlive_the_record(tmp_path: Path) -> None:
    path = tmp_path / "call.har"
    path.write_text(export.har([recordings.call()]))
    (found,) = connections(path)
    again = Transcript.from_json(json.loads(json.dumps(found.to_json())))
    assert (again.gaps, again.origin) == (("close", "audio"), "HAR")
    assert verdicts(again) == verdicts(found)


def test_audio_that_was_left_out_neither_ends_speech_nor_is_any() -> None:
    stage = records.Stage().greet()
    for number in range(30):
        audio = str(gaps.Elided(3200, "AAAA"))
        stage.client("input_audio_buffer.append", 100.0, "speech hello" if number < 20 else "silence", audio=audio)
    leg = Leg("", frames=[replace(frame, gap="audio") for frame in stage.leg.frames])
    last = moments(leg.frames, {})[-1]
    assert (last.audio_ms, last.speech_ms, last.quiet_ms) == (3000.0, 0.0, 0.0)
