"""The command `realtime-conformance`.

Each command imports what it needs when it is named, and declares its options then: whoever renders a record waits for
no mock, and whoever serves one for no chapters.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from conformance import __version__, early
from conformance.outlet import unbroken
from conformance.screen import screened
from conformance.secrets import held

Main = Callable[[argparse.Namespace], int]

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
SUITE = [
    *("-p", "conformance.plugin", "--pyargs", "conformance.cases"),
    # What pytest-asyncio asks every project to settle: in a folder without a configuration nobody has.
    *("-o", "asyncio_default_fixture_loop_scope=function"),
]
"""What pytest is told before the options of a run."""
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
    options = parser(arguments[0]).parse_args(arguments)
    code: int = options.main(options)
    return code


def run(arguments: Sequence[str]) -> int:
    """Run the suite from wherever it is installed, with pytest's options and the suite's own."""
    early.guard()
    try:
        import pytest

        return int(pytest.main([*SUITE, *arguments]))
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
    from conformance.report.whole import write

    told = write(output, held(os.environ, strict=False).mask(page))
    return 0 if told is None else _unwritten(command, told)


def parser(named: str | None = None) -> _Parser:
    """The parser that knows every command, and the options of the one that is named."""
    made = _Parser(prog="realtime-conformance", description="Protocol conformance suite for Qwen-Omni-Realtime.")
    made.add_argument("--version", action="version", version=__version__)
    commands = made.add_subparsers(dest="command", required=True)
    for name, words in COMMANDS.items():
        command = commands.add_parser(name, help=words, add_help=name in DECLARED)
        if name == named:
            command.set_defaults(main=DECLARED[name](command))
    return made


# -- the options of each command; each returns what runs it


def _mock(command: argparse.ArgumentParser) -> Main:
    from conformance.clients import serving

    serving.add(command)
    return serving.main


def _client(command: argparse.ArgumentParser) -> Main:
    from conformance.clients import command as client

    client.add(command)
    return client.main


def _import(command: argparse.ArgumentParser) -> Main:
    from conformance.intake import command as intake

    intake.add(command)
    return intake.main


def _proxy(command: argparse.ArgumentParser) -> Main:
    from conformance.proxy import command as proxy

    proxy.add(command)
    return proxy.main


def _docs(command: argparse.ArgumentParser) -> Main:
    from conformance.intake.judging import judged
    from conformance.site import command as docs

    docs.add(command)
    return lambda options: docs.main(options, judged)


def _finding(command: argparse.ArgumentParser) -> Main:
    from conformance.papers import command as papers

    papers.add(command)
    return papers.main


def _list(command: argparse.ArgumentParser) -> Main:
    from conformance import listing

    command.add_argument("kind", choices=list(listing.KINDS), metavar="KIND", help=", ".join(listing.KINDS))
    command.add_argument("word", nargs="*", metavar="WORD", help="only those that hold it")
    return lambda options: print("\n".join(listing.rows(options.kind, " ".join(options.word)))) or 0


def _compare(command: argparse.ArgumentParser) -> Main:
    command.add_argument("records", type=Path, nargs="+", metavar="RECORD", help="record.jsonl files")
    command.add_argument("-o", "--output", type=Path, default=Path("compare.html"), help="default: compare.html")
    return lambda options: _compared(options.records, options.output)


def _history(command: argparse.ArgumentParser) -> Main:
    command.add_argument("summaries", type=Path, nargs="*", metavar="SUMMARY", help="summary.json files to add")
    command.add_argument("--file", type=Path, required=True, help="the history, JSON lines")
    command.add_argument("-o", "--output", type=Path, help="write the page of the trend")
    return lambda options: _kept(options.file, options.summaries, options.output)


def _report(command: argparse.ArgumentParser) -> Main:
    command.add_argument("record", type=Path, help="record.jsonl")
    return lambda options: _rendered(options.record)


COMMANDS = {
    "run": "run the suite; takes pytest's options and the suite's",
    "mock": "serve the mock endpoint",
    "client": "judge a client program against the mock",
    "compare": "many records, or recordings of any origin, side by side on one page",
    "history": "keep a line for each run, and show the trend",
    "import": "make a record of recordings: HAR, JSON lines, logs of any origin",
    "proxy": "stand between a client and an endpoint: pass everything on, write it down, judge it",
    "docs": "the protocol as tested: open its pages, or build them with what runs saw",
    "finding": "write a finding or an open question as papers: a text, a program that shows it, the part of the record",
    "answers": "hold only what the three questions need; options as `run`",
    "list": "name what there is",
    "report": "render a record again",
}
DECLARED: Mapping[str, Callable[[argparse.ArgumentParser], Main]] = {
    "mock": _mock,
    "client": _client,
    "compare": _compare,
    "history": _history,
    "import": _import,
    "proxy": _proxy,
    "docs": _docs,
    "finding": _finding,
    "list": _list,
    "report": _report,
}
"""Without those that are pytest's."""


# -- records


def _compared(records: list[Path], output: Path) -> int:
    from conformance.intake.judging import judged
    from conformance.report import compare
    from conformance.report.record import RecordError

    try:
        page = compare.render(compare.columns(records, judged), output.parent, held(os.environ, strict=False).mask)
    except RecordError as problem:
        return _wrong("compare", problem)
    if (code := _put("compare", output, page)) != 0:
        return code
    print(output)
    return 0


def _kept(path: Path, summaries: list[Path], output: Path | None) -> int:
    from conformance.report import history

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


def _rendered(path: Path) -> int:
    from conformance.report import files
    from conformance.report.record import LARGEST, RecordError
    from conformance.report.redact import Redactor

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
