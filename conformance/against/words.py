"""What differs, in words: how much, and each cause in a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.report.html_text import plural

PAGE, SIDES = "differences.html", "compare.html"
SHOWN = 6  # causes that the terminal names


def words(made: dict[str, Any]) -> Iterator[str]:
    """The differences as lines of text."""
    yield headline(made)
    for cause in made["causes"][:SHOWN]:
        yield f"  {cause['words']} ({who(cause)})"
    if len(made["causes"]) > SHOWN:
        yield f"  and {len(made['causes']) - SHOWN} more"
    for row in made["verdicts"]:
        yield f"  {row['id']}: {row['here']} here, {row['there']} there"


def headline(made: dict[str, Any]) -> str:
    """How much differs, in one sentence."""
    name = made["target"]["endpoint"]
    if made["infrastructure"]:
        return f"Not compared with {name}: {made['infrastructure']}."
    held = plural(made["conversations"], "conversation")
    if not made["causes"] and not made["verdicts"]:
        return f"No difference from {name} in {held}."
    found = plural(len(made["causes"]) + len(made["verdicts"]), "difference")
    sure = ", not all of them held twice, for the budget is spent" if made["unsure"] else ""
    return f"{found} from {name} in {held}{sure}."


def who(cause: dict[str, Any]) -> str:
    """How many conversations show a cause, and how many verdicts follow from it."""
    shown = plural(len(cause["conversations"]), "conversation")
    more = f", {plural(len(cause['follow']), 'difference')} that follow{'s' if len(cause['follow']) == 1 else ''}"
    verdicts = f", {plural(len(cause['checks']), 'verdict')}"
    return shown + (more if cause["follow"] else "") + (verdicts if cause["checks"] else "")
