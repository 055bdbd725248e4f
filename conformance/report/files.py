"""Everything that is made from `record.jsonl`, and the last look for the key before it is left in a folder."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conformance.report import badge, html, junit, markdown, sarif
from conformance.report.record import read
from conformance.report.redact import Redactor
from conformance.report.summary import summary
from conformance.report.whole import write

Tell = Callable[[str], None]
PAGE = "report.html"


def write_all(
    path: Path, redact: Redactor, largest: int | None = None, tell: Tell = print, *, page: bool = True
) -> dict[str, Any]:
    """Write everything that is made from the record beside it; returns the summary.

    The record was redacted as it was written; what is made from it is redacted again, because templates escape and
    quote text and so could bring a form of the key to light.  What could not be written is told, a sentence each.
    Without `page` all but the page is made, which takes the longest.
    """
    record = read(path, largest)
    made = summary(record)
    outputs: dict[str, Callable[[], str]] = {
        "summary.json": lambda: json.dumps(made, ensure_ascii=False, indent=1) + "\n",
        "summary.md": lambda: markdown.render(record, made),
        "junit.xml": lambda: junit.render(record, made),
        "badge.json": lambda: badge.render(made),
        "results.sarif": lambda: sarif.render(record, made),
    }
    if page:
        outputs[PAGE] = lambda: html.render(record, made, redact)
    for name, render in outputs.items():
        if (told := _write(path.with_name(name), redact(render()), redact)) is not None:
            tell(told)
    return made


def _write(path: Path, content: str, redact: Redactor) -> str | None:
    if redact.found(content):  # what was cut out may have brought its neighbours together
        told: str | None = f"{path.name} was not written: the key is in it"
    else:
        told = write(path, content)
    if told is not None and path.is_file():
        with contextlib.suppress(OSError):
            path.unlink()  # an earlier run's would be taken for this one's
    return told
