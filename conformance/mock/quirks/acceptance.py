"""Lies about which events there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.mock import errors
from conformance.mock.quirks.base import quirk
from conformance.mock.quirks.making import ignores, refuses

if TYPE_CHECKING:
    from conformance.mock.errors import Json
    from conformance.mock.session import Session

FAMILY = ("acceptance/Family",)
KNOWN = (
    "session.update",
    "input_audio_buffer.append",
    "input_audio_buffer.commit",
    "input_audio_buffer.clear",
    "input_image_buffer.append",
    "conversation.item.create",
    "response.create",
    "response.cancel",
)


def _in_the_table(event: Json, session: Session) -> bool:
    """Whether the session is the one that tries every event; its first update is not."""
    session.memory["in the table"] = session.memory.get("in the table") or not session.knows(event["type"])
    return bool(session.memory["in the table"])


for _kind in KNOWN:
    _name, _lie = f"no-{_kind.replace('.', '-').replace('_', '-')}", f"`{_kind}` is refused like an invented type"
    refuses(_name, "12", _lie, _kind, when=_in_the_table, fault=errors.unknown_type(_kind), touches=FAMILY)

    @quirk(_name, "12", _lie, hook="receive")
    def _look(event: Json, session: Session) -> Json:
        _in_the_table(event, session)
        return event


@quirk("types-in-any-case", "12", "types are compared without regard to case", hook="receive", touches=FAMILY)
def _any_case(event: Json, session: Session) -> Json:
    return {**event, "type": event["type"].lower()}


@quirk("unknown-types-are-fatal", "12", "an event of a sibling ends the session", hook="receive", touches=FAMILY)
def _fatal(event: Json, session: Session) -> Json:
    if event["type"] == "input_text_buffer.append":
        session.after(0.0, lambda: session.close(1007, "unknown event"))
    return event


ignores(
    "siblings-ignored", "12", "an event of a sibling is met with silence", "input_text_buffer.append", touches=FAMILY
)
