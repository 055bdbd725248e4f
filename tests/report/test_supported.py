"""The row of the third question says no more than its answer: both read the same evidence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.report.answers import in_words
from conformance.report.baseline import Baseline, compare, made
from conformance.report.case import Case
from conformance.report.summary import cases, summary
from conformance.report.supported import RATE, SILENCE, supported
from support import records

RAN = Case(SILENCE, "OBSERVE", "observed", "1.9 s more than the speech lasts", "usage/Silence", 0.0, outcome="padding")
HOLDS = Case(RATE, "SHOULD", "pass", "", "usage/AudioIn", 0.0)
UNTOLD = replace(RAN, verdict="inconclusive", outcome=None)


@pytest.mark.parametrize(
    ("silence", "rate", "outcome", "says", "mark"),
    [
        (RAN, HOLDS, "padding", "", "partly"),
        (RAN, replace(HOLDS, verdict="fail"), "not-billed", "speech does not cost what is documented", "no"),
        (RAN, replace(HOLDS, verdict="accepted"), "not-billed", "speech does not cost what is documented", "no"),
        (RAN, replace(HOLDS, verdict="not_run"), "not-billed", "what speech costs was not judged", "no"),
        (RAN, None, "not-billed", "what speech costs was not judged", "no"),
        (replace(RAN, outcome="not-billed"), replace(HOLDS, verdict="fail"), "not-billed", "", "no"),
        (replace(RAN, outcome="billed"), replace(HOLDS, verdict="fail"), "billed", "", "yes"),
        (UNTOLD, HOLDS, None, "", "unknown"),
        (UNTOLD, replace(HOLDS, verdict="fail"), None, "", "unknown"),
    ],
)
def test_row_and_answer_say_the_same(silence: Case, rate: Case | None, outcome: str, says: str, mark: str) -> None:
    found = supported([silence, *([rate] if rate else [])])
    assert found[0].outcome == outcome
    assert says in found[0].detail
    assert bool(says) == (found[0].detail != silence.detail) == bool(found[0].hides)
    answer = in_words(found, [])[2]
    assert answer.mark == mark
    assert ("whether the silence around the speech is in its price" in answer.unknown) == bool(says)


def run(folder: Path, **lines: Any) -> dict[str, Any]:
    said = {SILENCE: {"verdict": "observed", "outcome": "padding", "detail": "1.9 s more"}, **lines}
    return summary(records.read(records.write(folder, records.conversations(), records.verdicts(said))))


@pytest.mark.parametrize(("verdict", "outcome"), [("pass", "padding"), ("fail", "not-billed")])
def test_every_output_reads_the_same_outcome(verdict: str, outcome: str, tmp_path: Path) -> None:
    found = run(tmp_path, **{RATE: {"verdict": verdict, "detail": "28 tokens, not 14"}})
    assert [one["outcome"] for one in found["observations"] if one["id"] == SILENCE] == [outcome]


def test_what_a_part_of_a_run_can_not_tell_is_no_change_of_the_baseline(tmp_path: Path) -> None:
    record = records.usual(tmp_path)
    whole = [case for case in cases(record) if case.id != SILENCE]
    alone = supported([RAN])
    for known, changed in (("padding", 0), ("billed", 1), ("not-billed", 0)):
        before = Baseline(answers={SILENCE: known})
        told = compare(before, record, alone)
        assert len(told.changed_answers) == changed
        assert [SILENCE in entry for entry in told.not_judged] == [True] * (known == "padding")
        assert made(record, [*whole, *alone], before).answers.get(SILENCE) == (None if changed else known)
    assert SILENCE not in made(record, [*whole, *alone]).answers
