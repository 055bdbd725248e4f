"""A connection can be fed frame by frame, as it is read."""

from __future__ import annotations

from conformance.judge.evidence.gathering import Gathering
from support.talks import audio, c, s, speech, talk, waited

LINES = [
    c("session.update", event_id="a", session={"turn_detection": None}), s("error", error={"event_id": "a"}),
    audio(300), speech(), waited(c("session.update", session={})), s("session.updated", session={}),
]  # fmt: skip


def test_fed_frame_by_frame_it_is_what_it_is_at_once() -> None:
    for wire in (talk(*LINES), talk()):
        gathering = Gathering()
        for frame in wire.frames:
            gathering.take(frame)
        found = gathering.end()
        assert found.settled == wire.settled
        assert found.moments == wire.moments
        assert found.requests == wire.requests
        assert len(found.moments) == len(wire.frames) + 1
