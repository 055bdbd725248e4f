"""The third answer: what speaks against the figures that it rests on stands where it is acted on."""

from __future__ import annotations

import pytest

from conformance.report import answer_silence
from conformance.report.answer import MOST_WORDS, InWords, Known
from conformance.report.case import Case

FREE = "a spoken turn costs 12 audio tokens, whether or not 15 s of silence came before it."
POINTS = ((0.0, 12), (5.0, 12), (15.0, 12))


def told(*failed: str, outcome: str = "not-billed") -> InWords:
    cases = {key: Case(key, "MUST", "fail", "", "", 0.0) for key in failed}
    seen = Case("Q-SILENCE-BILLED", "OBSERVE", "observed", "", "usage/Silence", 0.0, outcome=outcome)
    return answer_silence.answer(Known({**cases, seen.id: seen}, {}), POINTS, 7.0)


@pytest.mark.parametrize("clause", sorted(answer_silence.DOUBT))
def test_figures_that_are_wrong_are_told_where_one_acts_on_them(clause: str) -> None:
    third = told(clause)
    doubt = f"In this run {answer_silence.DOUBT[clause]}: compare with an invoice"
    if clause in answer_silence.FAULTY:
        assert third.mark == "partly"
        assert third.text == f"Partly known: this run shows no cost of silence, but {answer_silence.DOUBT[clause]}."
        assert third.todo == f"{doubt} first."
    else:
        assert (third.mark, third.text) == ("no", f"No: {FREE}")
        assert third.todo == f"{doubt}, too. {answer_silence.STREAM}"
    assert all(len(sentence.split()) <= MOST_WORDS for sentence in (third.text, *third.todo.split(". ")))


@pytest.mark.parametrize(
    ("outcome", "shows"), [("billed", "that silence costs tokens"), ("padding", "that some silence costs tokens")]
)
def test_what_a_faulty_usage_shows_is_said(outcome: str, shows: str) -> None:
    third = told("GEN-057", outcome=outcome)
    assert (third.mark, third.text) == (
        "partly",
        f"Partly known: this run shows {shows}, but the figures of `usage` do not add up.",
    )


def test_another_rate_or_fewer_keys_are_no_reason_to_doubt_the_figures() -> None:
    assert {clause for clause in answer_silence.DOUBT if told(clause).mark == "no"} == {"USE-001", "USE-007"}


@pytest.mark.parametrize(
    ("clause", "more"), [("USE-006", ""), ("USE-007", ": whether the silence around it is in its price can't be told")]
)
def test_what_speaks_against_it_stands_among_the_reasons(clause: str, more: str) -> None:
    doubt = answer_silence.DOUBT[clause]
    assert [one.text for one in told(clause).how if one.basis == "but"] == [f"{doubt[0].upper()}{doubt[1:]}{more}."]


def test_one_reason_is_said_once_and_more_are_counted() -> None:
    assert told("GEN-057", "GEN-058").todo == told("GEN-057").todo
    assert ", and 1 more: " in told("GEN-057", "USE-001").todo


@pytest.mark.parametrize("failed", [(), ("USE-003",)])
def test_what_the_answer_does_not_rest_on_is_no_caveat(failed: tuple[str, ...]) -> None:
    third = told(*failed)
    assert (third.mark, third.todo) == ("no", answer_silence.STREAM)
    assert third.text == f"No: {FREE}"


@pytest.mark.parametrize(
    ("noise", "advice"), [("not-billed", answer_silence.STREAM_NOISE), ("billed", None), ("", answer_silence.STREAM)]
)
def test_advice_goes_as_far_as_what_was_measured(noise: str, advice: str | None) -> None:
    keys = (answer_silence.ALONE, "Q-NOISE-BILLED", "Q-LOUD-NOISE-BILLED")
    cases = {key: Case(key, "OBSERVE", "observed", "", "", 0.0, outcome=noise) for key in keys if noise}
    seen = Case("Q-SILENCE-BILLED", "OBSERVE", "observed", "", "usage/Silence", 0.0, outcome="not-billed")
    third = answer_silence.answer(Known({**cases, seen.id: seen}, {}), POINTS, 7.0)
    assert (third.mark, third.todo) == (("no", advice) if advice else ("partly", answer_silence.GATE))


def test_what_is_not_known_needs_no_caveat() -> None:
    third = told("GEN-057", outcome="nothing")
    assert third.mark == "unknown"
    assert "invoice" not in third.todo
