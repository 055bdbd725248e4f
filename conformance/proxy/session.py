"""One connection through the proxy: its handshake, what crosses afterwards, and how it ends, as seen in between."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from conformance.proxy import head
from conformance.proxy.parser import Broken, Message, Reader, deflation
from conformance.proxy.relay import End, Moved
from conformance.proxy.spool import Spool
from conformance.wire.route import NoTunnel, Route
from conformance.wire.transcript import Ending, Side

HEAD_WITHIN = 10.0  # seconds that a client may take for its request
DIAL_WITHIN = 15.0  # seconds that the endpoint may take to be reached
BODY = 65_536  # bytes of a refusal's body that are written down
BEHIND = 32_000_000  # bytes of messages that may wait to be written down; beyond them who reads waits for who writes
LOST = 1.0  # seconds of a session that a sudden end of the proxy may take with it
AT_ONCE = 2  # messages that are written down before others have their turn


@dataclass(frozen=True)
class Upstream:
    """Where connections go, with whose key (None: the client's own), and what is said there beside it."""

    url: str
    key: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


class Session:
    """A client's connection and the one to the endpoint.

    `over` is called once, when both are gone and written down.  With a `problem` from the start it is refused.
    """

    def __init__(self, number: int, upstream: Upstream, spool: Spool, over: Callable[[Session], None]) -> None:
        self.number = number
        self.url = upstream.url
        self.spool = spool
        self.opened_at = time.time()
        self.seconds = 0.0
        self.status: int | None = None
        self.problem: str | None = None
        self.counts = {"client": 0, "server": 0}
        self.ending = Ending()
        self.client = End(lambda *what: self._moved("client", *what))
        self.server = End(lambda *what: self._moved("server", *what))
        self._upstream = upstream
        self._over = over
        self._began = time.monotonic()
        self._asked = b""
        self._answer = b""
        self._request: head.Head | None = None
        self._answered: head.Head | None = None
        self._body = b""
        self._asked_at = 0.0
        self._readers: dict[Side, Reader] = {}
        self._waiting: deque[tuple[Side, float, Message]] = deque()
        self._waits = 0
        self._draining = False
        self._flushing = False
        self._written = False
        self._closes: dict[Side, bytes] = {}
        self._first: Side | None = None
        self._first_at = 0.0
        self._tcp_first: Side | None = None
        self._tcp: Any = "open"
        self._gone: set[Side] = set()
        self._task: asyncio.Task[None] | None = None
        self._finished = False

    def accept(self) -> End:
        """The client's side, for a listening server; its request must come in time."""
        asyncio.get_running_loop().call_later(HEAD_WITHIN, self._late)
        return self.client

    def close(self) -> None:
        """End both sides."""
        for end in (self.client, self.server):
            if end.transport is not None:
                end.transport.close()

    @property
    def _now(self) -> float:
        """Ms since 1970, on a clock that never runs back."""
        return round((self.opened_at + time.monotonic() - self._began) * 1000, 3)

    # -- what either side does

    def _moved(self, side: Side, what: Moved, data: bytes, problem: Exception | None) -> None:
        if what == "data":
            if side == "client":
                self._from_client(data)
            else:
                self._from_server(data)
            return
        self._ends(side, what, problem)
        if what == "lost":
            self._gone.add(side)
            if side == "client" and self._task is not None and self.server.transport is None:
                self._task.cancel()
            if self._gone == {"client", "server"} or (side == "client" and self.server.transport is None):
                self._finish()

    def _ends(self, side: Side, what: Moved, problem: Exception | None) -> None:
        """Note who ended TCP, and how the endpoint did."""
        if self._tcp_first is None:
            self._tcp_first = side
            if self._first is None:
                self._first_at = time.monotonic()
        if side == "server" and self._tcp == "open":
            self._tcp = "rst" if isinstance(problem, ConnectionResetError) else "fin"
        if side == "client" and what == "lost" and self._tcp == "open":
            self._tcp = "client"

    def _late(self) -> None:
        if self._request is None:
            self.problem = self.problem or "the client sent no request"
            self._refuse(408, "no request came")

    def _from_client(self, data: bytes) -> None:
        if self._request is not None:
            self._read("client", data)
            return
        self._asked += data
        end = self._asked.find(head.END)
        if end < 0:
            if len(self._asked) > head.MOST:
                self._refuse(431, "the head of the request is too long")
            return
        raw, rest = self._asked[: end + 4], self._asked[end + 4 :]
        self._request = head.parsed(raw[:end])
        self._asked = b""
        if self.problem is not None:
            self._refuse(503, self.problem)
            return
        upgrade = (self._request.get("Upgrade") or "").lower()
        if self._request.line.partition(" ")[0] != "GET" or "websocket" not in upgrade:
            self.problem = "the client asked for no WebSocket"
            self._refuse(426, "this proxy passes WebSocket connections on, and nothing else")
            return
        if self.client.transport is not None:
            self.client.transport.pause_reading()
        self._task = asyncio.get_running_loop().create_task(self._dial(raw, rest))

    async def _dial(self, raw: bytes, rest: bytes) -> None:
        """Reach the endpoint and hand it the request."""
        asked, self.url = head.readdressed(raw, self._upstream.url, self._upstream.key, self._upstream.headers)
        self._asked_at = time.monotonic()
        try:
            async with asyncio.timeout(DIAL_WITHIN):
                await Route(self._upstream.url, self._upstream.ca_file).lead(self.server)
        except TimeoutError:
            self.problem = f"the endpoint could not be reached within {DIAL_WITHIN:.0f} s"
        except ssl.SSLError as problem:
            self.problem = f"TLS with the endpoint failed: {problem.reason or problem}"
        except (NoTunnel, OSError) as problem:
            self.problem = f"the endpoint could not be reached: {getattr(problem, 'strerror', None) or problem}"
        if self.problem is not None or self.client.transport is None or self.client.transport.is_closing():
            self._refuse(502, self.problem or "the client left")
            return
        self.server.peer, self.client.peer = self.client, self.server
        self.server.write(asked)
        if rest:
            self.client.data_received(rest)
        self.client.resume()

    def _refuse(self, status: int, words: str) -> None:
        """Answer in the endpoint's place, where there is none to answer."""
        self.problem = self.problem or words
        body = f"{words}\n".encode()
        self.client.write(
            f"HTTP/1.1 {status} {'Bad Gateway' if status == 502 else 'Refused'}\r\nContent-Type: text/plain\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
            + body
        )
        self.close()

    def _from_server(self, data: bytes) -> None:
        if self._answered is not None:
            if self.status == 101:
                self._read("server", data)
            else:
                self._body = (self._body + data)[:BODY]
            return
        self._answer += data
        end = self._answer.find(head.END)
        if end < 0:
            if len(self._answer) > head.MOST:
                self._answered, self.problem = head.parsed(b""), "the head of the answer is too long"
            return
        self._answered = head.parsed(self._answer[:end])
        self.status = self._answered.status
        rest, self._answer = self._answer[end + 4 :], b""
        if self.status == 101:
            client, server = deflation(self._answered.get("Sec-WebSocket-Extensions"))
            self._readers = {"client": Reader(client), "server": Reader(server)}
            self._write_head()
        if rest:
            self._from_server(rest)

    # -- what is written down

    def _read(self, side: Side, data: bytes) -> None:
        reader = self._readers.get(side)
        if reader is None:
            return  # no WebSocket, or what came is no longer one: it passes unread
        now = self._now
        try:
            for message in reader.feed(data):
                self._take(side, now, message)
        except Broken as problem:
            del self._readers[side]
            self.problem = self.problem or f"what the {side} sent is no WebSocket any more: {problem}"

    def _take(self, side: Side, at: float, message: Message) -> None:
        if message.opcode == "close" and side not in self._closes:
            self._closes[side] = message.data
            if self._first is None:
                self._first, self._first_at = side, time.monotonic()
        elif message.opcode in {"text", "binary"}:
            self.counts[side] += 1
        self._waiting.append((side, at, message))
        self._waits += len(message.data)
        if self._waits > BEHIND:
            self._drain(len(self._waiting))
        elif not self._draining:
            self._draining = True
            asyncio.get_running_loop().call_soon(self._drain)

    def _drain(self, most: int = AT_ONCE) -> None:
        """Write some of what waits, and come back for the rest when others had their turn."""
        for _ in range(min(most, len(self._waiting))):
            side, at, message = self._waiting.popleft()
            self._waits -= len(message.data)
            self.spool.crossed(side, at, message)
        self._draining = bool(self._waiting)
        if self._draining:
            asyncio.get_running_loop().call_soon(self._drain)
        elif not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_later(LOST, self._flush)

    def _flush(self) -> None:
        self._flushing = False
        self.spool.flush()

    def _write_head(self) -> None:
        if self._written:
            return
        self._written = True
        answered = self._answered
        self.spool.opened(
            self.url, round(self.opened_at * 1000, 3), status=self.status, problem=self.problem,
            handshake_ms=round((time.monotonic() - self._asked_at) * 1000, 3) if answered else 0.0,
            request_headers=self._request.fields if self._request else (),
            response_headers=answered.fields if answered else (),
            body=self._body.decode("utf-8", "replace"),
        )  # fmt: skip

    def _finish(self) -> None:
        if self._finished:
            return
        self._finished = True
        self.seconds = time.monotonic() - self._began
        self._drain(len(self._waiting))
        self._write_head()
        sent, received = self._closes.get("client"), self._closes.get("server")
        self.ending = Ending(
            first=self._first or self._tcp_first or "nobody",
            **_said("sent", sent), **_said("received", received),
            clean=sent is not None and received is not None,
            seconds=round(time.monotonic() - self._first_at, 3) if self._first_at else 0.0,
            tcp=self._tcp, problem=self.problem,
        )  # fmt: skip
        self.spool.ended(self.ending)
        with contextlib.suppress(asyncio.InvalidStateError):
            self._over(self)


def _said(which: str, body: bytes | None) -> dict[str, Any]:
    if body is None:
        return {}
    code = int.from_bytes(body[:2]) if len(body) > 1 else 1005
    return {f"code_{which}": code, f"reason_{which}": body[2:].decode("utf-8", "replace")}
