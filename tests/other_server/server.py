"""The server: handshakes, the queues between a socket and its session, and the call log."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from . import settings
from .session import Session
from .ways import Json, Ways

PATH = "/api-ws/v1/realtime"
LOG = "/__status/calls"
KEY = "other-server-key-7Hq2mXw9"


class Link:
    """A session's way out: a queue, which one task empties in order."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self._out: asyncio.Queue[Any] = asyncio.Queue()

    def send(self, text: str) -> None:
        self._out.put_nowait(text)

    def close(self, code: int, reason: str) -> None:
        self._out.put_nowait((code, reason))

    def drop(self) -> None:
        self.socket.transport.abort()

    async def work(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                one = await self._out.get()
                if isinstance(one, tuple):
                    await self.socket.close(one[0], one[1].encode()[:123].decode(errors="ignore"))
                    return
                await self.socket.send(one)


class OtherServer:
    """An endpoint on a free port of this machine, for as long as the context lasts."""

    def __init__(self, ways: Ways | None = None) -> None:
        self.ways = ways or Ways()
        self.rows: list[Json] = []
        self.memory: Json = {"trouble until": 0.0, "last config": None, "leftover": [], "good": False}
        self.open: set[Session] = set()
        self._server: Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await serve(
            self._converse, "127.0.0.1", 0, process_request=self._admit, max_size=self._largest(),
            compression="deflate" if self.ways.compression else None, ping_interval=self.ways.pings or None,
            close_timeout=2,
        )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def _largest(self) -> int:
        return SMALL if self.lying("closes-at-64k") else self.ways.largest

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"ws://127.0.0.1:{next(iter(self._server.sockets)).getsockname()[1]}{PATH}"

    def lying(self, name: str) -> bool:
        return name in self.ways.lies

    # -- handshakes

    async def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        parts = urlsplit(request.path)
        if parts.path == LOG:
            return _json(200, {"rows": self.log()})
        if parts.path != PATH:
            return _json(404, {"code": "NotFound", "message": "No such path."})
        key = request.headers.get("Authorization", "")
        if not self._knows(key):
            shown = f" {key}" if self.lying("quotes-key-in-401") else ""
            return _json(401, {"code": "InvalidApiKey", "message": f"Invalid API-key provided.{shown}"})
        if time.monotonic() < self.memory["trouble until"] and not self.lying("greets-nobody-after-drop"):
            if self.lying("hangs-after-drop"):
                await asyncio.sleep(20)
            return _json(503, {"code": "ModelServingError", "message": "Too many requests."})
        model = parse_qs(parts.query).get("model", [""])[0]
        if not model:
            return _json(400, {"code": "InvalidParameter", "message": "model is missing."})
        if model not in settings.FAMILIES and self.ways.unknown_model in {"403", "404"}:
            return _json(int(self.ways.unknown_model), {"code": "ModelNotFound", "message": "No such model."})
        if self.ways.slots and len(self.open) >= self.ways.slots and self.ways.full == "503":
            return _json(503, {"code": "ServiceUnavailable", "message": "No session slot is free."})
        socket.memory = {"model": model}  # type: ignore[attr-defined]
        self.memory["good"] = True
        return None

    def _knows(self, header: str) -> bool:
        scheme, _, key = header.partition(" ")
        if self.lying("any-key-after-a-good-one") and self.memory["good"]:
            return True
        if self.lying("any-key") or (self.lying("no-key") and not header):
            return True
        if self.lying("key-by-its-beginning"):
            return bool(key) and (KEY.startswith(key) or key.startswith(KEY[:6]))
        if self.lying("key-by-its-end"):
            return key.endswith(KEY[-6:])
        if self.lying("case-matters") and scheme != "Bearer":
            return False
        return scheme.lower() == "bearer" and key.strip() == KEY

    # -- sessions

    async def _converse(self, socket: ServerConnection) -> None:
        model = socket.memory["model"]  # type: ignore[attr-defined]
        if model not in settings.FAMILIES:
            await socket.close(1011, "No such model.")
            return
        if self.ways.slots and len(self.open) >= self.ways.slots:
            await socket.close(1013, "All session slots are in use.")
            return
        link = Link(socket)
        session = Session(link, model, self.ways, KEY)
        session.memory["server"] = self.memory
        if self.lying("inherits-configuration") and self.memory["last config"]:
            session.config = session.felt = self.memory["last config"]
        self._inherit(session)
        self.open.add(session)
        inbox: asyncio.Queue[Any] = asyncio.Queue()
        writer = asyncio.create_task(link.work())
        worker = asyncio.create_task(_works(session, inbox))
        if self.lying("greets-late-and-deaf"):
            await asyncio.sleep(0.05)
            while not inbox.empty():
                inbox.get_nowait()
        if not (self.lying("greets-nobody-after-drop") and time.monotonic() < self.memory["trouble until"]):
            session.greet()
        for text in self.memory["leftover"]:
            link.send(text)
        self.memory["leftover"] = []
        if self.lying("loses-pipelined-frames"):
            with contextlib.suppress(TimeoutError, ConnectionClosed):
                async with asyncio.timeout(0.02):
                    await socket.recv()
        total = 0
        try:
            async for message in socket:
                inbox.put_nowait(message)
                if len(message) > 1 << 20 and self.lying("drops-a-megabyte"):
                    link.drop()
                if len(message) > 300_000 and self.lying("drops-at-300k"):
                    link.drop()
                if len(message) > 150_000 and self.lying("drops-large-images") and '"image"' in str(message)[:200]:
                    link.drop()
                total += len(message)
                if total > 1 << 20 and self.lying("closes-after-a-megabyte-in-all"):
                    link.close(1009, "message too big")
            clean = socket.close_code in {1000, 1001, 1005}
        except ConnectionClosed:
            clean = False
        self._over(session, clean)
        session.end()
        for task in (worker, writer):
            task.cancel()

    def _inherit(self, session: Session) -> None:
        """What a dropped session leaves to the next, in servers that err."""
        left, self.memory["dropped"] = self.memory.get("dropped"), None
        if left is None:
            return
        if self.lying("items-for-the-next"):
            session.items = list(left.items)
        if self.lying("audio-for-the-next"):
            session.samples = left.samples[:]
        if self.lying("same-id-after-drop"):
            session.id = left.id

    def _over(self, session: Session, clean: bool) -> None:
        self.open.discard(session)
        self.memory["last config"] = session.config
        if not clean:
            self.memory["dropped"] = session
            if any(map(self.lying, ("busy-after-drop", "hangs-after-drop", "greets-nobody-after-drop"))):
                self.memory["trouble until"] = time.monotonic() + 0.8
            if self.lying("leftovers-for-the-next") and session.reply is not None:
                event = {"event_id": session.new_id("event"), "type": "response.audio.done", "response_id": "resp_x",
                         "item_id": "item_x", "output_index": 0, "content_index": 0}  # fmt: skip
                self.memory["leftover"] = [json.dumps(event)]
            if self.lying("drop-ends-all"):
                for other in self.open:
                    other.link.close(1011, "Internal service error: null")
        self._list(session, clean)

    # -- the call log

    def _list(self, session: Session, clean: bool) -> None:
        finished = bool(session.memory.get("finished"))
        good = finished or (clean and self.ways.rows == "success")
        usage: Json = _sum(session.usage)
        row: Json = {
            "start_unix_timestamp": str(round(session.began * 1000)),
            "duration": round((time.monotonic() - session.opened) * 1000),
            "status_code": "200" if good else "400",
            "model": session.model,
            "task_uuid": session.id,
            "request_id": session.new_id("request"),
            "usage": usage,
            "extras": {"protocol": "ws"},
        }
        self.rows += self._listed(row, session, clean)

    def _listed(self, row: Json, session: Session, clean: bool) -> list[Json]:
        """What becomes of a row in servers that err."""
        said = LEDGER.get(next((name for name in LEDGER if self.lying(name)), ""))
        return said(row, session, clean) if said is not None else [row]

    def log(self) -> list[Json]:
        return self.rows


def _sum(usages: list[Json]) -> Json:
    """Usage in all."""
    found: Json = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    for usage in usages:
        for name in found:
            found[name] += usage[name]
    return found


def _scaled(row: Json, factor: float) -> Json:
    return {**row, "usage": {name: round(count * factor) for name, count in row["usage"].items()}}


LEDGER = {
    "row-never-when-closed": lambda row, session, clean: [] if clean else [row],
    "row-never-when-dropped": lambda row, session, clean: [row] if clean else [],
    "row-never-when-unused": lambda row, session, clean: [row] if session.usage else [],
    "row-never-when-finished": lambda row, session, clean: [] if session.memory.get("finished") else [row],
    "row-twice": lambda row, session, clean: [row, {**row, "request_id": "request_again"}],
    "row-of-another": lambda row, session, clean: [{**row, "task_uuid": "sess_" + "0" * 21}],
    "row-without-usage": lambda row, session, clean: [{**row, "usage": {}}],
    "row-usage-of-the-last-reply": lambda row, session, clean: [{**row, "usage": _sum(session.usage[-1:])}],
    "row-usage-a-tenth-more": lambda row, session, clean: [_scaled(row, 1.1)],
    "row-usage-twice": lambda row, session, clean: [_scaled(row, 2)],
    "row-usage-input-alone": lambda row, session, clean: [{**row, "usage": {**row["usage"], "output_tokens": 0}}],
    "row-of-another-model": lambda row, session, clean: [{**row, "model": "qwen-omni-turbo-realtime"}],
    "row-duration-in-seconds": lambda row, session, clean: [{**row, "duration": row["duration"] / 1000}],
    "row-duration-nothing": lambda row, session, clean: [{**row, "duration": 0}],
    "row-an-hour-late": lambda row, session, clean: [
        {**row, "start_unix_timestamp": str(int(row["start_unix_timestamp"]) + 3_600_000)}
    ],
    "row-always-a-success": lambda row, session, clean: [{**row, "status_code": "200"}],
    "row-in-progress": lambda row, session, clean: [
        {name: value for name, value in row.items() if name not in {"status_code", "duration"}} | {"status": "running"}
    ],
    "row-quotes-the-key": lambda row, session, clean: [{**row, "apikey": session.key}],
}
SMALL = 65_536


def _json(status: int, content: Json) -> Response:
    data = json.dumps(content).encode()
    headers = Headers(
        [("Content-Type", "application/json"), ("Content-Length", str(len(data))), ("Connection", "close")]
    )
    return Response(status, HTTPStatus(status).phrase, headers, data)


async def _works(session: Session, inbox: asyncio.Queue[Any]) -> None:
    while True:
        message = await inbox.get()
        if isinstance(message, bytes):
            session.take_bytes()
        else:
            session.take(message)
