"""Naming a voice where a model has to be told one: it greets with a voice that it refuses to speak with (F9).

Every script may be held with such a model, so the voice stands in no script; it goes into a script's own updates.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.wire.transcript import Frame


def named(session: Any, frames: Iterable[Frame], voice: str) -> Any:
    """The `session` of an update that follows these frames of its connection, with the voice where it is wanted.

    It is not where the script names one itself (null, or nested, counts), where it has chosen another before, or where
    the server has confirmed it.  What is no object stays as it is.
    """
    if not isinstance(session, dict) or voices(session):
        return session
    told = [frame for frame in frames if isinstance(frame.event, dict)]
    ours = [frame.event.get("session") for frame in told if frame.side == "client" and frame.type == "session.update"]
    shown = [frame.event.get("session") for frame in told if frame.type == "session.updated"]
    chosen = any(other != voice for one in ours for other in voices(one))
    confirmed = bool(shown) and voice in voices(shown[-1])
    return session if chosen or confirmed else {**session, "voice": voice}


def voices(session: Any) -> list[Any]:
    """The voices that a `session` names, the flat one and the nested one; null counts as a name."""
    if not isinstance(session, dict):
        return []
    audio = session.get("audio")
    output = audio.get("output") if isinstance(audio, dict) else None
    return [part["voice"] for part in (session, output) if isinstance(part, dict) and "voice" in part]
