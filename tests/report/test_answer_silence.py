"""The third answer: what speaks against the figures that it rests on stands where it is acted on."""

from __future__ import annotations

import pytest

from conformance.report import answer_silence
from conformance.report.answer import MOST_WORDS, InWords, Known
from conformance.report.case import Case

POINTS = ((0.0, 12), (5.0, 12), (15.0, 12))


def told(*failed: str, outcome: str = "not-billed", points: tuple[tuple[float, int], ...] = POINTS) -> InWords:
    cases = {key: Case(key, "MUST", "fail", "", "", 0.0) for key in failed}
    seen = Case("Q-SILENCE-BILLED", "OBSERVE", "observed", "", "usage/Silence", 0.0, outcome=outcome)
    return answer_silence.answer(Known({**cases, seen.id: seen}, {}), points, 7.0)


@pytest.mark.parametrize("clause", sorted(answer_silence.WRONG))
def test_figures_that_are_wrong_are_told_where_one_acts_on_them(clause: str) -> None:
    third = told(clause)
    rest = "a spoken turn costs 12 audio tokens, after 15 s of silence or none."
    faulty = clause in answer_silence.FAULTY
    assert (third.mark, third.text) == (
        ("partly", f"Partly known: by a faulty `usage` {rest}") if faulty else ("no", f"No: {rest}")
    )
    assert len(third.text.split()) <= MOST_WORDS
    assert third.todo.startswith("Compare with the invoice first: in this run ")
    assert answer_silence.DOUBT[clause] in third.todo
    assert third.todo.endswith(f". If it agrees, l{answer_silence.STREAM[1:]}")
    assert all(len(sentence.split()) <= MOST_WORDS for sentence in third.todo.split(". "))


def test_another_rate_or_fewer_keys_are_no_reason_to_doubt_the_figures() -> None:
    assert {clause for clause in answer_silence.DOUBT if told(clause).mark == "no"} == {"USE-001", "USE-007"}


def test_one_reason_is_said_once_and_more_are_counted() -> None:
    assert told("GEN-057", "GEN-058").todo == told("GEN-057").todo
    assert ", and 1 more. " in told("GEN-057", "USE-001").todo


@pytest.mark.parametrize("failed", [(), ("USE-003",)])
def test_what_the_answer_does_not_rest_on_is_no_caveat(failed: tuple[str, ...]) -> None:
    third = told(*failed)
    assert (third.mark, third.todo) == ("no", answer_silence.STREAM)
    assert third.text == "No: a spoken turn costs 12 audio tokens, after 15 s of silence or none."


def test_a_long_sentence_keeps_its_figures_and_its_doubt_is_in_its_first_word() -> None:
    third = told("GEN-057", points=((0.0, 12), (5.0, 12), (15.0, 13)))
    assert third.text == "Partly known: a spoken turn costs 13 audio tokens after 15 s of silence, and 12 after none."


def test_what_is_not_known_needs_no_caveat() -> None:
    third = told("GEN-057", outcome="nothing")
    assert third.mark == "unknown"
    assert "invoice" not in third.todo
