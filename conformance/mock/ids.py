"""Ids in the forms that were seen live: a prefix and 21 of [A-Za-z0-9], `call_` and 24 hex digits (WS-REC)."""

from __future__ import annotations

import random
import string

ALPHABET = string.ascii_letters + string.digits
_LETTERS = (ALPHABET * 5).encode()[:256]
"""The letter of each byte: some come a fifth more often than others, which no id is worse for."""


class IdSource:
    """Ids of one connection: the same for the same seed and number, never those of another connection."""

    def __init__(self, seed: int = 0, connection: int = 0) -> None:
        self._random = random.Random(f"{seed}/{connection}")

    def make(self, prefix: str) -> str:
        """Return a new id such as `item_E5f6G7h8I9j0K1l2M3n4O`."""
        return f"{prefix}_{self.letters(21)}"

    def call(self) -> str:
        """Return a new call id such as `call_0123456789abcdef01234567`."""
        return f"call_{self._random.getrandbits(96):024x}"

    def uuid(self) -> str:
        """Return a request id in the form of the platform's."""
        digits = f"{self._random.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def letters(self, count: int) -> str:
        """Return `count` random letters and digits (what `obfuscation` holds)."""
        return self._random.randbytes(count).translate(_LETTERS).decode()

    def fraction(self) -> float:
        """Return a random share, 0 to 1 (how long a reply lets itself be waited for)."""
        return self._random.random()
