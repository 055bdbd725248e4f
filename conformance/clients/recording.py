"""Transcripts of a client program's sessions, as the mock's side of the wire saw them.

Frames and endings have the shape of any other transcript: `Ending.code_sent` is what the *client's* close frame
carried, `first` who moved first.  A refused upgrade is a leg without frames.  Key and credentials are masked here.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, urlsplit

from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode
from websockets.http11 import Request, Response

from conformance.mock.ledger import Call, Ledger
from conformance.mock.link import Link
from conformance.mock.options import STATUS_POLICIES, MockOptions, StatusPolicy
from conformance.mock.witness import Side, Witness
from conformance.status.rows import parse
from conformance.wire import transcript as wire

MASK = "<masked>"
"""Not the mask of a secret that was found (`cut.MASK`): it stands where a key may be, whatever is there.

Records hold it so, and CLI-002 looks for it.
"""
NO_CODE = 1005
_SECRET = ("authorization", "cookie", "key", "token")
_CONTROL: dict[Opcode, wire.Opcode] = {Opcode.PING: "ping", Opcode.PONG: "pong", Opcode.CLOSE: "close"}


@dataclass
class _Line:
    """A connection while it is written down."""

    leg: wire.Leg
    pieces: dict[Side, list[WireFrame]] = field(default_factory=lambda: {"client": [], "server": []})
    codes: dict[Side, tuple[int, str]] = field(default_factory=dict)
    first: Side | None = None
    first_at: float = 0.0
    call: Call | None = None
    over: bool = False


class Recording(Witness):
    """Writes down every connection of a mock, refused ones too, in the order in which they were asked for."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self.started = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self._lines: dict[int, _Line] = {}
        self._links: list[Link] = []  # keeps their ids from being used again
        self._changed = asyncio.Event()

    # -- what the mock tells

    def answered(self, link: Link, request: Request, response: Response) -> None:
        """Begin a leg."""
        now = int(time.time() * 1000)
        shake = wire.Handshake(
            response.status_code,
            0.0,
            tuple(_masked(request.headers.raw_items())),
            tuple(_masked(response.headers.raw_items())),
            "" if response.status_code == 101 else (response.body or b"").decode("utf-8", "replace"),
        )
        self._links.append(link)
        leg = wire.Leg(url=_address(request), opened_at_ms=now, closed_at_ms=now, handshake=shake)
        self._lines[id(link)] = _Line(leg, over=response.status_code != 101)

    def crossed(self, link: Link, side: Side, frame: WireFrame) -> None:
        """Take a frame; a message in fragments is one frame of the transcript when it is whole."""
        line = self._lines.get(id(link))
        if line is None:
            return
        if frame.opcode in _CONTROL:
            if frame.opcode is Opcode.CLOSE and side not in line.codes:
                line.codes[side] = _code(bytes(frame.data))
                self._moved(line, side)
            self._add(line, side, _CONTROL[frame.opcode], bytes(frame.data), 1)
            return
        pieces = line.pieces[side]
        pieces.append(frame)
        if frame.fin:
            kind: wire.Opcode = "binary" if pieces[0].opcode is Opcode.BINARY else "text"
            self._add(line, side, kind, b"".join(bytes(piece.data) for piece in pieces), len(pieces))
            pieces.clear()

    def _add(self, line: _Line, side: Side, opcode: wire.Opcode, data: bytes, fragments: int) -> None:
        text: str | None = None
        if opcode == "text":
            try:
                text, data = data.decode(), b""
            except UnicodeDecodeError:
                text = None
        at = (self._clock() - self._began) * 1000
        frames = line.leg.frames
        frames.append(wire.Frame(len(frames), side, at, opcode, text, data, fragments=fragments))

    def _moved(self, line: _Line, side: Side) -> None:
        if line.first is None:
            line.first, line.first_at = side, self._clock()

    def ended(self, link: Link) -> None:
        """End a leg."""
        line = self._lines.get(id(link))
        if line is None or line.over:
            return
        line.over = True
        assert link.left is not None
        self._moved(line, link.left)
        sent, received = line.codes.get("client"), line.codes.get("server")
        clean = sent is not None and received is not None
        problem = "TCP was reset by the client" if link.reset and not clean else None
        tcp: Literal["fin", "client"] = "client" if link.left == "client" else "fin"
        line.leg.closed_at_ms = int(time.time() * 1000)
        line.leg.ending = wire.Ending(
            first=line.first or "nobody",
            code_sent=sent and sent[0],
            reason_sent=sent[1] if sent else "",
            code_received=received and received[0],
            reason_received=received[1] if received else "",
            clean=clean,
            seconds=round(self._clock() - line.first_at, 3),
            tcp=tcp,
            problem=problem,
        )
        self._changed.set()

    def listed(self, link: Link, call: Call) -> None:
        """Keep how the mock's ledger has it."""
        if id(link) in self._lines:
            self._lines[id(link)].call = call
            self._changed.set()

    # -- what came of it

    @property
    def over(self) -> bool:
        """Whether every connection has ended and is in the ledger."""
        lines = self._lines.values()
        return all(line.over and (line.call is not None or not line.leg.frames) for line in lines)

    async def settled(self, seconds: float) -> None:
        """Wait until it is over, so long at most: what a program left behind may hold a connection for ever."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.over:
                    self._changed.clear()
                    await self._changed.wait()

    @property
    def legs(self) -> list[wire.Leg]:
        """The connections so far."""
        return [line.leg for line in self._lines.values()]

    def transcript(self, name: str, options: MockOptions, notes: dict[str, Any] | None = None) -> wire.Transcript:
        """The conversation of this name: all connections, and what the mock's ledger says of each of them."""
        calls = [line.call for line in self._lines.values()]
        listed = [_statuses(call, options) if call else {} for call in calls]
        model = next((call.model for call in calls if call), "")
        return wire.Transcript(
            conversation=name,
            started=self.started,
            legs=self.legs,
            model=model,
            seconds=round(self._clock() - self._began, 3),
            notes={**(notes or {}), "listed": listed},
        )


def _code(body: bytes) -> tuple[int, str]:
    """Code and reason of a close frame, whatever they are."""
    return (int.from_bytes(body[:2]), body[2:].decode("utf-8", "replace")) if len(body) >= 2 else (NO_CODE, "")


def _statuses(call: Call, options: MockOptions) -> dict[str, str]:
    """How a session is listed: by this mock's policy (`here`), and by each of the known ones."""
    found: dict[str, str] = {}
    policies: Iterable[tuple[str, StatusPolicy]] = [(name, name) for name in STATUS_POLICIES]
    for name, policy in [("here", options.status_policy), *policies]:
        chosen = options if name == "here" else MockOptions(status_policy=policy)
        ledger = Ledger(chosen)
        ledger.record(call)
        rows = [parse(row).status for row in ledger.rows(float("inf"))]
        found[name] = rows[0] if rows else "absent"
    return found


def _masked(headers: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    for name, value in headers:
        lower = name.lower()
        if lower == "authorization":
            scheme, space, _ = value.partition(" ")
            yield name, f"{scheme} {MASK}" if space else MASK
        elif lower == "sec-websocket-protocol":
            # A key that is offered as a sub-protocol is long, and is no name that anybody gave to a protocol.
            yield name, ", ".join(MASK if len(word) > 20 else word for word in value.split(", "))
        elif lower.startswith("sec-websocket"):
            yield name, value
        else:
            yield name, MASK if any(word in lower for word in _SECRET) else value


def _address(request: Request) -> str:
    """Where the client went, without what it may have given away there."""
    parts = urlsplit(request.path)
    query = [
        f"{quote(name)}={quote(value) if name in {'model', 'workspace'} else MASK}"
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    host = request.headers.get("Host", "")
    return f"ws://{host}{parts.path}" + (f"?{'&'.join(query)}" if query else "")
