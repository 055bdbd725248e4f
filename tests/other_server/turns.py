"""What a session hears: packets, turns, commits, transcriptions, and pictures that come with them."""

from __future__ import annotations

import asyncio
import math
import struct
import time
from array import array

from . import ears, settings
from .ways import Json

SHORTEST = 100  # ms that a commit needs
IMAGE = 262_144  # characters of Base64


class Hearing:
    """The half of a session that takes audio; `Session` has what it rests on."""

    def append(self, event: Json) -> None:
        text = event.get("audio")
        if not isinstance(text, str):
            return self.fail("audio must be a Base64 string.", param="audio", cause=event)
        try:
            data = ears.decoded(text)
        except ears.BadAudioError as problem:
            return self.fail(str(problem), param="audio", cause=event)
        data = self._spoiled(data)
        kind, rate = settings.form(self.felt, "input", ears.RATE)
        self.touched = self.ever_touched = True
        samples = self.stream.feed(ears.body(data) if kind == "wav" else data, rate)
        self.samples.extend(samples)
        detection = self.felt["turn_detection"]
        if detection is None or self.memory.get("deaf"):
            return None
        floor = ears.floor(detection["threshold"])
        for which, sound, now in self.detector.feed(samples, floor, detection["silence_duration_ms"]):
            if which == "started":
                self._started(sound, detection)
            else:
                self._stopped(sound, now)
                if self.lying("drops-rest-of-append"):
                    self.detector.pending = array("h")
                    self.detector.frames = (self.base + len(self.samples)) // ears.STEP
                    break
        if not self.detector.speaking and len(self.samples) > 3 * ears.RATE and not self.ways.silence_billed:
            self._forget(len(self.samples) - 2 * ears.RATE)
        return None

    def _spoiled(self, data: bytes) -> bytes:
        """What is left of a packet in servers that err."""
        number = self.memory["packets"] = self.memory.get("packets", 0) + 1
        since = self.memory["since"] = self.memory.get("since", 0) + 1
        last, self.memory["last packet"] = self.memory.get("last packet"), data
        if (
            (self.lying("loses-first-packet") and number == 1)
            or (self.lying("loses-packet-after-commit") and self.memory.get("committed") and since == 1)
            or (self.lying("loses-packet-after-clear") and self.memory.get("cleared") and since == 1)
            or (self.lying("deduplicates-packets") and data == last and any(data))
            or (self.lying("ignores-short-packets") and len(data) < 1000)
            or (self.lying("loses-every-8th-packet") and number % 8 == 0)
            or (self.lying("swallows-large-frames") and len(data) > 75_000)
            or (self.lying("loses-audio-during-replies") and self.reply is not None)
        ):
            return b""
        if self.lying("empty-append-clears") and not data:
            self._forget(len(self.samples))
        if self.lying("cuts-long-packets"):
            return data[:16_000]
        if self.lying("pads-odd-packets") and len(data) % 2:
            return data + b"\0"
        if self.lying("drops-odd-byte") and len(data) % 2:
            return data[:-1]
        if self.lying("swallows-after-commit") and time.monotonic() < self.memory.get("deaf until", 0):
            return b""
        return data

    def _forget(self, count: int) -> None:
        del self.samples[:count]
        self.base += count

    def _started(self, sound: int, detection: Json) -> None:
        padding = detection["prefix_padding_ms"]
        start = max(0, self.memory.get("turns end", 0), sound - padding)
        self.turn, self.turn_from = self.new_id("item"), start
        said = start if self.ways.padding_counts else sound
        if self.lying("ms-of-this-turn"):
            said = 0
        self.memory["speaking"] = True
        self.send({"type": "input_audio_buffer.speech_started", "audio_start_ms": said, "item_id": self.turn})
        if self.reply is not None and detection["interrupt_response"] and not self.lying("ignores-barge-in"):
            self.reply.end(self.ways.interrupted)
        if self._proactive is not None:
            self._proactive.cancel()

    def _stopped(self, sound: int, now: int) -> None:
        end = now if self.ways.stop_counts_silence else sound
        self.send({"type": "input_audio_buffer.speech_stopped", "audio_end_ms": end, "item_id": self.turn})
        self.memory["turns end"] = now
        first = 0 if self.ways.silence_billed else max(0, self.turn_from * 16 - self.base)
        part = self.samples[first : now * 16 - self.base]
        self._forget(min(len(self.samples), now * 16 - self.base))
        self._committed(self.turn, part)
        if self.felt["turn_detection"]["create_response"]:
            if self.reply is None:
                self.answer({})
            else:
                self.waiting += 1

    def commit(self, event: Json) -> None:
        if self.felt["turn_detection"] is not None and self.ways.vad_commit != "taken":
            return self._commit_in_vad(event)
        if len(self.samples) < SHORTEST * 16:
            return self.fail("Error committing input audio buffer: buffer too small, or have no audio.", cause=event)
        part, count = self.samples[:], len(self.samples)
        if self.lying("commits-last-second"):
            part = part[-ears.RATE :]
        if self.lying("commits-all-but-last-packet"):
            part = part[: -len(self.memory["last packet"]) // 2 or None]
        if not self.lying("keeps-buffer-after-commit"):
            self._forget(count)
        if self.lying("swallows-after-commit"):
            self.memory["deaf until"] = time.monotonic() + 0.2
        self._committed(self.new_id("item"), part)
        return None

    def _commit_in_vad(self, event: Json) -> None:
        if self.ways.vad_commit == "empty":
            return self.fail("Error committing input audio buffer: buffer too small, or have no audio.", cause=event)
        self.fail("Internal service error: null", "InternalError", kind="server_error", cause=event)
        if self.ways.vad_commit == "fatal":
            self.link.close(1011, "Internal service error: null")
        return None

    def _committed(self, item_id: str, part: array[int]) -> None:
        self.touched = False
        self.memory |= {"committed": True, "since": 0}
        self.send({"type": "input_audio_buffer.committed", "item_id": item_id})
        seconds = len(part) / ears.RATE
        self.heard[item_id] = (seconds, sum(self._picture(one) for one in self.images))
        self.images = []
        words = ears.heard(part)
        item: Json = {"id": item_id, "object": "realtime.item", "type": "message", "status": "in_progress",
                      "role": "user", "content": [{"type": "input_audio"}]}  # fmt: skip
        manual = self.felt["turn_detection"] is None
        item["words"] = words
        if self.ways.user_item == "create" and manual:
            self.memory.setdefault("held back", []).append(item)
        else:
            self.add(item)
        if self.felt["input_audio_transcription"] is not None and not (manual and self.ways.transcripts == "never"):
            work = self._transcribe(item_id, words)
            if self.ways.transcripts == "late":
                self._late.append(work)
            else:
                self.task(work)

    async def _transcribe(self, item_id: str, words: str) -> None:
        await asyncio.sleep(0.01)
        place = {"item_id": item_id, "content_index": 0}
        before = ""
        for word in words.split() if self.ways.previews else ():
            before = f"{before} {word}".strip()
            self.send({"type": "conversation.item.input_audio_transcription.delta", **place, "text": "",
                       "stash": before, "language": "en", "emotion": "neutral"})  # fmt: skip
        self.send({"type": "conversation.item.input_audio_transcription.completed", **place, "transcript": words})

    def clear(self, event: Json) -> None:
        self._forget(len(self.samples))
        self.detector.pending, self.stream.rest = array("h"), b""
        self.detector.frames = self.base // ears.STEP
        self.detector.quiet()
        self.images, self.touched = [], False
        self.memory |= {"cleared": True, "since": 0}
        self.send({"type": "input_audio_buffer.cleared"})

    def image(self, event: Json) -> None:
        text = event.get("image")
        touched = self.touched if self.ways.image_order == "turn" else self.ever_touched
        if not isinstance(text, str):
            return self.fail("image must be a Base64 string.", param="image", cause=event)
        if not touched:
            return self.fail("Error append image before append audio.", cause=event)
        try:
            data = ears.decoded(text)
        except ears.BadAudioError as problem:
            return self.fail(str(problem), param="image", cause=event)
        if len(text) > IMAGE or data[:2] != b"\xff\xd8":
            return self.fail("The image is too large, or no JPEG.", param="image", cause=event)
        self.images.append(data)
        return None

    def _picture(self, data: bytes) -> int:
        """Tokens of a JPEG: its sides in squares, within the bounds."""
        at, high, wide = 2, 0, 0
        while at + 9 < len(data):
            mark, size = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])[0]
            if 0xC0 <= mark <= 0xC2:
                high, wide = struct.unpack(">HH", data[at + 5 : at + 9])
                break
            at += 2 + size
        side = self.family.side
        rows, columns = max(1, round(high / side)), max(1, round(wide / side))
        scale = math.sqrt(1280 / (rows * columns)) if rows * columns > 1280 else 1.0
        return max(4, int(rows * scale) * int(columns * scale))
