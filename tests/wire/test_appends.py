"""Appends: a frame of exactly so many bytes, whose transcript keeps how much audio it was; packets of a sound."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from conformance import fixtures
from conformance.judge.evidence.frames import size
from conformance.wire import silence, speak
from conformance.wire.appends import packets, sized_append
from conformance.wire.gaps import Elided
from conformance.wire.steps import Append
from conformance.wire.transcript import Frame


def event(kind: str, fields: Any) -> bytes:
    return json.dumps({"event_id": "event_1", "type": kind, **fields}, separators=(",", ":")).encode()


@pytest.mark.parametrize("wanted", [200, 201, 207, 65_536, 262_144, 262_145])
def test_a_frame_has_the_size_that_was_asked_for(wanted: int) -> None:
    payload, kept = sized_append(wanted, event)
    assert len(payload) == wanted
    audio = base64.b64decode(json.loads(payload)["audio"], validate=True)
    assert not audio.strip(b"\0")
    assert len(audio) % 2 == 0
    frame = Frame(0, "client", 1.0, "text", kept, gap="audio")
    assert isinstance(frame.event["audio"], Elided)
    assert size(frame.event["audio"]) == len(audio)
    assert len(kept) < 200


def test_a_frame_without_room_for_audio_is_none() -> None:
    with pytest.raises(ValueError, match="no room"):
        sized_append(60, event)


@pytest.mark.parametrize(
    ("step", "paced", "ms"),
    [
        (silence(2000), True, [100] * 20),
        (silence(2000, packet_ms=20), False, [20] * 100),
        (silence(900), False, [100] * 9),
        (silence(1000), False, [500, 400, 100]),
        (silence(2000), False, [500, 500, 500, 400, 100]),
        (Append(fixtures.noise(9900)), False, [100] * 99),
        (Append(fixtures.noise(10_000)), False, [500] * 19 + [400, 100]),
    ],
)
def test_idle_sound_is_sent_in_long_packets_where_nobody_listens_to_the_cadence(
    step: Append, paced: bool, ms: list[int]
) -> None:
    cut = list(packets(step, paced=paced))
    assert [fixtures.pcm_ms(packet) for packet in cut] == ms
    assert b"".join(cut) == step.pcm


def test_speech_is_sent_as_the_samples_of_the_vendor_send_it() -> None:
    assert {fixtures.pcm_ms(packet) for packet in list(packets(speak("weather"), paced=False))[:-1]} == {100}
