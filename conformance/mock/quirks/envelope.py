"""Lies about events in general and about errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.mock.quirks.base import quirk

if TYPE_CHECKING:
    from conformance.mock.errors import Json
    from conformance.mock.session import Session


@quirk("duplicate-event-id", "02", "every event bears the id of the first")
def _same_id(event: Json, session: Session) -> list[Json]:
    return [{**event, "event_id": session.memory.setdefault("first id", event["event_id"])}]


@quirk("error-kills-connection", "02", "every error ends the connection with 1011")
def _fatal_error(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == "error":
        # The close follows the error: what an action puts on the agenda comes after what is being sent.
        session.after(0.0, lambda: session.close(1011, "Internal service error: null"))
    return None


@quirk("unknown-type-ignored", "02", "an unknown event type is met with silence", hook="receive")
def _deaf_to_unknown(event: Json, session: Session) -> Json | None:
    return event if session.knows(event["type"]) else None
