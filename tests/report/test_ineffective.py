"""Updates that are confirmed and change nothing are one cause; a field that is kept now and then is none."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.report.ineffective import keeps, without_effect
from conformance.wire.transcript import Transcript
from support.talks import SESSION, Line, c, s, talk


def held(number: int, *lines: Line) -> Transcript:
    transcript = talk(*lines).transcript
    transcript.conversation = f"a/{number}"
    return transcript


def update(*, kept: bool, **fields: Any) -> list[Line]:
    shown = {**SESSION, **(fields if kept else {})}
    return [c("session.update", session=fields), s("session.updated", session=shown)]


def lost(count: int, found: int = 0) -> list[Transcript]:
    """So many conversations whose update changes nothing, and so many whose update is carried out."""
    return [held(at, *update(kept=at >= count, modalities=["text"])) for at in range(count + found)]


def test_what_no_update_changes_is_named_with_how_often() -> None:
    found = without_effect(lost(9, 1))
    assert found is not None
    words, names = found
    assert words == (
        "`session.update` is confirmed and has no effect: what was before stays, `modalities` in 9 of 10 confirmations"
    )
    assert names == {f"a/{at}" for at in range(9)}


@pytest.mark.parametrize("held", [lost(2), lost(8, 1), lost(0, 5)], ids=["too few", "too often kept", "all kept"])
def test_what_is_kept_now_and_then_is_no_cause(held: list[Transcript]) -> None:
    assert without_effect(held) is None


def test_what_was_so_before_was_not_to_be_changed() -> None:
    same = [held(at, *update(kept=False, modalities=SESSION["modalities"])) for at in range(5)]
    assert without_effect(same) is None


def test_what_is_not_shown_says_nothing() -> None:
    silent = [c("session.update", session={"modalities": ["text"]}), s("session.updated", session={})]
    assert without_effect([held(at, *silent) for at in range(5)]) is None


def test_of_updates_that_waited_together_nobody_knows_which_is_confirmed() -> None:
    first, echo = update(kept=False, modalities=["text"])
    assert without_effect([held(at, first, first, echo) for at in range(5)]) is None
    refused = s("error", error={"message": "No."})
    assert without_effect([held(at, first, refused, echo) for at in range(5)]) is None


@pytest.mark.parametrize(
    ("sent", "shown", "same"),
    [
        (0.3, 0.3000000001, True),
        (0.3, 0.31, False),
        (["text", "audio"], ["audio", "text"], True),
        (["text"], ["text", "audio"], False),
        ({"type": "server_vad"}, {"type": "server_vad", "threshold": 0.5}, True),
        ({"type": "server_vad", "threshold": 0.2}, {"type": "server_vad", "threshold": 0.5}, False),
        (None, None, True),
        (None, {"type": "server_vad"}, False),
        (False, None, True),
        (True, None, False),
        (1, True, False),
        ("Tina", "Ethan", False),
    ],
)
def test_a_confirmation_may_say_more_and_nothing_else(sent: Any, shown: Any, *, same: bool) -> None:
    assert keeps(sent, shown) is same
