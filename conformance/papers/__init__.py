"""What a finding leaves the suite as: a text for an issue, a program that shows it by itself, the part of the record.

`papers` makes them; `realtime-conformance finding ID RECORD` writes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.judge.checks import in_order, load
from conformance.mock.options import MockOptions
from conformance.papers import listing
from conformance.papers.program import rendered
from conformance.papers.repro import NoReproduction, Reproduction, Subject, reproduction
from conformance.report.case import Case
from conformance.report.excerpt import excerpt
from conformance.report.html_text import one_line
from conformance.report.paper import Place, Program, kept_for, place_of, text
from conformance.report.record import Record
from conformance.report.redact import Redactor
from conformance.spec.profiles import UnknownModel, profile_for
from conformance.wire.transcript import Transcript

TELLING = frozenset({"fail", "accepted", "observed"})
"""Verdicts of which there are papers."""


@dataclass(frozen=True)
class Papers:
    """The papers of a finding by file name, and why there is no program among them (None: there is one)."""

    files: dict[str, str]
    without: str | None


def papers(case: Case, record: Record, redact: Redactor | None = None) -> Papers:
    """All papers of a finding; holds its conversation on the suite's own mock, which takes some seconds."""
    mask = redact or Redactor(None)
    files: dict[str, str] = {}
    without = None
    place = place_of(case, record)
    try:
        made = reproduced(case, record)
        files[f"{case.id}.py"] = mask(_program(case, record, made))
        turns = tuple((fact.expected, fact.seen) for fact in made.facts)
        frames = frozenset(key for fact in made.facts for key in fact.where)
        program = Program(turns, frames, len(made.steps), made.tried)
        whole = record.transcripts[made.transcript.conversation]
        number = next(n for n, leg in enumerate(whole.legs) if leg is made.leg)
        place = Place(whole, number, place.names if place is not None else ())
    except NoReproduction as problem:
        without = str(problem)
        program = Program(missing=f"There is no program of a page that shows it: {without}.")
    files[f"{case.id}.md"] = mask(text(case, record, place, program))
    files[f"{case.id}.jsonl"] = excerpt(case.id, record, kept_for(case, record, place), mask)
    return Papers(files, without)


def reproduced(case: Case, record: Record) -> Reproduction:
    """The reproduction of a finding.  Raises NoReproduction."""
    subject = subject_of(case, record)
    if subject is None:
        raise NoReproduction("it is about a client program, or of a model that this version does not know")
    return again(subject, _showing(case, record, subject))


def again(subject: Subject, transcripts: Iterable[Transcript]) -> Reproduction:
    """The reproduction of what a check said of conversations: on the wire or in a list.  Raises NoReproduction."""
    listed = subject.check.id in listing.LOOKS
    return listing.reproduction(subject, transcripts) if listed else reproduction(subject, transcripts)


def subject_of(case: Case, record: Record) -> Subject | None:
    """What a reproduction has to show; None where the check is none of the suite's on servers."""
    check = load().checks.get(case.id)
    run = record.run
    if check is None or run["target"]["kind"] == "client":
        return None
    try:
        profile = profile_for(run["target"]["model"])
    except UnknownModel:
        return None
    liar = None
    if run["target"]["kind"] == "mock":
        liar = MockOptions(quirks=tuple(run.get("quirks", ())), switches=run.get("switches", {}))
    dials = {name: one.dial for name, one in load().conversations.items()}
    return Subject(check, profile, case.outcome, liar, dials)


def _showing(case: Case, record: Record, subject: Subject) -> list[Transcript]:
    """The conversations that show it, each alone."""
    if case.conversation:
        found = record.transcripts.get(case.conversation)
        return [found] if found is not None else []
    named = {one.conversation for one in case.findings}
    every = in_order(record.transcripts.values())
    return [one for one in every if (not named or one.conversation in named) and subject.claim(one)]


def _program(case: Case, record: Record, made: Reproduction) -> str:
    rows = {row["id"]: row for row in (*record.catalogue["clauses"], *record.catalogue["questions"])}
    row = rows.get(case.id, {})
    target = record.run["target"]
    level = f" ({case.level})" if case.level != "OBSERVE" else ""
    head = f"{case.id}{level}: {one_line(row.get('sentence') or row.get('ask', ''), 400)}"
    session = f", session {made.leg.session_id}" if made.leg.session_id else ""
    when = one_line(record.run["started"])
    body = f"Seen on {one_line(target['endpoint'])} with {one_line(target['model'])}, {when}{session}."
    means = {one["id"]: one["means"] for one in row.get("outcomes", ())}
    answer = one_line(means.get(case.outcome, case.outcome), 300) if case.outcome else ""
    return rendered(made, f"{case.id}.py", _safe(head), _safe(body), answer)


def _safe(words: str) -> str:
    """Text that can stand in a docstring."""
    return words.replace("\\", "/").replace('"', "'")


__all__ = ["TELLING", "NoReproduction", "Papers", "papers", "reproduced", "subject_of"]
