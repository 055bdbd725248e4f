"""`python -m tests.chaos [FIRST [LAST]]`: so many seeds, in this process; exit code 1 when a check broke.

Every so often it says how far it is: what ends it early loses nothing that was found.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.chaos.runs import drawn, errors, spoil  # the tests' own folder has to be found first

AT_ONCE = 100
DEFAULT = 10_000


def main() -> int:
    """Run the seeds; returns the exit code."""
    numbers = [int(text) for text in sys.argv[1:]]
    first, last = ([*numbers, DEFAULT] if len(numbers) == 1 else numbers) or (0, DEFAULT)
    broke = 0
    began = time.monotonic()
    for start in range(first, last, AT_ONCE):
        end = min(start + AT_ONCE, last)
        found = errors(spoil(drawn(range(start, end))))
        broke += len(found)
        for where, said in found.items():
            print(f"{where}: {said}")
        print(f"seeds {first} to {end - 1}: {broke} checks broke; {time.monotonic() - began:.0f} s", flush=True)
    return int(bool(broke))


if __name__ == "__main__":
    sys.exit(main())
