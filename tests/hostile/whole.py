"""The whole suite put before one endpoint, as its users run it: what it says, and what it takes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .kit import Endpoint, Right, hosted, name_of
from .leaks import KEY, files, leaks

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 3  # times its bound in seconds, then the run is killed and told as what it is: hung
LONGEST = 200
# The kernel counts what a process held before it became the command: a small one goes between, and counts its child.
BETWEEN = (
    "import resource, subprocess, sys; code = subprocess.call(sys.argv[2:]); "
    "open(sys.argv[1], 'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)); sys.exit(code)"
)


@dataclass
class Seen:
    """What a run did: its exit code, seconds, memory at most (MB), verdict, sentence, and what else it told."""

    exit: int | None
    verdict: str
    sentence: str
    told: str = ""
    seconds: float = 0.0
    peak: float = 0.0
    leaks: list[str] = field(default_factory=list)
    betrayed: str = ""

    def wrong(self, right: Right) -> list[str]:
        """What of it is not right, in words."""
        found = []
        if self.exit not in right.exits:
            found.append(f"exit {self.exit}, and right is {' or '.join(map(str, right.exits))}")
        if self.verdict not in right.verdicts:
            found.append(f"verdict {self.verdict}, and right is {' or '.join(right.verdicts)}")
        if not re.search(right.says, f"{self.sentence}\n{self.told}"):
            found.append(f"says nothing of {right.says!r}")
        if self.seconds > right.seconds:
            found.append(f"{self.seconds:.0f} s, and the bound is {right.seconds:.0f}")
        if self.peak > right.peak:
            found.append(f"{self.peak:.0f} MB, and the bound is {right.peak}")
        if "Traceback" in self.told:
            found.append("a traceback")
        found += [f"the key in {where}" for where in self.leaks]
        return found + ([self.betrayed] if self.betrayed else [])


def run(kind: type[Endpoint], *options: str) -> Seen:
    """Run the whole suite against an endpoint, with a planted key."""
    endpoint = kind()
    with tempfile.TemporaryDirectory() as kept, hosted(endpoint) as url:
        folder = Path(kept)
        command = [sys.executable, "-m", "pytest", "conformance/", "-q", "-rA", "-p", "no:cacheprovider",
                   "--endpoint", url, "--report-dir", str(folder / "report"), *options]  # fmt: skip
        began = time.monotonic()
        with (folder / "terminal").open("wb") as terminal:
            code, peak = _watched(command, terminal.fileno(), PATIENCE * kind.right.seconds, folder)
        seconds = time.monotonic() - began
        said = (folder / "terminal").read_text("utf-8", "replace")
        summary = _summary(folder / "report" / "summary.json")
        return Seen(
            code,
            summary.get("verdict", "no summary"),
            summary.get("headline", (said.splitlines() or [""])[-1]),
            "\n".join(told(summary)) + ("\nTraceback" if "Traceback (most recent" in said else ""),
            seconds,
            peak,
            leaks(files(folder)),
            endpoint.betrayed,
        )


def told(summary: dict[str, Any]) -> Iterator[str]:
    """What a run says of the endpoint: each failure with its check, and what else a reader must know."""
    for case in summary.get("cases", ()):
        if case["verdict"] in {"fail", "error"}:
            yield f"{case['level']} {case['id']} {case['verdict']}: {case['detail']}"
    yield from summary.get("caveats", ())


def _watched(command: list[str], terminal: int, most: float, folder: Path) -> tuple[int | None, float]:
    """The exit code of a command (None: it had to be killed) and the most memory that it took, in MB."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    peak = folder / "peak"
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", BETWEEN, str(peak), *command], cwd=ROOT,
        env={**kept, "DASHSCOPE_API_KEY": KEY, "PYTHONPATH": str(ROOT)},
        stdout=terminal, stderr=terminal, start_new_session=True,
    )  # fmt: skip
    hung = threading.Event()

    def kill() -> None:
        hung.set()
        os.killpg(process.pid, signal.SIGKILL)

    clock = threading.Timer(most, kill)
    clock.start()
    try:
        process.wait()
    finally:
        clock.cancel()
    scale = 2**20 if sys.platform == "darwin" else 2**10
    taken = int(peak.read_text()) / scale if peak.exists() else float("inf")
    return None if hung.is_set() else process.returncode, taken


def _summary(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


__all__ = ["Seen", "name_of", "run", "told"]
