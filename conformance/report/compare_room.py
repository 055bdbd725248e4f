"""Which rows of a comparison stand in the page as text, and which its script makes when somebody asks for them.

What differs is text as far as the page has room for it, in its order; what is alike, and what differs beyond that, is
compressed data.  So a page of five targets that differ in everything opens as soon as one of two that are alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.report import html_text
from conformance.report.html_detail import packed

ROOM = 2_000
"""Elements of rows that stand in the page; its answers, its legend and its headings need some hundreds besides."""


@dataclass(frozen=True)
class View:
    """A cell as it is shown: every text is cut and harmless already."""

    kind: str
    word: str
    beside: str
    more: str
    folds: bool
    """Whether `more` is opened by a click on the word."""

    @property
    def elements(self) -> int:
        """What the cell costs."""
        return 2 + self.word.count("`") // 2 + (3 if self.folds else bool(self.beside) + bool(self.more))


@dataclass(frozen=True)
class Line:
    """A row as it is shown."""

    id: str
    level: str
    words: str
    differs: bool
    cells: list[View]

    @property
    def elements(self) -> int:
        """What the row costs; names set as code cost one each."""
        return 5 + self.words.count("`") // 2 + sum(cell.elements for cell in self.cells)


@dataclass(frozen=True)
class Part:
    """Rows under one heading: those that are text, and the ids of those that differ and are not."""

    anchor: str
    title: str
    total: int
    differing: int
    lines: list[Line]
    further: list[str]


def parts(groups: Sequence[Any], redact: Callable[[str], str]) -> tuple[list[Part], str]:
    """The groups as they stand in the page, and all that is made on demand, packed.

    The packed value maps a group's anchor to its rows in their order: 0 for one that is text, else
    `[id, level, words, differs, cells]`, a cell being `[kind, word, beside, more, folds]`.
    """
    room = ROOM
    found: list[Part] = []
    held: dict[str, list[Any]] = {}
    for group in groups:
        lines: list[Line] = []
        further: list[str] = []
        rest: list[Any] = []
        for row in group.rows:
            line = _line(row, closing=group.anchor == "closing")
            if line.differs and line.elements <= room:
                room -= line.elements
                lines.append(line)
                rest.append(0)
                continue
            if line.differs:
                room = 0  # what comes later is no more important for being smaller
                further.append(html_text.one_line(row.id))
            cells = [[one.kind, one.word, one.beside, one.more, int(one.folds)] for one in line.cells]
            rest.append([line.id, line.level, line.words, int(line.differs), cells])
        found.append(Part(group.anchor, group.title, len(group.rows), group.differing, lines, further))
        held[group.anchor] = rest
    return found, packed(held, redact)


def _line(row: Any, *, closing: bool) -> Line:
    return Line(
        "" if closing else html_text.one_line(row.id),  # the name of a path is for programs
        row.level,
        html_text.one_line(row.words, 400),
        row.differs,
        [_view(cell, closing=closing) for cell in row.cells],
    )


def _view(cell: Any, *, closing: bool) -> View:
    beside = f"Platform: {html_text.one_line(cell.beside, 160)}" if closing and cell.beside else ""
    more = html_text.one_line(cell.more, 200 if closing else 300)
    folds = bool(more) and not closing
    if cell.kind in {"skipped", "not_run"} and folds:
        more, folds = "", False
    word = html_text.one_line(cell.word, 300)
    return View(cell.kind, f"{cell.glyph} {word}".strip(), beside, more, folds)
