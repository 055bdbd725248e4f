"""Lies about the end of a connection."""

from __future__ import annotations

from conformance.mock.quirks.base import quirk


@quirk("close-not-answered", "11", "the client's close frame gets no close frame back", hook="close_frame")
def _mute_close(code: int | None, reason: str) -> None:
    return None
