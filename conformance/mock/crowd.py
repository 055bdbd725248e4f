"""What all clients of a server take together: connections, and bytes that are held for them.

A limit on each client bounds nothing when there are a thousand of them, so these are counted over all.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from conformance.mock.options import Limits

if TYPE_CHECKING:
    from conformance.mock.link import Link


class Crowd:
    """The clients of one server."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.links: set[Link] = set()
        """Who is connected, also before the handshake."""
        self.held = 0
        """Bytes that are held for all of them."""
        self._of: dict[Hashable, int] = {}

    @property
    def full(self) -> bool:
        """Whether no further client may connect."""
        return len(self.links) >= self.limits.sockets

    def note(self, owner: Hashable, size: int) -> None:
        """For `owner` so many bytes are held from now on; 0: it is gone."""
        self.held += size - self._of.pop(owner, 0)
        if size:
            self._of[owner] = size

    def has_room(self, size: int = 0) -> bool:
        """Whether so many bytes more may be held."""
        return self.held + size <= self.limits.held_bytes
