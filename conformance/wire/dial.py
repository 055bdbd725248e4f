"""How a connection is opened, where that differs from the plain way."""

from __future__ import annotations

from dataclasses import dataclass

NEAR = "near"


@dataclass(frozen=True)
class Dial:
    """How a conversation opens its connection, where it differs from the plain way.

    `key=None` sends no Authorization header, `key=NEAR` one that begins as the target's, `model=None` the target's
    model, `with_model=False` no model parameter.
    As the vendor's SDKs do, it offers neither extension nor sub-protocol by itself.
    """

    key: str | None = "target"
    model: str | None = None
    with_model: bool = True
    headers: tuple[tuple[str, str], ...] = ()
    scheme: str = "Bearer"
    deflate: bool = False
    subprotocols: tuple[str, ...] = ()


def near(key: str | None) -> str:
    """A key that was never given out and begins as this one: a server that knows keys by their beginning takes it."""
    return f"{(key or '')[:-1]}-invalid"
