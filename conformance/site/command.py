"""`realtime-conformance docs`: the protocol as tested, as pages to read and as a document for programs."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from conformance.report.whole import write
from conformance.secrets import held
from conformance.site import asyncapi

USAGE = 4
UNWRITTEN = 3


def add(commands: Any) -> None:
    """Add the command to the parser."""
    docs = commands.add_parser("docs", help="the protocol as tested: pages, and an AsyncAPI document")
    actions = docs.add_subparsers(dest="action", metavar="asyncapi", required=True)
    document = actions.add_parser("asyncapi", help="write the protocol as one AsyncAPI 3 document")
    document.add_argument("-o", "--output", type=Path, default=Path("asyncapi.yaml"), help="default: asyncapi.yaml")


def main(options: argparse.Namespace) -> int:
    """Run the command; returns its exit code."""
    return _put(options.output, asyncapi.document())


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
