"""Both sides of an edge: connections written by hand, each with what one rule says of it.

EDGES = [
    edge("GEN-017", "pass", "at two seconds", "C session.finish", s("session.finished", after=2000)),
    edge("GEN-017", "fail", "past two seconds", "C session.finish", s("session.finished", after=2001)),
]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from conformance.judge.checks import Outcome
from support.rules import verdict
from support.talks import Line, talk, waited

LEAVE: list[str | Line] = [waited("C close 1000"), "S close 1000"]
"""The client lets a whole quiet window run out, and leaves."""


@dataclass(frozen=True)
class Edge:
    """One side: a clause, its verdict, which side it is, and what crosses."""

    clause: str
    verdict: str
    side: str
    lines: tuple[str | Line | list[Any], ...]
    options: dict[str, Any]

    def judged(self) -> Outcome:
        """What the rule says of it."""
        return verdict(self.clause, talk(*_flat(self.lines), **self.options))


def edge(clause: str, verdict: str, side: str, *lines: str | Line | list[Any], **options: Any) -> Edge:
    """One side of an edge; lists may hold lists, `options` are those of `talk`."""
    return Edge(clause, verdict, side, lines, options)


def _flat(lines: Any) -> list[Any]:
    found: list[Any] = []
    for line in lines:
        found += _flat(line) if isinstance(line, list) else [[line] if isinstance(line, Line) else line]
    return found


def each(edges: list[Edge]) -> pytest.MarkDecorator:
    """A test for each."""
    return pytest.mark.parametrize("edge", edges, ids=lambda edge: f"{edge.clause} {edge.side}")
