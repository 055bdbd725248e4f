"""The command `realtime-conformance import`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from conformance.intake.connection import Unread
from conformance.intake.record import write
from conformance.report.html_text import plural
from conformance.wire.gaps import GAPS

USAGE = 4
UNWRITTEN = 3


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="recordings, their form told by content")
    parser.add_argument("-o", "--output", type=Path, default=Path("record.jsonl"), help="default: record.jsonl")
    parser.add_argument("--model", help="judge as this model, whatever the recordings name")
    parser.add_argument("--keep-audio", action="store_true", help="keep audio and images; keys never are")


def main(options: argparse.Namespace) -> int:
    """Run the command; returns its exit code."""
    if not options.output.parent.is_dir():
        print(f"realtime-conformance import: {options.output}: No such file or directory", file=sys.stderr)
        return USAGE
    if any(path.exists() and options.output.exists() and path.samefile(options.output) for path in options.files):
        print(f"realtime-conformance import: {options.output} would be written over itself", file=sys.stderr)
        return USAGE
    try:
        held, gaps = write(options.files, options.output, keep_audio=options.keep_audio, model=options.model)
    except Unread as problem:
        print(f"realtime-conformance import: {problem}", file=sys.stderr)
        return USAGE
    except OSError as problem:
        print(f"realtime-conformance import: {problem}", file=sys.stderr)
        return UNWRITTEN
    print(f"{options.output}: {plural(held, 'conversation')}")
    for gap, words in GAPS.items():
        if gaps[gap]:
            print(f"  {gaps[gap]} of {held}: {words}")
    print(f"To judge it: realtime-conformance run --replay {options.output}")
    return 0
