"""What a mock tells whoever wants to write down the sessions that it holds.

A witness sees the wire as it is: requests, answers, frames in the order in which they crossed, and how TCP ended.  It
changes nothing.  `conformance.clients.recording` makes transcripts of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from websockets.frames import Frame
from websockets.http11 import Request, Response

if TYPE_CHECKING:
    from conformance.mock.ledger import Call
    from conformance.mock.link import Link

Side = Literal["client", "server"]


class Witness:
    """Looks on and keeps nothing; what it is told of is told in the thread of the mock's loop."""

    def answered(self, link: Link, request: Request, response: Response) -> None:
        """An upgrade was asked for, and this is the answer: 101, or a refusal."""

    def crossed(self, link: Link, side: Side, frame: Frame) -> None:
        """A frame (a fragment, where a message has several) was sent by this side."""

    def ended(self, link: Link) -> None:
        """TCP is over; `link.left` says who ended it, and `link.reset` whether by a reset."""

    def listed(self, link: Link, call: Call) -> None:
        """The session of this connection is over, and the ledger has it; comes after `ended` or before it."""
