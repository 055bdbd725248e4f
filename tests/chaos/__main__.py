"""`python -m tests.chaos [FIRST [LAST]]`: so many seeds, in this process; exit code 1 when a check broke."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.chaos.runs import errors  # the tests' own folder has to be found first

AT_ONCE = 50
DEFAULT = 10_000


def main() -> int:
    """Run the seeds; returns the exit code."""
    numbers = [int(text) for text in sys.argv[1:]]
    first, last = ([*numbers, DEFAULT] if len(numbers) == 1 else numbers) or (0, DEFAULT)
    found: dict[str, str] = {}
    for start in range(first, last, AT_ONCE):
        found |= errors(range(start, min(start + AT_ONCE, last)))
    for where, said in found.items():
        print(f"{where}: {said}")
    print(f"seeds {first} to {last - 1}: {len(found)} checks broke")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
