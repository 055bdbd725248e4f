"""Lies about sessions being apart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from conformance.mock.quirks.base import quirk
from conformance.mock.quirks.making import drops, edits, put, renamed

if TYPE_CHECKING:
    from conformance.mock.errors import Json
    from conformance.mock.quirks.making import When
    from conformance.mock.requests import Answer, Request
    from conformance.mock.session import Session

BESIDE, UNCLEAN = ("isolation/SideBySide",), ("isolation/UncleanEnds",)


def of_session(*numbers: int) -> When:
    """Whether the event is of one of these sessions of the server, from 1."""
    return lambda event, session: session.number in numbers


@quirk("errors-are-shared", "13", "an error shows in every session", touches=BESIDE)
def _shared_errors(event: Json, session: Session) -> list[Json] | None:
    from conformance.mock.core import SendEvent  # noqa: PLC0415  # core imports this package

    others: list[Session] = session.shared.setdefault("open", [])
    if session not in others:
        others.append(session)
    if event["type"] == "error":
        for other in others:
            if other is not session:
                other.put(SendEvent({**event, "event_id": other.ids.make("event")}))
    return None


@quirk("updates-are-shared", "13", "an update holds for every session", touches=BESIDE)
def _shared_updates(event: Json, session: Session) -> list[Json] | None:
    if event["type"] != "session.updated":
        return None
    told = event["session"].get("instructions")
    if told:
        session.shared["instructions"] = told
    return [{**event, "session": {**event["session"], "instructions": session.shared.get("instructions")}}]


@quirk("remembers-strangers", "13", "the fourth session says what the first was told", hook="request", touches=UNCLEAN)
def _listens(request: Request, session: Session) -> Request:
    if session.number == 1 and request.history:
        session.shared["told"] = " ".join(str(part.get("text", "")) for part in request.history[-1]["content"])
    return request


@quirk("remembers-strangers", "13", "the fourth session says what the first was told", hook="answer")
def _blurts_out(answer: Answer, session: Session) -> Answer:
    told = session.shared.get("told") if session.number == 4 else None
    return replace(answer, text=told) if told else answer


@quirk("ids-are-shared", "13", "responses of two sessions have the same id", touches=BESIDE)
def _shared_ids(event: Json, session: Session) -> list[Json] | None:
    found = event.get("response_id") or (event.get("response") or {}).get("id")
    return [renamed(event, {found: "resp_00000000000000000000"})] if found else None


edits("reset-breaks-the-next", "13", "after a reset the next session fails its response", "response.done",
      put("response.status", "failed"), when=of_session(3), touches=UNCLEAN)  # fmt: skip
edits("drop-breaks-the-next", "13", "after a drop the next session fails its response", "response.done",
      put("response.status", "failed"), when=of_session(4), touches=UNCLEAN)  # fmt: skip


@quirk("no-room-after-a-drop", "13", "after a drop the next session is turned away", touches=UNCLEAN)
def _turned_away(event: Json, session: Session) -> list[Json] | None:
    if event["type"] != "session.created" or session.number not in {4, 7}:  # 5 is left well, and 6 is dropped
        return None
    session.close(1013, "try again later")
    return []


@quirk("audio-stays-behind", "13", "a dropped session's audio is in the next one's buffer", hook="receive",
       touches=UNCLEAN)  # fmt: skip
def _left_behind(event: Json, session: Session) -> Json | None:
    commits = event["type"] == "input_audio_buffer.commit"
    if not commits or session.number != 4 or session.memory.get("left behind"):
        return event
    session.memory["left behind"] = True
    session.emit("input_audio_buffer.committed", item_id=session.ids.make("item"))
    return None


edits("reset-breaks-others", "13", "a reset fails the response of another session", "response.done",
      put("response.status", "failed"), when=of_session(1), touches=UNCLEAN)  # fmt: skip
edits("mistakes-break-others", "13", "malformed events fail the response of another session", "response.done",
      put("response.status", "failed"), when=of_session(1), touches=BESIDE)  # fmt: skip
drops("tired-at-the-end", "13", "after everything else an update is not confirmed", "session.updated",
      touches=("isolation/SanityAgain",))  # fmt: skip
