"""Everything that is made from `record.jsonl`, and the last look for the key before it is left in a folder."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conformance.report import badge, brief, junit, markdown, sarif
from conformance.report.record import read
from conformance.report.redact import Redactor
from conformance.report.summary import cases, summary
from conformance.report.whole import write

Tell = Callable[[str], None]
PAGE = "report.html"


def write_all(
    path: Path, redact: Redactor, largest: int | None = None, tell: Tell = print, *, page: bool = True
) -> dict[str, Any]:
    """Write everything that is made from the record beside it, the page only where it is wanted; returns the summary.

    What could not be written is told, a sentence each.
    """
    outputs = Outputs(path, redact, largest, tell)
    outputs.write()
    if page:
        outputs.write_page()
    return outputs.summary


class Outputs:
    """What is made from a record.

    The record was redacted as it was written; what is made from it is redacted again, because templates escape and
    quote text and so could bring a form of the key to light.
    """

    def __init__(self, path: Path, redact: Redactor, largest: int | None = None, tell: Tell = print) -> None:
        self._path, self._redact, self._tell = path, redact, tell
        self._record = read(path, largest)
        self._record.judged = cases(self._record)
        self.summary = summary(self._record)

    def write(self) -> None:
        """Write all but the page: what takes little time, however much was recorded."""
        record, made = self._record, self.summary
        self._write("summary.json", _laid_out(made))
        self._write("summary.md", markdown.render(record, made))
        self._write("junit.xml", junit.render(record, made))
        self._write("badge.json", badge.render(made))
        self._write("results.sarif", sarif.render(record, made))

    def write_page(self) -> None:
        """Write the page."""
        from conformance.report import html  # noqa: PLC0415  # who is interrupted goes without what it needs

        self._write(PAGE, html.render(self._record, self.summary, self._redact))

    def write_brief_page(self, why: str) -> None:
        """Write a page in place of the whole one, and why: what was recorded, without a frame of it."""
        self._write(PAGE, brief.render(self._record, self.summary, why))

    def _write(self, name: str, content: str) -> None:
        if (told := _write(self._path.with_name(name), self._redact(content), self._redact)) is not None:
            self._tell(told)


def _laid_out(made: dict[str, Any]) -> str:
    """JSON with a line for each member and, in lists of objects, for each of these."""
    dumps = json.JSONEncoder(ensure_ascii=False).encode

    def value(told: Any) -> str:
        if isinstance(told, list) and told and isinstance(told[0], dict):
            return "[\n  " + ",\n  ".join(map(dumps, told)) + "\n ]"
        return dumps(told)

    return "{\n " + ",\n ".join(f"{dumps(name)}: {value(told)}" for name, told in made.items()) + "\n}\n"


def _write(path: Path, content: str, redact: Redactor) -> str | None:
    if redact.found(content):  # what was cut out may have brought its neighbours together
        told: str | None = f"{path.name} was not written: the key is in it"
    else:
        told = write(path, content)
    if told is not None and path.is_file():
        with contextlib.suppress(OSError):
            path.unlink()  # an earlier run's would be taken for this one's
    return told
