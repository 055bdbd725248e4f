"""The pace at which garbage is looked for is changed for a run, and given back after it."""

import gc

from conformance import garbage


def test_a_run_looks_rarely_and_gives_the_pace_back() -> None:
    before = gc.get_threshold()
    try:
        garbage.rarely()
        garbage.rarely()  # by conftest.py and by who names the plugin
        assert gc.get_threshold() == (garbage.RARELY, *before[1:])
    finally:
        garbage.as_before()
        garbage.as_before()
    assert gc.get_threshold() == before
