"""`python -m tests.hostile`: the whole suite before every endpoint of the gallery, and a table of what it did.

Takes most of an hour.  Exit code 1 when a row is not right.
"""

from __future__ import annotations

import argparse
import fnmatch
import sys

from . import table, whole
from .gallery import ENDPOINTS


def main() -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="these endpoints only (a glob)")
    parser.add_argument("--markdown", action="store_true", help="print the table as docs/hostile.md has it")
    parser.add_argument("--list", action="store_true", help="only say what there is")
    options = parser.parse_args()
    globs = options.only or ["*"]
    chosen = {name: kind for name, kind in ENDPOINTS.items() if any(fnmatch.fnmatchcase(name, one) for one in globs)}
    if not chosen:
        parser.error(f"no endpoint is called {' or '.join(globs)}; --list says which there are")
    if options.list:
        for name, kind in chosen.items():
            print(f"{name}: {kind.__doc__}")
        return 0
    rows = []
    for name, kind in chosen.items():
        seen = whole.run(kind)
        rows.append((name, kind, seen))
        if not options.markdown:
            print(table.line(name, kind, seen), flush=True)
        else:
            print(name, file=sys.stderr, flush=True)
    if options.markdown:
        print(table.markdown(rows))
    return int(any(seen.wrong(kind.right) for _, kind, seen in rows))


if __name__ == "__main__":
    sys.exit(main())
