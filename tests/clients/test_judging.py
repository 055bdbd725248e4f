"""Judging transcripts that no run of ours made: what they do not show is not judged."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.clients.judging import clauses, judge, where
from conformance.clients.rules import RULES
from conformance.clients.rules.base import Rule
from conformance.wire.transcript import Ending, Frame, Handshake, Leg, Transcript

APPEND = {"type": "input_audio_buffer.append", "audio": "AAAA" * 8000}


def held(*said: tuple[str, Any], gaps: tuple[str, ...] = (), status: int | None = 101) -> Transcript:
    frames = []
    for index, (mark, what) in enumerate(said):
        event = {"type": what} if isinstance(what, str) else what
        gap: Any = "audio" if "[left out" in json.dumps(event) else ""
        side: Any = "client" if mark == ">" else "server"
        frames.append(Frame(index, side, index * 10.0, "text", json.dumps(event), gap=gap))
    ending = Ending("client", 1000, "", 1000, clean=True) if "close" not in gaps else Ending()
    leg = Leg("ws://x/api-ws/v1/realtime?model=m", 0, 0, Handshake(status, 0.0), frames, ending)
    return Transcript("imported/one", "", [leg], gaps=gaps)


def test_what_a_recording_does_not_show_of_the_client_is_not_judged() -> None:
    outcomes = judge([held(("<", "session.created"), gaps=("client",))])
    assert (outcomes["CLI-012"].verdict, outcomes["CLI-012"].detail) == (
        "skipped", "the recording does not show all that the client sent",
    )  # fmt: skip
    assert not [clause for clause, one in outcomes.items() if one.verdict in {"fail", "error"}]


def test_a_recording_without_a_handshake_is_judged_by_the_rest() -> None:
    outcomes = judge([held((">", "session.close"), gaps=("handshake", "close"), status=None)])
    assert outcomes["CLI-012"].verdict == "fail"
    assert outcomes["CLI-001"].verdict == "skipped"
    assert outcomes["CLI-085"].verdict == "skipped"  # nobody saw how it ended


def test_audio_that_was_left_out_and_times_that_nobody_wrote_down() -> None:
    left_out = {**APPEND, "audio": "[left out: 64000 bytes from AAAA on]"}
    outcomes = judge([held((">", left_out), gaps=("audio",))])
    assert (outcomes["CLI-035"].verdict, outcomes["CLI-035"].detail) == (
        "skipped", "audio was left out of the recording",
    )  # fmt: skip
    assert outcomes["CLI-030"].verdict == "pass"  # only what was Base64 is left out
    assert outcomes["CLI-037"].verdict == "skipped"
    for head, size, jpeg, small in (("/9j/", 196_608, "pass", "pass"), ("iVBO", 196_609, "fail", "fail")):
        picture = {"type": "input_image_buffer.append", "image": f"[left out: {size} bytes from {head} on]"}
        shown = judge([held((">", picture), gaps=("audio",))])
        assert (shown["CLI-044"].verdict, shown["CLI-045"].verdict) == (jpeg, small)
    assert judge([held(*[(">", APPEND)] * 3)])["CLI-035"].verdict == "fail"
    timeless = judge([held(*[(">", APPEND)] * 3, gaps=("times",))])
    assert timeless["CLI-038"].detail == "the recording has no times"


def test_a_recording_that_begins_late_does_not_tell_the_mode() -> None:
    late = judge([held((">", "input_audio_buffer.commit"), gaps=("start",))])
    assert late["CLI-041"].verdict == "skipped"
    assert judge([held((">", "input_audio_buffer.commit"))])["CLI-041"].verdict == "fail"


@pytest.mark.parametrize(
    "event",
    [
        {"type": "session.update", "session": [1]},
        {"type": "session.update", "session": {"tools": {"a": 1}, "turn_detection": 5, "audio": "x"}},
        {"type": "conversation.item.create", "item": [None]},
        {"type": "input_image_buffer.append", "image": "/9j/!"},
        {"type": "input_audio_buffer.append", "audio": {"a": 1}},
        {"type": "response.create", "response": 3},
    ],
)
def test_odd_events_break_no_judge(event: Any) -> None:
    answer = {"type": "response.done", "response": [3]}
    created = {"type": "session.created", "session": 4}
    call = {"type": "response.function_call_arguments.done", "call_id": 5, "response_id": {}}
    outcomes = judge([held(("<", created), (">", event), ("<", call), ("<", answer), ("<", "error"), (">", event))])
    assert [one for one in outcomes.values() if one.verdict == "error"] == []


def test_a_finding_names_the_connection_and_the_frame_that_decides() -> None:
    one = held((">", "session.update"), (">", "session.close"))
    one.legs.append(held(("<", "session.created"), ("<", "error"), (">", "session.nonsense")).legs[0])
    outcome = judge([one])["CLI-012"]
    assert [(found.connection, found.frame) for found in outcome.findings] == [(0, 1), (1, 2)]
    assert outcome.findings[1].seen == "session.nonsense is no client event of this protocol"
    assert type(outcome.findings[1].seen) is str


def test_a_judge_that_breaks_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Any) -> Any:
        raise RuntimeError("oh")
        yield

    monkeypatch.setitem(RULES, "CLI-012", Rule("CLI-012", "x", broken))
    outcome = judge([held((">", "session.finish"))])["CLI-012"]
    assert (outcome.verdict, outcome.detail) == ("error", "imported/one: RuntimeError: oh")


def test_every_clause_names_its_source_and_its_judge() -> None:
    for clause, row in clauses().items():
        assert row.source, clause
        assert row.why, clause
        assert row.sentence.endswith("."), clause
        assert where(clause).startswith("conformance/clients/rules/"), clause
