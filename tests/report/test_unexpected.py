"""Answers to open questions that no source allows weigh like a SHOULD; so do those that flip within a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.judge.checks import load, whims
from conformance.report.case import Case
from conformance.report.findings import findings
from conformance.report.record import read
from conformance.report.unexpected import unexpected
from conformance.spec.catalogue import CatalogueError, _outcome, questions
from conformance.spec.profiles import DEFAULT_MODEL, profile_for
from conformance.trial import Trial, run
from support import records


def answer(outcome: str, question: str = "Q-CANCEL-DONE") -> Case:
    return Case(question, "OBSERVE", "observed", "", "cancel/MidText", 0.0, outcome=outcome)


def test_what_no_source_allows_is_unexpected_and_what_one_allows_is_not(tmp_path: Path) -> None:
    record = read(records.write(tmp_path, records.conversations(), records.verdicts({"Q-CANCEL-DONE": {}})))
    assert "not complete" in unexpected(answer("done-completed"), record)
    assert [unexpected(answer(one), record) for one in ("done-cancelled", "done-incomplete", "no-done", "other")] == [
        ""
    ] * 4


def test_an_answer_that_flips_is_unstable(tmp_path: Path) -> None:
    record = records.usual(tmp_path)
    name, transcript = next(iter(record.transcripts.items()))
    record.transcripts[name] = replace(transcript, otherwise={"Q-CANCEL-DONE": "no-done"})
    assert "`no-done`" in unexpected(replace(answer("done-cancelled"), conversation=name), record)
    assert unexpected(replace(answer("no-done"), conversation=name), record) == ""


def test_they_are_findings_after_every_must() -> None:
    must = Case("A-001", "MUST", "fail", "it is 7", "a/B", 0.0)
    found = findings([replace(answer("done-completed"), unexpected="it is not."), answer("no-done"), must], {})
    assert [(item.first.id, item.word) for item in found] == [
        ("A-001", "MUST fails"),
        ("Q-CANCEL-DONE", "Unexpected answer"),
    ]
    assert found[1].first.detail == "`done-completed`: it is not."


def test_no_answer_is_both_expected_and_surprising() -> None:
    for row in questions().values():
        assert not any(outcome.mock and outcome.surprising for outcome in row.outcomes), row.id
    with pytest.raises(CatalogueError):
        _outcome("Q-X", {"id": "a", "means": "", "evidence": "", "surprising": True})


def test_each_attempt_tells_its_answers() -> None:
    (held,) = run([Trial(("cancel/*",))])
    name = next(name for name in held.transcripts if name.startswith("cancel/"))
    told = whims(load().checks.values(), held.transcripts[name], profile_for(DEFAULT_MODEL)).answers
    said = {check: outcome.outcome for check, outcome in held.outcomes.items() if outcome.verdict == "observed"}
    assert told
    assert told.items() <= said.items()
