"""What a default run and collecting alone take as whole processes, and what is left of a run: medians of five.

Not a test: run it by hand on a quiet machine, `python tests/benchmarks/bench_run.py [RUNS]`.  Aims: a run under 6 s,
collecting under 1.2 s, a record under 4 MB.  The first of each is not counted: it may compile what it imports.
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


def took(command: list[str]) -> dict[str, float]:
    """Wall and CPU seconds of one process, as it ends."""
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=runs.ROOT, env=runs.environment(), stdout=subprocess.DEVNULL)
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
            told = ", ".join(f"{statistics.median(one[kind] for one in found):.2f} {kind}" for kind in found[0])
            print(f"{name:20} {told} (median of {times})")
        print(f"{'record.jsonl':20} {(out / 'record.jsonl').stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
