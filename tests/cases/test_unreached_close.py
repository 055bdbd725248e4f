"""A close in a state that never came is not judged: its script was left, and left with a close of its own."""

from __future__ import annotations

import pytest

from conformance.mock.options import MockOptions
from conformance.spec.profiles import DEFAULT_MODEL
from conformance.trial import Trial, run

HELD = ("Idle", "AfterResponse", "BeforeCreated", "ApplicationCode", "JavaBye", "MidResponse")
IDLE = ("CLO-001", "CLO-002", "CLO-003", "CLO-004", "CLO-012", "CLO-016", "CLO-013")
REPLY = ("CLO-018", "CLO-007")
ALWAYS = "CLO-017"


@pytest.mark.parametrize(
    ("quirks", "idle", "reply", "owner"),
    [
        ((), "pass", "pass", None),
        (("greets-nobody",), "blocked", "blocked", "CON-001"),
        (("updates-ignored",), "pass", "blocked", "GEN-011"),
    ],
)
def test_a_close_is_judged_in_the_state_that_it_is_about(
    quirks: tuple[str, ...], idle: str, reply: str, owner: str | None
) -> None:
    names = tuple(f"closing/{name}" for name in HELD)
    (result,) = run([Trial(names, DEFAULT_MODEL, MockOptions(quirks=quirks))], side_by_side=1)
    found = result.outcomes
    assert {found[clause].verdict for clause in IDLE} == {idle}
    assert {found[clause].verdict for clause in REPLY} == {reply}
    assert found[ALWAYS].verdict == "pass"  # it is about a close before the greeting
    assert {found[clause].owner for clause in (*IDLE, *REPLY) if found[clause].verdict == "blocked"} == (
        {owner} if owner else set()
    )
