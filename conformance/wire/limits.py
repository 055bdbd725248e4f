"""How much an endpoint may send before it is broken off: bounds that no honest session comes near.

RFC 6455 §10.4 tells an implementation to bound the size of frames and of reassembled messages.  What passes a bound is
dropped and not kept, the connection is cut, and the name of the bound is written into how it ended.  A session of
thirty minutes has some 20 MB in 10,000 frames; the longest of this suite's own has a tenth of that.
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.wire.hush import Hush

MIB = 2**20
OVERHEAD = 3072
"""Bytes that a frame takes in memory beside its payload, however small it is: 1.3 KB were measured of an `error` that
was read, and as much again goes to its judging and to its place on the page.  A default run has 0.7 MB past `free`."""


@dataclass(frozen=True)
class Limits:
    """Bounds on what a server sends.

    `frames` and `size` (bytes) of one connection, `message` (bytes) of one message, `after_close` (bytes) behind its
    close frame.  `run` (bytes) bounds what all connections of a run hold together, of each what is past `free` alone.
    """

    frames: int = 20_000
    size: int = 32 * MIB
    message: int = 8 * MIB
    after_close: int = MIB
    run: int = 48 * MIB
    free: int = MIB // 4


class Room:
    """What the connections of one run share: what they have taken of what they may hold, and when any was heard."""

    def __init__(self, limits: Limits | None = None, hush: Hush | None = None) -> None:
        self.limits = limits or Limits()
        self.hush = hush or Hush(float("inf"))
        self.taken = 0


class Meter:
    """Counts what one connection receives; each count says which bound is passed by now, or None."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._frames = self._held = self._received = self._behind = 0

    def received(self, size: int) -> str | None:
        """So many bytes came, of frames or of what is none yet."""
        self._received += size
        return _more(self._received, self._room.limits.size, "in one connection")

    def followed(self, size: int) -> str | None:
        """So many bytes came behind the server's close frame."""
        self._behind += size
        return _more(self._behind, self._room.limits.after_close, "after its close frame")

    def frame(self, size: int, *, last: bool = True) -> str | None:
        """A frame, or a fragment of one, came with a payload of this size; what is kept is the whole of them."""
        limits = self._room.limits
        self._frames += 1
        if self._frames > limits.frames:
            return f"more than {limits.frames:,} frames in one connection"
        before, self._held = self._held, self._held + size + OVERHEAD * last
        self._room.taken += max(0, self._held - limits.free) - max(0, before - limits.free)
        return _more(self._room.taken, limits.run, "in one run")

    @property
    def too_long(self) -> str:
        """How a message past the bound is told."""
        return f"a message of more than {megabytes(self._room.limits.message)}"


def _more(size: int, most: int, where: str) -> str | None:
    return f"more than {megabytes(most)} {where}" if size > most else None


def megabytes(size: int) -> str:
    """`32 MB`; sizes below one are told in bytes."""
    return f"{size // MIB} MB" if size >= MIB else f"{size:,} bytes"
