"""One reply: a task that says its words in deltas, and how it ends, by itself or by somebody else."""

from __future__ import annotations

import asyncio
import base64
import json
import math
import re
import struct
from typing import TYPE_CHECKING, Any

from . import settings
from .mind import Thought
from .ways import Json

if TYPE_CHECKING:
    from .session import Session

WORD_SECONDS = 0.3
TOKEN = re.compile(r"\w+|[^\w\s]")


def tokens(text: str) -> int:
    """Text tokens: words and marks."""
    return len(TOKEN.findall(text))


def sound(seconds: float, rate: int) -> bytes:
    """A plain tone that is no silence, s16le mono."""
    one = b"".join(struct.pack("<h", round(6000 * math.sin(math.tau * at / 40))) for at in range(40))
    count = round(seconds * rate)
    return (one * (count // 40 + 1))[: 2 * count]


def header(rate: int) -> bytes:
    """The header of a WAV whose length is not known yet."""
    return (
        b"RIFF\xff\xff\xff\xffWAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, 1, rate, rate * 2, 2, 16)
        + b"data\xff\xff\xff\xff"
    )


class Reply:
    """A response: `start` makes its task; `end` ends it at any moment, with all that has to be said for it."""

    def __init__(self, session: Session, asked: Json, thought: Thought, usage_in: Json) -> None:
        self.session, self.thought, self.usage_in = session, thought, usage_in
        config = session.felt
        self.id = session.new_id("resp")
        self.spoken = "audio" in (asked.get("modalities") or config["modalities"])
        self.most = asked.get("max_tokens") or config.get("max_tokens") or 1 << 30
        self.kind, self.rate = settings.form(config, "output", 24_000)
        self.voice = config["voice"]
        self.modalities = asked.get("modalities") or config["modalities"]
        self.format = config["output_audio_format"]
        self.output: list[Json] = []
        self.ended = False
        self.said = ""
        self.seconds = 0.0
        self.used = 0
        self._open: Json | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._say("response.created", response=self._shown("in_progress", []))
        self._task = self.session.task(self._speak())

    def _say(self, kind: str, **members: Any) -> None:
        self.session.send({"type": kind, **members})

    def _place(self, item: Json) -> Json:
        return {"response_id": self.id, "item_id": item["id"], "output_index": len(self.output)}

    def _shown(self, status: str, output: list[Json]) -> Json:
        return {"id": self.id, "object": "realtime.response", "conversation_id": self.session.conversation,
                "status": status, "modalities": self.modalities, "voice": self.voice,
                "output_audio_format": self.format, "output": output}  # fmt: skip

    async def _speak(self) -> None:
        ways = self.session.ways
        await asyncio.sleep(ways.think)
        if self.session.lying("never-begins-a-second") and self.session.replies > 1:
            return
        words = self.thought.words
        if words:
            await self._message(words)
        for name, arguments in self.thought.calls:
            await self._call(name, arguments)
        self.end(self._status())

    def _status(self) -> str:
        return self.session.ways.truncated if tokens(self.thought.words) > self.most else "completed"

    def _begin(self, item: Json) -> None:
        self._open = item
        added = {"response_id": self.id, "output_index": len(self.output), "item": dict(item)}
        self._say("response.output_item.added", **added)
        self.session.add(item)

    async def _message(self, words: str) -> None:
        ways, part = self.session.ways, "audio" if self.spoken else "text"
        item: Json = {"id": self.session.new_id("item"), "object": "realtime.item", "type": "message",
                      "status": "in_progress", "role": "assistant", "content": []}  # fmt: skip
        self._begin(item)
        place = {**self._place(item), "content_index": 0}
        self._say("response.content_part.added", **place, part={"type": part, "text": ""})
        pieces = re.findall(r"\S+\s*", words)
        first = True
        for at in range(0, len(pieces), ways.chunk_words):
            piece = "".join(pieces[at : at + ways.chunk_words])
            if self.used + tokens(piece) > self.most:
                break
            self.used += tokens(piece)
            self.said += piece
            if not self.spoken:
                self._say("response.text.delta", delta=piece, **place)
            else:
                seconds = WORD_SECONDS * len(piece.split())
                data = (header(self.rate) if first and self.kind == "wav" else b"") + sound(seconds, self.rate)
                self.seconds += seconds
                both = [("response.audio_transcript.delta", piece),
                        ("response.audio.delta", base64.b64encode(data).decode())]  # fmt: skip
                for kind, delta in both if ways.text_first else reversed(both):
                    self._say(kind, delta=delta, **place)
            first = False
            await asyncio.sleep(ways.pace)
        self._close_message("completed" if self._status() == "completed" else "incomplete")

    def _close_message(self, status: str) -> None:
        item, self._open = self._open, None
        assert item is not None
        place = {**self._place(item), "content_index": 0}
        if self.spoken:
            done = [("response.audio_transcript.done", {"transcript": self.said}), ("response.audio.done", {})]
            for kind, members in done if self.session.ways.done_order == "transcript" else reversed(done):
                self._say(kind, **place, **members)
        else:
            self._say("response.text.done", text=self.said, **place)
        part = "audio" if self.spoken else "text"
        self._say("response.content_part.done", **place, part={"type": part, "text": self.said})
        member = self.session.ways.closing_part if self.spoken else "text"
        item |= {"status": status, "content": [{"type": part, member: self.said}]}
        index = {"response_id": self.id, "output_index": len(self.output)}
        self._say("response.output_item.done", **index, item=json.loads(json.dumps(item)))
        final = {**item, "content": [{"type": part, "transcript" if self.spoken else "text": self.said}]}
        self.output.append(final)

    async def _call(self, name: str, arguments: Json) -> None:
        item: Json = {"id": self.session.new_id("item"), "object": "realtime.item", "type": "function_call",
                      "status": "in_progress", "call_id": self.session.new_id("call"), "name": name,
                      "arguments": ""}  # fmt: skip
        self._begin(item)
        text = json.dumps(arguments)
        place = {**self._place(item), "call_id": item["call_id"]}
        for at in range(0, len(text), 12):
            self._say("response.function_call_arguments.delta", delta=text[at : at + 12], **place)
            await asyncio.sleep(self.session.ways.pace)
        self.used += tokens(text)
        self._close_call(item, name, text, "completed")

    def _close_call(self, item: Json, name: str, text: str, status: str) -> None:
        place = {**self._place(item), "call_id": item["call_id"]}
        self._open = None
        self._say("response.function_call_arguments.done", name=name, arguments=text, **place)
        item |= {"status": status, "arguments": text}
        index = {"response_id": self.id, "output_index": len(self.output)}
        self._say("response.output_item.done", **index, item=dict(item))
        self.output.append(dict(item))

    def end(self, status: str) -> None:
        """End now with this status; "": without `response.done`."""
        if self.ended:
            return
        if self._open is not None and self._open["type"] == "message":
            self._close_message("incomplete")
        elif self._open is not None:
            self._close_call(self._open, self._open["name"], "", "incomplete")
        self.ended = True
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        usage = self.session.spent(self)
        if status:
            self._say("response.done", response={**self._shown(status, self.output), "usage": usage})
        self.session.over(self)
