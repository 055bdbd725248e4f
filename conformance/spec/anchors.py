"""Where the catalogue covers the sources: an anchor for every table row and rule of their first five sections.

The rows live in `anchors.toml`, in the order of the sources: 1 connection, 2 client events, 3 server events, 4 errors,
5 tokens and billing.  What a source states and nothing here judges would otherwise be missed in silence.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from conformance import data, kept
from conformance.spec.catalogue import CatalogueError, clause, question

FILE = Path(__file__).parent / "anchors.toml"
ID = re.compile(r"s([1-5])\.(\d{1,2})\.(\d{2})")
SHAPE = "GEN-010"  # the rule that holds every server event against its schema


@dataclass(frozen=True)
class Anchor:
    """One statement of the sources: `says` it in our words, and names what answers for it.

    `covered_by` lists clauses and open questions; `schema` is the file, below the schema folder, that states a field
    or a type.  `excluded` is the reason why nothing can.  `missing` is the check that somebody still has to write.
    """

    id: str
    says: str
    covered_by: tuple[str, ...] = ()
    excluded: str = ""
    schema: str = ""
    missing: str = ""

    @property
    def place(self) -> tuple[int, int, int]:
        """Section, subsection and number: the order of the sources."""
        found = ID.fullmatch(self.id)
        if found is None:
            raise CatalogueError(f"anchors.toml: {self.id!r} is no anchor such as s2.3.07")
        section, subsection, number = (int(group) for group in found.groups())
        return section, subsection, number


KEYS = {field.name for field in fields(Anchor)}


@functools.cache
def anchors() -> dict[str, Anchor]:
    """All anchors by id, in the order of the sources.  Raises CatalogueError on a row that contradicts itself."""
    return read(kept.table(FILE)["anchor"])


def read(rows: Iterable[Mapping[str, Any]]) -> dict[str, Anchor]:
    """Anchors out of parsed rows, each held against the catalogue and the schema folder."""
    found: dict[str, Anchor] = {}
    for row in rows:
        if unknown := row.keys() - KEYS:
            raise CatalogueError(f"anchors.toml: {row.get('id')} is a row with {', '.join(sorted(unknown))}")
        anchor = Anchor(**{**row, "covered_by": tuple(row.get("covered_by", ()))})
        _judge(anchor)
        if anchor.id in found:
            raise CatalogueError(f"anchors.toml: {anchor.id} is there twice")
        found[anchor.id] = anchor
    return found


def _judge(anchor: Anchor) -> None:
    where = f"anchors.toml: {anchor.id}"
    assert anchor.place
    for row_id in anchor.covered_by:
        try:
            question(row_id) if row_id.startswith("Q-") else clause(row_id)
        except CatalogueError as error:
            raise CatalogueError(f"{where}: {error}") from None
    if anchor.excluded and anchor.covered_by:
        raise CatalogueError(f"{where} is excluded and has something that covers it")
    if not (anchor.excluded or anchor.covered_by or anchor.missing):
        raise CatalogueError(f"{where} has neither something that covers it nor a reason")
    if anchor.schema:
        if not (data.schemas() / anchor.schema).is_file():
            raise CatalogueError(f"{where}: there is no schema {anchor.schema}")
        if anchor.schema.startswith("server/") and SHAPE not in anchor.covered_by:
            raise CatalogueError(f"{where}: {SHAPE} holds events against {anchor.schema}")
