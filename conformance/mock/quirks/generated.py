"""Lies that show only in what nobody would write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.mock.quirks.base import quirk
from conformance.mock.quirks.making import doubles, drops

if TYPE_CHECKING:
    from conformance.mock.errors import Json
    from conformance.mock.session import Session

FUZZ = ("fuzz/*",)


def spoilt(event: Json, session: Session) -> bool:
    """Whether the session has had two errors."""
    return bool(session.memory.get("errors", 0) >= 2)


doubles("many-errors-confuse", "14", "after two errors an update is confirmed twice", "session.updated", when=spoilt,
        touches=FUZZ)  # fmt: skip
drops("errors-outlive-sessions", "14", "after a session with two errors nobody is greeted", "session.created",
      when=lambda event, session: bool(session.shared.get("spoilt")), touches=FUZZ)  # fmt: skip


@quirk("many-errors-confuse", "14", "after two errors an update is confirmed twice")
@quirk("errors-outlive-sessions", "14", "after a session with two errors nobody is greeted")
def _counts(event: Json, session: Session) -> list[Json] | None:
    if event["type"] == "error":
        session.memory["errors"] = session.memory.get("errors", 0) + 1
        session.shared["spoilt"] = session.shared.get("spoilt") or spoilt(event, session)
    return None
