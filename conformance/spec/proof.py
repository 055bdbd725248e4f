"""The proof that checks can fail: which deviations of the mock each of them was seen to fail for."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "kill_matrix.json"
CLIENTS = Path(__file__).parent / "client_kill_matrix.json"


@cache
def client_killers() -> dict[str, list[str]]:
    """The faults of the deliberately bad client that break each client clause, by clause id."""
    found: dict[str, list[str]] = {}
    for name, row in json.loads(CLIENTS.read_text(encoding="utf-8")).items():
        for clause in row["breaks"]:
            found.setdefault(clause, []).append(name)
    return found


@cache
def killers() -> dict[str, list[str]]:
    """The quirks that kill each check, by check id; those that fail so many checks that they prove nothing left out."""
    found: dict[str, list[str]] = {}
    for name, row in json.loads(FILE.read_text(encoding="utf-8"))["quirks"].items():
        if not row["catastrophic"]:
            for check in row["kills"]:
                found.setdefault(check, []).append(name)
    return found
