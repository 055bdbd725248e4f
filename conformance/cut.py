"""What stands in place of a secret, and cutting a text without falling into it."""

from __future__ import annotations

from collections.abc import Iterable

MASK = "[masked]"


def cut(text: str, most: int) -> str:
    """The first `most` characters, or fewer where the cut would fall inside a mask."""
    begun = text.rfind(MASK[0], max(0, most - len(MASK) + 1), most)
    return text[:begun] if begun >= 0 and text.startswith(MASK, begun) else text[:most]


def listed(words: Iterable[object]) -> str:
    """`a, b`, or `nothing`: how what came is told in a sentence."""
    return ", ".join(map(str, words)) or "nothing"
