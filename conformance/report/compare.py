"""Many targets side by side: one page from their records, a column for each.

Pure: the same records in the same order give the same bytes.  Traces are not on it; each record's own report has them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Template

from conformance.report.case import Case
from conformance.report.html_text import one_line, told
from conformance.report.html_views import GLYPH, RUN_GLYPH, chapter_name, verdict_class, verdict_word
from conformance.report.page import asset, environment, policy
from conformance.report.record import Record, read
from conformance.report.redact import Redactor
from conformance.report.summary import cases, summary

UNKNOWN = "unknown"
"""The class of a cell whose target's suite has no such check, or whose run walked no such path."""

JUDGED = frozenset({"pass", "fail", "accepted", "observed"})
STATUS_TOLD = frozenset({"not_read", "not_observable", "not_visible_yet", "unknown", "ambiguous"})
"""Platform statuses that say nothing of the session, and so differ from none."""


class CompareError(ValueError):
    """The page can't be written."""


@dataclass(frozen=True)
class Column:
    """One target."""

    number: int
    record: Record
    made: dict[str, Any]
    judged: dict[str, Case]

    @property
    def remarks(self) -> list[str]:
        """What a reader must know before he believes the column."""
        found = []
        if self.made["target"]["kind"] == "mock":
            found.append("the mock")
        elif self.made["target"]["kind"] == "replay":
            found.append("judged again")
        if self.record.truncated:
            found.append("cut short")
        elif (self.record.footer or {}).get("interrupted"):
            found.append("interrupted")
        if self.record.damage:
            found.append("partly unreadable")
        return found

    @property
    def glyph(self) -> str:
        """The sign of its verdict."""
        return RUN_GLYPH.get(self.made["verdict"], "?")

    @property
    def verdict(self) -> str:
        """Its verdict in words."""
        return str(self.made["verdict"]).replace("_", " ")


@dataclass(frozen=True)
class Cell:
    """What one target says to one row.

    `key` is compared with the other cells of the row; None: not judged, and so no difference.
    """

    kind: str
    word: str
    key: tuple[str, ...] | None
    more: str = ""
    beside: str = ""

    @property
    def glyph(self) -> str:
        """The sign beside the word."""
        return GLYPH.get(self.kind, " ")


@dataclass(frozen=True)
class Row:
    """A clause, an open question or a close path, with a cell for each target."""

    id: str
    words: str
    level: str
    cells: list[Cell]

    @property
    def differs(self) -> bool:
        """Whether two targets that were judged differ."""
        return len({cell.key for cell in self.cells if cell.key is not None}) > 1


@dataclass(frozen=True)
class Group:
    """Rows under one heading."""

    anchor: str
    title: str
    rows: list[Row]

    @property
    def differing(self) -> int:
        """How many of its rows differ."""
        return sum(row.differs for row in self.rows)


def render(records: Sequence[Record]) -> str:
    """The page."""
    columns = [
        Column(number, record, summary(record), {case.id: case for case in cases(record)})
        for number, record in enumerate(records, 1)
    ]
    groups = [*_clauses(columns), *_questions(columns), *_close_paths(columns)]
    script, style = asset("compare.js"), asset("report.css", "compare.css")
    return _template().render(
        script=script,
        style=style,
        policy=policy(script, style),
        columns=columns,
        groups=groups,
        rows=sum(len(group.rows) for group in groups),
        differing=sum(group.differing for group in groups),
        suites=sorted({str(column.made["suite"]["version"]) for column in columns}),
        legend=[(GLYPH[kind], verdict_word(kind, "MUST"), means) for kind, means in LEGEND],
    )


LEGEND = (
    ("pass", "the clause holds"),
    ("fail", "a MUST does not hold"),
    ("missed", "a SHOULD or MAY does not hold"),
    ("accepted", "a failure that the run's baseline accepts"),
    ("observed", "an answer to an open question, or a close path that was walked"),
    ("blocked", "its evidence never arrived; another check answers for that"),
    ("inconclusive", "the model or the network did not cooperate"),
    ("skipped", "does not apply to this model or target"),
    ("not_run", "left out by a filter, a budget, or the end of the run"),
    ("error", "the suite's own fault"),
)


def write(paths: Iterable[Path], output: Path, redact: Redactor) -> str:
    """Read the records and write the page; returns what it shows, in one sentence.

    Raises RecordError when a record can't be read, CompareError when the page can't be written.
    """
    records = [read(path) for path in paths]
    content = redact(render(records))
    if redact.found(content):
        raise CompareError(f"{output} was not written: the key is in it")
    try:
        output.write_text(content, encoding="utf-8", errors="backslashreplace")
    except OSError as problem:
        raise CompareError(f"{output}: {problem.strerror or problem}") from None
    short = sum(record.truncated for record in records)
    return f"{len(records)} targets side by side" + (f", {short} of them cut short" if short else "") + f": {output}"


@cache
def _template() -> Template:
    made = environment()
    made.filters.update(chapter=chapter_name)
    return made.get_template("compare.html.j2")


# -- rows


def _clauses(columns: list[Column]) -> list[Group]:
    """Clauses that some target has a check of, by chapter."""
    chapters: dict[str, list[Row]] = {}
    for row in _rows(columns, "clauses"):
        cells = [_verdict(column, row["id"]) for column in columns]
        if any(row["id"] in column.judged for column in columns):
            made = Row(row["id"], str(row["sentence"]), str(row["level"]), cells)
            chapters.setdefault(str(row["chapter"]), []).append(made)
    return [Group(f"ch-{key}", chapter_name(key), found) for key, found in sorted(chapters.items())]


def _questions(columns: list[Column]) -> list[Group]:
    """Open questions that some target has a probe of, with the outcomes."""
    rows = [
        Row(row["id"], str(row["ask"]), "", [_answer(column, row["id"]) for column in columns])
        for row in _rows(columns, "questions")
        if any(row["id"] in column.judged for column in columns)
    ]
    return [Group("questions", "Open questions", rows)] if rows else []


def _close_paths(columns: list[Column]) -> list[Group]:
    """Close paths that some target walked."""
    walked: list[dict[str, dict[str, Any]]] = [
        {str(row["path"]): row for row in column.made.get("close_paths") or ()} for column in columns
    ]
    names = sorted({name for rows in walked for name in rows})
    rows = []
    for name in names:
        does = next((str(row["does"]) for rows in walked if (row := rows.get(name)) and row.get("does")), "")
        rows.append(Row(name, does, "", [_closing(rows.get(name)) for rows in walked]))
    return [Group("closing", "Close paths", rows)] if rows else []


def _rows(columns: list[Column], name: str) -> list[dict[str, Any]]:
    """The rows of all catalogues, each once: as the newest suite words it, in the order of the catalogue."""
    found: dict[str, dict[str, Any]] = {}
    for column in sorted(columns, key=lambda column: (str(column.made["started"]), column.number)):
        found |= {row["id"]: row for row in column.record.catalogue[name]}
    return sorted(found.values(), key=lambda row: (str(row["chapter"]), row["id"]) if name == "clauses" else ("",))


# -- cells


def _verdict(column: Column, check_id: str) -> Cell:
    case = column.judged.get(check_id)
    if case is None:
        return Cell(UNKNOWN, "not in its suite", None)
    kind = verdict_class(case.verdict, case.level)
    # An accepted failure is the same behaviour as one that is not.
    key = ("fail" if case.verdict == "accepted" else case.verdict,) if case.verdict in JUDGED else None
    more = one_line(told(case.detail)[0], 300) if case.verdict != "pass" else ""
    return Cell(kind, verdict_word(case.verdict, case.level), key, more)


def _answer(column: Column, check_id: str) -> Cell:
    case = column.judged.get(check_id)
    if case is None or case.verdict != "observed":
        return _verdict(column, check_id)
    outcome = str(case.outcome or "other")
    return Cell("observed", outcome, (outcome,), one_line(told(case.detail)[0], 300))


def _closing(row: dict[str, Any] | None) -> Cell:
    if row is None:
        return Cell(UNKNOWN, "not walked", None)
    status = str(row.get("status", "not_read"))
    error = str(row.get("status_error") or "")
    close = str(row.get("behaviour", ""))
    clean = "clean" if row.get("clean") else "not clean"
    key = (close, clean, "" if status in STATUS_TOLD else status)
    beside = status.replace("_", " ") + (f" ({error})" if error else "")
    return Cell("observed", f"{close}; {clean}", key, str(row.get("server_reason") or ""), beside)


def tally(columns: Iterable[Column]) -> list[Counter[str]]:
    """How many checks of each column got each verdict, as it is shown."""
    return [Counter(verdict_class(case.verdict, case.level) for case in column.judged.values()) for column in columns]


Renderer = Callable[[Sequence[Record]], str]
