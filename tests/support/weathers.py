"""Endpoints in bad weather, and a recorder before them on a clock that only sleeping moves."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection

from conformance.wire import close, send, until
from conformance.wire.conversation import Conversation
from conformance.wire.recorder import Recorder
from conformance.wire.recording import Recording
from conformance.wire.transcript import Transcript
from support import endpoints

FIELD = Path(__file__).resolve().parents[1] / "field"
MODEL = endpoints.PROFILE.model
Handler = Callable[[ServerConnection], Awaitable[None]]


class FakeClock:
    """Time passes when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


def field(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FIELD / name).read_text(encoding="utf-8").splitlines()]


def greeting(model: str | None = MODEL) -> str:
    session = {"id": "sess_1", **({} if model is None else {"model": model})}
    return json.dumps({"type": "session.created", "session": session})


def ask(name: str = "test/1", **attributes: Any) -> Conversation:
    steps: list[Any] = [until("session.created"), send("response.create"), until("response.done"), close(1000)]
    return Conversation(name, script=lambda _: steps, **attributes)


def greet(name: str = "connection/Sanity", **attributes: Any) -> Conversation:
    return Conversation(name, script=lambda _: [until("session.created"), close(1000)], **attributes)


def good() -> Handler:
    return endpoints.says({"type": "response.done", "response": {"id": "resp_1"}})


def in_turn(*handlers: Handler) -> Handler:
    """An endpoint that treats each connection in its own way, the last of them for ever."""
    waiting = list(handlers)

    async def handler(connection: ServerConnection) -> None:
        mine = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        await mine(connection)

    return handler


def drops(after: int = 1, *, code: int | None = None) -> Handler:
    """Greets, reads so many messages, and is gone: without a close frame, or with this code."""

    async def handler(connection: ServerConnection) -> None:
        await connection.send(greeting())
        for _ in range(after):
            await connection.recv()
        if code is None:
            connection.transport.close()
        else:
            await connection.close(code, "Internal service error: null")

    return handler


async def record(
    handler: Handler, *conversations: Conversation, sanity: Conversation | None = None, **options: Any
) -> tuple[Recording, list[Transcript], FakeClock]:
    changes = {"kind": "live", "concurrency": 1, "back_off": 60.0, **options.pop("target", {})}
    seen: list[Transcript] = []
    clock = FakeClock()
    names = ("process_request",)
    serving = {name: options.pop(name) for name in names if name in options}
    budget = options.pop("budget", None)
    async with endpoints.endpoint(handler, **serving) as port:
        recorder = Recorder(endpoints.target(port, **changes), endpoints.PROFILE, budget, clock=clock)
        found = await recorder.record(conversations, sanity=sanity, on_done=seen.append, **options)
    return found, seen, clock
