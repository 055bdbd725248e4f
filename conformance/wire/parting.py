"""How a connection ends, as it is found out: who moved first, what the close frames carried, what became of TCP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from conformance.wire.transcript import Ending

Peer = Literal["client", "server"]


@dataclass
class Parting:
    """What is known of it so far; `clock` gives ms.

    `problem` is what was wrong with the framing, `broken_off` the bound that the server passed; `left` says that TCP is
    ended from here.
    """

    clock: Callable[[], float]
    first: Literal["client", "server", "nobody"] = "nobody"
    first_at: float = 0.0
    tcp: Literal["fin", "rst", "client", "timeout", "open"] = "open"
    code_sent: int | None = None
    reason_sent: str = ""
    code_received: int | None = None
    reason_received: str = ""
    problem: str | None = None
    broken_off: str = ""
    left: bool = False

    def moved(self, side: Peer) -> None:
        """One side does something that ends the connection; the first to do so counts."""
        if self.first == "nobody":
            self.first, self.first_at = side, self.clock()

    def said(self, side: Peer, code: int, reason: str) -> None:
        """A close frame went this way; `reason` may be kept."""
        if side == "client":
            self.code_sent, self.reason_sent = code, reason
        else:
            self.code_received, self.reason_received = code, reason

    def eof(self) -> None:
        """The server ended its side of TCP."""
        if self.tcp == "open":
            self.tcp = "fin"
        self.moved("server")

    def lost(self, exc: Exception | None) -> None:
        """TCP is gone."""
        if self.tcp != "open":
            return
        if self.left:
            self.tcp = "client"
        else:  # over TLS an end may come without an end of file
            self.tcp = "rst" if isinstance(exc, ConnectionResetError) else "fin"
            self.moved("server")

    def ending(self) -> Ending:
        """What the transcript keeps of it, when nothing more will be read."""
        both = self.code_sent is not None and self.code_received is not None
        return Ending(
            first=self.first,
            code_sent=self.code_sent,
            reason_sent=self.reason_sent,
            code_received=self.code_received,
            reason_received=self.reason_received,
            clean=both and self.tcp != "timeout" and self.problem is None,
            seconds=max(0.0, (self.clock() - self.first_at) / 1000) if self.first != "nobody" else 0.0,
            tcp=self.tcp,
            problem=self.problem,
            broken_off=self.broken_off,
        )
