"""How a client sends pictures."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from conformance.clients.rules.base import Finding, rule
from conformance.clients.view import Played, Session
from conformance.wire.gaps import Elided
from conformance.wire.transcript import Frame

LONGEST = 262_144
"""Characters of Base64 (CE, copies from June 2026 on)."""
PIXELS = (1920, 1080)
PER_SECOND = 2.5
"""The page advises one a second, the vendor's demo sends two."""
KIND, NONE = "input_image_buffer.append", "sent no image"
FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})


def images(session: Session) -> Iterator[tuple[Frame, str]]:
    """Appended images with their Base64."""
    for frame in session.said(KIND):
        image = frame.event.get("image")
        if isinstance(image, str):
            yield frame, image


@rule("CLI-043", NONE)
def audio_comes_first(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        heard = False
        for frame in session.frames:
            if frame.type == "input_audio_buffer.append" and frame.side == "client":
                heard = True
            elif frame.type in {"input_audio_buffer.committed", "input_audio_buffer.cleared"}:
                heard = False
            elif frame.type == KIND and frame.side == "client":
                yield None if heard else session.told(frame, "an image comes before any audio of its turn")


@rule("CLI-044", NONE)
def images_are_jpeg(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        for frame, image in images(session):
            begins = image.head if isinstance(image, Elided) else image[:12]
            yield (
                None
                if begins.startswith("/9j/")
                else session.told(frame, f"an image begins with {begins!r}: no JPEG in Base64")
            )


@rule("CLI-045", NONE)
def images_are_small(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        for frame, image in images(session):
            size = (image.size + 2) // 3 * 4 if isinstance(image, Elided) else len(image)
            yield session.told(frame, f"an image has {size} characters of Base64") if size > LONGEST else None


@rule("CLI-046", NONE)
def images_have_few_pixels(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        for frame, image in images(session):
            size = pixels(image)
            if size is not None:
                long, short = max(size), min(size)
                big = long > PIXELS[0] or short > PIXELS[1]
                yield (
                    session.told(frame, f"an image has {size[0]} by {size[1]} pixels, more than 1080p") if big else None
                )


def pixels(image: str) -> tuple[int, int] | None:
    """Width and height of a JPEG in Base64; None when they can't be told."""
    try:
        data = base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError):
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, size = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in FRAMES:
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 + size
    return None


@rule("CLI-047", "sent fewer than three images")
def images_come_slowly(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        sent = [frame for frame, _ in images(session)]
        at = [frame.at for frame in sent]
        if len(at) > 2:
            seconds = (at[-1] - at[0]) / 1000
            fast = (len(at) - 1) > PER_SECOND * max(seconds, 1.0)
            yield session.told(sent[-1], f"sent {len(at)} images in {seconds:.1f} s") if fast else None
