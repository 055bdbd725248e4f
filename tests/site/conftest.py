"""One site for all tests of this folder, built by the command: two runs, and a line of a run whose record is gone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support import records
from support.sites import GONE, HOSTILE


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    """Two records and a history, as files."""
    folder = tmp_path_factory.mktemp("runs")
    held = records.conversations()
    said = {
        **records.USUAL,
        "CLO-001": {"verdict": "fail", "detail": HOSTILE},
        "Q-FINISH": {"verdict": "observed", "outcome": "finished", "detail": "`session.finished` came"},
    }
    paths = []
    for kind, endpoint, verdicts in (("mock", "mock", records.USUAL), ("live", "beijing", said)):
        (folder / kind).mkdir()
        told = records.verdicts(verdicts)
        paths.append(records.write(folder / kind, held, told, kind=kind, endpoint=endpoint))
    history = folder / "history.jsonl"
    history.write_text(json.dumps(GONE) + "\n", encoding="utf-8")
    return paths, history


@pytest.fixture(scope="session")
def site(inputs, tmp_path_factory) -> Path:
    """The folder of the site."""
    paths, history = inputs
    folder = tmp_path_factory.mktemp("site") / "made"
    command = [sys.executable, "-m", "conformance.cli", "docs", "build", "--history", str(history), "-o", str(folder)]
    # Another order of sets than the tests' own: the same input gives the same bytes all the same.
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    subprocess.run(
        [*command, "--runs", *map(str, paths)], check=True, env=environment, capture_output=True, timeout=300
    )
    return folder
