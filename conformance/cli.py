"""The command `realtime-conformance`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance import __version__
from conformance.mock.options import MockOptions, OptionError
from conformance.mock.server import serve_forever
from conformance.report import files
from conformance.report.record import RecordError
from conformance.report.redact import Redactor

USAGE = 4


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["run"]:
        # Everything after `run` is pytest's: parsing it twice would only add a second set of error messages.
        return run(arguments[1:])
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "mock":
        return _mock(options)
    return _report(options.record)


def run(arguments: Sequence[str]) -> int:
    """Run the suite from wherever it is installed, with pytest's options and the suite's own."""
    return int(pytest.main(["-p", "conformance.plugin", "--pyargs", "conformance.cases", *arguments]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="realtime-conformance", description="Protocol conformance suite for Qwen-Omni-Realtime."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="run the suite; takes pytest's options and the suite's", add_help=False)
    mock = commands.add_parser("mock", help="serve the mock endpoint")
    mock.add_argument("--host", default="127.0.0.1", help="address to bind (default: this machine only)")
    mock.add_argument("--port", type=int, default=8765, help="0 picks a free one (default: 8765)")
    mock.add_argument("--latency", choices=["fast", "live"], default="fast", help="how quickly it answers")
    mock.add_argument(
        "--switch", action="append", default=[], metavar="NAME=VALUE", help="one side of an open question"
    )
    mock.add_argument("--quirk", action="append", default=[], metavar="NAME", help="a deviation (repeatable)")
    report = commands.add_parser("report", help="render a record again")
    report.add_argument("record", type=Path, help="record.jsonl")
    return parser


def _mock(options: argparse.Namespace) -> int:
    try:
        switches = dict(_pair(text) for text in options.switch)
        made = MockOptions(latency=options.latency, switches=switches, quirks=tuple(options.quirk))
    except OptionError as problem:
        print(f"realtime-conformance mock: {problem}", file=sys.stderr)
        return USAGE
    try:
        return serve_forever(options.host, options.port, made)
    except OSError as problem:
        print(f"realtime-conformance mock: {options.host}:{options.port}: {problem.strerror}", file=sys.stderr)
        return USAGE


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise OptionError(f"--switch {text!r} is not NAME=VALUE")
    return name, value


def _report(path: Path) -> int:
    try:
        made = files.write_all(path, Redactor(None))
    except RecordError as problem:
        print(f"realtime-conformance report: {problem}", file=sys.stderr)
        return USAGE
    print(made["headline"])
    print(path.with_name("report.html"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
