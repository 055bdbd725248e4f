"""What the rules are known to say wrongly of an honest session, each with the shortest script that shows it.

A generated conversation that meets one of these is not counted.  `tests/fuzz/test_known.py` fails as soon as one of
them is no longer said: then it goes from this list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from conformance.fuzz.events import Move
from conformance.fuzz.oracle import Breach

NO_SWITCHES: Mapping[str, str] = MappingProxyType({})
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
class Known:
    """A false alarm: the rule, words of what it says, a script, what the mock must do, and why it is wrong."""

    id: str
    words: str
    moves: tuple[Move, ...]
    why: str
    travel: float = 0.0
    switches: Mapping[str, str] = field(default_factory=dict)


KNOWN = (
    Known(
        "GEN-020",
        "missing required parameter: 'session'",
        (_send("session.update"),),
        "whether `session` may be left out is open (U5), so its refusal is not unprovoked",
    ),
    Known(
        "GEN-050",
        "did not bring speech_stopped",
        (
            _audio("nihao"),
            _update(turn_detection=None),
            CREATE,
            _update(turn_detection={}),
            _audio("silence", 1500),
            _audio("silence", 1500),
        ),
        "what becomes of speech when voice detection is switched off within it is open (Q-MODE-SWITCH)",
    ),
    Known(
        "GEN-015",
        "got neither response.created nor error",
        (_update(turn_detection=None), _audio("silence"), COMMIT, CREATE, CREATE),
        "the first create, dropped as it may be, is given the answer of the second",
        switches={"create-after-commit": "dropped"},
    ),
    Known(
        "GEN-015",
        "got neither response.created nor error",
        (CREATE, CANCEL, CREATE_AT_ONCE, CANCEL, CREATE),
        "the same with creates that a cancel may swallow",
        switches={"cancel-pending": "no-response"},
    ),
    Known(
        "GEN-020",
        "already has an active response",
        (ITEM, CREATE_AT_ONCE, CREATE),
        "a response is asked for twice before the first is created: the second is a mistake",
        switches={"cancel-pending": "no-response"},
    ),
    Known(
        "GEN-020",
        "it was used before",
        (
            _send("session.update", event_id="event_mine", session={}),
            _send("session.update", event_id="event_mine", session={}),
        ),
        "whether an `event_id` may come twice is open, so its refusal is not unprovoked",
        switches={"client-event-id": "duplicate-refused"},
    ),
    Known(
        "GEN-024",
        "no response.done ended it",
        (CREATE_AT_ONCE, CANCEL_AT_ONCE, CREATE),
        "the cancel overtook the response it was for, and a further create hides that",
        TRAVEL,
    ),
    Known(
        "GEN-026",
        "was created while",
        (CREATE_AT_ONCE, CANCEL_AT_ONCE, CREATE),
        "the same",
        TRAVEL,
    ),
    Known(
        "GEN-051",
        "came while",
        (_audio("nihao"), _send("input_audio_buffer.clear"), _audio("hello")),
        "the clear was sent before the speech that it ends was announced (U8)",
        TRAVEL,
    ),
    Known(
        "GEN-022",
        "was refused and is shown by",
        (CANCEL_AT_ONCE, _update(input_audio_format="pcm16")),
        "the error of the cancel is taken for the refusal of the update",
        TRAVEL,
    ),
    Known(
        "GEN-065",
        "it shows",
        (CREATE, CANCEL, _update(), _update(instructions="Be brief.")),
        "the error of the cancel is taken for the refusal of the first update, whose echo for that of the second",
        TRAVEL,
    ),
    Known(
        "GEN-011",
        "was answered 2 times",
        (CREATE, CANCEL, _update(), _update()),
        "the same",
        TRAVEL,
    ),
    Known(
        "GEN-014",
        "was answered 2 times: error",
        (
            _update(turn_detection=None),
            _send("input_audio_buffer.commit", "none"),
            _audio("silence"),
            COMMIT,
            COMMIT,
            ITEM,
        ),
        "the error of the last commit comes after the item was sent",
        TRAVEL,
    ),
    Known(
        "GEN-013",
        "was answered 2 times",
        (
            _update(turn_detection=None),
            CANCEL_AT_ONCE,
            _audio("silence"),
            _send("input_audio_buffer.clear"),
            _send("input_audio_buffer.clear"),
        ),
        "the error of the cancel is taken for the refusal of the first clear, whose answer for that of the second",
        TRAVEL,
    ),
    Known(
        "GEN-054",
        "got neither transcription completed nor failed",
        (CANCEL_AT_ONCE, _update(input_audio_transcription=None), _audio("hello"), _audio("silence", 1500)),
        "the error of the cancel is taken for the refusal of the update that turned transcription off",
        TRAVEL,
    ),
)


def false_alarm(breach: Breach, *, travel: bool = False, switches: Mapping[str, str] = NO_SWITCHES) -> bool:
    """Whether honest sessions are known to be told this too: the default ones and, if so, distant or switched ones."""
    return any(
        breach.id == one.id and one.words in breach.says and (travel or not one.travel)
        for one in KNOWN
        if one.switches.items() <= switches.items()
    )
