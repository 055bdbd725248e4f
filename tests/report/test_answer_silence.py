"""The third answer: what speaks against the figures that it rests on stands where it is acted on."""

from __future__ import annotations

import pytest

from conformance.report import answer_silence
from conformance.report.answer import MOST_WORDS, InWords, Known
from conformance.report.case import Case

POINTS = ((0.0, 12), (5.0, 12), (15.0, 12))


def told(*failed: str, outcome: str = "not-billed") -> InWords:
    cases = {key: Case(key, "MUST", "fail", "", "", 0.0) for key in failed}
    seen = Case("Q-SILENCE-BILLED", "OBSERVE", "observed", "", "usage/Silence", 0.0, outcome=outcome)
    return answer_silence.answer(Known({**cases, seen.id: seen}, {}), POINTS, 7.0)


@pytest.mark.parametrize("clause", sorted(answer_silence.WRONG))
def test_figures_that_are_wrong_are_told_where_one_acts_on_them(clause: str) -> None:
    third = told(clause)
    assert third.mark == "no"
    assert third.todo.startswith("Compare with the invoice first: in this run ")
    assert answer_silence.DOUBT[clause] in third.todo
    assert third.todo.endswith(f". If it agrees, l{answer_silence.STREAM[1:]}")
    assert all(len(sentence.split()) <= MOST_WORDS for sentence in third.todo.split(". "))


def test_one_reason_is_said_once_and_more_are_counted() -> None:
    assert told("GEN-057", "GEN-058").todo == told("GEN-057").todo
    assert ", and 1 more. " in told("GEN-057", "USE-001").todo


@pytest.mark.parametrize("failed", [(), ("USE-003",)])
def test_what_the_answer_does_not_rest_on_is_no_caveat(failed: tuple[str, ...]) -> None:
    assert told(*failed).todo == answer_silence.STREAM


def test_what_is_not_known_needs_no_caveat() -> None:
    third = told("GEN-057", outcome="nothing")
    assert third.mark == "unknown"
    assert "invoice" not in third.todo
