"""The mock on a socket: `ws://127.0.0.1:PORT/api-ws/v1/realtime?model=NAME`, any key but those named here.

A key is taken from `Authorization: Bearer KEY` (the scheme in any case).  Without `MockOptions.key` every key is
accepted that does not hold "invalid"; with it, only that one.  A key that starts with "arrears" or "throttled" is
upgraded and then closed as such an account is.  The ledger is at
`http://127.0.0.1:PORT/__status/calls?from=MS&to=MS` on the same port, the same as counters at `/__status/metrics`.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import difflib
import functools
import logging
import ssl
import time
from collections.abc import Awaitable, Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.typing import Subprotocol

from conformance import __version__
from conformance.mock import encoding, metrics, stage
from conformance.mock.carrying import carry, drain
from conformance.mock.crowd import Crowd
from conformance.mock.errors import Json
from conformance.mock.exposed import Exposed
from conformance.mock.ids import IdSource
from conformance.mock.ledger import Call, Ledger
from conformance.mock.link import Link, Opcode
from conformance.mock.models import MODELS, USUAL, Model, UnknownModel, model_for
from conformance.mock.options import MockOptions
from conformance.mock.quirks import Quirks
from conformance.mock.session import Session
from conformance.mock.switches import Switches
from conformance.mock.weather import CALM, Sky
from conformance.mock.witness import Witness

CALLS = "/__status/calls"
METRICS = "/__status/metrics"
# Keys that show what becomes of an account in trouble (E15, E17).
ACCOUNTS = {
    "arrears": (1007, "Access denied, please make sure your account is in good standing."),
    "throttled": (1011, "To many requests. Your requests are being throttled..."),
}
CLOSE_TIMEOUT = 1.0  # seconds to wait for the client's close frame

_log = logging.getLogger("conformance.mock")
# Probes, dropped connections and refused upgrades are the mock's daily bread, not errors.
_wire_log = logging.getLogger("conformance.mock.wire")
_wire_log.setLevel(logging.CRITICAL + 1)


# Names the mock in every handshake, so that a report never takes it for the service.
SERVER = f"qwen-realtime-conformance-mock/{__version__}"


STAND_IN = "qwen-omni-turbo-realtime"  # what a mistyped name was seen to be served by (F2)


class MockServer:
    """`async with MockServer(options) as server:` serves until the block is left."""

    def __init__(
        self,
        options: MockOptions | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        witness: Witness | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.witness = witness or Witness()
        self.options = options or MockOptions()
        self.host = host
        self.port = port
        self.ledger = Ledger(self.options)
        self.sessions_opened = 0
        self._switches = Switches(self.options.switches)
        self._quirks = Quirks(self.options.quirks)
        self._sky = Sky(self.options.weather, self.options.seed)
        self._tls = tls
        self._upgrades = 0
        self._asked = 0
        self._shared: dict[str, Any] = {}
        self._crowd = Crowd(self.options.limits)
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """Where to connect, without `?model=`."""
        return f"{'wss' if self._tls else 'ws'}://{self._authority}{self.options.path}"

    @property
    def ledger_url(self) -> str:
        """Where to read the ledger, without `?from=&to=`."""
        return f"{'https' if self._tls else 'http'}://{self._authority}{CALLS}"

    @property
    def _farewell(self) -> float:
        """Seconds to wait for a client's close frame."""
        return CLOSE_TIMEOUT + 2 * (self.options.weather.lag_ms + self.options.weather.jitter_ms) / 1000

    @property
    def _authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    async def __aenter__(self) -> Self:
        """Bind and listen."""
        pings = self._switches["server-ping"] == "pings"
        self._server = await serve(
            self._hold,
            self.host,
            self.port,
            process_request=self._admit,
            process_response=self._upgraded,
            select_subprotocol=self._subprotocol,
            compression="deflate" if self._switches["deflate"] == "negotiated" else None,
            max_size=self.options.limits.message_bytes,
            ping_interval=20.0 if pings else None,
            ping_timeout=None,
            close_timeout=self._farewell,
            create_connection=self._link,  # type: ignore[arg-type]  # the library only ever calls it
            ssl=self._tls,
            server_header=SERVER,
            logger=_wire_log,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection (1001) and stop listening; who does not take part in that is cut off."""
        if self._server is None:
            return
        self._server.close()
        for link in list(self._crowd.links):
            if link.state is State.CONNECTING:
                link.transport.abort()
        closed = asyncio.ensure_future(self._server.wait_closed())
        await asyncio.wait({closed}, timeout=self._farewell)
        while not closed.done():
            for link in list(self._crowd.links):
                link.transport.abort()
            await asyncio.wait({closed}, timeout=0.1)
        self._server = None

    def _link(self, *args: Any, **kwargs: Any) -> Link:
        calm = self.options.weather == CALM
        made = Link if calm else functools.partial(Exposed, sky=self._sky)
        return made(*args, crowd=self._crowd, **kwargs)

    def use(self, options: MockOptions) -> None:
        """Behave by other options from the next connection on; what is open keeps its own.

        Of the ledger and of pings the first options hold.
        """
        self.options = options
        self._switches, self._quirks = Switches(options.switches), Quirks(options.quirks)
        self._sky = Sky(options.weather, options.seed)

    # -- the upgrade

    def _admit(self, link: ServerConnection, request: Request) -> Awaitable[None] | Response | None:
        """Answer plain requests and refuse what is to be refused; None lets the upgrade go on."""
        assert isinstance(link, Link)
        link.witness = self.witness
        parts = urlsplit(request.path)
        if parts.path == CALLS:
            return self._calls(parts.query)
        if parts.path == METRICS:
            return self._metrics()
        if self._sky.dark(_clock()):
            return link.vanish()
        assert self._server is not None
        if len(self._server.connections) >= self.options.limits.connections:
            return self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable", "Too many sessions are open.")
        self._asked += 1
        refusal = (
            self._sky.admit(_clock())
            or stage.refusal(self.options.moments, self._asked)
            or self._quirks.admit(request.path, request.headers)
        )
        if refusal is not None:
            return self._refuse(HTTPStatus(refusal[0]), *refusal[1:])
        at = self.options.path
        if parts.path != at and not (self.options.lenient and parts.path.rstrip("/") in {"", at}):
            return self._refuse(HTTPStatus.NOT_FOUND, "NotFound", f"There is nothing at {parts.path}.")
        if "Sec-WebSocket-Protocol" in request.headers and self._switches["subprotocol"] == "refused":
            return self._refuse(HTTPStatus.BAD_REQUEST, "InvalidParameter", "Sub-protocols are not supported.")
        switch = self._key_trouble(request)
        if switch is not None:
            text = "Incorrect API key provided." if switch == "bad-key" else "You didn't provide an API key."
            if self._switches[switch] == "close-after-upgrade":
                link.refusal = (1007, text)
                return None
            forbidden = self._switches[switch] == "http-403"
            status = HTTPStatus.FORBIDDEN if forbidden else HTTPStatus.UNAUTHORIZED
            return self._refuse(status, "AccessDenied" if forbidden else "InvalidApiKey", text)
        link.refusal = next((ACCOUNTS[start] for start in ACCOUNTS if _key(request).startswith(start)), None)
        return self._model_trouble(link, parts.query)

    def _upgraded(self, link: ServerConnection, request: Request, response: Response) -> None:
        assert isinstance(link, Link)
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            self._quirks.upgraded(response.headers)
        if urlsplit(request.path).path not in {CALLS, METRICS}:
            self.witness.answered(link, request, response)

    def _key_trouble(self, request: Request) -> str | None:
        """Return the switch that says what to do about a missing or wrong key."""
        key = _key(request)
        if not key:
            return "no-key"
        wrong = key != self.options.key if self.options.key is not None else "invalid" in key.lower()
        return "bad-key" if wrong else None

    def _model_trouble(self, link: Link, query: str) -> Response | None:
        name = _model(query)
        try:
            model_for(self._plain(name))
        except UnknownModel:
            switch = "mistyped-model" if _is_mistyped(name) else "unknown-model" if name else "missing-model"
        else:
            return None
        text = f"Model '{name}' does not exist." if name else "The parameter 'model' is missing."
        side = self._switches[switch]
        if side == "close-after-upgrade":
            link.refusal = (1007, text)
        if side != "handshake-refused":
            return None
        if name:
            return self._refuse(HTTPStatus.NOT_FOUND, "ModelNotFound", text)
        return self._refuse(HTTPStatus.BAD_REQUEST, "InvalidParameter", text)

    def _request_id(self) -> str:
        self._upgrades += 1
        return IdSource(self.options.seed, -self._upgrades).uuid()

    def _refuse(self, status: HTTPStatus, code: str, message: str) -> Response:
        return _refused(status, code, message, self._request_id())

    def _subprotocol(self, _link: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        return offered[0] if offered and self._switches["subprotocol"] == "selected" else None

    # -- the ledger

    def _calls(self, query: str) -> Response:
        given = parse_qs(query)
        try:
            start, end = (float(given.get(name, [default])[0]) for name, default in (("from", "0"), ("to", "inf")))
        except ValueError:
            return self._refuse(HTTPStatus.BAD_REQUEST, "InvalidParameter", "from and to are ms of the Unix epoch.")
        return _json(HTTPStatus.OK, {"rows": self.ledger.rows(time.time() * 1000, start, end)})

    def _metrics(self) -> Response:
        text = metrics.exposition(self.ledger.rows(time.time() * 1000))
        return _plain(HTTPStatus.OK, metrics.CONTENT_TYPE, text.encode())

    # -- a connection

    async def _hold(self, connection: ServerConnection) -> None:
        """Hold one session; whatever happens in it stays in it."""
        assert isinstance(connection, Link)
        if connection.refusal is not None:
            await connection.close(*connection.refusal)
            return
        number = self.sessions_opened
        self.sessions_opened += 1
        ids = IdSource(self.options.seed, number)
        assert connection.request is not None
        model = self._model(connection.request)
        session = Session(
            model, self.options, now=_clock(), ids=ids, number=number + 1, shared=self._shared, crowd=self._crowd,
            key=_key(connection.request),
        )  # fmt: skip
        started_ms = time.time() * 1000
        connection.on_control = lambda opcode: self._controlled(session, opcode)
        if session.quirks.change_close:
            connection.shape_close = functools.partial(session.quirks.close_frame, key=session.key)
        connection.at_close = session.quirks.at_close
        connection.hold = session.quirks.hold()
        if session.quirks.change_frames:
            connection.shape_frame = session.quirks.frame
        try:
            await carry(connection, session, self._crowd)
        except ConnectionClosed:
            drain(connection, session)
        except Exception:  # noqa: BLE001  (a fault of the mock may end one session, never the others)
            _log.exception("session %s broke the mock", session.id)
            with contextlib.suppress(ConnectionClosed):
                await connection.close(1011, "Internal service error: null")
        finally:
            self._crowd.note(session, 0)
            self._record(connection, session, started_ms, ids.uuid())

    def _model(self, request: Request) -> Model:
        name = _model(urlsplit(request.path).query)
        try:
            found = model_for(self._plain(name))
            return dataclasses.replace(found, name=name)
        except UnknownModel:
            if _is_mistyped(name) and self._switches["mistyped-model"] == "replaced":
                return model_for(STAND_IN)
            return dataclasses.replace(model_for(USUAL), name=name or USUAL)

    def _plain(self, name: str) -> str:
        """The name by which a model is found."""
        return name.removesuffix("-latest") if self.options.lenient else name

    def _controlled(self, session: Session, opcode: Opcode) -> None:
        if opcode is Opcode.PING:
            session.pinged(_clock())
        session.quirks.control(opcode, session)

    def _record(self, link: Link, session: Session, started_ms: float, request_id: str) -> None:
        first, code = link.first_close or ("server" if link.left == "server" else "nobody", None)
        if first == "client" and code is None:
            code = 1005
        session.closed_by_client(code if first == "client" else None, link.close_reason or "", _clock())
        address = link.remote_address
        assert link.request is not None
        call = Call(
            session_id=session.id,
            request_id=request_id,
            model=session.config.model.name,
            started_ms=started_ms,
            ended_ms=time.time() * 1000,
            first=first,
            code=code,
            finished=session.finished,
            billed=tuple(filter(None, (*session.billed, session.left_over()))),
            clock_origin=session.began,
            client_ip=address[0] if address else "",
            workspace=link.request.headers.get("X-DashScope-WorkSpace"),
            key=session.key,
        )
        self.ledger.record(call)
        self.witness.listed(link, call)


def _clock() -> float:
    return time.monotonic()


def _key(request: Request) -> str:
    scheme, _, key = request.headers.get("Authorization", "").strip().partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _model(query: str) -> str:
    return parse_qs(query).get("model", [""])[0]


def _refused(status: HTTPStatus, code: str, message: str, request_id: str) -> Response:
    return _json(status, {"code": code, "message": message, "request_id": request_id})


def _json(status: HTTPStatus, body: Json) -> Response:
    return _plain(status, "application/json", encoding.dumps(body).encode())


def _is_mistyped(name: str) -> bool:
    """Whether a name is nearly that of a model."""
    return bool(difflib.get_close_matches(name, MODELS, n=1, cutoff=0.95))


def _plain(status: HTTPStatus, kind: str, data: bytes) -> Response:
    headers = Headers({"Content-Type": kind, "Content-Length": str(len(data)), "Connection": "close"})
    return Response(status.value, status.phrase, headers, data)
