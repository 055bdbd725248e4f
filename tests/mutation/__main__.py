"""`python -m tests.mutation [--only GLOB] [--jobs N] [--sample N] [--seed N]`: do the tests notice small changes?"""

from __future__ import annotations

import argparse
import ast
import signal
import sys
import time
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.mutation import herd  # the tests' own folder has to be found first
from tests.mutation.hunt import Prey, hunt, prey
from tests.mutation.reach import measure
from tests.mutation.table import DEAD, equivalent, table
from tests.mutation.targets import modules, named


def _warm_up() -> None:
    """Import what children need and this project did not write: nothing of it is changed."""
    import hypothesis
    import jinja2
    import jsonschema
    import jsonschema_rs
    import pytest_asyncio
    import websockets

    del hypothesis, jinja2, jsonschema, jsonschema_rs, pytest_asyncio, websockets


def main() -> int:
    """Hunt, print the table; returns 1 when something broke."""
    options = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    options.add_argument("--only", metavar="GLOB", help="modules whose path this is a part of")
    options.add_argument("--jobs", type=int, default=2, metavar="N")
    options.add_argument("--sample", type=int, metavar="N", help="so many mutants, by chance")
    options.add_argument("--seed", type=int, default=1, metavar="N", help="which ones")
    options.add_argument("--keep", type=Path, metavar="FILE", help="keep here which tests run which line")
    given = options.parse_args()
    _warm_up()
    began = time.monotonic()
    files = modules(given.only)
    reach = measure(given.jobs, given.keep)
    for test in reach.red:
        print(f"red without any change, and not asked: {test}")
    trees = {path: ast.parse(path.read_text()) for path in files}
    found: list[Prey] = [one for path, tree in trees.items() for one in prey(path, tree, reach)]
    if given.sample is not None and given.sample < len(found):
        found = Random(given.seed).sample(found, given.sample)
    took = time.monotonic() - began
    print(
        f"{len(found)} mutants of {len(files)} modules; {len(reach.seconds)} tests, measured in {took:.0f} s",
        flush=True,
    )
    ends: list[tuple[Prey, str]] = []
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        for pair in hunt(found, trees, given.jobs):
            ends.append(pair)
            if len(ends) % 100 == 0:
                print(f"{len(ends)} of {len(found)} in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print(f"interrupted after {len(ends)} of {len(found)}")
    print(table(ends))
    keys = {one.key for one, end in ends if end not in DEAD}
    names = {named(path) for path in files}
    for key in equivalent():
        if given.sample is None and key.partition(" ")[0] in names and key not in keys:
            print(f"equivalent.json names what is gone or dead: {key}")
    print(f"in {time.monotonic() - began:.0f} s")
    return int(bool(reach.red) or any(end == herd.BROKEN for _, end in ends))


if __name__ == "__main__":
    sys.exit(main())
