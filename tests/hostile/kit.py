"""What the endpoints are made of: an outcome as data, a server in a thread, and frames written by hand."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from conformance.wire.limits import Limits

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 §1.3
CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
CERTIFICATE = Path(__file__).with_name("self_signed.pem")
MB = 2**20
PATIENT = 240.0
"""Seconds before who lets everybody wait: a run begins nothing more after three times what its plan says (198 s here),
and what is open then has its own time-outs."""


@dataclass(frozen=True)
class Right:
    """The outcome that is right.

    `exits` and `verdicts` are those allowed, `says` a pattern that what the run tells must hold (the headline, the
    failures), `seconds` how long a whole run may take on a quiet machine, `peak` its memory in MB.
    """

    exits: tuple[int, ...]
    verdicts: tuple[str, ...]
    says: str = ""
    seconds: float = 120.0
    peak: int = 400


def unusable(says: str, seconds: float = 60.0) -> Right:
    """It can't be used at all: infrastructure, told in one sentence, and nothing else is opened."""
    return Right((10,), ("infrastructure",), says, seconds)


def finding(says: str, seconds: float = 120.0) -> Right:
    """A defect of the endpoint, found."""
    return Right((1,), ("fails",), says, seconds)


def trouble(says: str, seconds: float = 120.0) -> Right:
    """The account's, the service's or the line's: too little could be judged to say anything."""
    return Right((10,), ("incomplete", "infrastructure"), says, seconds)


def either(says: str, seconds: float = 120.0) -> Right:
    """No session comes to be, or a broken one: said as either, and never green."""
    return Right((1, 10), ("fails", "infrastructure"), says, seconds)


def weather(says: str = "", seconds: float = 120.0) -> Right:
    """What a second attempt may mend: whole or incomplete, and never a finding."""
    return Right((0, 10), ("conforms", "incomplete"), says, seconds)


def untidy(says: str, seconds: float = 120.0) -> Right:
    """Below what a MUST forbids: said, green or not."""
    return Right((0, 1), ("conforms", "fails"), says, seconds)


def harmless(says: str = "^Conforms", seconds: float = 120.0) -> Right:
    """Odd and allowed: no false alarm."""
    return Right((0,), ("conforms",), says, seconds)


class Endpoint:
    """An endpoint on a port of its own.  `holds` are the conversations that show what it does."""

    right: ClassVar[Right]
    holds: ClassVar[tuple[str, ...]] = ("connection/Sanity", "responses/Typed")
    tls: ClassVar[bool] = False
    scheme: ClassVar[str] = "ws"
    turn: ClassVar[int] = 0
    """At which connection it changes, where it does."""
    limits: ClassVar[Limits] = Limits()
    """What a short run breaks it off at."""

    def __init__(self, *, early: bool = False) -> None:
        """`early`: what changes, changes at the third connection, as a short run has no more."""
        self.turn_at = min(self.turn, 3) if early else self.turn
        self.met = 0
        """Connections so far."""
        self.betrayed = ""
        """What only the endpoint can see and must never see, in words."""

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Do to one connection what this endpoint does; TCP ends when it returns."""
        raise NotImplementedError

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[None]:
        """Whatever has to run next to it."""
        yield

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """Serve until the block is left; the URL."""
        running: set[asyncio.Task[None]] = set()

        async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            running.add(task)
            self.met += 1
            try:
                with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                    await self.meet(reader, writer)
            finally:
                running.discard(task)
                with suppress(Exception):
                    writer.close()

        context = None
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
        async with self.beside():
            self.listening = await asyncio.start_server(one, "127.0.0.1", 0, ssl=context)
            try:
                port = self.listening.sockets[0].getsockname()[1]
                yield f"{self.scheme}://127.0.0.1:{port}"
            finally:
                self.listening.close()
                for task in list(running):
                    task.cancel()
                if running:
                    await asyncio.wait(running, timeout=5)


@contextmanager
def hosted(endpoint: Endpoint) -> Iterator[str]:
    """The endpoint in a thread of its own, so that a busy one takes no turn from who judges it; its URL."""
    ready, found = threading.Event(), []
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def main() -> None:
        async with endpoint.served() as url:
            found.append(url)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    try:
        assert ready.wait(30), "the endpoint did not start"
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()


# -- HTTP


class Head(NamedTuple):
    """The head of a request: its path, its headers (names in lower case), its bytes."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def key(self) -> str:
        """The caller's key."""
        return self.headers.get("authorization", "").removeprefix("Bearer ").strip()

    @property
    def upgrades(self) -> bool:
        """Whether a WebSocket is asked for."""
        return "sec-websocket-key" in self.headers


async def asked(reader: asyncio.StreamReader) -> Head:
    """Read the head of a request (or of a response: its status line stands for the path)."""
    raw = await reader.readuntil(b"\r\n\r\n")
    first, *rest = raw.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in rest if line)
    return Head(first.split(" ")[1], {name.lower(): value.strip() for name, _, value in pairs}, raw)


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    """An HTTP response."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def accepts(head: Head, *headers: str, key: bytes | None = None) -> bytes:
    """The response that opens a WebSocket; `key` takes the place of the accept key."""
    asked_with = head.headers.get("sec-websocket-key", "").encode()
    digest = hashlib.sha1(asked_with + GUID, usedforsecurity=False).digest()
    accept = base64.b64encode(digest) if key is None else key
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", *headers]
    return "\r\n".join([*lines, f"Sec-WebSocket-Accept: {accept.decode()}", "", ""]).encode("latin-1")


# -- frames


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    masked: bool = False,
    length: int | None = None,
) -> bytes:
    """The bytes of a frame as RFC 6455 §5.2 draws it; `length` is announced instead of the true one."""
    size = len(payload) if length is None else length
    head = bytes([fin << 7 | rsv << 4 | opcode])
    mask = masked << 7
    if size < 126:
        head += bytes([mask | size])
    elif size < 2**16:
        head += bytes([mask | 126]) + size.to_bytes(2)
    else:
        head += bytes([mask | 127]) + size.to_bytes(8)
    return head + (b"\0\0\0\0" if masked else b"") + payload


def text(event: Any) -> bytes:
    """A text frame with an event."""
    return frame(TEXT, json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def closes(code: int, reason: bytes = b"") -> bytes:
    """A close frame."""
    return frame(CLOSE, code.to_bytes(2) + reason)


class Arrived(NamedTuple):
    """A frame that was read, unmasked."""

    opcode: int
    payload: bytes
    fin: bool


async def arrived(reader: asyncio.StreamReader) -> Arrived:
    """Read the next frame."""
    first, second = await reader.readexactly(2)
    size = second & 0x7F
    if size >= 126:
        size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8))
    mask = await reader.readexactly(4) if second & 0x80 else b""
    payload = await reader.readexactly(size)
    if mask:
        whole = (mask * (size // 4 + 1))[:size]
        payload = (int.from_bytes(payload) ^ int.from_bytes(whole)).to_bytes(size)
    return Arrived(first & 0x0F, payload, bool(first & 0x80))


def event_of(payload: bytes) -> dict[str, Any]:
    """The event that a message holds; empty where it holds none."""
    try:
        found = json.loads(payload)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


# -- the gallery's own names


def name_of(endpoint: type[Endpoint]) -> str:
    """`answers a byte a second`: the class's name in words."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", endpoint.__name__).lower()
