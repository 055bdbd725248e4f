"""Everything passes unchanged, in both directions and to the very end, and what passed is written down."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from websockets.frames import Frame, Opcode

from conformance.intake import connections
from conformance.proxy import head
from conformance.proxy import session as session_module
from conformance.proxy.session import Session, Upstream
from conformance.proxy.spool import Spool
from conformance.secrets import Secrets
from conformance.wire.transcript import Transcript

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
REQUEST = (
    b"GET /api?model=qwen3.5-omni-flash-realtime HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\n"
    b"Authorization: Bearer sk-0123456789abcdef0123\r\n\r\n"
)
UPGRADE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX-Order: kept\r\n\r\n"
PATIENCE = 5.0  # seconds that nothing here takes unless it hangs


class Stand:
    """A proxy of one session in front of an endpoint that a test plays."""

    def __init__(self, folder: Path, port: int) -> None:
        self.path = folder / "session.jsonl"
        self.upstream = Upstream(f"ws://127.0.0.1:{port}/api")
        self.over = asyncio.Event()
        self.session: Session | None = None

    async def dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    def accept(self) -> asyncio.Protocol:
        self.session = Session(1, self.upstream, Spool(self.path, Secrets()), lambda _: self.over.set())
        return self.session.accept()

    async def recorded(self) -> Transcript:
        async with asyncio.timeout(PATIENCE):
            await self.over.wait()
        (found,) = connections(self.path, keep_audio=True)
        return found


@contextlib.asynccontextmanager
async def stand(folder: Path, handler: Handler | None) -> AsyncIterator[Stand]:
    """With no handler nobody listens where the proxy passes on to."""
    done = asyncio.Event()

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                assert handler is not None
                await handler(reader, writer)
        finally:
            writer.close()
            done.set()

    endpoint = await asyncio.start_server(play, "127.0.0.1", 0)
    made = Stand(folder, endpoint.sockets[0].getsockname()[1])
    if handler is None:
        endpoint.close()
        await endpoint.wait_closed()
    server = await asyncio.get_running_loop().create_server(made.accept, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
        if handler is not None:
            async with asyncio.timeout(PATIENCE):
                await done.wait()
    finally:
        server.close()
        endpoint.close()
        if made.session is not None:
            made.session.close()


async def upgraded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    raw = await reader.readuntil(head.END)
    writer.write(UPGRADE)
    return raw


def frame(*given: Frame, mask: bool) -> bytes:
    return b"".join(one.serialize(mask=mask) for one in given)


FROM_CLIENT = frame(
    Frame(Opcode.TEXT, b'{"type":"session.up', fin=False),
    Frame(Opcode.PING, b"?"),
    Frame(Opcode.CONT, b'date","session":{}}'),
    Frame(Opcode.BINARY, b"\x00\xff"),
    Frame(Opcode.CLOSE, b"\x03\xe8done"),
    mask=True,
)
FROM_SERVER = frame(
    Frame(Opcode.TEXT, b'{"type":"session.created","session":{}}'),
    Frame(Opcode.PONG, b"?"),
    Frame(Opcode.CLOSE, b"\x03\xe8"),
    mask=False,
)


async def test_every_byte_passes_and_is_written_down(tmp_path: Path) -> None:
    came: list[bytes] = []

    async def endpoint(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await upgraded(reader, writer))
        came.append(await reader.readexactly(len(FROM_CLIENT)))
        writer.write(FROM_SERVER)

    async with stand(tmp_path, endpoint) as here:
        reader, writer = await here.dial()
        writer.write(REQUEST)
        assert await reader.readuntil(head.END) == UPGRADE
        writer.write(FROM_CLIENT)
        assert await reader.read() == FROM_SERVER
        writer.close()
        found = await here.recorded()
    assert came[1] == FROM_CLIENT
    assert came[0].split(b"\r\n")[2:] == REQUEST.split(b"\r\n")[2:]
    leg = found.legs[0]
    shown = [(one.side, one.opcode, one.text or one.data, one.fragments) for one in leg.frames]
    assert shown == [
        ("client", "ping", b"?", 1),
        ("client", "text", '{"type":"session.update","session":{}}', 2),
        ("client", "binary", b"\x00\xff", 1),
        ("client", "close", b"\x03\xe8done", 1),
        ("server", "text", '{"type":"session.created","session":{}}', 1),
        ("server", "pong", b"?", 1),
        ("server", "close", b"\x03\xe8", 1),
    ]
    ending = leg.ending
    assert (ending.first, ending.code_sent, ending.reason_sent, ending.clean, ending.tcp) == (
        "client", 1000, "done", True, "fin",
    )  # fmt: skip
    assert leg.handshake.status == 101
    assert ("X-Order", "kept") in leg.handshake.response_headers
    assert found.gaps == ()
    assert "sk-0123456789abcdef0123" not in here.path.read_text()


async def test_what_passed_is_on_disk_while_the_session_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "LOST", 0.01)
    seen = asyncio.Event()

    async def endpoint(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgraded(reader, writer)
        writer.write(frame(Frame(Opcode.TEXT, b'{"type":"session.created","session":{}}'), mask=False))
        await seen.wait()

    async with stand(tmp_path, endpoint) as here:
        reader, writer = await here.dial()
        writer.write(REQUEST)
        await reader.readuntil(head.END)
        async with asyncio.timeout(PATIENCE):
            while "session.created" not in here.path.read_text():  # noqa: ASYNC110  # a file tells nobody
                await asyncio.sleep(0.01)
        (found,) = connections(here.path)
        assert [one.type for one in found.legs[0].frames] == ["session.created"]
        assert "close" in found.gaps
        seen.set()
        writer.close()


async def test_a_refused_handshake_passes_with_its_body(tmp_path: Path) -> None:
    refusal = b'HTTP/1.1 401 Unauthorized\r\nContent-Length: 12\r\n\r\n{"code":"X"}'

    async def endpoint(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(head.END)
        writer.write(refusal)

    async with stand(tmp_path, endpoint) as here:
        reader, writer = await here.dial()
        writer.write(REQUEST)
        assert await reader.read() == refusal
        writer.close()
        shown = (await here.recorded()).legs[0].handshake
    assert (shown.status, shown.body) == (401, '{"code":"X"}')


async def test_half_a_connection_stays_open(tmp_path: Path) -> None:
    async def endpoint(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgraded(reader, writer)
        assert await reader.read() == FROM_CLIENT  # the end of the client's half came, too
        writer.write(FROM_SERVER)

    async with stand(tmp_path, endpoint) as here:
        reader, writer = await here.dial()
        writer.write(REQUEST)
        await reader.readuntil(head.END)
        writer.write(FROM_CLIENT)
        writer.write_eof()
        assert await reader.read() == FROM_SERVER
        writer.close()
        assert (await here.recorded()).legs[0].ending.clean


async def test_a_reset_of_the_server_arrives_as_one(tmp_path: Path) -> None:
    async def endpoint(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgraded(reader, writer)
        await reader.readexactly(1)
        reset(writer)

    async with stand(tmp_path, endpoint) as here:
        reader, writer = await here.dial()
        writer.write(REQUEST)
        await reader.readuntil(head.END)
        writer.write(b"\x81")
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)
        writer.close()
        ending = (await here.recorded()).legs[0].ending
    assert (ending.first, ending.tcp, ending.clean) == ("server", "rst", False)


async def test_a_reset_of_the_client_arrives_as_one(tmp_path: Path) -> None:
    seen: list[type[BaseException]] = []

    async def endpoint(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgraded(reader, writer)
        try:
            await reader.readexactly(1)
        except ConnectionResetError as problem:
            seen.append(type(problem))

    async with stand(tmp_path, endpoint) as here:
        reader, writer = await here.dial()
        writer.write(REQUEST)
        await reader.readuntil(head.END)
        reset(writer)
        ending = (await here.recorded()).legs[0].ending
    assert seen == [ConnectionResetError]
    assert (ending.first, ending.tcp) == ("client", "client")


def reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def test_an_endpoint_that_is_not_there_is_told(tmp_path: Path) -> None:
    async with stand(tmp_path, None) as here:
        reader, writer = await here.dial()
        writer.write(REQUEST)
        answer = await reader.read()
        writer.close()
        shown = (await here.recorded()).legs[0].handshake
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert b"the endpoint could not be reached: " in answer
    assert shown.status is None
    assert (shown.problem or "").startswith("the endpoint could not be reached")


async def test_what_asks_for_no_websocket_is_not_passed_on(tmp_path: Path) -> None:
    async with stand(tmp_path, None) as here:
        reader, writer = await here.dial()
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 426 ")
        writer.close()
        await here.recorded()


async def test_a_head_without_end_is_refused(tmp_path: Path) -> None:
    async with stand(tmp_path, None) as here:
        reader, writer = await here.dial()
        writer.write(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000)
        assert (await reader.read()).startswith(b"HTTP/1.1 431 ")
        writer.close()


async def test_bytes_that_are_no_frames_pass_all_the_same(tmp_path: Path) -> None:
    odd = b"\xff" * 5000

    async def endpoint(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgraded(reader, writer)
        assert await reader.readexactly(len(odd)) == odd
        writer.write(odd)

    async with stand(tmp_path, endpoint) as here:
        reader, writer = await here.dial()
        writer.write(REQUEST)
        await reader.readuntil(head.END)
        writer.write(odd)
        assert await reader.read() == odd
        writer.close()
        assert "no WebSocket any more" in ((await here.recorded()).legs[0].ending.problem or "")


async def test_16_mb_in_one_frame_pass_without_being_held_twice(tmp_path: Path) -> None:
    big = frame(Frame(Opcode.BINARY, bytes(16_000_000)), mask=False)

    async def endpoint(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgraded(reader, writer)
        writer.write(big)
        await writer.drain()

    async with stand(tmp_path, endpoint) as here:
        reader, writer = await here.dial()
        writer.write(REQUEST)
        await reader.readuntil(head.END)
        assert len(await reader.readexactly(len(big))) == len(big)
        writer.close()
        (one,) = (await here.recorded()).legs[0].frames
    assert len(one.data) == 16_000_000


async def test_a_reader_that_does_not_read_stops_the_sender(tmp_path: Path) -> None:
    sent = 0

    async def endpoint(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await upgraded(reader, writer)
        piece = frame(Frame(Opcode.BINARY, bytes(100_000)), mask=False)
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(0.5):
                while sent < 1000:
                    writer.write(piece)
                    await writer.drain()
                    sent += 1

    async with stand(tmp_path, endpoint) as here:
        _, writer = await asyncio.open_connection("127.0.0.1", here.port, limit=1024)
        writer.write(REQUEST)
    assert sent < 400, "100 MB went into a connection that nobody reads"
    writer.close()
