"""HAR: what browsers (Chrome, Firefox), Playwright and mitmproxy save, WebSocket messages in `_webSocketMessages`.

Such a file shows messages and the handshake, and no control frame: how a connection ended is not in it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import IO, Any

from conformance.intake import clock, scrub
from conformance.intake.connection import Connection, Unread
from conformance.intake.walker import Walker
from conformance.wire.transcript import Handshake, Side

SIDES: dict[str, Side] = {"send": "client", "receive": "server"}


def read(file: IO[bytes], *, keep_audio: bool) -> Iterator[Connection]:
    """The WebSocket connections of a HAR document, one at a time."""
    walker = Walker(file)
    found = 0
    for name in walker.members():
        if name != "log":
            walker.value()
            continue
        for part in walker.members():
            if part != "entries":
                walker.value()
                continue
            for _ in walker.elements():
                connection = _entry(walker, keep_audio)
                if connection is not None:
                    found += 1
                    yield connection
    if not found:
        raise Unread(
            "this is a HAR file, and no entry of it has `_webSocketMessages`: save it after the call, with the "
            "WebSocket in the list of requests (mitmproxy: `mitmdump -nr FLOWS --set hardump=FILE.har`)"
        )


def _entry(walker: Walker, keep_audio: bool) -> Connection | None:
    connection = Connection("HAR", keep_audio=keep_audio)
    seen = False
    request: Any = {}
    response: Any = {}
    for name in walker.members():
        if name == "_webSocketMessages" and walker.peek() == "[":
            seen = True
            for _ in walker.elements():
                _message(connection, walker.value(), walker.line)
        elif name == "request":
            request = walker.value()
        elif name == "response":
            response = walker.value()
        elif name == "startedDateTime":
            connection.began = clock.iso(str(walker.value()))
        else:
            walker.value()
    if not seen:
        return None
    request = request if isinstance(request, dict) else {}
    response = response if isinstance(response, dict) else {}
    connection.url = str(request.get("url") or "").replace("http", "ws", 1) if isinstance(request, dict) else ""
    status = response.get("status")
    if isinstance(status, int) and 100 <= status <= 599:  # browsers write 0 or nothing where they did not look
        content = response.get("content")
        body = content.get("text") if isinstance(content, dict) else None
        shown = scrub.words(body) if isinstance(body, str) else ""
        connection.handshake = Handshake(status, 0.0, _headers(request), _headers(response), shown)
    return connection


def _message(connection: Connection, message: Any, line: int) -> None:
    """Take a message: opcode 2 is Base64 of bytes, 1 is text; browsers write -1 for an error of their own."""
    if not isinstance(message, dict) or message.get("type") not in SIDES:
        if isinstance(message, dict) and message.get("type") == "error":
            return
        raise Unread(f"line {line}: a WebSocket message of a HAR file has the `type` send or receive")
    data, opcode = message.get("data"), message.get("opcode", 1)
    # Seconds since 1970 of Chrome, Firefox and mitmproxy, ms of Playwright: their size tells.
    side, at = SIDES[message["type"]], clock.told({"time": message.get("time")})
    if opcode == 1:
        connection.take(side, at, text=data if isinstance(data, str) else "")
    elif opcode == 2:
        try:
            raw = base64.b64decode(data or "", validate=True)
        except (binascii.Error, ValueError, TypeError):
            raw = str(data).encode()
        connection.take(side, at, data=raw, opcode="binary")


def _headers(part: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    found = part.get("headers")
    pairs = [
        (str(one.get("name", "")), str(one.get("value", "")))
        for one in (found if isinstance(found, list) else [])
        if isinstance(one, dict)
    ]
    return scrub.headers(pairs)
