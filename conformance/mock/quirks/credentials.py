"""Lies that tell the client's own key."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING

from conformance.mock.quirks.base import quirk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.mock.errors import Json
    from conformance.mock.session import Session

ERRORS = ("envelope/UnknownType",)


def in_errors(name: str, lie: str, written: Callable[[str], str]) -> None:
    """Every `error` quotes the key in this way."""

    @quirk(name, "00", lie, touches=ERRORS)
    def quotes(event: Json, session: Session) -> list[Json] | None:
        if event["type"] != "error":
            return None
        said = f"{event['error']['message']} (key {written(session.key)})"
        return [{**event, "error": {**event["error"], "message": said}}]


in_errors("error-quotes-the-key", "an error quotes the client's key", lambda key: key)
in_errors("error-percent-encodes-the-key", "an error quotes the client's key, percent-encoded",
          lambda key: "".join(f"%{byte:02x}" for byte in key.encode()))  # fmt: skip
in_errors("error-quotes-the-key-in-base64", "an error quotes the client's credentials in Base64",
          lambda key: base64.b64encode(f"Bearer {key}".encode()).decode())  # fmt: skip


@quirk("refusal-quotes-the-key", "00", "a 401 says which key was wrong", hook="admit", touches=("connection/BadKey",))
def _which(path: str, headers: Mapping[str, str]) -> tuple[int, str, str] | None:
    key = headers.get("Authorization", "").partition(" ")[2]
    return (401, "InvalidApiKey", f"Incorrect API key provided: {key}.") if "invalid" in key else None


@quirk("goodbye-quotes-the-key", "00", "the answer to a close has the client's key as its reason", hook="reason",
       touches=("closing/Idle",))  # fmt: skip
def _goodbye(reason: str, key: str) -> str:
    return key
