"""Readings and reasons."""

import json

import pytest

from conformance.status.model import REASONS, STATUSES, NotObservable, Reading, not_observable


@pytest.mark.parametrize("status", STATUSES)
def test_a_reading_goes_through_json(status):
    made = Reading(status, "exact_id", "mock", ({"a": 1},), {"total_tokens": 3}, "E", "why", 5, 0.5)
    assert Reading.from_json(json.loads(json.dumps(made.to_json()))) == made


def test_a_later_version_may_say_more():
    assert Reading.from_json({"status": "unknown", "rows": None, "colour": "red"}) == Reading("unknown")


@pytest.mark.parametrize("wrong", [{"status": "fine"}, {"status": "unknown", "attribution": "a feeling"}])
def test_words_that_do_not_exist_are_refused(wrong):
    with pytest.raises(ValueError, match="is none of"):
        Reading.from_json(wrong)


@pytest.mark.parametrize("reason", REASONS)
def test_nothing_to_be_said_keeps_its_reason(reason):
    made = not_observable(NotObservable(reason, "in words"), "sls", 7)
    assert (made.status, made.attribution, made.why) == ("not_observable", "none", f"{reason}: in words")


def test_a_reason_must_exist():
    with pytest.raises(ValueError, match="is none of"):
        NotObservable("no_idea")
