"""Lies about responses: their life cycle, their content, their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.mock.quirks.base import quirk

if TYPE_CHECKING:
    from conformance.mock.errors import Json
    from conformance.mock.session import Session


@quirk("done-without-created", "08", "a response ends that was never announced")
def _no_created(event: Json, session: Session) -> list[Json] | None:
    return [] if event["type"] == "response.created" else None


@quirk("text-done-differs", "08", "the text of `response.text.done` is not that of its deltas")
def _other_words(event: Json, session: Session) -> list[Json] | None:
    return [{**event, "text": event["text"] + " Or so."}] if event["type"] == "response.text.done" else None
