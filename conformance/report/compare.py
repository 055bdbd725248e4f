"""Many targets side by side: one page from their records, a column for each.

Pure: the same records in the same order give the same bytes.  Traces are not on it; each record's own report has them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Template

from conformance.report import compare_room
from conformance.report.answer import SHOWN
from conformance.report.case import Case
from conformance.report.html_text import one_line, told
from conformance.report.naming import GLYPH, JUDGED, RUN_GLYPH, chapter_name, verdict_class, verdict_word
from conformance.report.page import asset, environment, policy
from conformance.report.record import Record, read
from conformance.report.summary import cases, ended, summary
from conformance.report.ways import way

UNKNOWN = "unknown"
"""The class of a cell whose target's suite has no such check, or whose run walked no such path."""

UNTOLD = frozenset({"not_read", "not_observable", "not_visible_yet", "unknown", "ambiguous"})
"""Platform statuses that say nothing of the session, and so differ from none."""


@dataclass(frozen=True)
class Column:
    """One target."""

    number: int
    name: str
    """The record, as the command named it."""
    made: dict[str, Any]
    """Its summary."""
    judged: dict[str, Case]
    catalogue: dict[str, Any]
    remarks: list[str]
    """What a reader must know before he believes the column."""
    truncated: bool
    run: dict[str, Any]
    page: Path | None = None
    """Its own report, where it stands beside the record."""

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

    `keys` are compared with those of the row's other cells, each with its like; None: not known, and so no difference.
    """

    kind: str
    word: str
    keys: tuple[str | None, ...] = ()
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
        judged = [cell.keys for cell in self.cells if cell.keys]
        return any(len({key for key in keys if key is not None}) > 1 for keys in zip(*judged, strict=True))


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


def columns(paths: Iterable[Path], reader: Callable[[Path], Record] = read) -> list[Column]:
    """Read the records.  Raises RecordError for one that is none."""
    return [
        column(number, str(path), reader(path), page if (page := path.with_name("report.html")).is_file() else None)
        for number, path in enumerate(paths, 1)
    ]


def column(number: int, name: str, record: Record, page: Path | None = None) -> Column:
    """What is kept of a record: its transcripts are not, so that thirty records need the memory of one."""
    made = summary(record)
    remarks = ["the mock"] if made["mock"] else []
    if "replayed" in record.run:
        remarks.append(record.run["replayed"].get("origin") or "judged again")
    if (why := ended(record) or (record.run.get("replayed") or {}).get("ended")) is not None:
        remarks.append("interrupted" if "interrupted" in why else "cut short")
    if record.damage:
        remarks.append("partly unreadable")
    judged = {case.id: case for case in cases(record)}
    return Column(number, name, made, judged, record.catalogue, remarks, record.truncated, record.run, page)


def names(held: Sequence[Column]) -> list[str]:
    """What each target is called: its model, and beside it whatever makes it different from another one."""
    parts = {
        "endpoint": [str(one.made["target"]["endpoint"]) for one in held],
        "quirks": [", ".join(map(str, one.run.get("quirks") or ())) or "no quirks" for one in held],
        "switches": [
            ", ".join(f"{key}={side}" for key, side in (one.run.get("switches") or {}).items()) or "no switches"
            for one in held
        ],
        "suite": [f"suite {one.made['suite']['version']}" for one in held],
        "day": [str(one.made["started"])[:10] for one in held],
        "time": [str(one.made["started"])[11:19] for one in held],
    }
    found = [str(one.made["target"]["model"]) for one in held]
    for part, values in parts.items():
        if len(set(values)) > 1 and (len(set(found)) < len(found) or part in {"endpoint", "quirks", "switches"}):
            found = [f"{name} · {value}" for name, value in zip(found, values, strict=True)]
    return [name if found.count(name) == 1 else f"{name} · {number}" for number, name in enumerate(found, 1)]


def answers(held: Sequence[Column]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The three questions with what each target answers, `same` where all say the same."""
    found = []
    for number in range(min(len(one.made["answers"]) for one in held)):
        said = [one.made["answers"][number] for one in held]
        found.append((str(said[0]["question"]), said))
    return found


def render(held: Sequence[Column], folder: Path | None = None, redact: Callable[[str], str] = lambda text: text) -> str:
    """The page; `folder` is where it will lie, for links to the reports of the targets.

    `redact` is applied to what is compressed; the rest can be redacted and searched as text.
    """
    groups = [*_clauses(held), *_questions(held), *_close_paths(held)]
    shown, more = compare_room.parts(groups, redact)
    script, style = asset("compare.js"), asset("first.css", "report.css", "compare.css")
    return _template().render(
        script=script,
        style=style,
        policy=policy(style, script=script),
        columns=held,
        names=names(held),
        answers=answers(held),
        pages=[
            Path(os.path.relpath(one.page, folder)).as_posix() if one.page is not None and folder is not None else ""
            for one in held
        ],
        groups=shown,
        more=more,
        rows=sum(len(group.rows) for group in groups),
        differing=sum(group.differing for group in groups),
        suites=sorted({str(column.made["suite"]["version"]) for column in held}),
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


@cache
def _template() -> Template:
    return environment().get_template("compare.html.j2")


# -- rows


def _clauses(held: Sequence[Column]) -> list[Group]:
    """Clauses that some target has a check of, by chapter."""
    chapters: dict[str, list[Row]] = {}
    for row in _rows(held, "clauses"):
        cells = [_verdict(column, row["id"]) for column in held]
        if any(row["id"] in column.judged for column in held):
            made = Row(row["id"], str(row["sentence"]), str(row["level"]), cells)
            chapters.setdefault(str(row["chapter"]), []).append(made)
    return [Group(f"ch-{key}", chapter_name(key), found) for key, found in sorted(chapters.items())]


def _questions(held: Sequence[Column]) -> list[Group]:
    """Open questions that some target has a probe of, with the outcomes."""
    rows = [
        Row(row["id"], str(row["ask"]), "", [_answer(column, row["id"]) for column in held])
        for row in _rows(held, "questions")
        if any(row["id"] in column.judged for column in held)
    ]
    return [Group("questions", "Open questions", rows)] if rows else []


def _close_paths(held: Sequence[Column]) -> list[Group]:
    """Close paths that some target walked."""
    walked: list[dict[str, dict[str, Any]]] = [
        {str(row["path"]): row for row in column.made.get("close_paths") or ()} for column in held
    ]
    names = sorted({name for rows in walked for name in rows})
    rows = []
    for name in names:
        rows.append(Row(name, way(name), "", [_closing(rows.get(name)) for rows in walked]))
    return [Group("closing", "Close paths", rows)] if rows else []


def _rows(held: Sequence[Column], name: str) -> list[dict[str, Any]]:
    """The rows of all catalogues, each once: as the newest suite words it, in the order of the catalogue."""
    found: dict[str, dict[str, Any]] = {}
    for one in sorted(held, key=lambda one: (str(one.made["started"]), one.number)):
        found |= {row["id"]: row for row in one.catalogue[name]}
    return list(found.values())


# -- cells


def _verdict(column: Column, check_id: str) -> Cell:
    case = column.judged.get(check_id)
    if case is None:
        # A record that was cut short before its catalogue says nothing of its suite.
        return Cell(UNKNOWN, "not in its suite" if column.judged else "not in its record")
    kind = verdict_class(case.verdict, case.level)
    # An accepted failure is the same behaviour as one that is not.
    keys = ("fail" if case.verdict == "accepted" else case.verdict,) if case.verdict in JUDGED else ()
    more = one_line(told(case.detail)[0], 300) if case.verdict != "pass" else ""
    return Cell(kind, verdict_word(case.verdict, case.level), keys, more)


def _answer(column: Column, check_id: str) -> Cell:
    case = column.judged.get(check_id)
    if case is None or case.verdict != "observed":
        return _verdict(column, check_id)
    outcome = str(case.outcome or "other")
    return Cell("observed", outcome, (outcome,), one_line(told(case.detail)[0], 300))


def _closing(row: dict[str, Any] | None) -> Cell:
    if row is None:
        return Cell(UNKNOWN, "not walked")
    status = str(row.get("status", "not_read"))
    error = str(row.get("status_error") or "")
    close = str(row.get("behaviour", ""))
    clean = "clean" if row.get("clean") else "not clean"
    keys = (close, clean, None if status in UNTOLD else status)
    beside = SHOWN.get(status, status.replace("_", " ")) + (f": {error}" if error else "")
    reason = f"reason: {row['server_reason']}" if row.get("server_reason") else ""
    more = "; ".join(filter(None, (reason, str(row.get("status_why") or ""))))
    return Cell("observed", f"{close}; {clean}", keys, more, beside)
