"""Lies about images."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from conformance.mock import tokens
from conformance.mock.errors import Refused, not_allowed
from conformance.mock.quirks.base import quirk
from conformance.mock.quirks.making import count, drops, edits, put, refuses, says

if TYPE_CHECKING:
    from conformance.mock.errors import Json
    from conformance.mock.quirks.making import When
    from conformance.mock.session import Session

ORDER, KINDS = ("images/Order",), ("images/Kinds",)
IMAGE = "input_image_buffer.append"
FIRST = says("append image before append audio")


def of_size(*sizes: tuple[int, int]) -> When:
    """Whether an append holds a JPEG of one of these sizes (pixels)."""

    def condition(event: Json, session: Session) -> bool:
        try:
            return tokens.jpeg_size(base64.b64decode(event["image"], validate=True)) in sizes
        except (KeyError, TypeError, binascii.Error, tokens.NotJpeg):
            return False

    return condition


edits("image-error-of-another-type", "06", "an image before audio is a fault of the server", "error",
      put("error.type", "server_error"), when=FIRST, touches=ORDER)  # fmt: skip
edits("image-error-says-nothing", "06", "the error for an image before audio is about something else", "error",
      put("error.message", "Bad request."), when=FIRST, touches=ORDER)  # fmt: skip
drops(
    "image-before-audio-ignored", "06", "an image before audio is met with silence", "error", when=FIRST, touches=ORDER
)
refuses("image-error-spoils", "06", "after that error no image is taken", IMAGE,
        when=lambda event, session: count(session, "images") == 2, touches=ORDER)  # fmt: skip
refuses("refuses-small-images", "06", "a small JPEG is refused", IMAGE, when=of_size((320, 240)), touches=ORDER)
refuses("one-image-a-turn", "06", "a second image in a turn is refused", IMAGE,
        when=lambda event, session: count(session, "images") == 5, touches=ORDER)  # fmt: skip


@quirk("images-are-acknowledged", "06", "an image gets an answer", hook="receive", touches=ORDER)
def _acknowledges(event: Json, session: Session) -> Json:
    if event["type"] == IMAGE and count(session, "images") == 2:
        session.emit("input_image_buffer.appended")
    return event


refuses("refuses-large-files", "06", "a JPEG of 180 KB is refused", IMAGE,
        when=lambda event, session: 200_000 < len(str(event.get("image"))) < 300_000, touches=KINDS)  # fmt: skip
refuses("refuses-720p", "06", "a JPEG of 1280 x 720 is refused", IMAGE, when=of_size((1280, 720)), touches=KINDS)
refuses("refuses-1080p", "06", "a JPEG of 1920 x 1080 is refused", IMAGE, when=of_size((1920, 1080)), touches=KINDS)


@quirk("takes-no-image", "06", "an append without an image is taken", hook="receive", touches=KINDS)
def _takes_none(event: Json, session: Session) -> Json | None:
    return None if event["type"] == IMAGE and "image" not in event else event


@quirk("takes-any-alphabet", "06", "an image that is not Base64 is taken", hook="receive", touches=KINDS)
def _takes_stars(event: Json, session: Session) -> Json | None:
    return None if event["type"] == IMAGE and str(event.get("image")).startswith("*") else event


@quirk("no-images-in-vad", "06", "an image is refused in VAD mode", hook="receive", touches=("images/InVad",))
def _not_in_vad(event: Json, session: Session) -> Json:
    if event["type"] == IMAGE and session.config.turn_detection is not None:
        raise Refused(not_allowed("Images need manual mode."))
    return event


@quirk("images-are-free", "06", "an image costs nothing", hook="receive", touches=("images/Cost",))
def _free(event: Json, session: Session) -> Json | None:
    return None if event["type"] == IMAGE else event
