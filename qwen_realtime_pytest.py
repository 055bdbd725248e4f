"""What the installed suite offers to everybody's pytest: a fixture, and nothing else.

A module of its own, with a name that no project has, and not a part of the package: pytest imports it in every run,
and a folder called `conformance` in somebody's project must not stand in its way.  It adds no option and no hook, and
imports nothing of the suite until the fixture is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conformance.testing import RealtimeMock


@pytest.fixture
def realtime_mock() -> Iterator[RealtimeMock]:
    """A Qwen-Omni-Realtime endpoint for one test: `realtime_mock.url`, `.key`, `.say(…)`, `.assert_conformant()`."""
    from conformance.testing import RealtimeMock  # noqa: PLC0415  # not in runs that do not ask for it

    with RealtimeMock() as mock:
        yield mock
