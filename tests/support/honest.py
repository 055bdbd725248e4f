"""What the rules are known to say wrongly of an honest session, each with the script that shows it.

A generated conversation that meets one of these is not counted.  `tests/fuzz/test_known.py` fails as soon as one of
them is no longer said: then it goes from this list.
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.fuzz.events import Move
from conformance.fuzz.oracle import Breach


def _update(**session: object) -> Move:
    return {"do": "send", "event": {"type": "session.update", "session": session}}


@dataclass(frozen=True)
class Known:
    """A false alarm: the rule, words of what it says, the shortest script, and whose open question it is."""

    id: str
    words: str
    moves: tuple[Move, ...]
    why: str


KNOWN = (
    Known(
        "GEN-020",
        "missing required parameter: 'session'",
        ({"do": "send", "event": {"type": "session.update"}},),
        "whether `session` may be left out is open (U5), so its refusal is not unprovoked",
    ),
    Known(
        "GEN-050",
        "did not bring speech_stopped",
        (
            {"do": "audio", "sound": "nihao"},
            _update(turn_detection=None),
            {"do": "send", "event": {"type": "response.create"}},
            _update(turn_detection={}),
            {"do": "audio", "sound": "silence", "ms": 1500},
            {"do": "audio", "sound": "silence", "ms": 1500},
        ),
        "what becomes of speech when voice detection is switched off within it is open (Q-MODE-SWITCH)",
    ),
)


def false_alarm(breach: Breach) -> bool:
    """Whether this is known to be said of honest sessions too."""
    return any(breach.id == one.id and one.words in breach.says for one in KNOWN)
