"""The user's turns: audio and images in, voice detection, commits, the user's item and its transcription."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from conformance.mock import encoding, errors
from conformance.mock.billing import Tariff
from conformance.mock.brain import Brain
from conformance.mock.buffer import Buffer, Turn
from conformance.mock.conversation import Conversation, Remembered
from conformance.mock.core import Core
from conformance.mock.errors import Fault, Json, Refused
from conformance.mock.vad import SpeechStarted, SpeechStopped

SOME = 100  # bytes of an append that holds more than a slip
AHEAD = 20.0  # seconds by which audio may run ahead of the clock, where it may not come faster than it sounds


class Replies(Protocol):
    """What a turn does to the replies."""

    def user_starts(self) -> None:
        """The user has begun to speak."""

    def turn_ends(self) -> None:
        """A turn was committed by voice detection."""


@dataclass
class Hearing:
    """A transcription under way."""

    item_id: str
    words: list[str]


class Turns:
    """The input side of one session."""

    def __init__(self, core: Core, conversation: Conversation, brain: Brain, tariff: Callable[[], Tariff]) -> None:
        self._core = core
        self._conversation = conversation
        self._brain = brain
        self._tariff = tariff
        self.buffer = Buffer(core.switches)
        self.replies: Replies | None = None
        self._speech_item: str | None = None
        self._speech_start = 0  # bytes, padding included
        self._coming: str | None = None  # the item that waiting audio will be, where its previews came before it
        self._hearing: list[Hearing] = []
        self._untold: list[Json] = []  # items that wait for `response.create` to be shown
        self._deferred: list[Callable[[], None]] = []
        self._audio_items = 0
        self.reconfigure()

    @property
    def speaking(self) -> bool:
        """Whether voice detection hears the user."""
        return self._speech_item is not None

    @property
    def transcribing(self) -> bool:
        """Whether a turn's transcription has yet to complete."""
        return bool(self._hearing)

    def reconfigure(self) -> None:
        """Take over the configuration in force."""
        vad = self._core.config.turn_detection
        self.buffer.use(self._core.config.input)
        if vad is None:
            self._leave_vad()
            self.buffer.listen(None)
            return
        included = self._core.switches["vad-prefix-padding"] == "included"
        padding = vad["prefix_padding_ms"] if included else 0
        threshold = _threshold(vad)
        side = self._core.switches["vad-threshold"]
        if side != "felt":
            threshold = 0.5 if side == "unfelt" else -threshold + 1.0
        self.buffer.listen((threshold, padding, vad["silence_duration_ms"]))

    def _leave_vad(self) -> None:
        """Voice detection ends (Q-MODE-SWITCH)."""
        self._speech_item = None
        side = self._core.switches["mode-switch"]
        if side == "cleared" and self.buffer.listening:
            self.buffer.drop()
        elif side == "committed-by-switch" and self.buffer.listening and self.buffer.seconds:
            self._committed(self.buffer.commit(), self._core.ids.make("item"))

    # -- audio

    def append(self, event: Json) -> None:
        """`input_audio_buffer.append`: no acknowledgement."""
        switches = self._core.switches
        audio = event.get("audio")
        if audio is None:
            self._by(switches["append-missing-audio"], errors.missing("audio"))
            return
        if not isinstance(audio, str):
            raise Refused(errors.wrong_type("audio", "a string", audio))
        if not audio:
            self._by(switches["append-empty"], errors.wrong_value("audio", "", "It must not be empty."))
            return
        limit = self._core.options.limits.append_bytes
        if len(audio) > limit and switches["append-limit"] != "accepted":
            if switches["append-limit"] == "close-1009":
                self._core.close(1009, "message too big")
                return
            raise Refused(errors.not_allowed(f"One append holds at most {limit} bytes.", "audio"))
        side = switches["base64-line-breaks"]
        try:
            pcm = encoding.unbase64(audio, "audio", lenient=side == "accepted")
        except Refused as refused:
            if side == "error-closed" and ("\r" in audio or "\n" in audio):
                raise Refused(_closing(refused.fault)) from None
            raise
        if len(pcm) % 2 and switches["append-odd"] != "ignored":
            self._by(switches["append-odd"], errors.not_allowed("The audio has an odd number of bytes.", "audio"))
            return
        if len(pcm) % 2 and len(pcm) > SOME:
            if switches["append-cut-sample"] in {"error", "closed"}:
                self._by(switches["append-cut-sample"], errors.not_allowed("A sample is cut in two.", "audio"))
                return
            if switches["append-cut-sample"] == "garbled":
                pcm += b"\0"
        if pcm[:4] == b"RIFF" and self.buffer.format.container == "pcm" and switches["wav-header-in-pcm"] == "error":
            raise Refused(errors.not_allowed("The audio has a WAV header, but the format is pcm.", "audio"))
        side = self._out_of_time()
        if side != "heard":
            self._by(side, errors.not_allowed("The audio came too early or too fast.", "audio"))
            return
        self.hear(pcm)

    def _out_of_time(self) -> str:
        """What becomes of audio that comes before any other event, or faster than it sounds; as a rule it is heard."""
        core = self._core
        if core.handled == 1:
            return core.switches["early-append"]
        ahead = self.buffer.position / self.buffer.format.bytes_per_second - (core.now - core.began)
        return core.switches["fast-audio"] if ahead > AHEAD else "heard"

    def _by(self, side: str, fault: Fault) -> None:
        """Answer by an error, by nothing, or by a close."""
        if side == "error":
            raise Refused(fault)
        if side == "closed":
            raise Refused(_closing(fault))

    def hear(self, pcm: bytes) -> None:
        """Take audio, in the session's format."""
        limits = self._core.options.limits
        if self.buffer.waiting + len(pcm) > limits.buffer_bytes:
            most = f"The input audio buffer holds at most {limits.buffer_bytes} bytes."
            raise Refused(errors.not_allowed(most, "audio"))
        if self.buffer.appends >= limits.appends:
            raise Refused(
                errors.not_allowed(f"The input audio buffer holds at most {limits.appends} appends.", "audio")
            )
        if not self._core.crowd.has_room(len(pcm)):
            raise Refused(errors.not_allowed("The server holds too much audio for all its sessions.", "audio"))
        if not self.buffer.listening:
            self._preview_early()
        was_speaking = self._speech_item
        for found in self.buffer.append(pcm):
            if isinstance(found, SpeechStarted):
                self._started(found)
            else:
                self._stopped(found)
        goes_on = was_speaking is not None and was_speaking == self._speech_item
        if goes_on and self._core.switches["speech-started-repeated"] == "repeated":
            at = self._clock(self._speech_start * 1000 // self.buffer.format.bytes_per_second)
            self._core.emit("input_audio_buffer.speech_started", audio_start_ms=at, item_id=was_speaking)

    def _clock(self, audio_ms: int) -> int:
        """What to tell of a moment in the audio (Q-VAD-CLOCK): its place in the audio, or the time of the session."""
        if self._core.switches["vad-clock"] == "audio":
            return audio_ms
        sent_ms = self.buffer.position * 1000 // self.buffer.format.bytes_per_second
        wall_ms = int((self._core.now - self._core.began) * 1000)
        return max(0, wall_ms - (sent_ms - audio_ms))

    def _started(self, found: SpeechStarted) -> None:
        self._speech_item = self._core.ids.make("item")
        self._speech_start = found.start_byte
        at = self._clock(found.audio_start_ms)
        self._core.emit("input_audio_buffer.speech_started", audio_start_ms=at, item_id=self._speech_item)
        assert self.replies is not None
        self.replies.user_starts()

    def _stopped(self, found: SpeechStopped) -> None:
        item_id, self._speech_item = self._speech_item, None
        assert item_id is not None
        at = self._clock(found.audio_end_ms)
        self._core.emit("input_audio_buffer.speech_stopped", audio_end_ms=at, item_id=item_id)
        vad = self._core.config.turn_detection or {}
        around = (vad.get("prefix_padding_ms", 0) + vad.get("silence_duration_ms", 0)) / 1000
        length = (found.end_byte - found.start_byte) / self.buffer.format.bytes_per_second
        turn = self.buffer.cut(found.start_byte, found.end_byte, max(0.1, length - around))
        if self._committed(turn, item_id):
            assert self.replies is not None
            self.replies.turn_ends()

    # -- commit and clear

    def commit(self, _event: Json) -> None:
        """`input_audio_buffer.commit`."""
        if self._core.config.turn_detection is not None:
            side = self._core.switches["commit-in-vad"]
            if side == "server-error":
                raise Refused(errors.INTERNAL)
            if side == "empty-buffer-error":
                raise Refused(errors.EMPTY_BUFFER)
            if side == "closed-1011":
                self._core.close(1011, errors.INTERNAL.message)
                return
        if self._core.response_active:
            side = self._core.switches["commit-during-response"]
            if side == "error":
                raise Refused(errors.already_active())
            if side == "deferred":
                self._deferred.append(self._commit)
                return
        self._commit()

    def _commit(self) -> None:
        turn = self.buffer.commit()
        item_id = self._speech_item or self._coming or self._core.ids.make("item")
        self._speech_item = self._coming = None
        self._committed(turn, item_id)

    def response_ended(self) -> None:
        """Carry out what waited for the end of a response."""
        waiting, self._deferred = self._deferred, []
        for action in waiting:
            try:
                action()
            except Refused as refused:
                self._core.fail(refused.fault)

    def clear(self, _event: Json) -> None:
        """`input_audio_buffer.clear`."""
        item_id = self._speech_item
        side = self._core.switches["clear-mid-speech"]
        if item_id is not None:
            sent_ms = self.buffer.position * 1000 // self.buffer.format.bytes_per_second
            if side != "silent":
                at = self._clock(sent_ms)
                self._core.emit("input_audio_buffer.speech_stopped", audio_end_ms=at, item_id=item_id)
            self._speech_item = None
            if side == "committed" and self.buffer.seconds:
                self._committed(self.buffer.commit(), item_id)
        self.buffer.clear()
        self._coming = None
        self._core.emit("input_audio_buffer.cleared")

    # -- images

    def image(self, event: Json) -> None:
        """`input_image_buffer.append`: no acknowledgement."""
        image = event.get("image")
        if image is None:
            raise Refused(errors.missing("image"))
        if not isinstance(image, str):
            raise Refused(errors.wrong_type("image", "a string", image))
        self.buffer.check_image_order()
        self.buffer.add_image(encoding.unbase64(image, "image"), len(image))

    # -- the user's item

    def _committed(self, turn: Turn, item_id: str) -> bool:
        """Announce a turn, make its item, start its transcription.  False: the session ended over it."""
        core = self._core
        self._audio_items += 1
        limit = core.options.limits.audio_items
        if limit is not None and self._audio_items > limit:
            core.fail(errors.too_many_audios(limit))
            return False
        core.emit("input_audio_buffer.committed", item_id=item_id)
        words = self._brain.hear(turn.mono(), turn.format.rate)
        tariff = self._tariff()
        # Audio may come faster than it sounds; the session has lasted at least as long as what was heard in it.
        lasted = max(core.now - core.began, self.buffer.position / turn.format.bytes_per_second)
        seen = tariff.seen(turn, lasted, compact=core.config.compact_video)
        content: list[Json] = [{"type": "input_audio"}]
        if turn.images and core.switches["image-in-item"] == "shown":
            content += [{"type": "input_image"} for _ in turn.images]
        shown: Json = {
            "id": item_id,
            "object": "realtime.item",
            "type": "message",
            "status": "in_progress",
            "role": core.switches["user-audio-role"],
            "content": content,
        }
        kept = {**shown, "role": "user", "content": [{"type": "input_audio", "transcript": words}]}
        if turn.images:
            sizes = ", ".join(f"{width} x {height}" for width, height in turn.images)
            kept["images"] = sizes
        self._conversation.items.append(Remembered(kept, tariff.heard(turn), seen))
        manual = core.config.turn_detection is None
        side = core.switches["manual-item-created"]
        if not manual or side == "on-commit":
            self._conversation.show(shown)
        elif side == "after-create":
            self._untold.append(shown)
        if core.config.transcribes and not (manual and core.switches["manual-transcription"] == "not-sent"):
            self._transcribe(item_id, words)
        return True

    def tell(self) -> None:
        """Show the items that waited for `response.create`."""
        for shown in self._untold:
            self._conversation.show(shown)
        self._untold = []

    def _transcribe(self, item_id: str, words: str) -> None:
        """Previews, then the transcript: on their own clock, whatever the reply does."""
        hearing = Hearing(item_id, words.split(" "))
        self._hearing.append(hearing)
        steps = min(4, len(hearing.words))
        wait = self._core.pace.heard / (steps + 1)
        self._core.after(wait, lambda: self._preview(hearing, 1, steps, wait))

    def _preview_early(self) -> None:
        """In manual mode a preview may come for each append, under the id that the turn will have."""
        core = self._core
        if core.switches["manual-preview"] == "while-appending" and core.config.transcribes:
            self._coming = self._coming or core.ids.make("item")
            self._tell_preview(self._coming, "")

    def _tell_preview(self, item_id: str, so_far: str) -> None:
        core = self._core
        side = core.switches["transcription-preview"]
        if side == "none":
            return
        text, stash = ("", so_far) if side == "stash-only" else (so_far, "")
        core.emit(
            "conversation.item.input_audio_transcription.delta",
            item_id=item_id,
            content_index=0,
            text=text,
            stash=stash,
            language=_language(so_far),
            emotion="neutral",
            obfuscation=core.ids.letters(8),
        )

    def _preview(self, hearing: Hearing, step: int, steps: int, wait: float) -> None:
        core = self._core
        self._tell_preview(hearing.item_id, " ".join(hearing.words[: len(hearing.words) * step // steps]))
        if step < steps:
            core.after(wait, lambda: self._preview(hearing, step + 1, steps, wait))
        else:
            core.after(wait, lambda: self._complete(hearing))

    def _complete(self, hearing: Hearing) -> None:
        self._hearing.remove(hearing)
        self._core.emit(
            "conversation.item.input_audio_transcription.completed",
            item_id=hearing.item_id,
            content_index=0,
            transcript=" ".join(hearing.words),
        )


def _closing(fault: Fault) -> Fault:
    return replace(fault, close=1007)


def _threshold(vad: dict[str, Any]) -> float:
    # The ear takes -1..1 only; past-bound = accepted lets anything into the echo.
    return float(min(1.0, max(-1.0, vad.get("threshold", 0.5))))


def _language(words: str) -> str:
    return "zh" if any("\u4e00" <= character <= "\u9fff" for character in words) else "en"
