"""What README.md says of the suite and of the sources: `python -m tests.figures --write` brings it up to date."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from conformance.mock.quirks import REGISTRY
from conformance.spec import sources
from conformance.spec.catalogue import client_clauses
from conformance.spec.reference import known

from .hostile.gallery import ENDPOINTS

README = Path(__file__).parents[1] / "README.md"
SENTENCES = {
    r"(?<=judged by )\d+(?= clauses of its own)": lambda: len(client_clauses()),
    r"(?<=the mock tells )\d+(?= named lies)": lambda: len(REGISTRY),
    r"(?<=put before )\d+(?= hostile and broken endpoints)": lambda: len(ENDPOINTS),
}
"""Where a figure stands, and what it counts."""

BEGIN = "<!-- what is known: made from conformance/spec/known.toml by `python -m tests.figures --write` -->\n"
END = "<!-- end of what is known -->"


def told() -> str:
    """What the sources say of the three questions, as it stands in the README."""
    found = []
    for number, it in enumerate(known(), 1):
        found.append(f"{number}. **{it.ask}**")
        found += [f"   - {row.says} ({_linked(row.source)}, {row.date})" for row in it.sentences]
        found.append(f"   - *Only a run with your key can tell:* {it.run[0].lower()}{it.run[1:]}")
    return "\n".join(found) + "\n"


def _linked(key: str) -> str:
    address = sources.address(key)
    return f"[{key}]({address})" if address else key


def counted(text: str) -> str:
    """The text with its figures as they are now.  Raises LookupError for a sentence that is no longer there."""
    for place, count in SENTENCES.items():
        text, found = re.subn(place, str(count()), text)
        if found != 1:
            raise LookupError(f"{place} stands in {README.name} {found} times")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise LookupError(f"{README.name} has no place for what is known")
    return f"{before}{begin}{told()}{end}{after}"


def stale(text: str) -> Iterator[str]:
    """The lines that are not as they would be now, as a difference."""
    for line in difflib.unified_diff(text.splitlines(), counted(text).splitlines(), lineterm="", n=0):
        if line.startswith(("+", "-")) and not line.startswith(("+++", "---")):
            yield line


if __name__ == "__main__":
    before = README.read_text(encoding="utf-8")
    print("\n".join(stale(before)) or "All figures are those of now.")
    if "--write" in sys.argv:
        README.write_text(counted(before), encoding="utf-8")
