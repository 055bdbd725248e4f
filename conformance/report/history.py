"""The history of nightly runs: one small line for each run and target, and a page that shows the trend."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from conformance import guarded
from conformance.report import naming, svg
from conformance.report.html_text import one_line
from conformance.report.page import asset, environment, policy
from conformance.report.whole import write
from conformance.spec.catalogue import clauses, questions

SHOWN = 60
"""Runs that the page shows of each target, the newest first; the file has them all."""


class Unwritten(OSError):  # noqa: N818  # what became of the file
    """The history could not be written; the one before is still there."""


KINDS: dict[str, type] = {
    "started": str,
    "endpoint": str,
    "model": str,
    "verdict": str,
    "must_pass": int,
    "must_fail": int,
    "should_missed": int,
    "answers": dict,
}
"""What the page of the trend reads of a line, and as what."""


class HistoryError(ValueError):
    """A history or a summary can't be read; the message names the file."""


def line(made: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a run."""
    levels = made["levels"]
    return {
        "started": made["started"],
        "endpoint": made["target"]["endpoint"],
        "model": made["target"]["model"],
        "suite": made["suite"]["version"],
        "sources": made.get("sources"),
        "mock": made["mock"],
        "verdict": made["verdict"],
        "must_pass": levels["MUST"].get("pass", 0),
        "must_fail": levels["MUST"].get("fail", 0),
        "should_missed": levels["SHOULD"].get("fail", 0),
        "accepted": made["counts"].get("accepted", 0),
        "failing": {row["id"]: row["level"] for row in made["cases"] if row["verdict"] == "fail"},
        "unjudged": [row["id"] for row in made["cases"] if row["verdict"] not in naming.JUDGED],
        "answers": {item["id"]: item["outcome"] for item in made["observations"]},
        "sessions": made["sessions"],
        "tokens": sum(made["usage"].values()),
        "seconds": made["seconds"],
    }


def load(path: Path) -> list[dict[str, Any]]:
    """The lines of a history; none where there is no file.  Raises HistoryError."""
    if not path.exists():
        return []
    try:
        texts = path.read_text(encoding="utf-8").split("\n")
    except OSError as problem:
        raise HistoryError(f"{path}: {problem.strerror or problem}") from None
    except UnicodeDecodeError:
        raise HistoryError(f"{path}: this is no history: it is not UTF-8") from None
    return [_row(f"{path}, line {number}", text) for number, text in enumerate(texts, 1) if text.strip()]


def _row(where: str, text: str) -> dict[str, Any]:
    try:
        row = guarded.parse(text)
    except guarded.Refused as problem:
        raise HistoryError(f"{where}: this is no JSON: {problem}") from None
    if not isinstance(row, dict) or not row.keys() & KINDS.keys():
        raise HistoryError(f"{where}: this is no line of a history")
    if odd := _odd(row):
        raise HistoryError(f"{where}: this is no line of a history: `{odd}` is missing or of another type")
    return row


def _odd(row: dict[str, Any]) -> str | None:
    return next((name for name, kind in KINDS.items() if not isinstance(row.get(name), kind)), None)


def extend(path: Path, summaries: Iterable[Path]) -> int:
    """Add the runs of these `summary.json`; returns how many were added.

    Raises HistoryError for what can't be read and OSError for what can't be written.

    One that is there already stays as it is, and a record that was judged again is no further run of its target.
    """
    held = load(path)
    known = {(row["started"], row["endpoint"], row["model"]) for row in held}
    added = 0
    for summary in summaries:
        try:
            made = guarded.parse(summary.read_bytes())
            row = line(made)
            kind = made["target"]["kind"]
        except OSError as problem:
            raise HistoryError(f"{summary}: {problem.strerror or problem}") from None
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            what = f"`{problem.args[0]}` is missing" if isinstance(problem, KeyError) else str(problem)
            raise HistoryError(f"{summary}: this is no summary of a run: {what}") from None
        if odd := _odd(row):
            raise HistoryError(f"{summary}: this is no summary of a run: `{odd}` is of another type")
        if kind != "replay" and (row["started"], row["endpoint"], row["model"]) not in known:
            held.append(row)
            added += 1
    held.sort(key=lambda row: (row["started"], row["endpoint"], row["model"]))
    path.parent.mkdir(parents=True, exist_ok=True)
    if told := write(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in held)):
        raise Unwritten(told)
    return added


def render(held: list[dict[str, Any]]) -> str:
    """The page: for each target its runs, the newest first, what changed between them, and a drawing."""
    targets: dict[str, list[dict[str, Any]]] = {}
    for row in held:
        targets.setdefault(f"{row['model']} @ {row['endpoint']}", []).append(row)
    style = asset("first.css", "report.css")
    made = environment()
    made.filters.update(clock=_clock, count=lambda number: f"{number:,}" if isinstance(number, int) else number)
    return made.get_template("history.html.j2").render(
        style=style.text,
        policy=policy(style),
        targets=[
            (name, _with_changes(rows), _drawing(name, rows), _since(rows))
            for name, rows in ((name, _marked(found)) for name, found in sorted(targets.items()))
        ],
        glyphs=naming.RUN_GLYPH,
    )


def _clock(started: str) -> str:
    """`2026-10-25T02:00:00Z` as people write it."""
    return f"{started[:-1].replace('T', ' ')} UTC" if started.endswith("Z") else started


def _with_changes(rows: list[dict[str, Any]]) -> list[tuple[dict[str, Any], list[str] | None]]:
    """Each run with the answers that changed since the one before it that had one; the first has none before it."""
    last: dict[str, str] = {}
    found: list[tuple[dict[str, Any], list[str] | None]] = []
    for row in rows:
        answers = row.get("answers", {})
        changed = [_changed(key, last[key], said) for key, said in answers.items() if last.get(key, said) != said]
        found.append((row, changed if found else None))
        last |= answers
    return found[::-1][:SHOWN]


def _since(rows: list[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    """What fails in the newest run that judged: since which run without a break: (day, id, level, sentence).

    A run that did not judge it says nothing of it.  A line of an older version has no names: as far as is known, what
    fails has failed since the first that has them.
    """
    told = [row for row in rows if row["verdict"] in {"conforms", "fails"} and isinstance(row.get("failing"), dict)]
    found = []
    for key, level in told[-1]["failing"].items() if told else ():
        first = told[-1]
        for row in reversed(told):
            if key in row["failing"]:
                first = row
            elif not isinstance(unjudged := row.get("unjudged"), list) or key not in unjudged:
                break
        clause = clauses().get(key)
        found.append((str(first["started"]), str(key), str(level), clause.sentence if clause is not None else ""))
    return sorted(found, key=lambda one: (one[0], one[2] != "MUST", one[1]))


def _changed(key: str, before: str, now: str) -> str:
    """A changed answer in the catalogue's words; of a question that this version does not know, its id and outcomes."""
    question = questions().get(key)
    if question is None:
        return f"{key}: {before}, now {now}"
    means = {outcome.id: outcome.means for outcome in question.outcomes}
    told = [means.get(outcome, f"Something that no source foresaw (`{outcome}`).") for outcome in (now, before)]
    return f"{question.ask} {told[0]} Before: {told[1]} ({key})"


def _drawing(name: str, rows: list[dict[str, Any]]) -> str:
    # A run that was broken off, or that the network spoilt, says nothing of how many fail.
    told = [(day, row) for row in rows if row["verdict"] in {"conforms", "fails"} and (day := _day(row)) is not None]
    if len(told) < 2:
        return ""
    series = [
        ("must", "MUST that fail", [float(row["must_fail"]) for _, row in told]),
        ("should", "SHOULD that are missed", [float(row["should_missed"]) for _, row in told]),
    ]
    marks = [(day, words) for row in rows if (words := row["changed"]) and (day := _day(row)) is not None]
    label = f"{name}: MUST that fail and SHOULD that are missed, by date; the same figures are in the table"
    return svg.trend([day for day, _ in told], series, marks, label)


def _day(row: dict[str, Any]) -> float | None:
    """When a run began, in days of Unix time; None where its time can't be read."""
    try:
        return datetime.fromisoformat(row["started"]).timestamp() / 86400
    except (ValueError, OverflowError, OSError):
        return None


MARKED = {"suite": "suite", "sources": "sources of"}
"""What a change of is marked in the drawing, and how it is told."""


def _marked(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, each with what changed of the suite or its sources since the one before."""
    found: list[dict[str, Any]] = []
    for row in rows:
        before = found[-1] if found else row
        words = [
            f"{name} {one_line(row[key], 40)}"
            for key, name in MARKED.items()
            if row.get(key) and before.get(key) and row[key] != before[key]
        ]
        found.append({**row, "changed": "; ".join(words)})
    return found
