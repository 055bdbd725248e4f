"""One session: a task that reads, one that works off what was read, one that writes, and one for each thing said."""

from __future__ import annotations

import asyncio
import json
import random
import string
import time
from array import array
from collections.abc import Coroutine
from typing import Any

from . import ears, settings
from .answering import Answering
from .reply import Reply
from .ways import Json, Ways

LETTERS = string.ascii_letters + string.digits
IDLE = 300.0


class Session(Answering):
    """What one connection is.  `link` has `send(str)`, `close(code, reason)` and `drop()`."""

    def __init__(self, link: Any, model: str, ways: Ways, key: str = "") -> None:
        self.link, self.model, self.ways, self.key = link, model, ways, key
        self.family = settings.FAMILIES[model]
        self.random = random.Random()
        self.id, self.conversation = self.new_id("sess"), self.new_id("conv")
        self.config = settings.greeting(model, ways)
        self.felt = self.config  # what has an effect; another object only in a server that errs
        self.items: list[Json] = []
        self.heard: dict[str, tuple[float, int]] = {}  # seconds of audio and tokens of images, by item
        self.samples: array[int] = array("h")
        self.base = 0  # where `samples` begins, counted from the session's first
        self.stream, self.detector = ears.Stream(), ears.Detector()
        self.images: list[bytes] = []
        self.touched = self.ever_touched = False  # whether audio came since the last commit, or ever
        self.turn = ""  # the item that is being spoken
        self.turn_from = 0
        self.reply: Reply | None = None
        self.replies = 0
        self.waiting = 0  # turns whose answer waits for the end of another
        self.outputs: list[str] = []  # tool outputs that no reply has answered
        self.usage: list[Json] = []
        self.finished = False
        self.began, self.opened = time.time(), time.monotonic()
        self.memory: Json = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._late: list[Coroutine[Any, Any, None]] = []
        self._proactive: asyncio.Task[None] | None = None

    # -- small things

    def lying(self, name: str) -> bool:
        return name in self.ways.lies

    def new_id(self, kind: str) -> str:
        if kind == "call":
            return "call_" + "".join(self.random.choices("0123456789abcdef", k=24))
        return f"{kind}_" + "".join(self.random.choices(LETTERS, k=21))

    def task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        made = asyncio.get_running_loop().create_task(work)
        self._tasks.add(made)
        made.add_done_callback(self._tasks.discard)
        return made

    def end(self) -> None:
        """The connection is gone."""
        for task in list(self._tasks):
            task.cancel()
        for work in self._late:
            work.close()
        self.reply = None

    def send(self, event: Json) -> None:
        event = {"event_id": self.new_id("event"), **event}
        if self.ways.obfuscation and event["type"].endswith(".delta"):
            event["obfuscation"] = self.new_id("o")
        if self.ways.extra_members:
            event["trace"] = {"node": 7}
        said = [event]
        for change in self.ways.filters:
            said = [after for one in said for after in change(one, self)]
        for one in said:
            self.link.send(json.dumps(one, separators=(",", ":")))

    def fail(self, message: str, code: str = "invalid_value", param: str = "", kind: str = "invalid_request_error",
             cause: Json | None = None) -> None:  # fmt: skip
        error: Json = {"message": message}
        if self.ways.errors == "coded":
            error = {"type": kind, "code": "COMMON_ERROR", "message": message, "param": ""}
        elif self.ways.errors == "full":
            error = {"type": kind, "code": code, "message": message, "param": param}
        if self.ways.error_event_id and cause and cause.get("event_id"):
            error["event_id"] = cause["event_id"]
        self.send({"type": "error", "error": error})

    def shown(self) -> Json:
        """The configuration as events show it."""
        config = dict(self.config)
        if config["turn_detection"] is None and self.ways.manual_echo == "absent":
            del config["turn_detection"]
        return {"id": self.id, "object": "realtime.session", "model": self.model, **config}

    def greet(self) -> None:
        self.send({"type": "session.created", "session": self.shown()})
        self.task(self._idle())

    async def _idle(self) -> None:
        clock = asyncio.get_running_loop().time
        left = IDLE
        self.memory["lively"] = clock()
        while left > 0:
            await asyncio.sleep(left)  # what happened meanwhile only moves the end
            left = self.memory["lively"] + IDLE - clock()
        said = "Your session was closed because no response was generated for 300 seconds."
        self.fail(said, "response_idle_timeout")
        self.link.close(1007, said)

    def alive(self) -> None:
        self.memory["lively"] = asyncio.get_running_loop().time()

    # -- what clients say

    def take(self, text: str) -> None:
        """One text frame of the client."""
        if self.lying("refuses-at-100k") and len(text) > 100_000:
            return self.fail("The message is too large.")
        try:
            event = json.loads(text)
        except (ValueError, RecursionError):
            return self.fail("The message is no valid JSON.")
        if not isinstance(event, dict):
            return self.fail("The message is no JSON object.")
        kind = event.get("type")
        handler = TABLE.get(kind) if isinstance(kind, str) else None
        if handler is None:
            said = "Missing event type." if kind is None else f"Invalid event type: {kind!r}."
            return self.fail(said, param="type", cause=event)
        if self.finished:
            return self.fail("The session is finished.", cause=event)
        if self.ways.stranger and self._strange(event):
            return None
        self.alive()
        return handler(self, event)

    def _strange(self, event: Json) -> bool:
        """Whether an event is refused that this server does not know."""
        stranger, kind, session = self.ways.stranger, event["type"], event.get("session")
        manual = isinstance(session, dict) and session.get("turn_detection", 0) is None
        if kind == "session.update" and (stranger == "no updates" or (stranger == "no manual mode" and manual)):
            manual = stranger == "no manual mode"
            self.fail("turn_detection must be an object." if manual else "No updates are supported.", cause=event)
            return True
        if kind == "conversation.item.create" and stranger == "no items":
            self.link.close(1008, "unexpected event")
            return True
        return False

    def take_bytes(self) -> None:
        if self.ways.binary == "close":
            self.link.close(1003, "binary frames are not supported")
        else:
            self.fail("Binary frames are not supported.")

    def update(self, event: Json) -> None:
        asked = event.get("session")
        if not isinstance(asked, dict):
            return self.fail("session must be an object.", param="session", cause=event)
        try:
            after = settings.changed(self.config, asked, self.model, self.ways)
            self._settled(asked, after)
        except settings.RefusedError as no:
            code = "cannot_update_voice" if no.message.startswith("Cannot update") else "invalid_value"
            if not no.fatal or self.ways.voice_refusal != "close":
                self.fail(no.message, "COMMON_ERROR" if no.fatal else code, no.param, cause=event)
            if no.fatal and self.ways.voice_refusal != "open":
                self.link.close(1007, no.message)
            return None
        before, self.config = self.config, after
        self._in_force(asked, before)
        if after["turn_detection"] is not None and before["turn_detection"] is None:
            self.detector = ears.Detector()
            self.detector.frames = (self.base + len(self.samples)) // ears.STEP
        self.send({"type": "session.updated", "session": self.shown()})
        return None

    def _settled(self, asked: Json, after: Json) -> None:
        """What may be set only as long as nothing was heard or said."""
        if after["voice"] != self.config["voice"] and self.memory.get("spoke"):
            raise settings.RefusedError(
                "Cannot update a conversation's voice if assistant audio is present.", "session.voice"
            )
        for side in ("input", "output"):
            default = 16_000 if side == "input" else 24_000
            same = settings.form(after, side, default) == settings.form(self.config, side, default)
            if not same and self.ever_touched:
                raise settings.RefusedError(
                    "The audio format cannot be changed after audio was sent.", f"session.audio.{side}"
                )

    def _in_force(self, asked: Json, before: Json) -> None:
        """What has an effect from now on; some servers that err keep what was set first."""
        kept = {name.removeprefix("keeps-first-") for name in self.ways.lies if name.startswith("keeps-first-")}
        first = self.memory.setdefault("first", {})
        felt = dict(self.config)
        for name in kept & set(asked):
            felt[name] = first.setdefault(name, self.config.get(name))
        for name in kept - set(asked):
            if name in first:
                felt[name] = first[name]
        detection = felt["turn_detection"]
        if detection is not None and before["turn_detection"] is not None:
            detection = dict(detection)
            for part in (
                "threshold",
                "silence_duration_ms",
                "prefix_padding_ms",
                "create_response",
                "interrupt_response",
            ):
                if part in kept:
                    detection[part] = self.memory.setdefault("first-" + part, before["turn_detection"].get(part))
            asked_detection = asked.get("turn_detection")
            if (
                self.lying("partial-turns-vad-off")
                and isinstance(asked_detection, dict)
                and "type" not in asked_detection
            ):
                self.memory["deaf"] = True
            elif isinstance(asked_detection, dict):
                self.memory["deaf"] = False
            felt["turn_detection"] = detection
        self.felt = felt

    def finish(self, event: Json) -> None:
        if self.ways.finish == "refused":
            return self.fail("Invalid event type: 'session.finish'.", param="type", cause=event)
        if self.reply is not None and not self.lying("finishes-before-its-reply"):
            self.memory["finishing"] = True
        else:
            self._finished()
        return None

    def _finished(self) -> None:
        self.memory["finishing"] = False
        self.finished = not self.lying("finishes-twice")
        self.task(self._last())

    async def _last(self) -> None:
        await asyncio.sleep(0.05)  # transcriptions that are on their way come first
        self.memory["finished"] = True
        self.send({"type": "session.finished"})
        if self.ways.finish == "closes":
            self.link.close(1000, "")


TABLE = {
    "session.update": Session.update,
    "input_audio_buffer.append": Session.append,
    "input_audio_buffer.commit": Session.commit,
    "input_audio_buffer.clear": Session.clear,
    "input_image_buffer.append": Session.image,
    "conversation.item.create": Session.create_item,
    "response.create": Session.create_reply,
    "response.cancel": Session.cancel,
    "session.finish": Session.finish,
}
