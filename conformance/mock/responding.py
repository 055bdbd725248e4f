"""The life of one response: a generator that emits its events and says how long to wait between them.

The orders are those that were recorded live for text and for tool calls (WS-REC) and documented for audio (SE, FLOW).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance.mock import tokens
from conformance.mock.buffer import wav_header
from conformance.mock.errors import Json
from conformance.mock.formats import AudioFormat
from conformance.mock.ids import IdSource
from conformance.mock.latency import Pace
from conformance.mock.requests import Answer, Call
from conformance.mock.switches import Switches

Emit = Callable[..., None]
"""Called as `emit(type, **fields)`."""
Announce = Callable[[Json, Json], None]
"""Called with an item as it is shown and as it is remembered."""

AUDIO_DELTA_SECONDS = 0.2
_CHUNK = re.compile(r".{1,10}(?:\s+|$)|.{1,10}", re.DOTALL)


@dataclass(frozen=True)
class Manner:
    """What a response is made with; fixed when it starts."""

    modalities: tuple[str, ...]
    voice: str
    output_audio_format: str
    output: AudioFormat
    input_tokens: tokens.Usage
    proactive: bool = False
    searched: bool = False

    @property
    def spoken(self) -> bool:
        """Whether the reply has audio."""
        return "audio" in self.modalities


@dataclass
class Part:
    """The message under way: what of it was sent."""

    item: Json
    index: int
    words: str = ""
    pcm_bytes: int = 0
    closed: bool = False


@dataclass
class Response:
    """One response.  `run()` yields waits in seconds; `stop()` closes what is open and says how it ended."""

    emit: Emit
    announce: Announce
    ids: IdSource
    switches: Switches
    manner: Manner
    answer: Answer
    speech: bytes
    pace: Pace
    billed: Callable[[float], int]
    first_wait: float
    conversation_id: str
    id: str = ""
    output: list[Json] = field(default_factory=list)
    message: Part | None = None
    started: bool = False
    status: str = "in_progress"
    calls_made: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = self.ids.make("resp")

    # -- what it looks like

    def _head(self, status: str, output: list[Json]) -> Json:
        return {
            "id": self.id,
            "object": "realtime.response",
            "conversation_id": self.conversation_id,
            "status": status,
            "modalities": list(self.manner.modalities),
            "voice": self.manner.voice,
            "output_audio_format": self.manner.output_audio_format,
            "output": output,
        }

    def usage(self) -> tokens.Usage:
        """What it has cost so far."""
        asked = self.manner.input_tokens
        seconds = self.message.pcm_bytes / self.manner.output.bytes_per_second if self.message else 0.0
        text = tokens.text_tokens(self.message.words) if self.message else 0
        text += sum(tokens.text_tokens(call.name) + tokens.text_tokens(call.arguments) for call in self.calls_made)
        return tokens.Usage(
            input_text=asked.input_text,
            input_audio=asked.input_audio,
            input_image=asked.input_image,
            output_text=text,
            output_audio=self.billed(seconds) if seconds else 0,
            searches=int(self.manner.searched),
        )

    # -- its life

    def run(self) -> Iterator[float]:
        """Emit everything from `response.created` to `response.done`."""
        if self.switches["cancel-pending"] == "no-response":
            yield max(self.first_wait, 0.03)  # time for a cancel to come before anything shows
        self._begin()
        yield self.first_wait
        mixed = self.switches["mixed-output"] if self.answer.calls else "calls-only"
        if mixed == "message-first":
            yield from self._say("Let me look that up.", b"")
        most = 1 if self.switches["output-index"] == "one-call" else len(self.answer.calls)
        yield from self._call(self.answer.calls[:most])
        if mixed == "call-first":
            yield from self._say("I have looked that up.", b"")
        if not self.answer.calls and (self.answer.text or not self.manner.proactive):
            yield from self._say(self.answer.text, self.speech)
        cut = self.answer.truncated and self.switches["max-tokens-status"] == "incomplete"
        self.status = "incomplete" if cut else "completed"
        if self.answer.calls and self.switches["tool-response-done"] == "missing":
            return
        self._done(self.status, with_usage=not self.manner.proactive or self.switches["proactive-usage"] == "present")

    def _begin(self) -> None:
        self.started = True
        self.emit("response.created", response=self._head("in_progress", []))

    def _done(self, status: str, *, with_usage: bool, zero: bool = False) -> None:
        made = self._head(status, [self._final(item) for item in self.output])
        if self.switches["status-details"] == "present":
            made["status_details"] = None if status == "completed" else {"type": status}
        if with_usage:
            usage = tokens.Usage() if zero else self.usage()
            made["usage"] = usage.to_dict()
            if self.switches["cached-tokens"] == "present":
                made["usage"]["input_tokens_details"]["cached_tokens"] = 128 if usage.input_tokens > 256 else 0
            if self.switches["search-sources"] == "nowhere":
                made["usage"].pop("plugins", None)
        self.emit("response.done", response=made)

    def _final(self, item: Json) -> Json:
        """An item as `response.done` shows it: with the words."""
        if item["type"] != "message":
            return dict(item)
        words = self.message.words if self.message else ""
        part = {"type": "audio", "transcript": words} if self.manner.spoken else {"type": "text", "text": words}
        shown = {**item, "content": [part]}
        if self.manner.searched and self.switches["search-sources"] == "in-output":
            shown["sources"] = [{"title": "A page", "url": "https://example.com/"}]
        return shown

    def _index(self) -> int:
        return 0 if self.switches["output-index"] == "always-zero" else len(self.output)

    # -- a message

    def _open(self) -> Part:
        index = self._index()
        item: Json = {
            "id": self.ids.make("item"),
            "object": "realtime.item",
            "type": "message",
            "status": "in_progress",
            "role": "assistant",
            "content": [],
        }
        self.emit("response.output_item.added", response_id=self.id, output_index=index, item=dict(item))
        self.announce({**item, "content": []}, item)
        self.output.append(item)
        self.message = Part(item, index)
        kind = "audio" if self.manner.spoken else "text"
        self._about("response.content_part.added", part={"type": kind, "text": ""})
        return self.message

    def _about(self, kind: str, **fields: Any) -> None:
        """Emit an event of the message's one part."""
        assert self.message is not None
        self.emit(
            kind,
            **fields,
            response_id=self.id,
            item_id=self.message.item["id"],
            output_index=self.message.index,
            content_index=0,
        )

    def _say(self, text: str, speech: bytes) -> Iterator[float]:
        message = self._open()
        if self.manner.searched and self.switches["search-sources"] == "own-event":
            self.emit("response.search.completed", response_id=self.id, sources=[{"url": "https://example.com/"}])
        chunks = _CHUNK.findall(text)
        if not self.manner.spoken:
            for chunk in chunks:
                message.words += chunk
                self._about("response.text.delta", delta=chunk)
                yield self.pace.step
        else:
            yield from self._speak(message, chunks, speech)
        self._close("completed")

    def _speak(self, message: Part, chunks: list[str], speech: bytes) -> Iterator[float]:
        """Words and sound side by side: each stretch of words, then the sound up to it."""
        sounds = self._sounds(speech)
        words_first = self.switches["transcript-first"] == "transcript-first"
        done = 0
        for number in range(max(len(chunks), len(sounds))):
            if words_first and number < len(chunks):
                yield from self._word(message, chunks[number])
            # As many sounds as words need, so that both end together.
            until = len(sounds) * (number + 1) // max(1, len(chunks)) if number < len(chunks) else len(sounds)
            for sound, length in sounds[done:until]:
                message.pcm_bytes += length
                self._about("response.audio.delta", delta=base64.b64encode(sound).decode())
                yield max(self.pace.step, self.pace.audio * length / self.manner.output.bytes_per_second)
            done = max(done, until)
            if not words_first and number < len(chunks):
                yield from self._word(message, chunks[number])

    def _word(self, message: Part, chunk: str) -> Iterator[float]:
        message.words += chunk
        self._about("response.audio_transcript.delta", delta=chunk)
        yield self.pace.step

    def _sounds(self, speech: bytes) -> list[tuple[bytes, int]]:
        """The audio of each delta, and how much PCM is in it."""
        per_second = self.manner.output.bytes_per_second
        size = int(AUDIO_DELTA_SECONDS * per_second) // 2 * 2
        found: list[tuple[bytes, int]] = []
        at = 0
        while at < len(speech):
            length = size // 2 if self.switches["audio-delta-size"] == "uneven" and len(found) % 2 else size
            piece = speech[at : at + length]
            header = b""
            if self.manner.output.container == "wav":
                side = self.switches["wav-output"]
                if side == "header-per-delta":
                    header = wav_header(self.manner.output.rate, len(piece))
                elif side == "one-header" and not found:
                    header = wav_header(self.manner.output.rate)
            found.append((header + piece, len(piece)))
            at += length
        return found

    def _close(self, status: str) -> None:
        """Close the message: every `done` it needs, in order."""
        message = self.message
        assert message is not None
        message.closed = True
        words = message.words
        if self.manner.spoken:
            order = ["transcript", "audio"]
            if self.switches["audio-done-order"] == "audio-first":
                order.reverse()
            for one in order:
                if one == "transcript":
                    self._about("response.audio_transcript.done", transcript=words)
                else:
                    self._about("response.audio.done")
            self._about("response.content_part.done", part={"type": "audio", "text": words})
        else:
            self._about("response.text.done", text=words)
            self._about("response.content_part.done", part={"type": "text", "text": words})
        message.item["status"] = status
        kind, switch = ("audio", "output-item-done-audio") if self.manner.spoken else ("text", "output-item-done-text")
        side = self.switches[switch]
        part = {"type": kind} if side == "bare" else {"type": kind, side: words}
        shown = {**message.item, "content": [part]}
        self.emit("response.output_item.done", response_id=self.id, output_index=message.index, item=shown)
        key = "transcript" if self.manner.spoken else "text"
        message.item["content"] = [{"type": kind, key: words}]

    # -- calls

    def _call(self, calls: tuple[Call, ...]) -> Iterator[float]:
        for number, call in enumerate(calls):
            index = self._index()
            call_id = self.ids.call()
            item: Json = {
                "id": self.ids.make("item"),
                "object": "realtime.item",
                "type": "function_call",
                "status": "in_progress",
                "call_id": call_id,
                "name": call.name,
                "arguments": "",
            }
            where = {"response_id": self.id, "item_id": item["id"], "output_index": index, "call_id": call_id}
            self.emit("response.output_item.added", response_id=self.id, output_index=index, item=dict(item))
            self.announce(dict(item), item)
            self.output.append(item)
            yield self.pace.step
            # The second of two parallel calls was recorded without any delta.
            if number == 0:
                hidden = self.ids.letters(12)
                self.emit("response.function_call_arguments.delta", delta=call.arguments, **where, obfuscation=hidden)
                yield self.pace.step
            item["arguments"] = call.arguments
            self.calls_made.append(call)
            self.emit("response.function_call_arguments.done", name=call.name, arguments=call.arguments, **where)
            item["status"] = "completed"
            self.emit("response.output_item.done", response_id=self.id, output_index=index, item=dict(item))
            yield self.pace.step

    # -- an early end

    def stop(self, status: str | None, *, with_usage: bool, zero_usage: bool = False) -> None:
        """End early: close what is open, then `response.done` with `status`; None: without `response.done`."""
        if not self.started:
            return
        if self.message is None and not self.output:
            self._open()
        if self.message is not None and not self.message.closed:
            self._close("incomplete")
        for item in self.output:
            if item["status"] == "in_progress":
                item["status"] = "incomplete"
                index = self.output.index(item) if self.switches["output-index"] == "real" else 0
                where = {"response_id": self.id, "item_id": item["id"], "output_index": index}
                named = {"name": item["name"], "call_id": item["call_id"], "arguments": item["arguments"]}
                self.emit("response.function_call_arguments.done", **named, **where)
                self.emit("response.output_item.done", response_id=self.id, output_index=index, item=dict(item))
        self.status = status or "cancelled"
        if status is not None:
            self._done(status, with_usage=with_usage, zero=zero_usage)
