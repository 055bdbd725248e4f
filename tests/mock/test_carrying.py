"""Messages between a socket and a session: in which order, in how many pieces, and what a client's end breaks off."""

import asyncio
import json
import logging
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError

from conformance.mock.carrying import carry
from conformance.mock.core import SendEvent
from conformance.mock.crowd import Crowd
from conformance.mock.link import MOST_WAITING, TOGETHER, Message, Opcode
from conformance.mock.server import MockServer
from hostile.kit import CONT, TEXT, frame
from support.raw import UPGRADE, connected, ended, item

ODD = b'{"type":"no.such.event"}'


class Line:
    """A link that has one message waiting; then, if the session has nothing more to say, the client is gone."""

    def __init__(self, happened: list[str]) -> None:
        self.happened, self.waiting = happened, 1

    def receive(self) -> Message:
        self.waiting = 0
        return Message(Opcode.TEXT, ODD, frames=1, pinged=False)

    async def say(self, text: str) -> None:
        self.happened.append(f"said {json.loads(text)['type']}")

    async def flush(self) -> None:
        self.happened.append("sent")

    async def arrival(self, within: float | None) -> None:
        raise ConnectionClosedError(None, None)


class Due:
    """A session that has had something to say for a while."""

    held = 0

    def __init__(self, happened: list[str]) -> None:
        self.happened = happened
        self.quirks: Any = type("Honest", (), {"loses": staticmethod(lambda frames, pinged: False)})

    def receive_text(self, text: str, now: float) -> None:
        self.happened.append("heard")

    def poll(self, now: float) -> list[SendEvent]:
        return [SendEvent({"type": "response.created"}), SendEvent({"type": "response.done"})]

    def next_due(self) -> None:
        return None


async def test_what_has_arrived_is_heard_before_what_is_due_is_said_and_that_leaves_together():
    happened: list[str] = []
    with pytest.raises(ConnectionClosedError):
        await carry(Line(happened), Due(happened), Crowd())  # type: ignore[arg-type]
    assert happened == ["heard", "said response.created", "said response.done", "sent"]


async def test_a_message_may_come_in_any_number_of_pieces():
    async with MockServer() as server, connected(server, UPGRADE) as (reader, writer):
        await reader.readuntil(b"session.created")
        writer.write(frame(TEXT, b"", masked=True, fin=False))
        for byte in ODD:
            writer.write(frame(CONT, bytes([byte]), masked=True, fin=False))
        writer.write(frame(CONT, b"", masked=True))
        async with asyncio.timeout(60):
            assert b"no.such.event" in await reader.readuntil(b"no.such.event")


async def test_of_a_client_that_sends_faster_than_it_is_answered_nothing_is_lost():
    many = 4 * MOST_WAITING
    large = b'{"type":"no.such.event","more":"' + b"x" * 10 * TOGETHER + b'"}'  # more than what is read in one go
    async with MockServer() as server, connected(server, UPGRADE) as (reader, writer):
        await reader.readuntil(b"session.created")
        writer.write(frame(TEXT, ODD, masked=True) * many + frame(TEXT, large, masked=True))
        heard = b""
        async with asyncio.timeout(60):
            while heard.count(b'"invalid_request_error"') < many + 1:
                heard += await reader.read(TOGETHER)


async def test_a_client_that_is_reset_while_it_takes_nothing_ends_its_session_alone(caplog):
    async with MockServer() as server, connected(server, UPGRADE) as (reader, writer):
        await reader.readuntil(b"session.created")
        reader._transport.pause_reading()
        (link,) = server._crowd.links
        said = item("x" * 100_000).encode()
        async with asyncio.timeout(60):
            while not link.paused:
                writer.write(frame(TEXT, said, masked=True))
                await asyncio.sleep(0)
            writer.transport.abort()
            while server._crowd.links:  # noqa: ASYNC110  # the server has no event of ours
                await asyncio.sleep(0)
        async with connected(server, UPGRADE) as (other, _):
            await other.readuntil(b"session.created")
        assert await ended(reader) is not None
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
