"""What a client may believe of its session: a model of its own moves, without anything that the server says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Move = dict[str, Any]

ODD_SOUNDS = ("odd", "empty", "wrapped", "foreign", "unpadded", "wav")
CALL = "Call get_time."


@dataclass
class View:
    """What the client may believe of its session, from its own moves alone."""

    manual: bool = False
    active: bool = False
    asked: bool = False
    """Whether something was written that no response was asked for."""
    waiting: bool = False
    """Whether audio was sent that no commit and no clear has taken away."""
    tools: bool = False
    wanted: bool = False
    """Whether the model was asked to call a tool."""
    called: bool = False
    ids: list[str] = field(default_factory=list)

    def take(self, move: Move) -> None:
        """Believe that a move had its effect."""
        event = move.get("event", {})
        session = event.get("session")
        if move["do"] == "audio":
            self.waiting = self.waiting or move["sound"] not in ODD_SOUNDS
        elif move["do"] == "wait":
            self.active = False
        elif move["do"] == "reconnect":
            self.manual = self.active = self.asked = self.waiting = self.tools = self.wanted = self.called = False
        elif move["do"] == "result":
            self.called = self.wanted = False
        elif event.get("type") == "session.update" and isinstance(session, dict):
            if "turn_detection" in session:
                self.manual = session["turn_detection"] is None
            self.tools = self.tools or bool(session.get("tools"))
        elif event.get("type") == "response.create":
            self.active = move.get("wait") != "end"
            self.called = self.wanted
            self.asked = False
        elif event.get("type") == "response.cancel":
            self.active = False
        elif event.get("type") == "conversation.item.create":
            self.asked = True
            self.wanted = self.wanted or CALL in str(event.get("item"))
        elif event.get("type") in {"input_audio_buffer.commit", "input_audio_buffer.clear"}:
            self.waiting = False
        given = [event.get("event_id"), event["item"].get("id") if isinstance(event.get("item"), dict) else None]
        self.ids += [name for name in given if isinstance(name, str)]
