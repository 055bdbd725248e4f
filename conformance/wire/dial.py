"""How a connection is opened, where that differs from the plain way."""

from __future__ import annotations

from dataclasses import dataclass

NEAR = "near"


@dataclass(frozen=True)
class Dial:
    """How a conversation opens its connection, where it differs from the plain way.

    `key=None` sends no Authorization header, `key=NEAR` a key that begins and ends as the target's, `model=None` the
    target's model, `with_model=False` no model parameter.
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
    """A key that was never given out; it begins and ends as this one, so who knows keys by a part of them takes it."""
    first, last = halves(key or "")
    return f"{first}-invalid-{last}"


def halves(key: str) -> tuple[str, str]:
    """What comes before the middle of a key, which is left out, and what comes after it."""
    middle = len(key) // 2
    return key[:middle], key[middle + 1 :]
