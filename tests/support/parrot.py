"""An endpoint that quotes the caller's key in every form and everywhere."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import html
import json
import logging
import threading
from collections.abc import Iterator
from urllib.parse import quote

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

ESCAPES = "\x1b[31m\x1b]0;owned\x07\x9b2J"


def forms(key: str) -> list[str]:
    """The key as a server may write it."""
    raw = key.encode()
    return [
        key, key.upper(), quote(key, safe=""), "".join(f"%{byte:02x}" for byte in raw), raw.hex(), raw.hex(" ").upper(),
        *(base64.b64encode(b"x" * lead + raw).decode() for lead in range(3)), json.dumps(json.dumps(key)),
        "".join(f"\\u{byte:04x}" for byte in raw), html.escape("".join(f"&#{byte};" for byte in raw)),
        key[:8], key[-16:], key[:20],
    ]  # fmt: skip


async def parrot(connection: ServerConnection) -> None:
    """Greets with the key, answers each event with it, hangs up with it."""
    assert connection.request is not None
    key = connection.request.headers.get("Authorization", "Bearer nothing-at-all").removeprefix("Bearer ")
    said = " | ".join(forms(key))
    session = {"id": f"sess_{key}", "object": "realtime.session", "voice": said}
    await connection.send(json.dumps({"type": "session.created", "event_id": "e", "session": session}))
    heard = 0
    async for _ in connection:
        heard += 1
        await connection.send(json.dumps({"type": "error", "event_id": key, "error": {"message": said + ESCAPES}}))
        await connection.send(f"no JSON: {said}{ESCAPES}")
        await connection.send(said.encode())
        for part in (key[:5], key[5:]):
            await connection.send(json.dumps({"type": "response.text.delta", "event_id": "e", "delta": part}))
        await connection.ping(f"{key}{heard}".encode())
        if heard == 3:
            await connection.close(1008, f"no: {key}"[:120])


def quoting(connection: ServerConnection, request: Request, response: Response) -> None:
    """Puts the key into a header of the upgrade."""
    del connection
    response.headers["X-Seen"] = request.headers.get("Authorization", "")


def refusing(connection: ServerConnection, request: Request) -> Response:
    """Refuses the upgrade with everything that was sent."""
    key = request.headers.get("Authorization", "").removeprefix("Bearer ")
    response = connection.respond(401, json.dumps({"code": "InvalidApiKey", "message": " | ".join(forms(key))}))
    response.headers["WWW-Authenticate"] = f"Bearer {key}"
    return response


@contextlib.contextmanager
def endpoint(*, refuses: bool = False) -> Iterator[int]:
    """The port of one, in a thread of its own."""
    ready: list[int] = []
    started, loop, stop = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    async def main() -> None:
        options = {"process_request": refusing} if refuses else {"process_response": quoting}
        quiet = logging.getLogger("parrot")
        quiet.setLevel(logging.CRITICAL + 1)  # its handlers' failures are no news: the client hangs up when it likes
        async with serve(parrot, "127.0.0.1", 0, logger=quiet, **options) as server:
            ready.append(next(iter(server.sockets)).getsockname()[1])
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),), daemon=True)
    thread.start()
    assert started.wait(60)
    try:
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)
        loop.close()
