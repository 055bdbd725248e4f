"""A server that turns the next client away after a drop is told from one that has no room (ISO-011)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from conformance.cases.test_13_isolation import TestUncleanEnds as UncleanEnds
from conformance.judge.verdicts import Inconclusive
from conformance.mock.options import MockOptions
from conformance.spec.profiles import DEFAULT_MODEL
from conformance.trial import Trial, run
from conformance.wire.trouble import find

HELD = "isolation/UncleanEnds"


def judged(tries: list[bool]) -> None:
    UncleanEnds().test_a_drop_closes_no_door(cast(Any, SimpleNamespace(notes={"after_drop": tries})))


@pytest.mark.parametrize("tries", [[False], [False, False], [False, True, True]])
def test_what_is_not_seen_twice_or_comes_after_a_clean_end_too_tells_nothing(tries: list[bool]) -> None:
    with pytest.raises(Inconclusive):
        judged(tries)


def test_what_comes_after_each_drop_and_never_after_a_clean_end_is_a_finding() -> None:
    judged([True])
    with pytest.raises(AssertionError, match="right after a drop"):
        judged([False, True, False])


def test_the_turn_that_follows_is_held_all_the_same() -> None:
    (result,) = run([Trial((HELD,), DEFAULT_MODEL, MockOptions(quirks=("no-room-after-a-drop",)))], side_by_side=1)
    verdicts = [result.outcomes[check].verdict for check in ("ISO-011", "ISO-005", "ISO-006", "ISO-003")]
    assert verdicts == ["fail", "pass", "pass", "pass"]
    assert find(result.transcripts[HELD]) is None
