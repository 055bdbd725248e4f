"""Refusals and previews that were met live, against every check of the conversation that they belong to."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from conformance.judge.checks import Outcome, judge, level, load
from conformance.spec.profiles import DEFAULT_MODEL, profile_for
from conformance.wire.transcript import Transcript
from support.talks import SESSION, Line, c, s, talk, waited

HERE = Path(__file__).parent
PROFILE = profile_for(DEFAULT_MODEL)
SECOND = base64.b64encode(b"\x00\x40" * 16000).decode()


def lines(name: str, labels: dict[str, str]) -> list[str | Line | list[Line]]:
    """A file of the field as frames: what stands there in brackets is filled in, `labels` are given by event type."""
    found: list[str | Line | list[Line]] = []
    for text in (HERE / name).read_text(encoding="utf-8").splitlines():
        row: dict[str, Any] = json.loads(text)
        event = dict(row["event"])
        kind = event.pop("type")
        if row["side"] == "client" and kind == "input_audio_buffer.append":
            found.append(c(kind, label=labels.get(kind), audio=SECOND))
        elif row["side"] == "client":
            found.append(c(kind, label=labels.get(kind), **event))
        else:
            echo = {"session": {**SESSION, "turn_detection": None, "modalities": ["text"]}}
            found.append(s(kind, **(echo if kind == "session.updated" else event)))
    return found


def outcomes(conversation: str, transcript: Transcript) -> dict[str, Outcome]:
    """What every rule, and every check of one conversation, says of a transcript."""
    transcript.conversation = conversation
    chosen = [check for check in load().checks.values() if check.conversation in {None, conversation}]
    return judge(chosen, {conversation: transcript}, PROFILE)


def failed(said: dict[str, Outcome], wanted: str) -> set[str]:
    return {key for key, one in said.items() if one.verdict == "fail" and level(key, PROFILE) == wanted}


PREVIEWS = {"input_audio_buffer.append": "one append", "input_audio_buffer.commit": "first commit"}


def test_previews_between_appends_in_manual_mode_break_nothing() -> None:
    told = lines("manual_previews.jsonl", PREVIEWS)
    said = outcomes("audio/Manual", talk(*told, waited("C close 1000"), "S close 1000").transcript)
    assert said["AUD-001"].verdict == "pass"
    assert said["AUD-002"].verdict == "pass"
    assert said["Q-MANUAL-PREVIEW"].outcome == "while-appending"
    assert failed(said, "MUST") == failed(said, "SHOULD") == set()


def test_an_answer_to_an_append_is_one_beside_previews_too() -> None:
    told = lines("manual_previews.jsonl", PREVIEWS)
    told.insert(3, s("input_audio_buffer.cleared"))
    said = outcomes("audio/Manual", talk(*told).transcript)
    assert said["AUD-001"].verdict == "fail"
    assert "input_audio_buffer.cleared" in said["AUD-001"].detail


@pytest.mark.parametrize(("item", "verdict"), [("item_Zx1Cv2Bn3Mq4Wo5Ei6Ru7", "pass"), ("item_of_another", "fail")])
def test_what_is_committed_is_what_was_previewed(item: str, verdict: str) -> None:
    told = lines("manual_previews.jsonl", PREVIEWS)[:-1]
    said = outcomes("audio/Manual", talk(*told, s("input_audio_buffer.committed", item_id=item)).transcript)
    assert said["GEN-048"].verdict == verdict


def test_previews_of_audio_that_is_cleared_join_nothing() -> None:
    told = lines("manual_previews.jsonl", PREVIEWS)[:-2]
    told += ["C input_audio_buffer.clear", "S input_audio_buffer.cleared", c("input_audio_buffer.append", audio=SECOND)]
    told += [c("input_audio_buffer.commit"), s("input_audio_buffer.committed", item_id="item_of_another")]
    assert outcomes("audio/Manual", talk(*told).transcript)["GEN-048"].verdict != "fail"


def test_an_error_that_holds_only_a_message_misses_shoulds() -> None:
    told = lines("message_only_errors.jsonl", {"session.update": "audio alone"})
    said = outcomes("session/Modalities", talk(*told).transcript)
    assert failed(said, "MUST") == set()
    assert {"SES-012", "SES-013", "SES-014"} <= failed(said, "SHOULD")
    assert said["SES-011"].verdict == "pass"


def test_an_error_without_a_message_fails() -> None:
    told = lines("message_only_errors.jsonl", {"session.update": "audio alone"})[:-1]
    said = outcomes("session/Modalities", talk(*told, s("error", error={"code": "invalid_value"})).transcript)
    assert "GEN-010" in failed(said, "SHOULD")
