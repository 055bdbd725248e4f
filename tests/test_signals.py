"""A signal at every stage of a run: it ends soon and in order, with everything that was recorded."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.judge.checks import load
from hostile.gallery import ENDPOINTS
from hostile.kit import hosted
from support import runs

SOON = 1.5
"""Times the CPU that a run takes to begin: with that it may end.  Its seconds are this machine's business."""
SOME = ("--case", "SES-00*", "--case", "GEN-0*")


def in_order(done: runs.Signalled) -> None:
    """Nothing is told twice, nothing is broken off half-way, and it does not take long."""
    assert "Traceback" not in done.output
    assert done.record[-1]["kind"] == "footer"
    assert set(done.verdicts) == set(load().checks)
    assert done.after < SOON * done.start


@pytest.mark.parametrize(
    ("stage", "by"),
    [("connecting", signal.SIGINT), ("holding", signal.SIGTERM), ("judging", signal.SIGINT)],
)
def test_a_run_is_interrupted(stage: str, by: signal.Signals, tmp_path: Path) -> None:
    done = runs.signalled(tmp_path, by, stage, *SOME)
    in_order(done)
    assert (done.code, done.summary["verdict"]) == (2, "interrupted"), done.output
    assert done.record[-1]["interrupted"] is True
    assert "This page is brief" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("stage", "by"), [("rendering", signal.SIGTERM), ("ending", signal.SIGINT)])
def test_whoever_does_not_wait_for_the_page_gets_a_brief_one(stage: str, by: signal.Signals, tmp_path: Path) -> None:
    done = runs.signalled(tmp_path, by, stage, *SOME)
    in_order(done)
    assert (done.code, done.summary["verdict"]) == (2, "conforms"), done.output
    assert "realtime-conformance report" in done.output
    assert "This page is brief" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_run_that_has_written_everything_has_its_own_exit_code(tmp_path: Path) -> None:
    done = runs.signalled(tmp_path, signal.SIGINT, "leaving", *SOME)
    in_order(done)
    assert done.code == 0
    assert "This page is brief" not in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def flood() -> Iterator[str]:
    with hosted(ENDPOINTS["sends-events-without-end"]()) as url:
        yield url


def test_a_flood_is_left_with_all_that_came_of_it(flood: str, tmp_path: Path) -> None:
    done = runs.signalled(tmp_path, signal.SIGTERM, "flooded", "--endpoint", flood)
    in_order(done)
    assert (done.code, done.summary["verdict"]) == (2, "interrupted"), done.output
    (held,) = (line for line in done.record if line["kind"] == "conversation")
    assert len(held["legs"][0]["frames"]) > 10_000
