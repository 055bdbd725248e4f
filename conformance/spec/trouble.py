"""Which codes, texts and handshake statuses tell about the account, the quota, the service or the line: a table.

What a conversation met is found by `conformance.wire.trouble`; this module only knows the words.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

FILE = Path(__file__).parent / "trouble.toml"
Kind = Literal["account", "quota", "service", "line", "own"]
"""Whose trouble it is; `own` is this machine's."""

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
# A gateway tells how its upstream answered it: that answer counts.
_UPSTREAM = re.compile(r"upstream.{0,60}\bHTTP (\d{3})\b", re.IGNORECASE | re.DOTALL)
MOST = 4_000
"""Characters of a text that are read: what says more is no message."""


@dataclass(frozen=True)
class Row:
    """One kind of trouble; `what` and `todo` are parts of one sentence."""

    kind: Kind
    what: str
    todo: str
    source: str
    date: str
    codes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    exact: bool = False
    full: bool = False

    def has_code(self, code: str) -> bool:
        """Whether this code is one of the row's."""
        return any(code == one or (not self.exact and code.startswith(f"{one}.")) for one in self.codes)

    def has_text(self, text: str) -> bool:
        """Whether this text, without what it quotes, is one of the row's."""
        bare = _QUOTED.sub("''", text[:MOST])
        return any(re.search(pattern, bare, re.IGNORECASE) for pattern in self.texts)


@cache
def rows() -> tuple[Row, ...]:
    """The table, in the order in which it decides."""
    with FILE.open("rb") as file:
        listed = tomllib.load(file)["trouble"]
    return tuple(map(_row, listed))


def _row(line: dict[str, Any]) -> Row:
    return Row(**{name: tuple(value) if isinstance(value, list) else value for name, value in line.items()})  # type: ignore[arg-type]


def by_status(status: int) -> Row | None:
    """The row of a handshake's HTTP status, or None."""
    return next((row for row in rows() if status in row.statuses), None)


def upstream(text: str) -> Row | None:
    """The row of the status with which a gateway's upstream answered it, or None where a text tells of none."""
    found = _UPSTREAM.search(text[:MOST])
    return by_status(int(found[1])) if found is not None else None


@lru_cache(maxsize=1024)  # who complains a thousand times says the same each time
def by_words(code: str, text: str) -> Row | None:
    """The row of an error's code and message: by code first, by text second; None where neither is known."""
    coded = next((row for row in rows() if row.has_code(code)), None) if code else None
    if coded is not None:
        return coded
    return upstream(text) or next((row for row in rows() if row.has_text(text)), None)
