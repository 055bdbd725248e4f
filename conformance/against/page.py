"""What differs, in words and on a page: a finding for each cause, with the frames of both targets beside each other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Template

from conformance.report import compare, files
from conformance.report.html_text import plural
from conformance.report.page import asset, environment, policy
from conformance.report.record import read
from conformance.report.redact import Redactor
from conformance.report.whole import write

PAGE, SIDES = "differences.html", "compare.html"
SHOWN = 6  # causes that the terminal names


def words(made: dict[str, Any]) -> Iterator[str]:
    """The differences as lines of text."""
    yield headline(made)
    for cause in made["causes"][:SHOWN]:
        yield f"  {cause['words']} ({_who(cause)})"
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


def _who(cause: dict[str, Any]) -> str:
    shown = plural(len(cause["conversations"]), "conversation")
    return f"{shown}, {plural(len(cause['checks']), 'verdict')}" if cause["checks"] else shown


def show(there: Path, here: Path, made: dict[str, Any], redact: Redactor) -> list[str]:
    """Write the second target's report, both side by side, and the page of what differs; returns what could not be."""
    told: list[str] = []
    files.write_all(there, redact, None, told.append)
    pages = {
        SIDES: compare.render(compare.columns([here, there], lambda path: read(path, None)), here.parent),
        PAGE: render(made),
    }
    for name, content in pages.items():
        if (problem := write(here.with_name(name), redact(content))) is not None:
            told.append(problem)
    return told


def render(made: dict[str, Any]) -> str:
    """The page."""
    style = asset("report.css", "differences.css")
    causes = [
        {
            **cause,
            "who": _who(cause),
            "script": "\n".join(json.dumps(move, ensure_ascii=False) for move in cause["moves"]),
        }
        for cause in made["causes"]
    ]
    return _template().render(
        style=style.text, policy=policy(style), headline=headline(made), made=made, causes=causes, sides=SIDES
    )


@cache
def _template() -> Template:
    return environment().get_template("differences.html.j2")
