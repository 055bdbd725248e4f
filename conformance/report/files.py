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


def write_all(path: Path, redact: Redactor, largest: int | None = None, tell: Tell = print) -> dict[str, Any]:
    """Write everything that is made from the record beside it; returns the summary.

    The record was redacted as it was written; what is made from it is redacted again, because templates escape and
    quote text and so could bring a form of the key to light.  What could not be written is told, a sentence each.
    """
    record = read(path, largest)
    made = summary(record)
    outputs = {
        "summary.json": json.dumps(made, ensure_ascii=False, indent=1) + "\n",
        "summary.md": markdown.render(record, made),
        "report.html": html.render(record, made, redact),
        "junit.xml": junit.render(record, made),
        "badge.json": badge.render(made),
        "results.sarif": sarif.render(record, made),
    }
    for name, content in outputs.items():
        if (told := _write(path.with_name(name), redact(content), redact)) is not None:
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
