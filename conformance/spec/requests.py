"""The one table of requests: what acknowledges each client event, which clause wants it, and what excuses its absence.

Whoever attributes answers, judges them, waits for them or lists them reads this table; the `exempt` lists of the
clauses are held to it by a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Excuse:
    """Why an answer may be absent, or a connection may end: the code of the open point, and the case in words."""

    code: str
    words: str

    def __str__(self) -> str:
        return f"{self.words} ({self.code})"


FINISHED = Excuse("C1", "the session was finished")
NO_SESSION = Excuse("U5", "an update without `session`")
ODD_VOICE = Excuse("C39", "a voice that the model may not have")
UPDATE_IN_REPLY = Excuse("U6", "an update while a response is active")
COMMIT_IN_VAD = Excuse("C17", "a commit while voice detection decides the turns")
COMMIT_IN_REPLY = Excuse("U5", "a commit while a response is active")
MALFORMED_ITEM = Excuse("U5", "a malformed item")
TEXT_ITEM = Excuse("C12", "text items")
UNLISTED_ITEM = Excuse("U5", "an item that is not on the list")
ODD_CALL = Excuse("U20", "an unknown or repeated `call_id`")
CREATE_IN_REPLY = Excuse("U15", "a response is active")
NOTHING_SAID = Excuse("U15", "nothing is in the conversation")
SPEAKING = Excuse("U15", "the user is or may be speaking")
CANCEL_FOLLOWS = Excuse("U15", "a cancel follows")
SPEECH_FOLLOWS = Excuse("U15", "the user speaks")
UNCONFIRMED = Excuse("C15", "the commit before it is not confirmed")
UNTRANSCRIBED = Excuse("C15", "the transcription is not complete")
TRANSCRIPTION_OFF = Excuse("U19", "transcription is off")
NO_AUTOMATIC_REPLY = Excuse("C26", "`create_response` is false")
REPLY_OF_38 = Excuse("C26", "the automatic reply of 3.8")

CANCELLED = Excuse("C3", "cancelled")
INTERRUPTED = Excuse("C4", "interrupted by the user")
FINISHED_IN_REPLY = Excuse("C1", "the session was finished")
CANCELLED_EARLY = Excuse("U15", "cancelled before it was created")
INTERRUPTED_EARLY = Excuse("C4", "interrupted by the user before it was created")
CALL_OF_38 = Excuse("C37", "a tool call on 3.8")
BACKEND_FAULT = Excuse("C31", "a fault of the backend")

BINARY = Excuse("U2", "a binary frame or invalid UTF-8")
LARGE = Excuse("C36", "a very large message")
UNTIMELY = Excuse("F8", "an event before the greeting, or more at once than a sibling takes")
MALFORMED = Excuse("U5", "a malformed event")
ODD_AUDIO = Excuse("U12", "odd audio")
LEFT_OUT = Excuse("gap", "an image that was left out of the recording")
LARGE_IMAGE = Excuse("U20", "an image of more pixels than documented")
NEVER_BEGAN = Excuse("RT", "a session that never began")
DOCUMENTED_END = Excuse("C31", "a documented reason")
SESSION_LIMIT = Excuse("RT", "the session limit")
IDLE = Excuse("C27", "the idle clock")
FINISH = Excuse("C1", "`session.finish`")
VOICE = Excuse("C39", "a voice")
VOICE_OF_GREETING = Excuse("F9", "the voice of the greeting, which the model may not have")

PROVOCATIONS = (BINARY, LARGE, UNTIMELY, MALFORMED, ODD_AUDIO, LEFT_OUT, LARGE_IMAGE, COMMIT_IN_VAD)
"""What leaves open what a client event does to the connection."""
ENDS = (NEVER_BEGAN, DOCUMENTED_END, SESSION_LIMIT, IDLE, FINISH, VOICE, VOICE_OF_GREETING, *PROVOCATIONS)
"""What may have ended a connection rightly."""
CUTS = (CANCELLED, INTERRUPTED, FINISHED_IN_REPLY, CANCELLED_EARLY, INTERRUPTED_EARLY, CALL_OF_38, BACKEND_FAULT)
"""What may have ended a response otherwise than by `response.done`."""


@dataclass(frozen=True)
class Request:
    """A client event.

    `answers` are what acknowledges it, the documented event first; none where the sources acknowledge by silence
    (`silent`) or by what happens (a cancel).  `clause` wants the answer, and `excuses` are all that may excuse its
    absence.  `follows` are beginnings of the types that go on by themselves after the acknowledgement.  `only_asked`:
    the acknowledgement never comes to a client that did not ask.
    """

    answers: tuple[str, ...] = ()
    clause: str | None = None
    excuses: tuple[Excuse, ...] = ()
    follows: tuple[str, ...] = ()
    only_asked: bool = False
    silent: bool = False


RESPONSE = (
    "response.output_item.",
    "response.content_part.",
    "response.text.",
    "response.audio",
    "response.function_call",
    "response.done",
)

TABLE: Mapping[str, Request] = {
    "session.update": Request(
        ("session.updated",), "GEN-011", (FINISHED, NO_SESSION, ODD_VOICE, UPDATE_IN_REPLY), only_asked=True
    ),
    "input_audio_buffer.append": Request(silent=True),
    "input_image_buffer.append": Request(silent=True),
    "input_audio_buffer.commit": Request(
        ("input_audio_buffer.committed",),
        "GEN-012",
        (FINISHED, COMMIT_IN_VAD, COMMIT_IN_REPLY),
        ("conversation.item.created",),
    ),
    "input_audio_buffer.clear": Request(("input_audio_buffer.cleared",), "GEN-013", (FINISHED,), only_asked=True),
    "conversation.item.create": Request(
        ("conversation.item.created",), "GEN-014", (FINISHED, MALFORMED_ITEM, TEXT_ITEM, UNLISTED_ITEM, ODD_CALL)
    ),
    "response.create": Request(
        ("response.created",),
        "GEN-015",
        (
            FINISHED,
            CREATE_IN_REPLY,
            NOTHING_SAID,
            SPEAKING,
            CANCEL_FOLLOWS,
            SPEECH_FOLLOWS,
            UNCONFIRMED,
            UNTRANSCRIBED,
            TRANSCRIPTION_OFF,
        ),
        RESPONSE,
    ),
    "response.cancel": Request(),
    "session.finish": Request(("session.finished",), "GEN-017", (FINISHED,)),
}
"""The protocol's own events."""

FAMILY: Mapping[str, Request] = {
    "conversation.item.retrieve": Request(("conversation.item.retrieved", "conversation.item.created")),
    "conversation.item.truncate": Request(("conversation.item.truncated",)),
    "conversation.item.delete": Request(("conversation.item.deleted",)),
    "output_audio_buffer.clear": Request(("output_audio_buffer.cleared",)),
    "transcription_session.update": Request(("transcription_session.updated", "session.updated")),
    "input_text_buffer.commit": Request(("input_text_buffer.committed",)),
    "input_text_buffer.clear": Request(("input_text_buffer.cleared",)),
    "session.close": Request(("session.closed",)),
}
"""Events of sibling services and self-hosted servers, whose fate here is a question."""

ANSWERED_BY: Mapping[str, str] = {kind: row.answers[0] for kind, row in TABLE.items() if row.answers}
"""What acknowledges each of the protocol's requests."""
ONLY_ASKED = frozenset(row.answers[0] for row in TABLE.values() if row.only_asked)
"""Acknowledgements that come to nobody who did not ask."""


def answers(kind: str) -> tuple[str, ...]:
    """What may acknowledge an event of this type, in any dialect of the family; its letters may be of any case."""
    row = TABLE.get(kind.lower()) or FAMILY.get(kind)
    return row.answers if row is not None else ()


def is_silent(kind: str) -> bool:
    """Whether the sources acknowledge this event by nothing at all."""
    return kind in TABLE and TABLE[kind].silent


def clause_of(kind: str) -> str:
    """The clause that wants an answer to a request of the protocol."""
    found = TABLE[kind].clause
    assert found is not None, f"nothing wants an answer to {kind}"
    return found


EXCUSES: Mapping[str, tuple[Excuse, ...]] = {
    **{row.clause: row.excuses for row in TABLE.values() if row.clause is not None},
    "GEN-001": ENDS,
    "GEN-024": CUTS,
}
"""Every excuse that a clause's rule accepts, where the clause is about what must come, or go on."""
