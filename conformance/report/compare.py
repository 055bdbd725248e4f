"""Many targets side by side: rows are clauses, questions and close paths, columns are records.

Each record was made on its own, by a job of its own; here nothing is judged again.  A cell has the verdict; for a close
path the behaviour on the wire and, apart from it, the platform's status.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, Template
from markupsafe import Markup

from conformance.report import html_text, html_views
from conformance.report.record import Record, read
from conformance.report.summary import summary

ABSENT = "–"  # noqa: RUF001  # a dash in a cell


@dataclass(frozen=True)
class Column:
    """One record: what it judged, and its summary."""

    name: str
    record: Record
    made: dict[str, Any]

    @property
    def title(self) -> str:
        """Model and endpoint."""
        return f"{self.made['target']['model']} @ {self.made['target']['endpoint']}"


@dataclass(frozen=True)
class Cell:
    """What a column says in a row: words, the class that colours them, and what is said on demand."""

    words: str
    kind: str = "not_run"
    more: str = ""
    beside: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes two cells differ."""
        return (self.words, self.beside)


@dataclass(frozen=True)
class Row:
    """A clause, a question or a close path."""

    id: str
    level: str
    sentence: str
    cells: list[Cell]

    @property
    def differs(self) -> bool:
        """Whether the columns that have a say in it do not all say the same."""
        return len({cell.key for cell in self.cells if cell.words != ABSENT}) > 1


@dataclass(frozen=True)
class Part:
    """A group of rows: a chapter, the questions, the close paths."""

    title: str
    rows: list[Row] = field(default_factory=list)


def columns(paths: Iterable[Path]) -> list[Column]:
    """Read the records.  Raises RecordError for one that is none."""
    found = []
    for path in paths:
        record = read(path)
        found.append(Column(str(path), record, summary(record)))
    return found


def parts(held: list[Column]) -> list[Part]:
    """All rows, in the order of the newest catalogue among the records."""
    newest = max(held, key=lambda column: str(column.made["started"]))
    rows = {row["id"]: row for name in ("clauses", "questions") for row in newest.record.catalogue[name]}
    judged = [{case["id"]: case for case in column.made["cases"]} for column in held]
    seen = [{item["id"]: item for item in column.made["observations"]} for column in held]
    order = list(dict.fromkeys(key for cases in judged for key in cases))
    chapters: dict[str, list[Row]] = {}
    questions = []
    for key in order:
        row = rows.get(key, {})
        level = next(cases[key]["level"] for cases in judged if key in cases)
        if level == "OBSERVE":
            cells = [_answer(cases.get(key), answers.get(key)) for cases, answers in zip(judged, seen, strict=True)]
            questions.append(Row(key, "", row.get("ask", ""), cells))
        else:
            cells = [_verdict(cases.get(key)) for cases in judged]
            chapters.setdefault(str(row.get("chapter", "99")), []).append(
                Row(key, level, row.get("sentence", ""), cells)
            )
    paths = [{row["path"]: row for row in column.made["close_paths"]} for column in held]
    walked = sorted({path for column in paths for path in column})
    closing = [Row(path, "", "", [_closing(column.get(path)) for column in paths]) for path in walked]
    return [
        *(Part(f"{number} {html_views.chapter_name(number)}", found) for number, found in sorted(chapters.items())),
        Part("Open questions", questions),
        Part("Close paths", closing),
    ]


def _verdict(case: dict[str, Any] | None) -> Cell:
    if case is None:
        return Cell(ABSENT)
    kind = html_views.verdict_class(case["verdict"], case["level"])
    more = "" if case["verdict"] == "pass" else html_text.told(case["detail"])[0]
    return Cell(html_views.verdict_word(case["verdict"], case["level"]), kind, more)


def _answer(case: dict[str, Any] | None, answer: dict[str, Any] | None) -> Cell:
    if answer is not None:
        return Cell(str(answer["outcome"]), "observed", str(answer["evidence"]))
    return _verdict(case)


def _closing(row: dict[str, Any] | None) -> Cell:
    if row is None:
        return Cell(ABSENT)
    return Cell(row["behaviour"], "observed", row["status_why"], beside=row["status"].replace("_", " "))


@cache
def _asset(name: str) -> tuple[Markup, str]:
    text = resources.files("conformance.report").joinpath("assets", name).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), f"'sha256-{digest}'"  # noqa: S704  # our own file


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("conformance.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        shown=html_text.shown, line=html_text.one_line, prose=html_text.prose, plural=html_text.plural
    )
    return environment.get_template("compare.html.j2")


def render(held: list[Column]) -> str:
    """The page."""
    script, script_digest = _asset("compare.js")
    style, style_digest = _asset("report.css")
    groups = parts(held)
    return _template().render(
        script=script,
        style=style,
        policy=f"default-src 'none'; script-src {script_digest}; style-src {style_digest}; "
        "base-uri 'none'; form-action 'none'",
        columns=held,
        parts=groups,
        glyphs=html_views.GLYPH,
        run_glyphs=html_views.RUN_GLYPH,
        differing=sum(row.differs for part in groups for row in part.rows),
        rows=sum(len(part.rows) for part in groups),
    )
