"""What a hunt found, as a table and a list."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from . import herd
from .hunt import UNREACHED, Prey
from .targets import named

EQUIVALENT = Path(__file__).with_name("equivalent.json")
SAME = "equivalent"
DEAD = (herd.KILLED, herd.TIMED_OUT)
ENDS = (herd.KILLED, herd.TIMED_OUT, herd.SURVIVED, UNREACHED, herd.BROKEN, SAME)


def equivalent() -> dict[str, str]:
    """Changes that change nothing, by their key, each with its reason."""
    told: dict[str, str] = json.loads(EQUIVALENT.read_text())
    return told


def table(found: Iterable[tuple[Prey, str]]) -> str:
    """A row for each module and one for all, then what survived."""
    known = equivalent()
    ends = [(one, SAME if end not in DEAD and one.key in known else end) for one, end in found]
    modules = sorted({named(one.path) for one, _ in ends})
    rows = [_row(module, Counter(end for one, end in ends if named(one.path) == module)) for module in modules]
    rows.append(_row("all", Counter(end for _, end in ends)))
    head = f"{'module':42}{'mutants':>9}" + "".join(f"{end:>11}" for end in ENDS) + f"{'score':>9}"
    left = [(one, end) for one, end in ends if end not in {*DEAD, SAME}]
    left.sort(key=lambda pair: (named(pair[0].path), pair[0].mutant.line, pair[0].mutant.column))
    survivors = [f"{named(one.path)}:{one.mutant.line}: {one.mutant.says}  ({end})" for one, end in left]
    return "\n".join([head, *rows, "", *survivors])


def score(ends: Counter[str]) -> float:
    """The share (0 to 1) of the mutants that a test noticed, without those that change nothing."""
    every = ends.total() - ends[SAME]
    return sum(ends[end] for end in DEAD) / every if every else 1.0


def _row(name: str, ends: Counter[str]) -> str:
    return f"{name:42}{ends.total():9}" + "".join(f"{ends[end]:11}" for end in ENDS) + f"{score(ends):9.1%}"
