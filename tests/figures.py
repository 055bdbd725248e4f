"""What README.md says of the suite and of the sources: `python -m tests.figures --write` brings it up to date."""

from __future__ import annotations

import difflib
import functools
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from conformance import runner
from conformance.judge.checks import load
from conformance.mock.quirks import REGISTRY
from conformance.plan import Plan, plan
from conformance.spec import sources
from conformance.spec.catalogue import client_clauses
from conformance.spec.prices import price_for
from conformance.spec.profiles import DEFAULT_MODEL, profile_for
from conformance.spec.reference import known
from conformance.wire.target import LIVE_CONCURRENCY, LIVE_RPM, resolve

from .hostile.gallery import ENDPOINTS

README = Path(__file__).parents[1] / "README.md"
BUDGET = runner.live_budget(0)


@functools.cache
def planned(endpoint: str) -> Plan:
    """What `--plan` tells of a default run."""
    target = resolve(endpoint, model=DEFAULT_MODEL, key="a plan opens nothing", workspace=None)
    examples = runner.FUZZ_EXAMPLES if endpoint == "mock" else 0
    run = runner.Run(target, profile_for(DEFAULT_MODEL), load(), BUDGET, fuzz_examples=examples)
    chosen = run.chosen(load().checks.values())[0]
    apart = run.held_apart(chosen)
    return plan(chosen, run.profile, LIVE_CONCURRENCY, LIVE_RPM, apart, first=run.first(chosen, apart))


def tokens() -> str:
    """How many tokens a live run bills, the least and the most, in thousands."""
    told = planned("beijing")
    return " to ".join(f"{round(number, -3):,}" for number in (told.least, told.least + told.hidden))


def money() -> str:
    """What they cost, the least and the most."""
    told = planned("beijing")
    price = price_for(profile_for(DEFAULT_MODEL), "beijing")
    assert price is not None
    most = {**told.tokens, "other_in": told.tokens["other_in"] + told.hidden}
    return " to ".join(f"{price.of(each):.2f}" for each in (told.tokens, most))


SENTENCES: dict[str, Callable[[], object]] = {
    r"(?<=about )\d+(?= minutes; after )": lambda: f"{planned('beijing').minutes:.0f}",
    r"(?<=minutes; after )\d+(?= nothing more is begun)": lambda: f"{planned('beijing').most / 60:.0f}",
    r"(?<=\| connections \| )\d+": lambda: planned("mock").connections,
    r"(?<=generated conversations \| )\d+(?=, one a second)": lambda: planned("beijing").connections,
    r"(?<=one a second and )\d+(?= a minute)": lambda: LIVE_RPM,
    r"(?<=\| tokens \| none \| )[\d,]+ to [\d,]+\d": tokens,
    r"(?<=bounded by )\d+(?= sessions)": lambda: BUDGET.sessions,
    r"(?<=sessions and )[\d,]+(?= tokens)": lambda: f"{BUDGET.tokens:,}",
    r"(?<=\| money \| none \| )[\d.]+ to [\d.]+(?= USD for qwen3\.5-flash)": money,
    r"(?<=judged by )\d+(?= clauses of its own)": lambda: len(client_clauses()),
    r"(?<=the mock tells )\d+(?= named lies)": lambda: len(REGISTRY),
    r"(?<=put before )\d+(?= hostile and broken endpoints)": lambda: len(ENDPOINTS),
}
"""Where a figure stands, and what it counts."""

BEGIN = "<!-- what is known: made from conformance/spec/known.toml by `python -m tests.figures --write` -->\n"
END = "<!-- end of what is known -->"


def told() -> str:
    """What the sources say of the three questions, as it stands in the README."""
    found = []
    for number, it in enumerate(known(), 1):
        found.append(f"{number}. **{it.ask}**")
        found += [f"   - {row.says} ({_linked(row.source)}, {row.date})" for row in it.sentences]
        found.append(f"   - *Only a run with your key can tell:* {it.run[0].lower()}{it.run[1:]}")
    return "\n".join(found) + "\n"


def _linked(key: str) -> str:
    address = sources.address(key)
    return f"[{key}]({address})" if address else key


def counted(text: str) -> str:
    """The text with its figures as they are now.  Raises LookupError for a sentence that is no longer there."""
    for place, count in SENTENCES.items():
        text, found = re.subn(place, str(count()), text)
        if found != 1:
            raise LookupError(f"{place} stands in {README.name} {found} times")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise LookupError(f"{README.name} has no place for what is known")
    return f"{before}{begin}{told()}{end}{after}"


def stale(text: str) -> Iterator[str]:
    """The lines that are not as they would be now, as a difference."""
    for line in difflib.unified_diff(text.splitlines(), counted(text).splitlines(), lineterm="", n=0):
        if line.startswith(("+", "-")) and not line.startswith(("+++", "---")):
            yield line


if __name__ == "__main__":
    before = README.read_text(encoding="utf-8")
    print("\n".join(stale(before)) or "All figures are those of now.")
    if "--write" in sys.argv:
        README.write_text(counted(before), encoding="utf-8")
