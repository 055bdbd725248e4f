"""Running the suite as its users do: as a process of its own."""

from __future__ import annotations

import fcntl
import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conformance.report.record import Record, read
from support import warm

ROOT = Path(__file__).resolve().parents[2]
HANG = 300.0  # seconds: the bound of a hang, not of a loaded machine


@dataclass(frozen=True)
class Finished:
    """A finished run: exit code, what it printed, where it wrote."""

    code: int
    output: str
    folder: Path

    @property
    def summary(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))
        return loaded

    @property
    def verdicts(self) -> dict[str, str]:
        return {case["id"]: case["verdict"] for case in self.summary["cases"]}

    @functools.cached_property
    def read_back(self) -> Record:
        """Its record as the report reads it: once, for all who look at it and change nothing."""
        return read(self.folder / "record.jsonl")

    @property
    def record(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "record.jsonl").read_text(encoding="utf-8").splitlines()]


def differing(one: Finished, other: Finished) -> dict[str, tuple[str, str]]:
    """The checks that both runs judged, each in its own way; not where this machine stood still and a run says so."""
    still = {
        line["conversation"]
        for run in (one, other)
        for line in run.record
        if line["kind"] == "conversation" and line["trouble_kind"] == "own"
    }
    told = other.verdicts
    return {
        case["id"]: (case["verdict"], told[case["id"]])
        for case in one.summary["cases"]
        if case["conversation"] not in still
        and "not_run" not in {case["verdict"], told[case["id"]]}
        and case["verdict"] != told[case["id"]]
    }


QUIET = ("-q", "-p", "no:cacheprovider")


def command(folder: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "conformance/", *QUIET, "--report-dir", str(folder), *options]


def environment(**changes: str) -> dict[str, str]:
    kept = {
        key: value
        for key, value in os.environ.items()
        if key not in {"DASHSCOPE_API_KEY", "REALTIME_ENDPOINT"}
        and not key.startswith(("PYTEST_", "COV_", "BAILIAN_", "ALIBABA_"))
    }
    return {**kept, **changes}


UNASKED = ("-p", "no:anyio", "-p", "no:hypothesispytest")
"""Plugins that come with what the tests need and that no user of the suite has: a tenth of a short run is theirs.

The installed command is tried beside them (`test_run.py`).
"""


SHORT = ("--case", "CLO-001", "--report-dir", "{folder}")
"""A run that reads everything that a run reads, and takes little else."""


@functools.cache
def _warm() -> warm.Warm:
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
    return warm.Warm(ROOT, environment(PYTHONPATH=paths), ("conformance/", *QUIET, *UNASKED, *SHORT))


def forked(argv: list[str], variables: dict[str, str], size: int | None = None) -> tuple[warm.Ended, str]:
    """Run a module, its name first, in a process that has held one: how it ended, and what it said."""
    with tempfile.TemporaryDirectory(prefix="said-") as said:
        ended = _warm().run(argv, environment(**variables), Path(said), HANG, size)
        return ended, "".join((Path(said) / name).read_text(encoding="utf-8") for name in ("out", "err"))


def run(folder: Path, *options: str, size: int | None = None, **variables: str) -> Finished:
    """Run it in such a process (`warm`), writing no file longer than `size` bytes.

    What Python itself reads on starting, it reads on starting.
    """
    if any(name.startswith("PYTHON") for name in variables):
        return cold(folder, *options, **variables)
    ended, output = forked(command(folder, *UNASKED, *options)[2:], variables, size)
    return Finished(ended.code, output, folder)


def leave() -> None:
    """Let the process that has read everything end."""
    _warm().end()


def cold(folder: Path, *options: str, **variables: str) -> Finished:
    """Run it as its users do, from the start of Python on."""
    done = subprocess.run(
        command(folder, *UNASKED, *options),
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    return Finished(done.returncode, done.stdout + done.stderr, folder)


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Any]) -> tuple[Path, Any]:
    """A new folder that is filled by whichever worker of xdist asks first, and what `make` said: JSON.

    The others wait for it.  It is read and not written to.
    """
    base = factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, told = base / name, base / f"{name}.json"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            folder.mkdir()
            told.write_text(json.dumps(make(folder)), encoding="utf-8")
    return folder, json.loads(told.read_text(encoding="utf-8"))


def once(factory: pytest.TempPathFactory) -> Finished:
    """The default run, held once for all workers."""

    def held(folder: Path) -> tuple[int, str]:
        done = cold(folder)
        return done.code, done.output

    folder, (code, output) = shared(factory, "default-run", held)
    return Finished(code, output, folder)


@dataclass(frozen=True)
class Signalled(Finished):
    """A run that was sent a signal at a stage; `start` and `after` are seconds of CPU before it held anything, reading
    included, and from the signal to its end.
    """

    start: float
    after: float


def signalled(folder: Path, by: signal.Signals, stage: str, *options: str, to: str = "itself") -> Signalled:
    """Run, with a signal at one of the stages of `support.signalled`.

    `to`: `itself`, whichever process is at the stage, or `controller`, the one that started this worker.
    """
    told = folder / "told"
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
    sent = {"SIGNAL_AT": stage, "SIGNAL_BY": str(int(by)), "SIGNAL_TO": to, "SIGNAL_INTO": str(told)}
    folder.mkdir(parents=True, exist_ok=True)
    argv = command(folder, *UNASKED, "-p", "support.signalled", *options)[2:]
    ended, output = forked(argv, {**sent, "PYTHONPATH": paths})
    spent = json.loads(told.read_text(encoding="utf-8"))
    return Signalled(ended.code, output, folder, ended.reading + spent["start"], ended.took - spent["signal"])
