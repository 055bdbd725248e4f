"""What a default run and collecting alone take as whole processes, and what is left of a run: medians of five.

Not a test: run it by hand on a quiet machine, `python tests/benchmarks/bench_run.py [RUNS]`.  Beside each figure stands
what is asked of it.  The first of each is not counted: it may compile what it imports.  Compiled files are kept, as for
anybody who runs the suite twice.

Before (394a564, Python 3.11, two cores, hardly any other work, as users install it): 6.31 and 6.39 s of wall, 6.0 of
CPU, 230 MB, a record of 3.68 MB; collecting 0.73 to 0.82 s.  After (27aa524 and 35d0ae9), nine series within an hour:
4.46 to 5.84 s, 5.20 in the middle, as much of CPU, 202 MB, 3.56 MB; 0.63 to 0.72 s.  The machine's own pace differs by
a fifth within minutes (two hours before, one series of nearly the same code took 6.43 s, right after one of 5.72), so
two commits are compared in turns.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import runs

ASKED = {"pytest conformance/": {"wall s": 6.0}, "  --collect-only": {"wall s": 1.2}, "record.jsonl": {"MB": 4.0}}


def told(name: str, found: dict[str, float]) -> str:
    """Figures, each with the most that it may be where something is asked of it."""
    asked = ASKED[name]
    return ", ".join(
        f"{value:.2f} {kind}" + (f" (asked: under {asked[kind]:g})" if kind in asked else "")
        for kind, value in found.items()
    )


def took(command: list[str]) -> dict[str, float]:
    """Wall and CPU seconds of one process, as it ends."""
    began = time.perf_counter()
    environment = runs.environment()
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    process = subprocess.Popen(command, cwd=runs.ROOT, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    peak = used.ru_maxrss / 1024
    return {"wall s": time.perf_counter() - began, "CPU s": used.ru_utime + used.ru_stime, "peak MiB": peak}


def main(times: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        for name, options in {"pytest conformance/": (), "  --collect-only": ("--collect-only",)}.items():
            found = [took(runs.command(out, *options)) for _ in range(times + 1)][1:]
            middle = {kind: statistics.median(one[kind] for one in found) for kind in found[0]}
            print(f"{name:20} {told(name, middle)} (median of {times})")
        size = (out / "record.jsonl").stat().st_size / 1e6
        print(f"{'record.jsonl':20} {told('record.jsonl', {'MB': size})}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
