"""`realtime-conformance docs`: the protocol as tested, as pages to read and as a document for programs."""

from __future__ import annotations

import argparse
import os
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path

from conformance import __version__
from conformance.report import history
from conformance.report.record import Record, RecordError
from conformance.report.whole import write
from conformance.secrets import held
from conformance.site import asyncapi
from conformance.site.build import Occupied, build
from conformance.site.seen import read

USAGE = 4
UNWRITTEN = 3

Reader = Callable[[Path], Record]


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command, and its two actions."""
    actions = parser.add_subparsers(dest="action", metavar="build|asyncapi")
    made = actions.add_parser("build", help="write the pages")
    add_output = made.add_argument
    add_output(
        "--runs", type=Path, nargs="+", default=[], metavar="RECORD", help="records of runs: what they saw is told"
    )
    add_output("--history", type=Path, metavar="FILE", help="a history of runs: since when each answer is the same")
    add_output("-o", "--output", type=Path, default=Path("docs/site"), metavar="DIR", help="default: docs/site")
    document = actions.add_parser("asyncapi", help="write the protocol as one AsyncAPI document")
    document.add_argument(
        "--side", choices=list(asyncapi.ACTIONS), default="service", help="who sends what it sends; default: service"
    )
    document.add_argument("-o", "--output", type=Path, default=Path("asyncapi.yaml"), help="default: asyncapi.yaml")


def main(options: argparse.Namespace, reader: Reader) -> int:
    """Run the command; `reader` reads a record, or a recording of any origin.  Returns the exit code."""
    if options.action == "asyncapi":
        return _put(options.output, asyncapi.document(options.side))
    if options.action == "build":
        return _build(options.output, options.runs, options.history, reader)
    folder = _shelf()
    code = _build(folder, [], None, reader)
    if code == 0:
        webbrowser.open((folder / "index.html").as_uri())
    return code


def _shelf() -> Path:
    """Where the pages of this version are kept for their reader."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "qwen-realtime-conformance" / f"docs-{__version__}"


def _build(folder: Path, records: list[Path], past: Path | None, reader: Reader) -> int:
    if past is not None and not past.is_file():
        return _told(USAGE, f"{past}: No such file")
    try:
        build(folder, read(records, reader), history.load(past) if past else [], held(os.environ, strict=False).mask)
    except (RecordError, history.HistoryError, Occupied) as problem:
        return _told(USAGE, problem)
    except OSError as problem:
        return _told(UNWRITTEN, f"{problem.filename or folder}: {problem.strerror or problem}")
    print(folder / "index.html")
    return 0


def _put(output: Path, text: str) -> int:
    if not output.parent.is_dir():
        return _told(USAGE, f"{output}: No such file or directory")
    problem = write(output, held(os.environ, strict=False).mask(text))
    if problem is not None:
        return _told(UNWRITTEN, problem)
    print(output)
    return 0


def _told(code: int, problem: object) -> int:
    print(f"realtime-conformance docs: {problem}", file=sys.stderr)
    return code
