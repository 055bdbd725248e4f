"""A wrong number in the judge's table shows in a run: the mock does not have it from there."""

import dataclasses
from typing import Any

import pytest

from conformance import trial
from conformance.spec import profiles

MODEL = profiles.DEFAULT_MODEL


@pytest.mark.parametrize(
    ("conversation", "change", "failing"),
    [
        ("usage/AudioIn", {"audio_in_rate": 9}, "USE-007"),
        ("usage/AudioOut", {"audio_out_rate": 20}, "USE-008"),
        ("usage/Images", {"image_side": 16}, "USE-010"),
        ("session/Voices", {"default_voice": "Nobody", "voices": frozenset({"Nobody"})}, "SES-003"),
    ],
)
def test_a_wrong_number_of_the_judge_fails_a_run(
    conversation: str, change: dict[str, Any], failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judged() -> dict[str, str]:
        return {
            name: outcome.verdict for name, outcome in trial.alone([conversation]).items() if outcome.verdict == "fail"
        }

    assert judged() == {}
    wrong = dataclasses.replace(profiles.profile_for(MODEL), **change)
    monkeypatch.setitem(profiles._PROFILES, MODEL, wrong)
    assert failing in judged()
