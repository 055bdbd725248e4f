"""Lies about the end of a connection, and about `session.finish`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from conformance.mock.quirks.base import quirk
from conformance.mock.quirks.making import adds, ignores

if TYPE_CHECKING:
    from conformance.mock.errors import Json
    from conformance.mock.ledger import Call
    from conformance.mock.session import Session

IDLE = ("closing/Idle",)
FINISH = "session.finish"
STRANGER = "sess_00000000000000000000"


def mute(name: str, lie: str, code: int | None, touches: str) -> None:
    """The client's close frame with this code gets no close frame back."""

    @quirk(name, "11", lie, hook="close_frame", touches=(f"closing/{touches}",))
    def silent(given: int | None, reason: str) -> tuple[int | None, str] | None:
        return None if given == code else (given, reason)


mute("close-not-answered", "a close 1000 gets no close frame back", 1000, "Idle")
mute("close-without-code-not-answered", "a close without a code gets no close frame back", None, "WithoutCode")
mute("going-away-not-answered", "a close 1001 gets no close frame back", 1001, "GoingAway")
mute("application-close-not-answered", "a close 4000 gets no close frame back", 4000, "ApplicationCode")
mute("java-timeout-not-answered", "a close 1011 gets no close frame back", 1011, "JavaTimeout")
mute("bye-not-answered", "a close with a reason gets no close frame back", 1000, "JavaBye")
mute("close-mid-response-not-answered", "a close in mid-response gets no close frame back", 1000, "MidResponse")
mute(
    "close-with-audio-not-answered", "a close with audio in the buffer gets no close frame back", 1000, "BufferedAudio"
)
mute("early-close-not-answered", "a close before the greeting gets no close frame back", 1000, "BeforeCreated")
mute("close-after-response-not-answered", "a close after a turn gets no close frame back", 1000, "AfterResponse")
mute("close-after-cancel-not-answered", "a close after a cancel gets no close frame back", 1000, "CancelThenClose")


@quirk("close-answered-by-1001", "11", "a close 1000 is answered by 1001", hook="close_frame", touches=IDLE)
def _other_code(code: int | None, reason: str) -> tuple[int | None, str]:
    return (1001, reason)


@quirk("close-with-a-reason", "11", "the answer to a close has a reason", hook="close_frame", touches=IDLE)
def _reason(code: int | None, reason: str) -> tuple[int | None, str]:
    return (code, "see you")


@quirk("close-with-1005", "11", "a close frame carries 1005", hook="close_frame", touches=IDLE)
def _reserved(code: int | None, reason: str) -> tuple[int | None, str]:
    return (1005, reason)


@quirk("slow-close", "11", "the answer to a close takes 2.1 seconds", hook="hold", touches=IDLE)
def _slow() -> tuple[float, float]:
    return (2.1, 0.1)


@quirk("holds-the-line", "11", "TCP stays open after the close handshake", hook="hold", touches=IDLE)
def _holds() -> tuple[float, float]:
    return (0.0, 20.0)


FAREWELL = (1, b'{"event_id":"event_farewell","type":"input_audio_buffer.cleared"}')


@quirk("says-farewell", "11", "an event follows the client's close frame", hook="at_close", touches=IDLE)
def _farewell(frames: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    return [FAREWELL, *frames]


@quirk("talks-after-its-close", "11", "an event follows the server's close frame", hook="at_close", touches=IDLE)
def _afterwords(frames: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    return [*frames, FAREWELL]


# -- `session.finish`

adds("finish-refused-and-accepted", "11", "`session.finish` gets both an error and `session.finished`", "error",
     lambda event, session: {"type": "session.finished"}, before=True, touches=("closing/FinishTwice",))  # fmt: skip
ignores("finish-ignored", "11", "`session.finish` is met with silence", FINISH, touches=("closing/FinishIdle",))


@quirk(
    "finish-deafens",
    "11",
    "after a refused `session.finish` no update is heard",
    hook="receive",
    touches=("closing/FinishIdle",),
)
def _deaf(event: Json, session: Session) -> Json | None:
    session.memory["finished"] = session.memory.get("finished") or event["type"] == FINISH
    return None if session.memory["finished"] and event["type"] == "session.update" else event


# -- what is listed of a session

LISTED = ("closing/FinishThenClose", "closing/Rst", "closing/AfterResponse")
FINISHES = {"finish": "finished"}


def lists(name: str, lie: str, change: Callable[[Json], Json | None]) -> None:
    """The rows of sessions that were closed without being finished are changed, or lost; controls stay as they are."""

    @quirk(name, "11", lie, hook="row", touches=LISTED, switches=FINISHES)
    def row(given: Json, call: Call) -> Json | None:
        return change(given) if call.code is not None and not call.finished else given


def _twice(row: Json) -> Json:
    found = row.get("usage", {})
    usage = json.loads(found) if isinstance(found, str) else dict(found)
    return {**row, "usage": {**usage, "input_tokens": 2 * usage["input_tokens"]}} if usage else row


lists("ledger-loses-sessions", "a closed session is never listed", lambda row: None)
lists("ledger-names-another", "the row of a closed session names another", lambda row: {**row, "task_uuid": STRANGER})
lists("ledger-counts-twice", "the row of a closed session has twice the input of its replies", _twice)


def _late(row: Json) -> Json:
    return {**row, "start_unix_timestamp": str(int(row["start_unix_timestamp"]) + 3_600_000)}


lists("ledger-dates-an-hour-late", "the row of a closed session begins an hour late", _late)
lists("ledger-names-another-model", "the row of a closed session names another model",
      lambda row: {**row, "model": "qwen-omni-turbo-realtime"})  # fmt: skip


@quirk("ledger-shows-the-key", "11", "the row of a closed session shows the client's key", hook="row", touches=LISTED,
       switches=FINISHES)  # fmt: skip
def _tells(given: Json, call: Call) -> Json:
    return {**given, "apikey": call.key} if call.code is not None and not call.finished else given


adds("talks-after-the-finish", "11", "an event follows `session.finished`", "session.finished",
     lambda event, session: {"type": "input_audio_buffer.cleared"}, touches=("closing/FinishIdle",),
     switches=FINISHES)  # fmt: skip
