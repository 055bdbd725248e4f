"""How a comparison with a baseline is told, and that what is told to fail does."""

from __future__ import annotations

import pytest

from conformance.report import drift
from conformance.report.baseline import Drift


@pytest.mark.parametrize("name", sorted(Drift().to_json()))
def test_every_kind_is_told_and_fails_as_the_verdict_does(name: str) -> None:
    told = Drift(**{name: ["SES-002: no answer"]})
    assert drift.fails(told.to_json()) is told.fails
    (group,) = drift.groups(told.to_json())
    assert group.kind is drift.KINDS[name]
    assert group.entries == ["SES-002: no answer"]


def test_there_are_no_kinds_but_those_that_are_compared() -> None:
    assert set(drift.KINDS) == set(Drift().to_json())


def test_points_are_what_fails() -> None:
    told = Drift(new_failures=["a"], changed_answers=["b", "c"], not_judged=["d"], new_missed=["e"]).to_json()
    assert drift.points(told) == 3
    assert drift.headline(told) == "differs from the baseline in 3 points (1 new failure, 2 changed answers)"


def test_no_difference_is_said_in_words() -> None:
    assert drift.headline(Drift(not_judged=["d"]).to_json()) == "is as the baseline says"
    assert drift.headline(Drift(stale_entries=["d"]).to_json()).endswith("in 1 point (1 stale entry)")


def test_a_kind_of_a_later_version_is_not_lost() -> None:
    (group,) = drift.groups({"moved_limits": ["a"], "none_of_these": []})
    assert group.kind.title == "Moved limits"
    assert not group.kind.fails


def test_the_job_summary_has_a_section_only_after_a_comparison() -> None:
    assert drift.markdown({}) == []
    many = Drift(new_failures=[f"SES-{number:03}: <b> | no" for number in range(25)], not_judged=["CLO-009"])
    lines = drift.markdown({"drift": many.to_json()})
    assert lines[0] == "## Against the baseline"
    assert "The run differs from the baseline in 25 points (25 new failures)." in lines
    assert "- SES-000: &lt;b> \\| no" in lines
    assert "- and 5 more in `report.html`" in lines
    assert "- CLO-009" in lines
