"""One site for all tests of this folder, built by the command: two runs, and a line of a run whose record is gone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support import records, runs
from support.sites import GONE, HOSTILE


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    """Two records and a history, as files that all workers share."""
    folder, _ = runs.shared(tmp_path_factory, "runs-of-the-site", written)
    return [folder / kind / "record.jsonl" for kind in ("mock", "live")], folder / "history.jsonl"


def written(folder: Path) -> None:
    held = records.conversations()
    said = {
        **records.USUAL,
        "CLO-001": {"verdict": "fail", "detail": HOSTILE},
        "Q-FINISH": {"verdict": "observed", "outcome": "finished", "detail": "`session.finished` came"},
    }
    for kind, endpoint, verdicts in (("mock", "mock", records.USUAL), ("live", "beijing", said)):
        (folder / kind).mkdir()
        told = records.verdicts(verdicts)
        records.write(folder / kind, held, told, kind=kind, endpoint=endpoint)
    (folder / "history.jsonl").write_text(json.dumps(GONE) + "\n", encoding="utf-8")


@pytest.fixture(scope="session")
def site(inputs, tmp_path_factory) -> Path:
    """The folder of the site, which is built once for all workers."""
    paths, history = inputs

    def built(folder: Path) -> None:
        to = ["--history", str(history), "-o", str(folder / "made"), "--runs", *map(str, paths)]
        # Another order of sets than the tests' own: the same input gives the same bytes all the same.
        environment = {**os.environ, "PYTHONHASHSEED": "7"}
        command = [sys.executable, "-m", "conformance.cli", "docs", "build", *to]
        subprocess.run(command, check=True, env=environment, capture_output=True, timeout=300)

    return runs.shared(tmp_path_factory, "site", built)[0] / "made"
