"""What was seen on a connection, sorted once by the types of its events."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from conformance.papers.player import Seen, at
from conformance.papers.script import leaves, streams


class Sorted(Seen):
    """What was seen, by type: the facts ask for it thousands of times."""

    def __init__(self, seen: Seen) -> None:
        super().__init__(seen.got)
        vars(self).update(vars(seen))
        self._kinds: dict[Any, list[tuple[int, Any]]] = {}
        for step, event in seen.got:
            self._kinds.setdefault(str(at(event, "type")), []).append((step, event))

    def of(self, kind: str, since: int = 0) -> list[Any]:
        """The events of a type since a step."""
        return [event for step, event in self._kinds.get(kind, ()) if step >= since]

    def during(self, steps: Collection[int]) -> Sorted:
        """The same, had nothing come but in these steps."""
        part = copy.copy(self)
        part.got = [pair for pair in self.got if pair[0] in steps]
        part.times = [late for late, pair in zip(self.times, self.got, strict=False) if pair[0] in steps]
        return Sorted(part)


def numbered(rows: Iterable[tuple[int, Any, Any]]) -> dict[tuple[str, int, int], Any]:
    """Values by type, step, and which of its type in that step."""
    found: dict[tuple[str, int, int], Any] = {}
    counted: dict[tuple[str, int], int] = {}
    for step, event, value in rows:
        kind = str(at(event, "type"))
        nth = counted[kind, step] = counted.get((kind, step), -1) + 1
        found[kind, step, nth] = value
    return found


def windows(rows: Iterable[tuple[int, Any, int]]) -> dict[tuple[int, str], list[int]]:
    """Places by step and type."""
    found: dict[tuple[int, str], list[int]] = {}
    for step, event, place in rows:
        found.setdefault((step, str(at(event, "type"))), []).append(place)
    return found


def places(rows: Iterable[tuple[int, Any, int]]) -> dict[tuple[str, int, int], int]:
    """Where events stand by type, step, and which of its type in that step; of what streams the first and the last."""
    found: dict[tuple[str, int, int], int] = {}
    for (kind, step, nth), place in numbered((step, event, place) for step, event, place in rows).items():
        if not streams(kind):
            found[kind, step, nth] = place
        else:
            found.setdefault((kind, step, 0), place)
            found[kind, step, -1] = place
    return found


def holders(seen: Seen) -> Mapping[str, tuple[str, int, str]]:
    """Where each text of some length stood first: type, which of its type, path."""
    found: dict[str, tuple[str, int, str]] = {}
    counted: dict[str, int] = {}
    for _, event in seen.got:
        kind = str(at(event, "type"))
        nth = counted[kind] = counted.get(kind, -1) + 1
        for path, value in leaves(event):
            if isinstance(value, str) and len(value) > 3:
                found.setdefault(value, (kind, nth, path))
    return found
