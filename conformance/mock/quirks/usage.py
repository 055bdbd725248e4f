"""Lies about what a response cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.mock.quirks.base import quirk

if TYPE_CHECKING:
    from conformance.mock.errors import Json
    from conformance.mock.session import Session


@quirk("usage-does-not-add-up", "10", "`total_tokens` is one more than input and output")
def _one_more(event: Json, session: Session) -> list[Json] | None:
    response = event.get("response", {})
    if event["type"] != "response.done" or "usage" not in response:
        return None
    usage = {**response["usage"], "total_tokens": response["usage"]["total_tokens"] + 1}
    return [{**event, "response": {**response, "usage": usage}}]
