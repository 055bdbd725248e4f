"""The figures that README.md gives of the suite: `python -m tests.figures --write` brings them up to date."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from conformance.mock.quirks import REGISTRY
from conformance.spec.catalogue import client_clauses

from .hostile.gallery import ENDPOINTS

README = Path(__file__).parents[1] / "README.md"
SENTENCES = {
    r"(?<=judged by )\d+(?= clauses of its own)": lambda: len(client_clauses()),
    r"(?<=the mock tells )\d+(?= named lies)": lambda: len(REGISTRY),
    r"(?<=put before )\d+(?= hostile and broken endpoints)": lambda: len(ENDPOINTS),
}
"""Where a figure stands, and what it counts."""


def counted(text: str) -> str:
    """The text with its figures as they are now.  Raises LookupError for a sentence that is no longer there."""
    for place, count in SENTENCES.items():
        text, found = re.subn(place, str(count()), text)
        if found != 1:
            raise LookupError(f"{place} stands in {README.name} {found} times")
    return text


def stale(text: str) -> Iterator[str]:
    """The lines whose figures are not those of now."""
    for old, new in zip(text.splitlines(), counted(text).splitlines(), strict=True):
        if old != new:
            yield f"{old} -> {new}"


if __name__ == "__main__":
    before = README.read_text(encoding="utf-8")
    print("\n".join(stale(before)) or "All figures are those of now.")
    if "--write" in sys.argv:
        README.write_text(counted(before), encoding="utf-8")
