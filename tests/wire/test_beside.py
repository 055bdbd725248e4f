"""Fewer conversations beside each other, where a server says that it has no room for more."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from conformance.wire import close, pause, until
from conformance.wire.beside import Beside
from conformance.wire.conversation import Conversation
from conformance.wire.recorder import Recorder
from conformance.wire.recording import Recording
from support import endpoints

CREATED = json.dumps({"type": "session.created", "session": {"id": "sess_1"}})
FULL = {"type": "error", "error": {"code": "", "message": "All session slots are in use."}}


class Small:
    """A server with so many slots; a further client is refused in the handshake, or once it is connected."""

    def __init__(self, slots: int, words: str, *, upgraded: bool) -> None:
        self.slots, self.words, self.upgraded = slots, words, upgraded
        self.taken = 0

    def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        if self.upgraded or self.taken < self.slots:
            return None
        return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, self.words)

    async def handle(self, connection: ServerConnection) -> None:
        if self.taken >= self.slots:
            await connection.send(json.dumps(FULL))
            await connection.close(1013, self.words)
            return
        self.taken += 1
        try:
            await connection.send(CREATED)
            await connection.wait_closed()
        finally:
            self.taken -= 1

    async def record(self, conversations: int, concurrency: int) -> tuple[Recording, Recorder]:
        server: Server
        async with serve(self.handle, "127.0.0.1", 0, process_request=self.admit) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            target = endpoints.target(port, concurrency=concurrency, kind="live")
            recorder = Recorder(target, endpoints.PROFILE)
            made = [Conversation(f"test/{at}", script=lambda _: SCRIPT) for at in range(conversations)]
            return await recorder.record(made, sanity=Conversation("test/Sanity", script=lambda _: SCRIPT)), recorder


SCRIPT = [until("session.created"), pause(20), close(1000)]


@pytest.mark.parametrize("upgraded", [False, True])
async def test_all_are_held_where_there_is_room_for_few(upgraded: bool) -> None:
    found, recorder = await Small(2, "no available session slot", upgraded=upgraded).record(12, 8)
    assert [one.trouble for one in found.transcripts.values()] == [None] * 13
    assert all(one.stop is None for one in found.transcripts.values())
    assert recorder.beside.most in {1, 2}


async def test_other_words_make_it_no_smaller() -> None:
    _, recorder = await Small(2, "bad gateway, sorry", upgraded=False).record(4, 4)
    assert recorder.beside.most == 4


def test_a_crowd_that_was_refused_together_counts_once() -> None:
    beside = Beside(16)
    assert [beside.fewer(1.0, 2.0), beside.fewer(1.5, 2.5), beside.most] == [True, True, 8]
    assert [beside.fewer(2.0, 3.0), beside.most] == [True, 4]
    assert [beside.fewer(at, at + 0.5) for at in (3.0, 4.0, 5.0)] == [True, True, False]
    assert beside.most == 1


async def test_who_waits_and_is_cancelled_leaves_no_gap() -> None:
    beside, order = Beside(1), []

    async def hold(name: str, *, again: bool = False) -> None:
        async with beside:
            order.append(name)
            await asyncio.sleep(0)
            if again:
                await beside.aside()
                order.append(f"{name} again")

    tasks: list[Any] = [asyncio.create_task(hold("a", again=True))]
    tasks += [asyncio.create_task(hold(name)) for name in "bcd"]
    await asyncio.sleep(0)
    tasks[2].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == ["a", "b", "d", "a again"]
