"""`python -m tests.rehearsal --weather busy --seed 3`: the live path before a mock in the weather, in real time.

`--swift` lets time pass as quickly as the program can work; several weathers and `--seeds N` rehearse in a row.
Further options are the suite's.  What came of each is printed, and kept in `rehearsal.json` beside its page.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conformance.mock.weather import WEATHERS, Weather
from rehearsal.stage import rehearse  # as pytest finds it: `tests` is on the path
from rehearsal.swift import swift

# One thing wrong at a time, and all the time.
TROUBLES = {
    "no-model": Weather(account="no-model"),
    "arrears": Weather(account="arrears"),
    "free-tier": Weather(account="free-tier"),
    "throttled": Weather(account="throttled"),
    "gateway": Weather(gateway=1.0),
    "first-20-then-none": Weather(only=20),
    "30-a-minute": Weather(rpm=30),
    "1-in-20-lost": Weather(drops=0.05),
}
ALL = {**WEATHERS, **TROUBLES}


def main() -> int:
    """Rehearse and say the figures; the exit code is the highest of the runs'."""
    parser = argparse.ArgumentParser(prog="python -m tests.rehearsal", description=__doc__)
    parser.add_argument("--weather", choices=list(ALL), nargs="+", default=["fair"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="so many seeds, from --seed on")
    parser.add_argument("--swift", action="store_true", help="let time pass quickly while everybody waits")
    parser.add_argument("--report-dir", type=Path, default=Path("reports"), help="default: reports")
    options, further = parser.parse_known_args()
    worst, told = 0, []
    for weather in options.weather:
        for seed in range(options.seed, options.seed + options.seeds):
            folder = (options.report_dir / f"rehearsal-{weather}-{seed}").resolve()
            with swift() if options.swift else contextlib.nullcontext():
                staged = rehearse(ALL[weather], seed, folder, further)
            worst = max(worst, staged.code)
            told.append(f"{weather}, seed {seed}: {staged.words()}")
    print("\n".join(told))
    return worst


if __name__ == "__main__":
    sys.exit(main())
