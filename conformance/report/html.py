"""`report.html`: one page that opens from disk."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from conformance.report.record import Record
from conformance.report.summary import cases


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("conformance.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")


def render(record: Record, made: dict[str, Any]) -> str:
    """The page.  Server text reaches it through autoescaping only."""
    sentences = {row["id"]: row["sentence"] for row in record.catalogue["clauses"]}
    questions = {row["id"]: row for row in record.catalogue["questions"]}
    return _template().render(
        record=record,
        made=made,
        cases=cases(record),
        sentences={**sentences, **{key: row["ask"] for key, row in questions.items()}},
        questions=questions,
    )
