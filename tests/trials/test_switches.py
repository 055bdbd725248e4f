"""Every switch of the mock, flipped: the observation changes with it and nothing that MUST hold fails."""

from __future__ import annotations

import pytest

from conformance.judge.checks import load
from conformance.mock.options import MockOptions
from conformance.trial import Result, Trial, failures, run
from support.walks import flips, model_for

SLOW = {
    question
    for question, check in load().checks.items()
    if check.conversation and load().conversations[check.conversation].slow
}
# What a run sees only when it reads the platform's status; tests/status walks these.
READ = {"Q-CLOSE-STATUS", "Q-EMPTY-SESSION-STATUS"}
ALONE = {
    "Q-UNKNOWN-TYPE", "Q-UPDATE-MERGE", "Q-FRAME-SIZE", "Q-TEXT-ITEM", "Q-IMAGE-BILLING", "Q-AUDIO-MINIMUM",
    "Q-ITEM-ID", "Q-PREVIOUS-ITEM-ID", "Q-TOKEN-ROUNDING", "Q-UNCOMMITTED-BILLED", "Q-CLEARED-BILLED", "Q-FINISH",
    "Q-FINISH-SOCKET",
}  # fmt: skip
PARTS = 4
WALKED = [flip for flip in flips() if flip[0] not in SLOW | READ]


def together(flips: list[tuple[str, str]]) -> list[tuple[Trial, dict[str, str]]]:
    """As few trials as show all flips: many questions of one conversation at once, none of them twice.

    What a flip breaks it breaks beside others, too; those that decide what another question sees are flipped alone.
    """
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    for question, outcome in flips:
        conversation = load().checks[question].conversation
        assert conversation is not None, f"{question} is asked of no conversation"
        batches = found.setdefault((conversation, model_for(question)), [])
        room = (one for one in batches if question not in one and not one.keys() & ALONE)
        batch = None if question in ALONE else next(room, None)
        if batch is None:
            batches.append(batch := {})
        batch[question] = outcome
    return [
        (Trial((conversation,), model, MockOptions(switches={switch(one): side for one, side in batch.items()})), batch)
        for (conversation, model), batches in found.items()
        for batch in batches
    ]


def switch(question: str) -> str:
    return question.lower().removeprefix("q-")


def complaints(batch: dict[str, str], result: Result) -> list[str]:
    wrong = []
    for question, outcome in batch.items():
        seen = result.outcomes[question]
        if seen.outcome != outcome:
            wrong.append(f"{question} = {outcome} was observed as {seen.outcome or seen.verdict}: {seen.detail}")
    return wrong + [f"{batch}: {check}: {why}" for check, why in failures(result.outcomes).items()]


@pytest.mark.parametrize("part", range(PARTS))
def test_a_flip_is_observed_and_breaks_no_must(part: int) -> None:
    """What is complained of is held once more: on a busy machine a reply may have begun before a cancel was read."""
    wanted = together(WALKED)[part::PARTS]
    held = zip(wanted, run([one for one, _ in wanted]), strict=True)
    again = [(trial, batch) for (trial, batch), result in held if complaints(batch, result)]
    wrong = [
        words
        for (_, batch), result in zip(again, run([one for one, _ in again]), strict=True)
        for words in complaints(batch, result)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_walk_is_long_and_each_flip_is_in_it_once() -> None:
    assert len(WALKED) > 150
    assert sorted(flip for _, batch in together(WALKED) for flip in batch.items()) == sorted(WALKED)
