"""Tiny endpoints for the tests of the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request
from websockets.server import ServerProtocol

from conformance.spec.profiles import profile_for
from conformance.wire.conversation import Conversation
from conformance.wire.steps import Step
from conformance.wire.target import EMBEDDED, Target

PROFILE = profile_for("qwen3.5-omni-flash-realtime")
FAST = replace(EMBEDDED, answer=200, quiet=60, close=200, connect=2000)


def target(port: int, **changes: Any) -> Target:
    base = Target(
        "mock", "mock", f"ws://127.0.0.1:{port}/x", PROFILE.model, "the-key", None, FAST, pace=0.0, concurrency=8
    )
    return replace(base, **changes)


def script(*steps: Step, **attributes: Any) -> Conversation:
    return Conversation("test/One", script=lambda _: list(steps), **attributes)


@asynccontextmanager
async def endpoint(handler: Callable[[ServerConnection], Awaitable[None]], **options: Any) -> AsyncIterator[int]:
    async with serve(handler, "127.0.0.1", 0, **options) as server:
        yield next(iter(server.sockets)).getsockname()[1]


@asynccontextmanager
async def raw_endpoint(
    handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """A TCP endpoint; leaves only when its handlers are done and their sockets closed."""
    running: list[asyncio.Task[Any]] = []

    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.append(task)
        try:
            await handler(reader, writer)
        finally:
            writer.close()
            await asyncio.wait([asyncio.ensure_future(writer.wait_closed())])

    server = await asyncio.start_server(run, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        if running:
            await asyncio.wait(running, timeout=2)


async def upgraded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> ServerProtocol:
    """Accept the WebSocket handshake on a raw connection."""
    core = ServerProtocol()
    while not (events := core.events_received()):
        core.receive_data(await reader.read(4096))
    request = events[0]
    assert isinstance(request, Request)
    core.send_response(core.accept(request))
    writer.write(b"".join(core.data_to_send()))
    return core


def says(*events: dict[str, Any]) -> Callable[[ServerConnection], Awaitable[None]]:
    """An endpoint that greets and then answers each message by the next event."""

    async def handler(connection: ServerConnection) -> None:
        await connection.send(json.dumps({"type": "session.created", "session": {"id": "sess_1"}}))
        waiting: Sequence[dict[str, Any]] = events
        async for _ in connection:
            if not waiting:
                continue
            await connection.send(json.dumps(waiting[0]))
            waiting = waiting[1:]

    return handler
