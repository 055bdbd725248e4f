"""What is changed, and which tests are asked.

A test that runs the suite in another process does not see a change in this one, so only folders are named whose tests
judge where they are; and of these, none that wants a finished run (`green`).
"""

from __future__ import annotations

import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULES = (
    "conformance/judge/**/*.py",
    "conformance/wire/recorder.py",
    "conformance/wire/holding.py",
    "conformance/wire/fitness.py",
    "conformance/wire/attempts.py",
    "conformance/status/rows.py",
    "conformance/report/summary.py",
)
TESTS = (
    "tests/judge",
    "tests/cases",
    "tests/intake/test_judging.py",
    "tests/intake/test_gaps.py",
    "tests/intake/test_corpus.py",
    "tests/intake/test_walker.py",
    "tests/status/test_rows.py",
    "tests/status/test_rows_edges.py",
    "tests/status/test_match.py",
    "tests/status/test_ledger.py",
    "tests/spec/test_requests.py",
    "tests/report/test_summary.py",
    "tests/report/test_summary_edges.py",
    "tests/report/test_findings.py",
    "tests/report/test_unexpected.py",
    "tests/report/test_ending.py",
    "tests/report/test_drift.py",
    "tests/report/test_baseline.py",
    "tests/wire/test_recorder.py",
    "tests/wire/test_trouble.py",
    "tests/wire/test_fitness.py",
    "tests/wire/test_preparing.py",
    "tests/wire/test_refusals.py",
    "tests/wire/test_stop.py",
    "tests/wire/test_hush.py",
    "tests/wire/test_asking.py",
    "tests/wire/test_hold.py",
    "tests/wire/test_limits.py",
    "tests/wire/test_pace.py",
    "tests/wire/test_losses.py",
    "tests/wire/test_weather.py",
)
ELSEWHERE = {"green"}
"""Fixtures of tests that look at another process."""


def modules(only: str | None = None) -> list[Path]:
    """The modules to change; `only` is a pattern of their path from the project's folder, or of a part of it."""
    found = sorted({path for pattern in MODULES for path in ROOT.glob(pattern)})
    return [path for path in found if only is None or fnmatch.fnmatch(named(path), f"*{only}*")]


def named(path: Path) -> str:
    """`conformance/judge/view.py`."""
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    """`conformance.judge.view`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def tests() -> list[str]:
    """The tests' files and folders that are there."""
    return [str(ROOT / name) for name in TESTS if (ROOT / name).exists()]
