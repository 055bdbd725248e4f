"""Every switch of the mock, flipped: the observation changes with it and nothing that MUST hold fails."""

from __future__ import annotations

import pytest

from conformance.mock.options import MockOptions
from conformance.trial import Trial, chapters, failures, run
from support.walks import flips, model_for

SLOW = {
    question
    for question, check in chapters().checks.items()
    if check.conversation and chapters().conversations[check.conversation].slow
}
# What a run sees only when it reads the platform's status; tests/status walks these.
READ = {"Q-CLOSE-STATUS", "Q-EMPTY-SESSION-STATUS"}
WALKED = [flip for flip in flips() if flip[0] not in SLOW | READ]


def trial(question: str, outcome: str) -> Trial:
    conversation = chapters().checks[question].conversation
    options = MockOptions(switches={question.lower().removeprefix("q-"): outcome})
    return Trial(None if conversation is None else (conversation,), model_for(question), options)


@pytest.mark.parametrize("part", range(8))
def test_a_flip_is_observed_and_breaks_no_must(part: int) -> None:
    wanted = WALKED[part::8]
    wrong = []
    for (question, outcome), result in zip(wanted, run([trial(*flip) for flip in wanted]), strict=True):
        seen = result.outcomes[question]
        if seen.outcome != outcome:
            wrong.append(f"{question} = {outcome} was observed as {seen.outcome or seen.verdict}: {seen.detail}")
        wrong += [f"{question} = {outcome}: {check}: {why}" for check, why in failures(result.outcomes).items()]
    assert not wrong, "\n".join(wrong)


def test_the_walk_is_long() -> None:
    assert len(WALKED) > 150
