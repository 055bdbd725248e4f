"""The whole suite as a process of its own before the worst of each kind: memory, terminal, files, exit code.

A process that is refused and quoted to is test_screen.py's.
"""

from dataclasses import replace

import pytest

from hostile import whole
from hostile.gallery import ENDPOINTS


@pytest.mark.parametrize("name", ["sends-events-without-end", "sends-a-frame-of31-megabytes"])
def test_a_run_ends_in_its_bounds_and_tells_no_key(name):
    kind = ENDPOINTS[name]
    seen = whole.run(kind)
    assert replace(seen, seconds=0.0).wrong(kind.right) == [], seen.sentence
    assert seen.peak > 10  # it was measured
