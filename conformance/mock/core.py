"""What every part of a session shares: its clock, its agenda, its output, its errors.

No I/O: time is told, in seconds of any clock that never runs back, and output is collected.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.mock import latency
from conformance.mock.config import Config
from conformance.mock.crowd import Crowd
from conformance.mock.errors import Fault, Json
from conformance.mock.formats import Situation
from conformance.mock.ids import IdSource
from conformance.mock.models import Model
from conformance.mock.options import MockOptions
from conformance.mock.quirks import Quirks
from conformance.mock.switches import Switches

if TYPE_CHECKING:
    from conformance.mock.session import Session

REASON_BYTES = 123  # RFC 6455 §5.5: 125 bytes in a control frame, 2 of them the code


@dataclass(frozen=True)
class SendEvent:
    """Send this event."""

    event: Json


@dataclass(frozen=True)
class CloseWith:
    """Close with this code and reason."""

    code: int
    reason: str


@dataclass(frozen=True)
class Drop:
    """End the connection without a close frame."""


@dataclass(frozen=True)
class SendRaw:
    """Send this text, whatever it is."""

    text: str


@dataclass(frozen=True)
class SendPing:
    """Ping with this payload."""

    data: bytes


@dataclass(frozen=True)
class Silence:
    """Say nothing more, and keep the connection."""


Out = SendEvent | SendRaw | SendPing | Silence | CloseWith | Drop


@dataclass(order=True)
class Appointment:
    """Something to do at `due` (seconds); `cancelled` ones are passed over."""

    due: float
    number: int
    action: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)


@dataclass
class Billed:
    """One response, for the ledger: when it ran (seconds of the session's clock) and what it cost."""

    started: float
    first_output: float | None = None
    ended: float | None = None
    status: str = "in_progress"
    usage: Json | None = None


class Core:
    """The common ground of a session's parts."""

    def __init__(
        self,
        model: Model,
        options: MockOptions,
        *,
        now: float,
        ids: IdSource,
        number: int = 1,
        shared: dict[str, Any] | None = None,
        crowd: Crowd | None = None,
        key: str = "",
    ) -> None:
        self.now = now
        self.key = key  # only lies have a use for it
        self.began = now
        self.options = options
        self.switches = Switches(options.switches)
        self.quirks = Quirks(options.quirks)
        self.ids = ids
        from conformance.mock.stage import Stage  # noqa: PLC0415  # which speaks of sessions

        self.stage = Stage(options.moments, number)
        self.silent = False
        self.handled = 0  # events of the client
        self.pace = latency.pace(options)
        self.id = ids.make("sess")
        self.config = Config(model, self.switches, self.id, options.voices, lenient=options.lenient)
        self.billed: list[Billed] = []
        self.current: Json | None = None
        self.closing: CloseWith | Drop | None = None
        self.memory: dict[str, Any] = {}
        """A place for quirks to remember things in."""
        self.shared = {} if shared is None else shared
        """The same for all sessions of a server."""
        self.crowd = crowd or Crowd(options.limits)
        """What is held for all sessions of a server."""
        self.size = 0
        """Characters of the message in hand."""
        self.number = number
        """Which session of its server this is."""
        self.audio_heard = False
        self.response_active = False
        self._out: list[Out] = []
        self._agenda: list[Appointment] = []
        self._numbers = itertools.count()

    # -- time

    def after(self, seconds: float, action: Callable[[], None]) -> Appointment:
        """Do something in `seconds`."""
        appointment = Appointment(self.now + seconds, next(self._numbers), action)
        heapq.heappush(self._agenda, appointment)
        return appointment

    def next_due(self) -> float | None:
        """When there is something to do next; None: not before the client sends something."""
        if self.closing is not None:
            return None
        while self._agenda and self._agenda[0].cancelled:
            heapq.heappop(self._agenda)
        return self._agenda[0].due if self._agenda else None

    def advance(self, now: float) -> None:
        """Do everything that is due, in its order.

        What an action puts on the agenda counts from `now`, not from when the action was due: a server that was busy
        goes on from there instead of catching up in one burst, and a client can still step in between.
        """
        self.now = max(self.now, now)
        while (due := self.next_due()) is not None and due <= self.now:
            heapq.heappop(self._agenda).action()

    # -- output

    def emit(self, kind: str, **fields: Any) -> None:
        """Send an event; payloads come first, as they do live."""
        first: Json = {name: fields.pop(name) for name in ("delta", "text") if name in fields}
        event: Json = {**first, "event_id": self.ids.make("event"), "type": kind, **fields}
        for changed in self.quirks.emit(event, self.whole):
            for out in self.stage.emit(changed, self.whole):
                self.put(out)

    @property
    def whole(self) -> Session:
        """The session that this is the ground of (quirks get it)."""
        raise NotImplementedError

    def put(self, out: Out) -> None:
        """Add to the output; after a close nothing counts."""
        if self.closing is not None or self.silent:
            return
        if isinstance(out, Silence):
            self.silent = True
            return
        self._out.append(out)
        if isinstance(out, CloseWith | Drop):
            self.closing = out

    def take(self) -> list[Out]:
        """Return the output so far, and forget it."""
        out, self._out = self._out, []
        return out

    def close(self, code: int, reason: str = "") -> None:
        """Close; a reason too long for a control frame is cut."""
        cut = reason.encode("utf-8", "replace")[:REASON_BYTES].decode("utf-8", "ignore")
        self.put(CloseWith(code, cut))

    def drop(self) -> None:
        """End without a close frame."""
        self.put(Drop())

    # -- errors

    def fail(self, fault: Fault) -> None:
        """Send an `error`, and close where it is fatal (§4.3 of the sources and C31)."""
        payload = fault.payload()
        close = fault.close
        side = self.switches["error-closes"]
        voice = fault.code == "COMMON_ERROR" and fault.close is not None
        if voice:
            form = self.switches["voice-unknown"]
            if form == "close-1007-only":
                self.close(1007, fault.message)
                return
            if form == "error-open" or side == "none":
                close = None
            if side == "by-type":
                payload = {"type": "server_error", **payload}
        if side == "by-type":
            close = (close or 1011) if payload.get("type") == "server_error" else None
        if side == "session-errors-too" and "committing" in fault.message:
            close = 1007
        given = (self.current or {}).get("event_id")
        if given is not None:
            if self.switches["error-event-id"] == "echoed":
                payload["event_id"] = given
            elif self.switches["error-event-id"] == "elsewhere":
                payload["details"] = {"client_event_id": given}
        self.emit("error", error=payload)
        if close is not None:
            self.close(close, fault.message)

    def situation(self, *, audio_sent: bool) -> Situation:
        """What an update may still change."""
        return Situation(audio_sent, self.audio_heard, self.response_active)
