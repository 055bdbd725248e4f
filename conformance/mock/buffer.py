"""The input buffer: audio and images since the last commit, and the ear that listens to them in VAD mode.

Positions are bytes of PCM since the session began, whatever was cleared or committed in between.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass, field

from conformance.mock import errors, tokens
from conformance.mock.errors import Fault, Refused
from conformance.mock.formats import AudioFormat
from conformance.mock.switches import Switches
from conformance.mock.vad import SpeechStarted, SpeechStopped, VoiceActivity

IMAGE_BASE64_BYTES = 256 * 1024  # CE from May 2026 on, after Base64
IMAGE_RAW_BYTES = 500 * 1024  # CE to April 2026, before Base64
MOST_PIXELS = (1920, 1080)
SMALL_PIXELS = 4 * 32 * 32  # what costs the least tokens


@dataclass
class Turn:
    """What a commit takes out of the buffer.

    `pcm` goes to the model; `seconds` is how much of it is speech (between padding and tail, where VAD found it),
    `streamed_seconds` all that was sent since the turn before, `appends` the seconds of each append.
    """

    pcm: bytes
    format: AudioFormat
    seconds: float
    streamed_seconds: float
    appends: tuple[float, ...] = ()
    images: list[tuple[int, int]] = field(default_factory=list)

    @property
    def whole_seconds(self) -> float:
        """The length of `pcm`, padding and tail included."""
        return len(self.pcm) / self.format.bytes_per_second

    def mono(self) -> bytes:
        """The first channel."""
        step = self.format.channels
        if step == 1:
            return self.pcm
        whole = self.pcm[: len(self.pcm) - len(self.pcm) % (2 * step)]
        return array("h", whole)[::step].tobytes()


class Buffer:
    """Audio and images of one session."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self.format = AudioFormat()
        self._pcm = bytearray()
        self._base = 0  # position of the first byte of `_pcm`
        self._appends: list[float] = []
        self._streamed = 0  # bytes since the last turn
        self._cleared = 0  # bytes thrown away since the last turn
        self._ear: VoiceActivity | None = None
        self._ear_base = 0  # position at which the ear began to listen
        self._settings = (0.5, 300, 800)
        self._clock_origin = 0  # position that the ear's clock calls zero
        self.images: list[tuple[int, int]] = []
        self._audio_since_commit = False
        self.audio_sent = False

    @property
    def position(self) -> int:
        """How much audio the session has sent, in bytes."""
        return self._base + len(self._pcm)

    @property
    def waiting(self) -> int:
        """How much audio waits, in bytes."""
        return len(self._pcm)

    @property
    def appends(self) -> int:
        """How many appends wait."""
        return len(self._appends)

    @property
    def seconds(self) -> float:
        """How much audio waits."""
        return len(self._pcm) / self.format.bytes_per_second

    @property
    def idle_seconds(self) -> float:
        """How much audio was sent since the last turn."""
        return self._streamed / self.format.bytes_per_second

    @property
    def listening(self) -> bool:
        """Whether voice detection is on."""
        return self._ear is not None

    @property
    def speaking(self) -> bool:
        """Whether the user is speaking."""
        return self._ear is not None and self._ear.speaking

    def listen(self, settings: tuple[float, int, int] | None) -> None:
        """Set threshold, padding (ms) and silence (ms) of the ear, or take it away (manual mode)."""
        if settings is None:
            self._ear = None
            return
        self._settings = settings
        if self._ear is None:
            self._new_ear()
        else:
            self._ear.configure(*settings)

    def use(self, new: AudioFormat) -> None:
        """Take another input format; only before audio was sent, or a waiting buffer would change its meaning."""
        if new == self.format:
            return
        self.format = new
        if self._ear is not None:
            self._new_ear()

    def _new_ear(self) -> None:
        # A rate that is not documented (Q-SAMPLE-RATE) may be no multiple of what the ear needs; it hears as well.
        rate = max(1000, self.format.rate // 1000 * 1000)
        self._ear = VoiceActivity(*self._settings, rate=rate, channels=self.format.channels)
        # The clock counts all audio of the session, also what came in manual mode; whole samples only.
        self._ear_base = self.position - self.position % (2 * self.format.channels)

    def append(self, data: bytes) -> list[SpeechStarted | SpeechStopped]:
        """Take audio and return what the ear found in it (positions and ms of the session)."""
        if self.format.container == "wav" and data[:4] == b"RIFF":
            rate, data = _without_header(data)
            if rate != self.format.rate and self._switches["wav-input-rate"] == "error":
                raise Refused(errors.wrong_value("audio", rate, f"The session's sample rate is {self.format.rate}."))
        if data:
            self.audio_sent = self._audio_since_commit = True
        self._pcm += data
        self._streamed += len(data)
        self._appends.append(len(data) / self.format.bytes_per_second)
        if self._ear is None:
            return []
        found: list[SpeechStarted | SpeechStopped] = []
        shift = (self._ear_base - self._clock_origin) * 1000 // self.format.bytes_per_second
        for event in self._ear.feed(data):
            start = event.start_byte + self._ear_base
            if isinstance(event, SpeechStarted):
                found.append(SpeechStarted(event.audio_start_ms + shift, start))
            else:
                found.append(SpeechStopped(event.audio_end_ms + shift, start, event.end_byte + self._ear_base))
        return found

    def cut(self, start: int, end: int, speech_seconds: float) -> Turn:
        """Take a turn that the ear found; what came before it is dropped, what came after it waits."""
        turn = self._turn(bytes(self._pcm[start - self._base : end - self._base]), speech_seconds)
        del self._pcm[: end - self._base]
        self._base = end
        self._streamed = len(self._pcm)
        return turn

    def commit(self) -> Turn:
        """Take everything as a turn, or refuse (E5)."""
        least = {"any": 0.0, "ms-100": 0.1, "ms-500": 0.5}[self._switches["commit-minimum"]]
        if not self._pcm or self.seconds < least:
            raise Refused(errors.EMPTY_BUFFER)
        turn = self._turn(bytes(self._pcm), self.seconds)
        self._base = self.position
        self._pcm.clear()
        self._streamed = 0
        if self._ear is not None:
            self._ear.reset()
        return turn

    def _turn(self, pcm: bytes, speech_seconds: float) -> Turn:
        per_second = self.format.bytes_per_second
        extra = self._cleared / per_second if self._switches["cleared-billed"] == "billed" else 0.0
        made = Turn(pcm, self.format, speech_seconds + extra, self._streamed / per_second, tuple(self._appends))
        made.images = self.images
        self.images = []
        self._appends = []
        self._cleared = 0
        self._audio_since_commit = False
        return made

    def clear(self) -> None:
        """Throw away what waits; the clock of the ear goes on."""
        self._cleared += len(self._pcm)
        self._base = self.position
        self._pcm.clear()
        self._appends = []
        self._streamed = 0
        self._audio_since_commit = False
        if self._switches["clear-images"] == "cleared":
            self.images = []
        if self._ear is not None:
            self._ear.reset()
        if self._switches["vad-clock-after-clear"] == "restarts":
            self._clock_origin = self._base

    def drop(self) -> None:
        """Throw away what waits without a trace (a switch of mode)."""
        self._base = self.position
        self._pcm.clear()
        self._appends = []

    # -- images

    def check_image_order(self) -> None:
        """Refuse an image before audio (E4): in this turn, or in the session."""
        per_turn = self._switches["image-order"] == "per-turn"
        if not (self._audio_since_commit if per_turn else self.audio_sent):
            raise Refused(errors.IMAGE_BEFORE_AUDIO)

    def add_image(self, data: bytes, base64_length: int) -> None:
        """Take a JPEG, or refuse it for its size, kind or resolution."""
        limit = self._switches["image-limit"]
        if limit == "base64-256k" and base64_length > IMAGE_BASE64_BYTES:
            raise Refused(_image("The image is larger than 256 KB after Base64."))
        if limit == "raw-500k" and len(data) > IMAGE_RAW_BYTES:
            raise Refused(_image("The image is larger than 500 KB."))
        if data[:2] != b"\xff\xd8":
            self._reject("image-png", "Only JPEG images are supported.")
            return
        try:
            size = tokens.jpeg_size(data)
        except tokens.NotJpeg:
            size = None
        if size is None or data.rstrip(b"\x00")[-2:] != b"\xff\xd9":
            self._reject("image-corrupt", "The image can't be decoded.")
            return
        if self._switches["image-token-min"] == "refused" and size[0] * size[1] <= SMALL_PIXELS:
            raise Refused(_image("The image is too small."))
        longest, shortest = MOST_PIXELS
        too_large = max(size) > longest or min(size) > shortest
        if too_large and self._switches["image-resolution"] != "accepted":
            self._reject("image-resolution", "The image is larger than 1080p.")
            return
        self.images.append(size)

    def _reject(self, switch: str, why: str) -> None:
        side = self._switches[switch]
        if side != "ignored":
            raise Refused(_image(why, 1007 if side == "closed" else None))


def _image(why: str, close: int | None = None) -> Fault:
    return Fault(why, code="invalid_value", param="image", close=close)


def _without_header(data: bytes) -> tuple[int, bytes]:
    """Return (rate in Hz, samples) of the beginning of a WAV file."""
    rate, at = 0, 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name == b"fmt " and at + 16 <= len(data):
            rate = int.from_bytes(data[at + 12 : at + 16], "little")
        if name == b"data":
            return rate, data[at + 8 :]
        at += 8 + size + size % 2
    return rate, b""


def wav_header(rate: int, length: int = 0xFFFFFFFF) -> bytes:
    """Return the 44 bytes before s16le mono samples; the length of a stream is not known and all ones."""
    sizes = struct.pack("<I", min(0xFFFFFFFF, length + 36)), struct.pack("<I", length)
    form = struct.pack("<IHHIIHH", 16, 1, 1, rate, rate * 2, 2, 16)
    return b"RIFF" + sizes[0] + b"WAVEfmt " + form + b"data" + sizes[1]
