"""Talks that are easily misread are no breach of anything."""

import pytest

from conformance.fuzz import breaches
from conformance.fuzz.oracle import ALL
from conformance.mock.options import MockOptions
from conformance.spec.profiles import DEFAULT_MODEL, profile_for
from support.crossings import CROSSINGS
from support.driven import held


@pytest.mark.parametrize("crossing", CROSSINGS, ids=lambda crossing: crossing.why)
def test_nobody_is_blamed(crossing):
    profile = profile_for(DEFAULT_MODEL)
    transcript = held(crossing.moves, profile, MockOptions(switches=crossing.switches), travel=crossing.travel)
    assert [str(breach) for breach in breaches(transcript, profile, ALL)] == []
