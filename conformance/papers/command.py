"""The command `realtime-conformance finding`."""

from __future__ import annotations

import argparse
import difflib
import fnmatch
import os
import sys
from pathlib import Path
from typing import Any

from conformance.papers import TELLING, papers
from conformance.report.case import Case
from conformance.report.record import LARGEST, RecordError, read
from conformance.report.redact import Redactor
from conformance.report.summary import cases
from conformance.report.whole import write
from conformance.secrets import held

USAGE = 4
UNWRITTEN = 3


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument("id", metavar="ID", help="a check, such as GEN-011, a question, such as Q-FINISH, or a glob")
    parser.add_argument("record", type=Path, metavar="RECORD", help="record.jsonl")
    parser.add_argument("-o", "--output", type=Path, default=Path(), metavar="DIR", help="where to (default: here)")


def main(options: argparse.Namespace) -> int:
    """Run the command; returns its exit code."""
    secrets = held(os.environ, strict=False)
    try:
        record = read(options.record, LARGEST, secrets.mask_json)
    except RecordError as problem:
        return _wrong(str(problem))
    judged = {case.id: case for case in cases(record)}
    asked = [case for case in judged.values() if fnmatch.fnmatchcase(case.id, options.id.upper())]
    if not asked:
        near = difflib.get_close_matches(options.id.upper(), judged, 1, cutoff=0.0)
        return _wrong(f"{options.id} is no check of this record" + (f"; the nearest is {near[0]}" if near else ""))
    chosen = [case for case in asked if case.verdict in TELLING and (case.outcome is None or len(asked) == 1)]
    if not chosen:
        said = f"{asked[0].id} is `{asked[0].verdict}` in this record" if len(asked) == 1 else "none of them fails"
        return _wrong(f"{said}: there is nothing to write about")
    try:
        options.output.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        return _wrong(f"{options.output}: {problem.strerror or problem}")
    return max(_write(case, record, options.output, Redactor(secrets)) for case in chosen)


def _write(case: Case, record: Any, folder: Path, redact: Redactor) -> int:
    made = papers(case, record, redact)
    for name, text in made.files.items():
        if (told := write(folder / name, text)) is not None:
            print(f"realtime-conformance finding: {told}", file=sys.stderr)
            return UNWRITTEN
        print(folder / name)
    if made.without is not None:
        print(f"{case.id}: no program of a page shows it: {made.without}.")
    return 0


def _wrong(problem: str) -> int:
    print(f"realtime-conformance finding: {problem}", file=sys.stderr)
    return USAGE
