"""What runs saw: read from their records, and from the history that keeps a line of each run whose record is gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.report import compare
from conformance.report.case import Case
from conformance.report.record import Record

Target = tuple[str, str]
"""A model and the endpoint that it was asked at."""


@dataclass(frozen=True)
class Run:
    """A run of which there is a record.  `events` counts what the server sent, by type, generated ones left out."""

    started: str
    model: str
    endpoint: str
    mock: bool
    headline: str
    remarks: tuple[str, ...]
    cases: dict[str, Case]
    events: Counter[str]
    paths: dict[str, dict[str, Any]]


@dataclass
class Span:
    """The same answer, run after run."""

    outcome: str
    first: str
    last: str
    runs: int = 1


@dataclass
class Timeline:
    """The answers of one target to one question, oldest first."""

    model: str
    endpoint: str
    mock: bool
    spans: list[Span] = field(default_factory=list)

    def add(self, started: str, outcome: str) -> None:
        """Take the next answer."""
        if self.spans and self.spans[-1].outcome == outcome:
            self.spans[-1].last = started
            self.spans[-1].runs += 1
        else:
            self.spans.append(Span(outcome, started, started))


def read(paths: Iterable[Path], reader: Callable[[Path], Record]) -> list[Run]:
    """The runs of these records, oldest first.  Raises RecordError for one that is none."""
    found = [_run(path, reader(path)) for path in paths]
    return sorted(found, key=lambda run: (run.started, run.model, run.endpoint))


def _run(path: Path, record: Record) -> Run:
    column = compare.column(0, str(path), record)
    events: Counter[str] = Counter()
    for transcript in record.transcripts.values():
        if not transcript.generated:
            kinds = (frame.type for leg in transcript.legs for frame in leg.frames if frame.side == "server")
            events.update(kind for kind in kinds if kind is not None)
    made = column.made
    return Run(
        started=str(made["started"]),
        model=str(made["target"]["model"]),
        endpoint=str(made["target"]["endpoint"]),
        mock=bool(made["mock"]),
        headline=str(made["headline"]),
        remarks=tuple(column.remarks),
        cases=column.judged,
        events=events,
        paths={str(row["path"]): row for row in made.get("close_paths") or ()},
    )


def timelines(runs: Sequence[Run], history: Iterable[dict[str, Any]]) -> dict[str, list[Timeline]]:
    """For each question the answers of each target, from the records and the lines of a history."""
    told: dict[tuple[str, Target], tuple[bool, dict[str, str]]] = {}
    for line in history:
        key = (str(line["started"]), (str(line["model"]), str(line["endpoint"])))
        answers = {str(name): str(outcome) for name, outcome in line["answers"].items()}
        told[key] = (bool(line.get("mock")), answers)
    for run in runs:
        answers = {case.id: str(case.outcome or "other") for case in run.cases.values() if case.verdict == "observed"}
        told[run.started, (run.model, run.endpoint)] = (run.mock, answers)
    found: dict[str, dict[Target, Timeline]] = {}
    for (started, target), (mock, answers) in sorted(told.items()):
        for question, outcome in answers.items():
            line_of = found.setdefault(question, {}).setdefault(target, Timeline(*target, mock))
            line_of.add(started, outcome)
    return {question: [rows[target] for target in sorted(rows)] for question, rows in found.items()}
