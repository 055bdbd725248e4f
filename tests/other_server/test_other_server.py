"""The other server is what it says: faithful by itself, and seen through where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from .defects import DEFECTS, STRANGERS, VARIANTS, ways
from .filters import FILTERS
from .measure import see
from .ways import Ways

FEW = ("connection/Sanity", "session/Up*", "audio/Manual*", "items/Text*", "usage/*Turn*")


def test_a_hundred_defects_each_of_which_does_something() -> None:
    assert len(DEFECTS) >= 100
    assert len(VARIANTS) >= 35
    code = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("*.py") if path.stem != "defects")
    idle = [name for name in DEFECTS if name not in FILTERS and f'"{name}"' not in code and "keeps-first" not in name]
    assert idle == []


@pytest.mark.parametrize("name", ["as-documented", "refuses-finish"])
def test_what_is_legal_is_not_held_against_it(name: str) -> None:
    assert see(VARIANTS[name], FEW).must() == {}


@pytest.mark.parametrize("name", ["no-event-id", "usage-total-wrong", "commit-id-of-nobody", "updated-new-id"])
def test_what_is_wrong_is(name: str) -> None:
    assert see(ways(name), FEW).failing != {}


def test_a_stranger_that_takes_no_manual_mode_is_judged_by_what_is_typed() -> None:
    seen = see(STRANGERS["no-manual-mode"], ("cancel/MidText", "responses/Typed", "session/Up*"))
    assert seen.must() == {}
    assert "blocked" not in seen.verdicts.values()


def test_one_that_takes_no_update_is_judged_by_its_answers_to_what_is_no_event() -> None:
    seen = see(STRANGERS["no-updates"], ("envelope/Malformed", "audio/Payloads", "envelope/WhichErrorsClose"))
    assert {name: told for name, told in seen.verdicts.items() if told == "blocked"} == {"Q-ERROR-CLOSES": "blocked"}
    assert seen.answers["Q-NOT-JSON"] == "error-open"
    assert seen.answers["Q-APPEND-ODD"] == "ignored"
    (cause,) = seen.causes
    assert cause.startswith("none of 18 `session.update` was carried out: refused with 'No updates are supported.'")


def test_it_answers_everything_that_it_is_asked() -> None:
    seen = see(Ways(), FEW)
    assert "inconclusive" not in {seen.verdicts[name] for name in seen.verdicts if name.startswith(("SES", "ITM"))}
