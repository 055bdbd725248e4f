"""False alarms that are known: still raised, and still of an honest session."""

import pytest

from conformance.fuzz import breaches
from conformance.fuzz.oracle import ALL
from conformance.mock.options import MockOptions
from conformance.spec.profiles import DEFAULT_MODEL, profile_for
from support.driven import held
from support.honest import KNOWN


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.id)
def test_a_known_false_alarm_is_still_raised(known):
    profile = profile_for(DEFAULT_MODEL)
    transcript = held(known.moves, profile, MockOptions(switches=known.switches), travel=known.travel)
    found = [str(breach) for breach in breaches(transcript, profile, ALL)]
    assert any(one.startswith(known.id) and known.words in one for one in found), "mended: take it from the list"
