"""What differs on a page: a finding for each cause, with the frames of both targets beside each other."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Template

from conformance.against.words import PAGE, SIDES, headline, who
from conformance.report import compare, files
from conformance.report.page import asset, environment, policy
from conformance.report.record import read
from conformance.report.redact import Redactor
from conformance.report.whole import write


def show(there: Path, here: Path, made: dict[str, Any], redact: Redactor) -> list[str]:
    """Write the second target's report, both side by side, and the page of what differs; returns what could not be."""
    told: list[str] = []
    files.write_all(there, redact, None, told.append)
    pages = {
        SIDES: compare.render(compare.columns([here, there], lambda path: read(path, None)), here.parent, redact),
        PAGE: render(made),
    }
    for name, content in pages.items():
        if (problem := write(here.with_name(name), redact(content))) is not None:
            told.append(problem)
    return told


def render(made: dict[str, Any]) -> str:
    """The page."""
    style = asset("first.css", "report.css", "differences.css")
    causes = [
        {
            **cause,
            "who": who(cause),
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
