"""`python -m tests.other_server [--only GLOB] [--jobs N]`: the suite before every defect and every legal variant.

Prints a line for each, and the table: caught, changed an answer, passed; and the false alarms over the legal variants.
A defect is held where it may show first, and everywhere when nothing shows there.
"""

from __future__ import annotations

import argparse
import fnmatch
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conformance.spec.catalogue import questions
from conformance.spec.profiles import DEFAULT_MODEL
from tests.other_server.defects import DEFECTS, STRANGERS, VARIANTS, ways
from tests.other_server.measure import Seen, see
from tests.other_server.ways import Ways

SHOWN = 110
LEVELS = ("MUST", "SHOULD", "MAY", "OBSERVE")  # the last one only where a probe of ours breaks


def main() -> int:
    """Measure and print; exit code 1 when a legal variant fails a MUST."""
    parser = argparse.ArgumentParser(prog="python -m tests.other_server", description=__doc__)
    parser.add_argument("--only", metavar="GLOB", default="*", help="defects and variants, or a kind of defects")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: 1)")
    parser.add_argument("--whole", action="store_true", help="hold everything with every defect")
    options = parser.parse_args()
    chosen = {name: row for name, row in DEFECTS.items() if _meant(options.only, name, row.kind)}
    legal = [name for name in VARIANTS if _meant(options.only, name, "legal")]
    told: dict[str, Counter[str]] = {}
    with ProcessPoolExecutor(options.jobs) as pool:
        models = {row.model or DEFAULT_MODEL for row in chosen.values()}
        faithful = {model: pool.submit(see, Ways(), model=model) for model in sorted(models)}
        plain = [faithful[row.model or DEFAULT_MODEL].result() for row in chosen.values()]
        judged = pool.map(_defect, chosen, plain, [options.whole] * len(chosen))
        for name, (outcome, why) in zip(chosen, judged, strict=True):
            told.setdefault(chosen[name].kind, Counter())[outcome] += 1
            print(f"{outcome:<10} {name}: {why[:SHOWN]}", flush=True)
        alarms = 0
        for name, seen in zip(legal, pool.map(_variant, legal), strict=True):
            alarms += bool(seen.must())
            for check, (level, words) in sorted(seen.failing.items()):
                print(f"{'ALARM' if level == 'MUST' else level:<8} {name}: {check} {words[:SHOWN]}", flush=True)
        strange = [name for name in STRANGERS if _meant(options.only, name, "strangers")]
        for name, seen in zip(strange, pool.map(_stranger, strange), strict=True):
            counts = Counter(seen.verdicts.values())
            print(f"STRANGER {name}: {counts['fail']} fail, {counts['blocked']} blocked; {' '.join(seen.causes)}")
    print("\n" + table(told))
    print(f"{len(legal)} legal variants, {alarms} with a MUST that fails")
    return int(bool(alarms))


def _meant(glob: str, name: str, kind: str) -> bool:
    return fnmatch.fnmatchcase(name, glob) or fnmatch.fnmatchcase(kind, glob)


def _variant(name: str) -> Seen:
    return see(VARIANTS[name])


def _stranger(name: str) -> Seen:
    return see(STRANGERS[name])


def _defect(name: str, faithful: Seen, whole: bool) -> tuple[str, str]:
    """`caught`, `unexpected` or `answer` for what a question was answered with, or `passed`; and by what."""
    first = () if whole else DEFECTS[name].shows
    outcome, why = "passed", ""
    for globs in filter(None, (first, ("*",))):
        seen = see(ways(name), globs, model=DEFECTS[name].model or DEFAULT_MODEL)
        new = {check: told for check, told in seen.failing.items() if check not in faithful.failing}
        if new:
            check = min(new, key=lambda one: (LEVELS.index(new[one][0]), one))
            return "caught", f"{check} ({len(new)}) {new[check][1]}"
        other = {q: a for q, a in seen.answers.items() if faithful.answers.get(q, a) != a}
        if other:
            odd = {q: a for q, a in other.items() if surprising(q, a)}
            outcome = "unexpected" if odd else "answer"
            why = ", ".join(f"{q}: {a}" for q, a in sorted((odd or other).items()))
            if odd:
                break
    return outcome, why


def surprising(question: str, outcome: str) -> bool:
    """Whether the answer is one that no source allows, and so a finding of every run."""
    return any(one.surprising for one in questions()[question].outcomes if one.id == outcome)


def table(told: dict[str, Counter[str]]) -> str:
    """The counts by kind, as Markdown."""
    columns = ("caught", "unexpected", "answer", "passed")
    lines = [
        "| kind | defects | caught | unexpected answer | changed an answer | passed |",
        "|---|---|---|---|---|---|",
    ]
    rows = [*told.items(), ("in all", sum(told.values(), Counter()))]
    lines += [
        f"| {kind} | {count.total()} | {' | '.join(str(count[one]) for one in columns)} |" for kind, count in rows
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
