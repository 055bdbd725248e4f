"""What things cost in tokens, and the `usage` object that says so.

Audio and image rules are documented (RT); text tokens are an estimate, since no tokenizer ships with the
suite.
"""

from __future__ import annotations

import math
import struct
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.mock.models import Model


class NotJpeg(ValueError):  # noqa: N818  (reads as what it says)
    """The bytes aren't a JPEG, or end before its size is given."""


def _audio(model: Model, seconds: float, rate: float) -> int:
    if seconds <= 0:
        return 0
    # Which way fractions go is stated nowhere; up, so that audio is never free.  Rounded first: 8.64 s x
    # 12.5 is 108.
    return math.ceil(round(max(seconds, model.audio_min_seconds) * rate, 6))


def audio_input_tokens(model: Model, seconds: float, channels: int = 1) -> int:
    """Return the tokens of heard audio: seconds x rate, at least 1 s, twice that with 2 or 4 channels."""
    tokens = _audio(model, seconds, model.audio_in_rate)
    return tokens * (model.multichannel_factor if channels > 1 else 1)


def audio_output_tokens(model: Model, seconds: float) -> int:
    """Return the tokens of spoken audio: seconds x rate, less than 1 s counts as 1 s."""
    return _audio(model, seconds, model.audio_out_rate)


def image_tokens(model: Model, width: int, height: int, *, compact: bool = False) -> int:
    """Return the tokens of one image of `width` x `height` pixels.

    RT's algorithm: both sides to the nearest multiple of the token's side, then scaled until the pixel
    count is within 4..1280 tokens.  `compact` is `representation_compact: "normal"`, a quarter of that (CE;
    at least 1 is ours).
    """
    side = model.image_side
    rows, columns = round(height / side), round(width / side)
    least, most = model.image_min_tokens, model.image_max_tokens
    if rows * columns > most:
        shrink = math.sqrt(width * height / (most * side * side))
        rows = max(1, math.floor(height / shrink / side))
        columns = max(1, math.floor(width / shrink / side))
        # A strip many times longer than wide can't go below one row; only then does the bound need help.
        rows, columns = min(rows, most), min(columns, most)
    elif rows * columns < least:
        grow = math.sqrt(least * side * side / (width * height))
        rows, columns = math.ceil(height * grow / side), math.ceil(width * grow / side)
    tokens = rows * columns
    return max(1, tokens // 4) if compact else tokens


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Return (width, height) in pixels from the frame header (SOFn) of a JPEG."""
    if data[:2] != b"\xff\xd8":
        raise NotJpeg("no SOI marker at the start")
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise NotJpeg(f"no marker at byte {at}")
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:  # markers without a length
            at += 2
            continue
        if marker in (0xD9, 0xDA):
            break
        (length,) = struct.unpack_from(">H", data, at + 2)
        # C4, C8 and CC share the range with the frame headers and aren't any.
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            if at + 9 > len(data):
                break
            height, width = struct.unpack_from(">HH", data, at + 5)
            if not width or not height:
                raise NotJpeg("the frame header gives no size")
            return width, height
        at += 2 + length
    raise NotJpeg("no frame header before the image data")


def text_tokens(text: str) -> int:
    """Estimate the tokens of a text: 1 for a wide character (CJK, emoji), 1 for 4 others, rounded up."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return wide + math.ceil((len(text) - wide) / 4)


@dataclass(frozen=True)
class Usage:
    """The tokens of one response, by modality.

    The key for images is stated nowhere; `image_tokens` is the name by analogy.
    """

    input_text: int = 0
    input_audio: int = 0
    input_image: int = 0
    output_text: int = 0
    output_audio: int = 0
    searches: int = 0

    @property
    def input_tokens(self) -> int:
        """All tokens that went in."""
        return self.input_text + self.input_audio + self.input_image

    @property
    def output_tokens(self) -> int:
        """All tokens that came out."""
        return self.output_text + self.output_audio

    @property
    def total_tokens(self) -> int:
        """All tokens."""
        return self.input_tokens + self.output_tokens

    def to_dict(self) -> dict[str, Any]:
        """Return `response.done`'s `usage`: no modality that is zero (WS-REC); the sums add up (SE)."""
        usage: dict[str, Any] = {
            "total_tokens": self.total_tokens,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "input_tokens_details": _present(
                text_tokens=self.input_text, audio_tokens=self.input_audio, image_tokens=self.input_image
            ),
            "output_tokens_details": _present(text_tokens=self.output_text, audio_tokens=self.output_audio),
        }
        if self.searches:
            usage["plugins"] = {"search": {"count": self.searches, "strategy": "agent"}}
        return usage


def _present(**counts: int) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
