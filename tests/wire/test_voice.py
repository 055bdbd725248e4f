"""A voice that has to be named stands in a script's own updates, and only where the script leaves it open."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.wire.steps import OMIT
from conformance.wire.voice import named
from support.talks import c, s, talk

TEXT = {"modalities": ["text"]}


def after(*lines: Any, session: Any = TEXT) -> Any:
    return named(session, talk(*lines, "C close 1000").frames, "Tina")


def test_the_first_update_names_it() -> None:
    assert after() == {**TEXT, "voice": "Tina"}


def test_until_it_is_confirmed() -> None:
    sent = c("session.update", session={"voice": "Tina"})
    assert after(sent, s("error", error={"message": "no"})) == {**TEXT, "voice": "Tina"}
    assert after(sent, s("session.updated", session={"voice": "Tina"})) == TEXT


def test_and_again_where_it_was_lost() -> None:
    shown = [s("session.updated", session={"voice": name}) for name in ("Tina", "Chelsie")]
    assert after(shown) == {**TEXT, "voice": "Tina"}


@pytest.mark.parametrize("session", [{"voice": "Ethan"}, {"voice": None}, {"audio": {"output": {"voice": "Ethan"}}}])
def test_a_script_that_names_one_is_left_alone_from_then_on(session: dict[str, Any]) -> None:
    assert after(session=session) == session
    assert after(c("session.update", session=session)) == TEXT


@pytest.mark.parametrize("session", [None, "text", [], 7, OMIT])
def test_what_is_no_object_stays_as_it_is(session: Any) -> None:
    assert after(session=session) == session
