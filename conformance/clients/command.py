"""The command `realtime-conformance client`: a program runs against the mock, and everything that it does is judged.

The program finds the mock's address in `$REALTIME_ENDPOINT` (and in `$DASHSCOPE_WEBSOCKET_BASE_URL`, for what reads
that) and a key that the mock takes in `$DASHSCOPE_API_KEY`.  `{url}` in its command line is replaced by the address.
Its output goes to standard error, each line behind `| `; what is judged is told on standard output.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conformance import arguments
from conformance.clients import behaviour, running, scenarios
from conformance.clients.judging import clauses
from conformance.judge.leaving import in_words, leaving
from conformance.mock.options import MockOptions, OptionError
from conformance.report import answer, record
from conformance.report.baseline import Baseline, BaselineError, load
from conformance.secrets import SecretError
from conformance.wire.transcript import Transcript

USAGE, UNWRITTEN = 4, 3


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.usage = "realtime-conformance client [options] -- COMMAND ..."
    behaviour.add(parser)
    add = parser.add_argument
    add("--scenario", action="append", default=[], metavar="NAME", help="run the program in this scenario, too "
        "(repeatable): a name, `all`, or a TOML file of your own; `plain` is always run")  # fmt: skip
    add("--timeout", type=arguments.seconds, default=running.TIMEOUT, metavar="SECONDS", help="tell a program that "
        f"still runs to end; 0: never (default: {running.TIMEOUT:.0f})")  # fmt: skip
    add("--report-dir", type=Path, metavar="DIR", help="write record.jsonl, report.html, summary.json … there")
    add("--baseline", type=Path, metavar="FILE", help="accepted failures; what differs from it fails the run")
    add("--update-baseline", action="store_true", help="write the file of --baseline from this run")
    add("--replay", type=Path, metavar="RECORD", help="judge a saved record again; runs nothing")
    add("program", nargs="*", metavar="COMMAND", help="reads $REALTIME_ENDPOINT; {url} is replaced")


def main(options: argparse.Namespace) -> int:
    """Run, judge and tell; returns the exit code."""
    try:
        run = _asked(options, behaviour.chosen(options))
        summary = run.run(lambda transcript: told(transcript, print))
    except (OptionError, BaselineError, record.RecordError, SecretError) as problem:
        return _wrong(problem)
    except OSError as problem:
        name = problem.filename if problem.filename is not None else options.program[0]
        return _wrong(f"{name}: {problem.strerror}")
    _end(run, summary)
    return UNWRITTEN if run.unwritten else int(summary["exit"])


def _wrong(problem: object) -> int:
    print(f"realtime-conformance client: {problem}", file=sys.stderr)
    return USAGE


def _asked(options: argparse.Namespace, mock: MockOptions) -> running.Run:
    if bool(options.program) == bool(options.replay):
        raise OptionError("give a COMMAND to run, or --replay RECORD, and not both")
    if options.update_baseline and options.baseline is None:
        raise OptionError("--update-baseline needs --baseline FILE, the file to write")
    return running.Run(
        options.program,
        scenarios.chosen(options.scenario),
        mock,
        options.timeout or None,
        options.report_dir,
        _known(options),
        options.baseline if options.update_baseline else None,
        ["realtime-conformance", *sys.argv[1:]],
        record.read(options.replay) if options.replay else None,
    )


def _known(options: argparse.Namespace) -> Baseline | None:
    if options.baseline is None or (options.update_baseline and not options.baseline.exists()):
        return None
    return load(options.baseline)


def told(transcript: Transcript, say: Callable[[str], None]) -> None:
    """Say what a program did in one scenario."""
    refused: Counter[str] = Counter()
    ran = transcript.notes.get("program") or {}
    say(
        f"{transcript.notes.get('scenario') or transcript.conversation}: the program {ran.get('ended', 'was not seen')}"
    )
    listed = transcript.notes.get("listed") or [{}] * len(transcript.legs)
    for leg, statuses in zip(transcript.legs, listed, strict=False):
        if leg.handshake.status != 101:
            refused[f"HTTP {leg.handshake.status}: {leg.handshake.body}"] += 1
            continue
        own = [frame for frame in leg.frames if frame.side == "client" and frame.opcode in {"text", "binary"}]
        sent = [str(frame.type) for frame in own]
        kinds = ", ".join(f"{kind} {sent.count(kind)}" for kind in dict.fromkeys(sent)) or "nothing"
        say(f"  {leg.session_id or 'a session that was never greeted'}")
        say(f"    sent: {kinds}")
        say(f"    left: {in_words(leaving(leg), statuses)}")
        for frame in leg.frames:
            error = frame.event.get("error") if frame.side == "server" and frame.type == "error" else None
            if error is not None:
                say(
                    f"    the mock answered with an error: {error.get('message') if isinstance(error, dict) else error}"
                )
    for refusal, times in refused.items():
        say(f"  a connection was refused{f' {times} times' if times > 1 else ''}: {refusal}")


def _end(run: running.Run, summary: dict[str, Any]) -> None:
    for case in summary["cases"]:
        if case["verdict"] in {"fail", "inconclusive"}:
            level = case["level"] if case["verdict"] == "fail" else "open"
            print(f"! {case['id']} ({level}) {clauses()[case['id']].sentence} {case['detail']}")
    for line in answer.lines(summary):
        print(line)
    print(summary["headline"])
    if not summary["sessions"] and summary["verdict"] == "nothing_judged":
        print("The program opened no session: does it connect to $REALTIME_ENDPOINT?")
    for text in run.unwritten:
        print(f"{text}.")
    if run.directory is not None and (run.directory / "report.html").is_file():
        print(f"Report: {run.directory / 'report.html'}")
