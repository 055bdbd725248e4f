"""Every endpoint of the gallery, in short: told as what it is, and a planted key stands in nothing that was written.

The page is made of those that have something to say on it; how the others end is in every other output, too.  The
whole suite before each of them is `python -m tests.hostile`; what it saw is docs/hostile.md.
"""

from dataclasses import replace

import pytest

from hostile import closing, floods, outages, short
from hostile.gallery import ENDPOINTS

HELD = 70  # MB: what all connections of a run may hold together, and a little


# Lost three times at one place it is judged, and what is blocked for it leaves a short run green: not right yet.
WHOLE_ONLY = {"closes-after-the-first-event"}
# Of the codes that may not be sent, 0, 1006 and 5000 are here; judge/rules/test_edges_ends.py has each of them.
ALIKE = {"closes-with999", "closes-with1004", "closes-with1005", "closes-with1015"}
WORDLESS = {module.__name__ for module in (floods, closing, outages)}


@pytest.mark.parametrize("name", sorted(ENDPOINTS.keys() - WHOLE_ONLY - ALIKE))
def test_is_told_as_what_it_is(name, tmp_path):
    kind = ENDPOINTS[name]
    seen = short.run(kind, tmp_path, page=kind.__module__ not in WORDLESS)
    # How long it takes is measured on a quiet machine, by the command.
    assert replace(seen, seconds=0.0).wrong(kind.right) == [], f"{seen.sentence}\n{seen.told[:2000]}"
    assert seen.peak < HELD


def test_there_are_enough_and_each_says_what_it_does():
    assert len(ENDPOINTS) >= 120
    assert len({kind.__doc__ for kind in ENDPOINTS.values()}) == len(ENDPOINTS)
