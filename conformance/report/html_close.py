"""The close paths as a matrix that is read in one look: paths that are alike are one row, wire and platform apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from conformance.report.answer import SHOWN

KINDS = ("`session.finish`", "A close frame", "No close frame", "The server ends it", "Not walked to the end")

MET = {
    "finished": "`session.finished` came",
    "error": "refused by `error`",
    "both": "`error` and `session.finished`",
    "silent": "not answered",
    "closed": "met by a close",
}


@dataclass
class Ways:
    """Paths that are alike."""

    kind: str
    wire: str
    clean: bool
    status: str
    error: str
    why: str
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def walked(self) -> bool:
        """Whether these were walked to their end; what is not says nothing of how it would have ended."""
        return self.kind != KINDS[4]

    @property
    def seconds(self) -> tuple[float, float]:
        """The shortest and the longest end, in seconds."""
        found = [row["seconds"] for row in self.rows]
        return min(found), max(found)


def matrix(close_paths: Iterable[dict[str, Any]]) -> list[tuple[str, list[Ways]]]:
    """Rows by kind of path, those that most paths share first."""
    found: dict[tuple[Any, ...], Ways] = {}
    for row in close_paths:
        status = SHOWN.get(row["status"], "not known")
        why = row["status_why"] if row["status"] not in SHOWN else ""
        key = (_kind(row), _wire(row), row["clean"], status, row["status_error"], why)
        found.setdefault(key, Ways(*key)).rows.append(row)
    kinds = [(kind, [ways for ways in found.values() if ways.kind == kind]) for kind in KINDS]
    return [(kind, sorted(rows, key=lambda ways: -len(ways.rows))) for kind, rows in kinds if rows]


def _kind(row: dict[str, Any]) -> str:
    if not row.get("complete", True):
        return KINDS[4]
    if row.get("finish"):
        return KINDS[0]
    if row["who_first"] == "server":
        return KINDS[3]
    return KINDS[2] if row["client_code"] is None else KINDS[1]


def _wire(row: dict[str, Any]) -> str:
    """What the wire shows, in words that do not name a code where the server repeats the client's."""
    if not row.get("complete", True):
        return str(row.get("stopped") or row["behaviour"])
    met = MET.get(row.get("finish", ""), "")
    code = row["server_code"]
    if row["who_first"] == "server":
        end = "the server closed " + ("without a close frame" if code is None else f"with {code}")
    elif row["client_code"] is None:
        end = "left without a close frame"
    elif code is None:
        end = "the close was not answered"
    else:
        end = "the close was answered by " + ("the same code" if code == row["client_code"] else str(code))
    return f"{met}; {end}" if met else end
