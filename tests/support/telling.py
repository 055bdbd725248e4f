"""What a worker of xdist tells of a test: how it went, and what else somebody would read.

The beginning of a test, its set-up, its teardown and its end are messages of their own, packed, sent, unpacked and
shown one by one.  Of thousands of small tests that was a third of the work, and nobody reads them where they went well.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

TESTS = Path(__file__).resolve().parents[1]
SHOWN = 0.005
"""Seconds that a set-up or a teardown takes before `--durations` shows it."""


def worth(report: pytest.TestReport) -> bool:
    """Whether somebody would read it."""
    return report.when == "call" or not report.passed or report.duration >= SHOWN


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test as pytest does, and tell what is worth it; without workers everything is told as ever.

    What is no test of the project's is left to whoever it belongs to: pytest asks this for the suite's own checks, too,
    when they are judged from the top of a checkout.
    """
    if not hasattr(item.config, "workerinput") or not item.path.is_relative_to(TESTS):
        return None
    for report in filter(worth, runtestprotocol(item, nextitem=nextitem, log=False)):
        item.ihook.pytest_runtest_logreport(report=report)
    return True
