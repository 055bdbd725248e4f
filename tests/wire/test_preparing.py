"""A preparation that is refused is asked for without manual mode, where what follows needs none; and once."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.wire import append, send, sized, text, until
from conformance.wire.asking import lesser
from conformance.wire.steps import Step
from conformance.wire.transcript import Frame
from support.talks import c, s, talk

TYPED = {"modalities": ["text"], "turn_detection": None}
ASK = send("response.create")
AUDIO = [append(b"\0\0"), sized(300), text("{}"), send("input_audio_buffer.commit")]


def frames(*sessions: Any, label: str | None = None) -> list[Frame]:
    refused = s("error", error={"message": "no"})
    asked = [c("session.update", label=label, session=one) for one in sessions]
    return list(talk(*(line for one in asked for line in (one, refused))).transcript.legs[0].frames)


def test_a_script_that_types_needs_no_manual_mode() -> None:
    assert lesser(frames(TYPED), [ASK]) == {"modalities": ["text"]}
    assert lesser(frames({"modalities": ["text"]}, TYPED), [ASK]) == {"modalities": ["text"]}


@pytest.mark.parametrize("step", AUDIO)
def test_one_that_sends_audio_or_frames_of_its_own_does(step: Step) -> None:
    assert lesser(frames(TYPED), [ASK, step]) is None


@pytest.mark.parametrize("sessions", [[TYPED, {"modalities": ["text"]}], [{"turn_detection": None}], [None], ["x"], []])
def test_nothing_else_is_tried(sessions: list[Any]) -> None:
    assert lesser(frames(*sessions), [ASK]) is None


def test_what_is_asked_by_name_and_what_nobody_follows_stays_refused() -> None:
    assert lesser(frames(TYPED, label="manual"), [ASK]) is None
    assert lesser(frames(TYPED), []) is None
    assert lesser(frames(TYPED), [until("response.done")]) == {"modalities": ["text"]}
