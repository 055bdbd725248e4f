"""Clients that mean the mock no good: each is bounded and refused in words."""

import asyncio
import base64
import json
import re
import signal
import subprocess
import sys

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from conformance.mock.buffer import Buffer
from conformance.mock.crowd import Crowd
from conformance.mock.ledger import KEPT, Call, Ledger
from conformance.mock.models import USUAL, model_for
from conformance.mock.options import MIB, Limits, MockOptions
from conformance.mock.server import MockServer
from conformance.mock.session import SendEvent, Session
from conformance.mock.switches import Switches
from hostile.kit import PING, TEXT, frame
from support.raw import UPGRADE, connected, ended, item
from support.runs import environment

KEY = {"Authorization": "Bearer any-key"}


def told(session):
    return [out.event for out in session.poll(0.0) if isinstance(out, SendEvent)]


@pytest.mark.parametrize(("size", "refused"), [(1000, False), (1002, True)])
def test_audio_that_is_never_committed_is_refused_past_the_bound(size, refused):
    session = Session(model_for(USUAL), MockOptions(limits=Limits(buffer_bytes=1000)))
    told(session)
    audio = base64.b64encode(bytes(size // 2 - size // 2 % 2)).decode()
    rest = base64.b64encode(bytes(size - (size // 2 - size // 2 % 2))).decode()
    for piece in (audio, rest):
        session.receive_text(f'{{"type":"input_audio_buffer.append","audio":"{piece}"}}', 0.0)
    errors = [event["error"]["message"] for event in told(session) if event["type"] == "error"]
    assert errors == (["The input audio buffer holds at most 1000 bytes."] if refused else [])


async def test_a_session_past_the_limit_is_refused_and_a_freed_place_is_given_again():
    async with MockServer(MockOptions(limits=Limits(connections=2))) as server:
        url = f"{server.url}?model={USUAL}"
        async with connect(url, additional_headers=KEY) as first, connect(url, additional_headers=KEY):
            with pytest.raises(InvalidStatus) as refused:
                await connect(url, additional_headers=KEY)
            assert refused.value.response.status_code == 503
            assert b"Too many sessions are open." in refused.value.response.body
            await first.close()
            async with connect(url, additional_headers=KEY) as third:
                assert "session.created" in await third.recv()


def append(data, pieces=1):
    return [json.dumps({"type": "input_audio_buffer.append", "audio": base64.b64encode(data).decode()})] * pieces


def refusals(session, *texts):
    for text in texts:
        session.receive_text(text, 0.0)
    return [event["error"]["message"] for event in told(session) if event["type"] == "error"]


@pytest.mark.parametrize(("pieces", "refused"), [(3, []), (4, ["The input audio buffer holds at most 3 appends."])])
def test_appends_that_hold_next_to_nothing_are_bounded_too(pieces, refused):
    session = Session(model_for(USUAL), MockOptions(limits=Limits(appends=3)))
    assert refusals(session, *append(b"\0\0", pieces)) == refused


@pytest.mark.parametrize("forget", [Buffer.clear, Buffer.drop, Buffer.commit])
def test_what_is_thrown_away_or_taken_is_held_no_longer(forget):
    buffer = Buffer(Switches({}))
    buffer.append(bytes(3200))
    assert (buffer.waiting, buffer.appends) == (3200, 1)
    forget(buffer)
    assert (buffer.waiting, buffer.appends) == (0, 0)


@pytest.mark.parametrize(
    ("most", "refused"), [(3200, []), (3199, ["The server holds too much audio for all its sessions."])]
)
def test_audio_is_bounded_over_all_sessions(most, refused):
    limits = Limits(held_bytes=most)
    crowd = Crowd(limits)
    crowd.note("another session", 1600)
    session = Session(model_for(USUAL), MockOptions(limits=limits), crowd=crowd)
    assert refusals(session, *append(bytes(1600))) == refused
    crowd.note("another session", 0)
    assert refusals(session, *append(bytes(1600))) == []


@pytest.mark.parametrize(("spare", "refused"), [(0, []), (1, ["The conversation holds at most {} bytes."])])
def test_items_are_bounded(spare, refused):
    most = 2 * (len(item("x" * 1000)) + 2048) - spare
    session = Session(model_for(USUAL), MockOptions(limits=Limits(conversation_bytes=most)))
    assert refusals(session, *[item("x" * 1000)] * 2) == [words.format(most) for words in refused]


def test_items_are_bounded_over_all_sessions():
    limits = Limits(held_bytes=5000)
    crowd = Crowd(limits)
    crowd.note("another session", 3000)
    session = Session(model_for(USUAL), MockOptions(limits=limits), crowd=crowd)
    assert refusals(session, item("x")) == ["The server holds too much for all its sessions."]


def test_a_crowd_holds_what_its_members_hold():
    crowd = Crowd(Limits(held_bytes=10))
    crowd.note("one", 6)
    crowd.note("two", 4)
    assert (crowd.held, crowd.has_room(), crowd.has_room(1)) == (10, True, False)
    crowd.note("one", 2)
    crowd.note("two", 0)
    assert (crowd.held, crowd.has_room(8), crowd.has_room(9)) == (2, True, False)


def test_the_ledger_forgets_the_oldest_sessions():
    ledger = Ledger(MockOptions())
    for number in range(KEPT + 1):
        ledger.record(Call(f"sess_{number}", "r", USUAL, 0.0, 0.0, "client", 1000, finished=True))
    assert len(ledger.calls) == KEPT // 2
    assert ledger.calls[-1].session_id == f"sess_{KEPT}"


# -- on the wire


async def test_who_connects_past_the_limit_is_refused_before_a_handshake():
    async with (
        MockServer(MockOptions(limits=Limits(sockets=2))) as server,
        connected(server, UPGRADE[:20]) as first,
        connected(server, UPGRADE[:20]),
    ):
        async with connected(server, UPGRADE) as (reader, _):
            assert (await ended(reader)).startswith(b"HTTP/1.1 503 ")
        async with connected(server) as (reader, _):
            assert await ended(reader) == b""  # who says nothing is cut off
        first[1].transport.abort()
        while len(server._crowd.links) > 1:  # noqa: ASYNC110  # the server has no event of ours
            await asyncio.sleep(0)
        async with connected(server, UPGRADE) as (reader, _):
            assert (await reader.readline()).startswith(b"HTTP/1.1 101 ")


async def test_a_head_that_is_too_long_is_refused():
    async with MockServer() as server:
        async with connected(server, b"GET / HTTP/1.1\r\nX: " + b"y" * 100_000) as (reader, _):
            assert b"101" not in await ended(reader)
        assert server._crowd.held == 0


async def test_messages_on_their_way_are_bounded_over_all_connections():
    half = frame(TEXT, b"x" * MIB, masked=True, length=20 * MIB)
    async with (
        MockServer(MockOptions(limits=Limits(held_bytes=2 * MIB))) as server,
        connected(server, UPGRADE) as (reader, writer),
        connected(server, UPGRADE) as (other, last),
    ):
        for one in (reader, other):
            await one.readuntil(b"session.created")
        writer.write(half)
        while server._crowd.held < MIB:  # noqa: ASYNC110  # the server has no event of ours
            await asyncio.sleep(0)
        last.write(half + b"x" * MIB)
        assert b"The server holds too much for all its sessions." in await ended(other)
        assert MIB <= server._crowd.held < MIB + 100  # the first one's, which goes on


async def flood(writer, sent):
    async with asyncio.timeout(60):
        while True:
            writer.write(sent)
            await writer.drain()


@pytest.mark.parametrize(
    ("sent", "limits"),
    [
        (frame(PING, b"x" * 125, masked=True) * 1000, Limits()),
        (frame(TEXT, item("x" * 100_000).encode(), masked=True) * 10, Limits(unread_seconds=0.1)),
    ],
)
async def test_who_sends_and_never_reads_is_cut_off(sent, limits):
    async with MockServer(MockOptions(limits=limits)) as server, connected(server, UPGRADE) as (reader, writer):
        await reader.readuntil(b"session.created")
        reader._transport.pause_reading()
        with pytest.raises(ConnectionError):
            await flood(writer, sent)


def test_ctrl_c_ends_a_mock_at_once_whatever_its_clients_do():
    command = [sys.executable, "-m", "conformance.cli", "mock", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())
    assert process.stdout is not None
    port = int(re.search(r":(\d+)/", process.stdout.readline())[1])

    async def crowd():
        writers = []
        for sent in (b"", UPGRADE[:30], UPGRADE, UPGRADE + frame(TEXT, b"x" * 1000, masked=True, length=2000)):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            if sent.startswith(UPGRADE):
                await reader.readuntil(b"session.created")
            reader._transport.pause_reading()
            writers.append(writer)
        process.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(process.wait, 8) == 0  # 10 s is how long a handshake may take
        for writer in writers:
            writer.transport.abort()

    try:
        asyncio.run(crowd())
    finally:
        process.kill()
        process.stdout.close()
        process.wait()
