"""Talks that are easily misread: answers cross requests, or what follows is open.  Nobody breaks anything in them.

Each is the shortest script of its kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.fuzz.view import Move

TRAVEL = 0.02  # s that a frame travels: enough for answers and requests to cross


def _send(kind: str, wait: str = "answer", **fields: object) -> Move:
    return {"do": "send", "event": {"type": kind, **fields}, "wait": wait}


def _update(**session: object) -> Move:
    return _send("session.update", session=session)


def _audio(sound: str, ms: int = 100) -> Move:
    return {"do": "audio", "sound": sound, "ms": ms, "packet": 2000}


CANCEL, CREATE = _send("response.cancel"), _send("response.create")
CANCEL_AT_ONCE, CREATE_AT_ONCE = _send("response.cancel", "none"), _send("response.create", "none")
COMMIT = _send("input_audio_buffer.commit")
ITEM = _send(
    "conversation.item.create",
    item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Count to 40."}]},
)


@dataclass(frozen=True)
class Crossing:
    """What makes a reader stumble, a script, what the mock must do, and how long a frame travels (s)."""

    why: str
    moves: tuple[Move, ...]
    travel: float = 0.0
    switches: Mapping[str, str] = field(default_factory=dict)


CROSSINGS = (
    Crossing("an update without `session`, which is open (U5), is refused", (_send("session.update"),)),
    Crossing(
        "an `event_id` comes twice, which is open",
        (
            _send("session.update", event_id="event_mine", session={}),
            _send("session.update", event_id="event_mine", session={}),
        ),
        switches={"client-event-id": "duplicate-refused"},
    ),
    Crossing(
        "voice detection is switched off and on within speech (Q-MODE-SWITCH)",
        (
            _audio("nihao"),
            _update(turn_detection=None),
            CREATE,
            _update(turn_detection={}),
            _audio("silence", 1500),
            _audio("silence", 1500),
        ),
    ),
    Crossing(
        "the first create is dropped, as it may be, and the answer is that of the second",
        (_update(turn_detection=None), _audio("silence"), COMMIT, CREATE, CREATE),
        switches={"create-after-commit": "dropped"},
    ),
    Crossing(
        "a cancel swallows a create, as it may, and the answer is that of the next",
        (CREATE, CANCEL, CREATE_AT_ONCE, CANCEL, CREATE),
        switches={"cancel-pending": "no-response"},
    ),
    Crossing("a response is asked for twice before the first is created", (ITEM, CREATE_AT_ONCE, CREATE)),
    Crossing("a cancel overtakes its response, and a create follows", (CREATE_AT_ONCE, CANCEL_AT_ONCE, CREATE), TRAVEL),
    Crossing(
        "a clear is sent before the speech that it ends is announced (U8)",
        (_audio("nihao"), _send("input_audio_buffer.clear"), _audio("hello")),
        TRAVEL,
    ),
    Crossing(
        "the error of a cancel comes when an update was sent",
        (CANCEL_AT_ONCE, _update(input_audio_format="pcm16")),
        TRAVEL,
    ),
    Crossing(
        "the same, and then the echo of the first update comes when the second was sent",
        (CREATE, CANCEL, _update(), _update(instructions="Be brief.")),
        TRAVEL,
    ),
    Crossing("the same with two updates that are alike", (CREATE, CANCEL, _update(), _update()), TRAVEL),
    Crossing(
        "the same with an update that turns transcription off",
        (CANCEL_AT_ONCE, _update(input_audio_transcription=None), _audio("hello"), _audio("silence", 1500)),
        TRAVEL,
    ),
    Crossing(
        "the error of a commit comes when an item was sent",
        (
            _update(turn_detection=None),
            _send("input_audio_buffer.commit", "none"),
            _audio("silence"),
            COMMIT,
            COMMIT,
            ITEM,
        ),
        TRAVEL,
    ),
    Crossing(
        "the error of a cancel comes when a clear was sent, whose answer comes after the next",
        (
            _update(turn_detection=None),
            CANCEL_AT_ONCE,
            _audio("silence"),
            _send("input_audio_buffer.clear"),
            _send("input_audio_buffer.clear"),
        ),
        TRAVEL,
    ),
)
