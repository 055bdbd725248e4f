"""The command `realtime-conformance`."""

from __future__ import annotations

import argparse
import errno
import io
import os
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from conformance import __version__, early, listing
from conformance.clients import command as client
from conformance.clients import mocking
from conformance.intake import command as intake
from conformance.intake.judging import judged
from conformance.mock import forecast
from conformance.mock.options import STATUS_POLICIES, MockOptions, OptionError
from conformance.mock.serving import serve_forever
from conformance.outlet import unbroken
from conformance.papers import command as papers
from conformance.proxy import command as proxy
from conformance.report import compare, files, history
from conformance.report.record import LARGEST, RecordError
from conformance.report.redact import Redactor
from conformance.report.whole import write
from conformance.screen import screened
from conformance.secrets import held
from conformance.site import command as docs

USAGE = 4
UNWRITTEN = 3
ANSWERS = [
    word
    for glob in ("Q-FINISH", "Q-FINISH-ERROR", "Q-FINISH-SOCKET", "Q-FINISH-MID-UTTERANCE", "Q-FINISH-UNANSWERED",
                 "Q-SILENCE-BILLED", "Q-NOISE-BILLED", "Q-LOUD-NOISE-BILLED", "Q-SILENCE-ALONE-BILLED", "CLO-001",
                 "CLO-010", "CLO-02?", "GEN-017")
    for word in ("--case", glob)
]  # fmt: skip
"""What the three questions need and no more: those who end a session without a reply, and silence before a turn."""
OVERVIEW = """\
realtime-conformance: does an endpoint speak Qwen-Omni-Realtime as its vendor documents it?

  what                                    how
  judge the embedded mock                 realtime-conformance run --endpoint mock
  judge the service                       DASHSCOPE_API_KEY=... realtime-conformance run
  only the three questions, quickly       realtime-conformance answers
  what that would take                    realtime-conformance answers --plan
  judge a call that you have              realtime-conformance run --replay call.har
  hand a finding on                       realtime-conformance finding GEN-011 record.jsonl -o papers
  serve the mock                          realtime-conformance mock --port 8765
  judge your client                       realtime-conformance client -- python my_client.py
  look on while it talks                  realtime-conformance proxy --upstream wss://... --watch
  make a record of recordings             realtime-conformance import call.har -o record.jsonl
  a release against the one before        realtime-conformance run --endpoint wss://... --against wss://...
  many targets side by side               realtime-conformance compare a/record.jsonl b/record.jsonl
  the trend                               realtime-conformance history */summary.json --file history.jsonl
  render a record again                   realtime-conformance report record.jsonl
  the protocol as documents               realtime-conformance docs
  what there is                           realtime-conformance list checks finish

Each takes --help; `run` and `answers` take the options of pytest."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code, also where nobody reads what it says."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console that lacks a character shows its number
            stream.reconfigure(errors="backslashreplace")
    with unbroken():
        if arguments[:1] == ["run"]:
            # Everything after `run` is pytest's: parsing it twice would only add a second set of error messages.
            return run(arguments[1:])
        if arguments[:1] == ["answers"]:
            return run([*ANSWERS, *arguments[1:]])
        if not arguments:
            print(OVERVIEW)
            return 0
        with screened(held(os.environ, strict=False)):
            return _main(arguments)


def _main(arguments: Sequence[str]) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "mock":
        return _mock(options)
    if options.command == "client":
        return _client(options)
    if options.command == "history":
        return _history(options.file, options.summaries, options.output)
    if options.command == "proxy":
        return proxy.main(options)
    if options.command == "import":
        return intake.main(options)
    if options.command == "docs":
        return docs.main(options, judged)
    if options.command == "list":
        print("\n".join(listing.rows(options.kind, " ".join(options.word))))
        return 0
    if options.command == "finding":
        return papers.main(options)
    if options.command == "compare":
        return _compare(options.records, options.output)
    return _report(options.record)


def run(arguments: Sequence[str]) -> int:
    """Run the suite from wherever it is installed, with pytest's options and the suite's own."""
    early.guard()
    try:
        return int(pytest.main(["-p", "conformance.plugin", "--pyargs", "conformance.cases", *arguments]))
    finally:
        early.restore()


class _Parser(argparse.ArgumentParser):
    """Ends with the suite's exit code for wrong usage: argparse's own means that a run was interrupted."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def _wrong(command: str, problem: object) -> int:
    """Say what was wrong; returns the exit code."""
    print(f"realtime-conformance {command}: {problem}", file=sys.stderr)
    return USAGE


def _unwritten(command: str, problem: object) -> int:
    """Say what could not be written; returns the exit code."""
    print(f"realtime-conformance {command}: {problem}", file=sys.stderr)
    return UNWRITTEN


def _put(command: str, output: Path, page: str) -> int:
    """Write a page where it was asked for; returns the exit code.  A folder that is not there was named wrongly."""
    if not output.parent.is_dir():
        return _wrong(command, f"{output}: No such file or directory")
    told = write(output, held(os.environ, strict=False).mask(page))
    return 0 if told is None else _unwritten(command, told)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port from 0 to 65535")
    return int(text)


def _parser() -> _Parser:
    parser = _Parser(prog="realtime-conformance", description="Protocol conformance suite for Qwen-Omni-Realtime.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="run the suite; takes pytest's options and the suite's", add_help=False)
    mock = commands.add_parser("mock", help="serve the mock endpoint", parents=[_behaviour()])
    mock.add_argument("--host", default="127.0.0.1", help="address to bind (default: this machine only)")
    mock.add_argument("--port", type=_port, default=8765, help="0 picks a free one (default: 8765)")
    mocking.add_options(mock)
    mock.add_argument("--tls", nargs=2, type=Path, metavar=("CERT", "KEY"), help="serve wss:// with this certificate")
    judged = commands.add_parser(
        "client", help="judge a client program against the mock", parents=[_behaviour()],
        usage="realtime-conformance client [options] -- COMMAND ...",
    )  # fmt: skip
    client.add_options(judged)
    beside = commands.add_parser("compare", help="many records, or recordings of any origin, side by side on one page")
    beside.add_argument("records", type=Path, nargs="+", metavar="RECORD", help="record.jsonl files")
    beside.add_argument("-o", "--output", type=Path, default=Path("compare.html"), help="default: compare.html")
    past = commands.add_parser("history", help="keep a line for each run, and show the trend")
    past.add_argument("summaries", type=Path, nargs="*", metavar="SUMMARY", help="summary.json files to add")
    past.add_argument("--file", type=Path, required=True, help="the history, JSON lines")
    past.add_argument("-o", "--output", type=Path, help="write the page of the trend")
    intake.add(commands)
    proxy.add(commands, _port)
    docs.add(commands)
    papers.add(commands)
    commands.add_parser("answers", help="hold only what the three questions need; options as `run`", add_help=False)
    names = commands.add_parser("list", help="name what there is")
    names.add_argument("kind", choices=list(listing.KINDS), metavar="KIND", help=", ".join(listing.KINDS))
    names.add_argument("word", nargs="*", metavar="WORD", help="only those that hold it")
    report = commands.add_parser("report", help="render a record again")
    report.add_argument("record", type=Path, help="record.jsonl")
    return parser


def _behaviour() -> _Parser:
    """The options that say how a mock behaves."""
    parser = _Parser(add_help=False)
    add = parser.add_argument
    add("--latency", choices=["fast", "live"], help="how quickly it answers (default: fast; with --weather live)")
    add("--switch", action="append", default=[], metavar="NAME=VALUE", help="one side of an open question")
    add("--quirk", action="append", default=[], metavar="NAME", help="a deviation (repeatable)")
    add("--status-policy", default="finish_required", metavar="POLICY", help="how its ledger lists sessions: "
        f"{', '.join(STATUS_POLICIES)}")  # fmt: skip
    add(
        "--silence-billing",
        default="none",
        metavar="POLICY",
        help="what of idle audio is billed: none, padding, quarter, all",
    )
    mocking.add_behaviour(parser)
    forecast.add_options(parser)
    return parser


def _options(options: argparse.Namespace) -> MockOptions:
    made = MockOptions(
        latency=options.latency or ("live" if options.weather else "fast"),
        switches=dict(_pair(text) for text in options.switch),
        quirks=tuple(options.quirk),
        status_policy=options.status_policy,
        silence_billing=options.silence_billing,
        seed=options.seed,
        weather=forecast.weather(options),
    )
    return mocking.behaviour(options, made)


def _client(options: argparse.Namespace) -> int:
    try:
        made = _options(options)
    except OptionError as problem:
        return _wrong("client", problem)
    return client.main(options, made)


def _mock(options: argparse.Namespace) -> int:
    if options.list is not None:
        print("\n".join(mocking.listed(options.list)))
        return 0
    try:
        made = _options(options)
    except OptionError as problem:
        return _wrong("mock", problem)
    tls = None
    if options.tls is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            tls.load_cert_chain(*options.tls)
        except (OSError, ValueError) as problem:
            return _wrong("mock", f"--tls: {problem}")
    try:
        return serve_forever(options.host, options.port, made, tls, mocking.Log() if options.log else None)
    except OSError as problem:
        free = "; --port 0 picks a free one" if problem.errno == errno.EADDRINUSE else ""
        return _wrong("mock", f"{options.host}:{options.port}: {problem.strerror}{free}")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise OptionError(f"--switch {text!r} is not NAME=VALUE")
    return name, value


def _compare(records: list[Path], output: Path) -> int:
    try:
        page = compare.render(compare.columns(records, judged), output.parent)
    except RecordError as problem:
        return _wrong("compare", problem)
    if (code := _put("compare", output, page)) != 0:
        return code
    print(output)
    return 0


def _history(path: Path, summaries: list[Path], output: Path | None) -> int:
    try:
        added = history.extend(path, summaries)
        page = history.render(history.load(path)) if output is not None else ""
    except history.HistoryError as problem:
        return _wrong("history", problem)
    except OSError as problem:
        return _unwritten("history", problem)
    if output is not None and (code := _put("history", output, page)) != 0:
        return code
    print(f"{path}: {added} added")
    return 0


def _report(path: Path) -> int:
    told: list[str] = []
    try:
        made = files.write_all(path, Redactor(held(os.environ, strict=False)), LARGEST, told.append)
    except RecordError as problem:
        return _wrong("report", problem)
    print(made["headline"])
    if told:
        return _unwritten("report", "; ".join(told))
    print(path.with_name("report.html"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
