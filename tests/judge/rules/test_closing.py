"""One defect of closing is told once, and as many as there are ways of closing where there are several."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.judge.checks import judge, load
from conformance.judge.rules.closing import SEVERAL, answers_no_close
from conformance.spec.profiles import profile_for
from conformance.wire.transcript import Transcript
from support import records

WAYS = ("Idle", "BeforeCreated", "ApplicationCode", "WithoutCode", "GoingAway")


def closed(name: str, *, answered: bool = False) -> Transcript:
    return records.transcript(name, records.Stage().greet().close(answer=1000 if answered else None))


def run(count: int, *, answered: int = 0) -> list[Transcript]:
    held = [closed(f"closing/{way}", answered=number < answered) for number, way in enumerate(WAYS[:count])]
    return [*held, records.transcript("a/StaysOpen", records.Stage().greet().leg)]


@pytest.mark.parametrize(
    ("count", "answered", "never"), [(SEVERAL, 0, True), (SEVERAL - 1, 0, False), (SEVERAL + 1, 1, False)]
)
def test_a_server_answers_no_close_when_several_were_not_answered_and_none_was(
    count: int, answered: int, never: bool
) -> None:
    assert answers_no_close(run(count, answered=answered)) is never


def test_what_was_cut_from_here_does_not_count() -> None:
    cut = closed("closing/GoingAway")
    cut.legs[0].ending = replace(cut.legs[0].ending, broken_off="more than was bearable")
    assert not answers_no_close([*run(SEVERAL - 1), cut])


def outcomes(held: list[Transcript]) -> dict[str, tuple[str, str | None]]:
    chosen = [
        check
        for check in load().checks.values()
        if check.id in {"GEN-060", "CLO-001", "CLO-002", "CLO-005", "CLO-006", "CLO-016", "CLO-017"}
    ]
    told = judge(chosen, {one.conversation: one for one in held}, profile_for(records.MODEL))
    return {key: (said.verdict, said.owner) for key, said in told.items()}


def test_one_defect_is_told_once() -> None:
    told = outcomes(run(5))
    assert told.pop("GEN-060")[0] == "fail"
    assert told.pop("CLO-002") == ("blocked", "CLO-001")
    assert set(told.values()) == {("blocked", "GEN-060")}


def test_a_way_of_closing_that_alone_is_not_answered_fails() -> None:
    told = outcomes(run(5, answered=4))
    assert (told["CLO-006"][0], told["CLO-016"][0]) == ("fail", "pass")
