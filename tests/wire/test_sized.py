"""A frame of exactly so many bytes, of which the transcript keeps how much audio it was."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from conformance.judge.evidence.frames import size
from conformance.wire.call import sized_append
from conformance.wire.gaps import Elided
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
