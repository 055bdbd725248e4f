"""One session of the protocol as a state machine without I/O.

Feed it what the client sends and the time (seconds of any clock that never runs back); take from `poll` what to send,
and ask `next_due` when to come back.  Its parts: `config` (session.update), `turns` (audio in), `replies` (what the
model says), `conversation` (items).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock import answers, encoding, errors
from conformance.mock.billing import Tariff
from conformance.mock.conversation import Conversation
from conformance.mock.core import Appointment, Billed, CloseWith, Core, Drop, Out, SendEvent
from conformance.mock.crowd import Crowd
from conformance.mock.errors import Fault, Json, Refused
from conformance.mock.ids import IdSource
from conformance.mock.models import Model
from conformance.mock.options import MockOptions
from conformance.mock.replies import Replies
from conformance.mock.turns import Turns
from conformance.mock.whims import brain

__all__ = ["CloseWith", "Drop", "Out", "SendEvent", "Session"]

# Events of sibling dialects that nobody documents for Omni: the switch, and what would acknowledge them.
UNDOCUMENTED = {
    "conversation.item.delete": ("item-delete", "conversation.item.deleted"),
    "conversation.item.retrieve": ("item-retrieve", "conversation.item.retrieved"),
    "conversation.item.truncate": ("item-truncate", "conversation.item.truncated"),
    "output_audio_buffer.clear": ("output-buffer-clear", "output_audio_buffer.cleared"),
    "transcription_session.update": ("transcription-session-update", "transcription_session.updated"),
}
FLOAT = 32  # bytes of a number in a list
LONGEST_EVENT_ID = 256  # only where client-event-id = long-refused


FRAME_BYTES = 262_144  # F8, on a sibling


class Session(Core):
    """A session with one client."""

    def __init__(
        self,
        model: Model,
        options: MockOptions | None = None,
        *,
        now: float = 0.0,
        ids: IdSource | None = None,
        number: int = 1,
        shared: dict[str, Any] | None = None,
        crowd: Crowd | None = None,
        key: str = "",
    ) -> None:
        super().__init__(
            model,
            options or MockOptions(),
            now=now,
            ids=ids or IdSource(),
            number=number,
            shared=shared,
            crowd=crowd,
            key=key,
        )
        self.finished = False
        self.brain = answers.brain(self.options.answers, brain(self.options, number))
        self.conversation = Conversation(self, self._tools_answered)
        self.turns = Turns(self, self.conversation, self.brain, self._tariff)
        self.replies = Replies(self, self.conversation, self.turns, self.brain, self._tariff)
        self.turns.replies = self.replies
        self._client_ids: set[str] = set()
        self._handlers: dict[str, Callable[[Json], None]] = {
            "session.update": self._update,
            "session.finish": self._finish,
            "input_audio_buffer.append": self.turns.append,
            "input_audio_buffer.commit": self.turns.commit,
            "input_audio_buffer.clear": self.turns.clear,
            "input_image_buffer.append": self.turns.image,
            "conversation.item.create": self.conversation.create,
            "response.create": self.replies.create,
            "response.cancel": self.replies.cancel,
        }
        self._last_client_event = now
        self._idle: Appointment | None = None
        self.emit("session.created", session=self.config.echo())
        self._watch_idleness()
        self.after(self.options.limits.session_seconds, self._too_long)

    @property
    def whole(self) -> Session:
        """This session."""
        return self

    @property
    def held(self) -> int:
        """Bytes that are held for its client, about."""
        return self.turns.buffer.waiting + FLOAT * self.turns.buffer.appends + self.conversation.held

    def _tariff(self) -> Tariff:
        return Tariff(self.config.model, self.switches, self.options.silence_billing)

    def _tools_answered(self) -> None:
        self.replies.tools_answered()

    # -- in and out

    def poll(self, now: float) -> list[Out]:
        """Return what is to be sent by `now`, in order."""
        self.advance(now)
        return self.take()

    def receive_text(self, text: str, now: float) -> None:
        """Take a text message."""
        self.advance(now)
        self.size = len(text)
        if self.closing is None:
            self.current = None
            if self.size > FRAME_BYTES and self.switches["frame-size"] != "accepted":
                self._oversize(self.switches["frame-size"])
                return
            self._guarded(lambda: self._read(text))

    def _oversize(self, side: str) -> None:
        """A frame that is too large (Q-FRAME-SIZE, F8)."""
        fault = errors.not_allowed(f"A message holds at most {FRAME_BYTES} bytes.")
        if side == "error":
            self.fail(fault)
        elif side == "dropped":
            self.drop()
        else:
            self.close(1009 if side == "close-1009" else 1007, fault.message)

    def receive_binary(self, _data: bytes, now: float) -> None:
        """Take a binary message (Q-BINARY-FRAME)."""
        self.advance(now)
        text = "Binary messages are not supported, events are sent as text."
        self._odd_frame("binary-frame", 1003, errors.not_allowed(text))

    def receive_invalid_utf8(self, now: float) -> None:
        """Take a text message that is not UTF-8 (Q-INVALID-UTF8)."""
        self.advance(now)
        self._odd_frame("invalid-utf8", 1007, errors.not_allowed("The message is not valid UTF-8."))

    def pinged(self, now: float) -> None:
        """Take note of a ping (Q-IDLE-CLOCK-PING)."""
        if self.switches["idle-clock-ping"] == "resets":
            self.now = max(self.now, now)
            self._touch()

    def closed_by_client(self, code: int | None, reason: str, now: float) -> None:
        """Take note that the connection has ended; `code` is None when no close frame came."""
        self.advance(now)
        self.take()
        self.replies.abandon()
        if self.closing is None:
            self.closing = Drop() if code is None else CloseWith(code, reason)

    def _odd_frame(self, switch: str, code: int, fault: Fault) -> None:
        if self.closing is not None:
            return
        side = self.switches[switch]
        if side == "error-open":
            self.current = None
            self.fail(fault)
        elif side == "dropped":
            self.drop()
        elif side.startswith("close"):
            self.close(code if side == f"close-{code}" else 1008, fault.message)

    def _guarded(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Refused as refused:
            self.fail(refused.fault)

    # -- dispatch

    def _read(self, text: str) -> None:
        try:
            event = encoding.loads(text)
        except encoding.NotJson:
            self._malformed("not-json", errors.not_allowed("The message is not valid JSON.", code="invalid_json"))
            return
        if not isinstance(event, dict):
            self._malformed("array-frame", errors.wrong_type("event", "an object", event))
            return
        self.current = event
        kind = event.get("type")
        if kind is None:
            self._malformed("missing-type", errors.missing("type"))
            return
        if not isinstance(kind, str):
            self._malformed("missing-type", errors.wrong_type("type", "a string", kind))
            return
        self._check_event_id(event.get("event_id"))
        self.stage.receive(event, self)
        event = self.quirks.receive(event, self)
        if event is not None and self.closing is None:
            self._handle(event["type"], event)

    def _malformed(self, switch: str, fault: Fault) -> None:
        side = self.switches[switch]
        if side == "error-open":
            raise Refused(fault)
        if side == "closed":
            raise Refused(replace(fault, close=1007))

    def _check_event_id(self, given: Any) -> None:
        if given is None:
            return
        if not isinstance(given, str):
            self.current = None
            raise Refused(errors.wrong_type("event_id", "a string", given))
        side = self.switches["client-event-id"]
        if side == "duplicate-refused" and given in self._client_ids:
            raise Refused(errors.wrong_value("event_id", given, "It was used before."))
        if side == "long-refused" and len(given) > LONGEST_EVENT_ID:
            raise Refused(errors.wrong_value("event_id", given, f"At most {LONGEST_EVENT_ID} characters are allowed."))
        if side == "duplicate-refused":
            self._client_ids.add(given)

    def knows(self, kind: str) -> bool:
        """Whether an event type is accepted."""
        return kind in self._handlers

    def _handle(self, kind: str, event: Json) -> None:
        handler = self._handlers.get(kind)
        self.handled += 1
        if self._resets_idleness(kind):
            self._touch()
        if handler is not None:
            handler(event)
        elif kind in UNDOCUMENTED:
            self._undocumented(kind, event)
        else:
            self._malformed("unknown-type", errors.unknown_type(kind))

    def _undocumented(self, kind: str, event: Json) -> None:
        switch, acknowledgement = UNDOCUMENTED[kind]
        side = self.switches[switch]
        if side == "error":
            raise Refused(errors.unknown_type(kind))
        if side == "silent":
            return
        fields: Json = {"item_id": event["item_id"]} if "item_id" in event else {}
        if kind == "conversation.item.retrieve":
            items = [one.item for one in self.conversation.items if one.item.get("id") == event.get("item_id")]
            if not items:
                raise Refused(errors.wrong_value("item_id", event.get("item_id"), "There is no such item."))
            fields = {"item": items[0]}
        if kind == "transcription_session.update":
            fields = {"session": event.get("session", {})}
        self.emit(acknowledgement, **fields)

    # -- session.update

    def _update(self, event: Json) -> None:
        side = self.switches["update-during-response"]
        if self.response_active and side != "accepted":
            if side == "error":
                raise Refused(errors.not_allowed("The session can't be updated while a response is active.", "session"))
            self.replies.when_idle(lambda: self._guarded(lambda: self._configure(event)))
            return
        self._configure(event)

    def _configure(self, event: Json) -> None:
        patch = event.get("session")
        if patch is None:
            side = self.switches["session-missing"]
            if side == "silent":
                return
            if side == "error":
                raise Refused(errors.missing("session"))
            patch = {}
        if not isinstance(patch, dict):
            raise Refused(errors.wrong_type("session", "an object", patch))
        before = dict(self.config.values)
        faults = self.config.update(patch, self.situation(audio_sent=self.turns.buffer.audio_sent))
        if faults:
            self.fail(faults[0])
            return
        self.config.values = self.quirks.configure(before, patch, self.config.values, self)
        servers = [entry for entry in self.config["tools"] or [] if entry.get("type") == "mcp"]
        if servers and "tools" in patch:
            self._discover([entry["server_label"] for entry in servers])
        self.emit("session.updated", session=self.config.echo())
        self.turns.reconfigure()

    def _discover(self, labels: list[str]) -> None:
        """MCP discovery (FLOW): it finds nothing, since the mock reaches no server; the fields are by analogy."""
        for label in labels:
            item_id = self.ids.make("item")
            self.emit("mcp_list_tools.in_progress", item_id=item_id)
            self.after(self.pace.first[0], lambda label=label, item_id=item_id: self._discovered(label, item_id))  # type: ignore[misc]

    def _discovered(self, label: str, item_id: str) -> None:
        item: Json = {"id": item_id, "object": "realtime.item", "type": "mcp_list_tools", "status": "completed"}
        self.conversation.show({**item, "server_label": label, "tools": []})
        self.emit("mcp_list_tools.completed", item_id=item_id)

    # -- the end

    def _finish(self, _event: Json) -> None:
        """`session.finish` (C1)."""
        idle, active = self.switches["finish"], self.switches["finish-active"]
        if self.switches.chosen("finish-active") is None:
            # The default of the second question belongs to that of the first; where finish is accepted, so it is here.
            active = {"finished": "finished-after-response", "silent": "silent"}.get(idle, active)
        if self.replies.active:
            if active == "finished-after-response":
                self.replies.when_idle(self._finished)
            elif active == "finished-at-once":
                self.replies.abandon()
                self._finished()
            elif active != "silent":
                raise Refused(self._finish_refusal())
        elif idle == "finished":
            self._finished()
        elif idle == "closed":
            self.close(1000)
        elif idle == "error":
            raise Refused(self._finish_refusal())

    def _finish_refusal(self) -> Fault:
        fault = errors.unknown_type("session.finish")
        if self.switches["finish-error"] == "different":
            text = f"session.finish is not supported by {self.config.model.name}."
            fault = errors.not_allowed(text, code="unsupported_event")
        closes = self.switches["finish-socket"] == "server-closes"
        return replace(fault, close=1007) if closes else fault

    def _finished(self) -> None:
        self.finished = True
        self.emit("session.finished")
        if self.switches["finish-socket"] == "server-closes":
            self.close(1000)

    def left_over(self) -> Billed | None:
        """What is billed of audio that nobody answered when the session is over; None: nothing."""
        tokens = self.replies.unclaimed()
        if not tokens:
            return None
        usage: Json = {"total_tokens": tokens, "input_tokens": tokens, "output_tokens": 0,
                       "input_tokens_details": {"audio_tokens": tokens}, "output_tokens_details": {}}  # fmt: skip
        return Billed(self.began, ended=self.now, status="completed", usage=usage)

    def _too_long(self) -> None:
        self.close(self.options.limits.session_close_code, "The session reached its maximum duration.")

    # -- idleness (C27, C28)

    def _resets_idleness(self, kind: str) -> bool:
        if kind == "input_audio_buffer.append":
            return self.switches["idle-clock-audio"] == "resets"
        if kind == "session.update":
            return self.switches["idle-clock-update"] == "resets"
        return True

    def _touch(self) -> None:
        self._last_client_event = self.now

    def _watch_idleness(self) -> None:
        """Look again when the session might have been idle for too long."""
        latest = max(self._last_client_event, self.replies.last_ended)
        if self.replies.active:
            latest = self.now
        left = latest + self.options.limits.idle_seconds - self.now
        if left > 0 or self.switches["idle-close"] == "stays-open":
            self.after(left if left > 0 else self.options.limits.idle_seconds, self._watch_idleness)
            return
        fault = errors.idle(self.options.limits.idle_seconds)
        side = self.switches["idle-close"]
        if side == "close-1007-only":
            self.close(1007, fault.message)
            return
        self.emit("error", error=fault.payload())
        self.close(1007 if side == "error-and-1007" else 1000, fault.message)
