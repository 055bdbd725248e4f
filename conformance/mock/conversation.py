"""The items of a conversation: what the client adds, what is shown, what the model remembers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from conformance.mock import errors
from conformance.mock.core import Core
from conformance.mock.errors import Json, Refused

ITEM = 2048  # bytes of an item beside its words
_TEXT_PARTS = {"user": ("input_text",), "system": ("input_text", "text"), "assistant": ("text", "input_text")}


@dataclass
class Remembered:
    """An item as the model knows it, with what its audio and images cost in tokens."""

    item: Json
    audio_tokens: int = 0
    image_tokens: int = 0
    hidden: bool = field(default=False)
    """Not yet shown to the client."""

    @property
    def spoken(self) -> bool:
        """Whether the user spoke it."""
        return self.audio_tokens > 0


class Conversation:
    """The items of one session."""

    def __init__(self, core: Core, answer_tools: Callable[[], None]) -> None:
        self._core = core
        self._answer_tools = answer_tools
        self.id = core.ids.make("conv")
        self.items: list[Remembered] = []
        self._last_shown: str | None = None
        self._answered: set[str] = set()
        self._ids: set[str] = set()
        self.held = 0
        """Characters of what the client added."""

    def show(self, shown: Json, previous: str | None = None) -> None:
        """Send `conversation.item.created`; the first item of a session has no `previous_item_id` (WS-REC)."""
        side = self._core.switches["previous-item-id"]
        last = previous or self._last_shown
        where: Json = {} if side == "never" or (last is None and side != "always") else {"previous_item_id": last}
        self._last_shown = shown["id"]
        self._ids.add(shown["id"])
        self._core.emit("conversation.item.created", **where, item=shown)

    def announce(self, shown: Json, item: Json) -> None:
        """Show an item of the model's and remember it; `item` goes on changing while the model speaks."""
        self.items.append(Remembered(item))
        self.show(shown)

    def history(self) -> list[Remembered]:
        """What the model remembers: the oldest spoken turns are dropped silently (RT; C30)."""
        most = self._core.config.model.audio_turns
        spoken = [one for one in self.items if one.spoken]
        if most is None or len(spoken) <= most:
            return list(self.items)
        first = next(i for i, one in enumerate(self.items) if one is spoken[-most])
        return self.items[first:]

    @property
    def open_calls(self) -> set[str]:
        """Calls that have no result yet."""
        made = {one.item["call_id"] for one in self.items if one.item.get("type") == "function_call"}
        return made - self._answered

    # -- conversation.item.create

    def create(self, event: Json) -> None:
        """Take an item of the client's."""
        switches = self._core.switches
        item = event.get("item")
        if item is None or item == {}:
            side = switches["item-empty"]
            if side == "silent":
                return
            if side == "error":
                raise Refused(errors.missing("item"))
            item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": ""}]}
        if not isinstance(item, dict):
            raise Refused(errors.wrong_type("item", "an object", item))
        kind = item.get("type")
        if kind is None:
            raise Refused(errors.missing("item.type"))
        previous = self._place(event.get("previous_item_id"))
        self._check_room()
        if kind == "message":
            made = self._message(item)
        elif kind == "function_call_output":
            made = self._output(item)
        elif kind == "mcp_approval_response" and self._core.config.model.can("mcp"):
            made = self._approval(item)
        else:
            raise Refused(errors.wrong_value("item.type", kind, "It is not a type of item that can be created."))
        if made is None:
            return
        self._keep(made, previous)
        self.held += self._core.size + ITEM
        self.show(made, previous)
        if kind == "function_call_output" and not self.open_calls and self._core.config.turn_detection is not None:
            self._answer_tools()

    def _check_room(self) -> None:
        core = self._core
        most = core.options.limits.conversation_bytes
        if self.held + core.size + ITEM > most:
            raise Refused(errors.not_allowed(f"The conversation holds at most {most} bytes.", "item"))
        if not core.crowd.has_room(core.size + ITEM):
            raise Refused(errors.not_allowed("The server holds too much for all its sessions.", "item"))

    def _place(self, previous: Any) -> str | None:
        """Where the client wants its item; None: at the end."""
        side = self._core.switches["previous-item-request"]
        if previous is None or side == "ignored":
            return None
        if side == "error" or not isinstance(previous, str) or previous not in self._ids:
            raise Refused(errors.wrong_value("previous_item_id", previous, "There is no such item."))
        return previous

    def _keep(self, made: Json, previous: str | None) -> None:
        at = len(self.items)
        if previous is not None:
            at = next((i + 1 for i, one in enumerate(self.items) if one.item.get("id") == previous), at)
        self.items.insert(at, Remembered(dict(made)))

    def _id(self, item: Json, switch: str) -> str:
        given = item.get("id")
        if given is None:
            return self._core.ids.make("item")
        if not isinstance(given, str):
            raise Refused(errors.wrong_type("item.id", "a string", given))
        side = self._core.switches[switch]
        if side == "error":
            raise Refused(errors.not_allowed("Unknown parameter: 'item.id'.", "item.id", "unknown_parameter"))
        if side == "honoured" and given:
            if given in self._ids:
                raise Refused(errors.wrong_value("item.id", given, "There is such an item already."))
            return given
        return self._core.ids.make("item")

    def _message(self, item: Json) -> Json | None:
        switches = self._core.switches
        if switches["text-item"] == "error":
            raise Refused(errors.wrong_value("item.type", "message", "Messages can't be created."))
        role = item.get("role")
        if role is None:
            raise Refused(errors.missing("item.role"))
        if not isinstance(role, str) or role not in _TEXT_PARTS:
            raise Refused(errors.wrong_value("item.role", role, "Supported values are: user, system, assistant."))
        if role != "user" and switches["item-role"] == "error":
            raise Refused(errors.wrong_value("item.role", role, "The supported value is: user."))
        content = item.get("content")
        if content is None:
            raise Refused(errors.missing("item.content"))
        if not isinstance(content, list):
            raise Refused(errors.wrong_type("item.content", "an array", content))
        if not content:
            raise Refused(errors.missing("item.content[0]"))
        parts = [self._part(part, number, role) for number, part in enumerate(content)]
        if switches["text-item"] == "silent":
            return None
        return {
            "id": self._id(item, "item-id"),
            "object": "realtime.item",
            "type": "message",
            "status": "completed",
            "role": role,
            "content": parts,
        }

    def _part(self, part: Any, number: int, role: str) -> Json:
        param = f"item.content[{number}]"
        if not isinstance(part, dict):
            raise Refused(errors.wrong_type(param, "an object", part))
        kind = part.get("type")
        if kind is None:
            raise Refused(errors.missing(f"{param}.type"))
        if kind in _TEXT_PARTS[role]:
            text = part.get("text")
            if text is None:
                raise Refused(errors.missing(f"{param}.text"))
            if not isinstance(text, str):
                raise Refused(errors.wrong_type(f"{param}.text", "a string", text))
            return {"type": kind, "text": text}
        if kind == "input_audio" and self._core.switches["item-content"] == "accepted":
            return {"type": "input_audio"}
        why = f"Supported values are: {', '.join(_TEXT_PARTS[role])}."
        raise Refused(errors.wrong_value(f"{param}.type", kind, why))

    def _output(self, item: Json) -> Json | None:
        switches = self._core.switches
        for name in ("call_id", "output"):
            if item.get(name) is None:
                raise Refused(errors.missing(f"item.{name}"))
            if not isinstance(item[name], str):
                raise Refused(errors.wrong_type(f"item.{name}", "a string", item[name]))
        call_id, output = item["call_id"], item["output"]
        if not output and switches["empty-output"] == "error":
            raise Refused(errors.wrong_value("item.output", "", "It must not be empty."))
        calls = {one.item["call_id"] for one in self.items if one.item.get("type") == "function_call"}
        if call_id not in calls and switches["call-id-unknown"] != "accepted":
            if switches["call-id-unknown"] == "silent":
                return None
            raise Refused(errors.wrong_value("item.call_id", call_id, "There is no such call."))
        if call_id in self._answered and switches["call-id-twice"] == "error":
            raise Refused(errors.wrong_value("item.call_id", call_id, "The call has an output already."))
        made = {
            "id": self._id(item, "item-id-tool-output"),
            "object": "realtime.item",
            "type": "function_call_output",
            "status": "completed",
            "call_id": call_id,
            "output": output,
        }
        self._answered.add(call_id)
        return made

    def _approval(self, item: Json) -> Json:
        """There is never an open request: the mock reaches no MCP server, so no tool of one is ever called."""
        for name, kind, expected in (("approval_request_id", str, "a string"), ("approve", bool, "a boolean")):
            if item.get(name) is None:
                raise Refused(errors.missing(f"item.{name}"))
            if not isinstance(item[name], kind):
                raise Refused(errors.wrong_type(f"item.{name}", expected, item[name]))
        raise Refused(errors.wrong_value("item.approval_request_id", item["approval_request_id"], "No such request."))
