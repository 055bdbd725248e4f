"""The command `realtime-conformance client`: a program runs against the mock, and everything that it does is judged.

The program finds the mock's address in `$REALTIME_ENDPOINT` (and in `$DASHSCOPE_WEBSOCKET_BASE_URL`, for what reads
that) and a key that the mock takes in `$DASHSCOPE_API_KEY`.  `{url}` in its command line is replaced by the address.
Its output goes to standard error, each line behind `| `; what is judged is told on standard output.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence

from conformance.clients import program
from conformance.clients.judging import clauses, judge
from conformance.clients.leaving import in_words, leaving
from conformance.clients.recording import Recording
from conformance.mock.options import MockOptions
from conformance.mock.server import MockServer
from conformance.report.html_text import plural
from conformance.wire.transcript import Transcript

KEY = "mock-key"
TIMEOUT = 120.0  # seconds
SETTLED = 2.0  # seconds to wait for the ends of the connections of a program that is gone
TAKEN = {"flat-tool": "accepted"}
"""Sides of open questions that a client's mock takes unless it is told otherwise: what is open must not stop it."""


def options_for(options: MockOptions) -> MockOptions:
    """The options of a mock that a client is judged on: what no source settles is taken."""
    return dataclasses.replace(options, lenient=True, switches={**TAKEN, **options.switches})


async def hold(
    command: Sequence[str], options: MockOptions, name: str = "client/plain", limit: float | None = TIMEOUT
) -> Transcript:
    """Run a program against a mock and return what crossed.  Raises OSError when it can't be started.

    `notes["program"]` says how it ran (`program.Ran`), `notes["listed"]` how each session is listed.
    """
    recording = Recording()
    async with MockServer(options_for(options), witness=recording) as server:
        variables = {
            **os.environ,
            "REALTIME_ENDPOINT": server.url,
            "DASHSCOPE_WEBSOCKET_BASE_URL": server.url,
            "DASHSCOPE_API_KEY": KEY,
            "PYTHONUNBUFFERED": "1",  # what it said last is wanted, however it ends
        }
        ran = await program.run([part.replace("{url}", server.url) for part in command], variables, limit)
        await recording.settled(SETTLED)
    return recording.transcript(name, server.options, {"program": ran.to_json(), "scenario": "plain"})


def told(transcript: Transcript, say: Callable[[str], None]) -> int:
    """Say what a program did and what is wrong with it; returns the exit code."""
    sessions = 0
    refused: Counter[str] = Counter()
    for leg, listed in zip(transcript.legs, transcript.notes["listed"], strict=True):
        if leg.handshake.status != 101:
            refused[f"HTTP {leg.handshake.status}: {leg.handshake.body}"] += 1
            continue
        sessions += 1
        own = [frame for frame in leg.frames if frame.side == "client" and frame.opcode in {"text", "binary"}]
        sent = [str(frame.type) for frame in own]
        kinds = ", ".join(f"{kind} {sent.count(kind)}" for kind in dict.fromkeys(sent)) or "nothing"
        say(f"{leg.session_id or 'a session that was never greeted'}")
        say(f"  sent: {kinds}")
        say(f"  left: {in_words(leaving(leg), listed)}")
        for frame in leg.frames:
            error = frame.event.get("error") if frame.side == "server" and frame.type == "error" else None
            if error is None:
                continue
            say(f"  the mock answered with an error: {error.get('message') if isinstance(error, dict) else error}")
    for refusal, times in refused.items():
        say(f"a connection was refused{f' {times} times' if times > 1 else ''}: {refusal}")
    outcomes = judge([transcript])
    for clause, outcome in outcomes.items():
        if outcome.verdict in {"fail", "inconclusive"}:
            level = clauses()[clause].level if outcome.verdict == "fail" else "open"
            say(f"! {clause} ({level}) {clauses()[clause].sentence} {outcome.detail}")
    broken = [clause for clause, outcome in outcomes.items() if outcome.verdict == "fail"]
    musts = [clause for clause in broken if clauses()[clause].level == "MUST"]
    ran = transcript.notes["program"]
    say(
        f"{plural(sessions, 'session')}, {len(musts)} MUST broken, {len(broken) - len(musts)} others missed; "
        f"the program {ran['ended']}"
    )
    if not transcript.legs:
        say("The program opened no session: does it connect to $REALTIME_ENDPOINT?")
    if ran["interrupted"]:
        return 2
    if musts:
        return 1
    if not sessions:
        return 5
    return 10 if ran["code"] and not ran["timed_out"] else 0


def main(command: Sequence[str], options: MockOptions, limit: float | None = TIMEOUT) -> int:
    """Run, judge and tell."""
    try:
        transcript = asyncio.run(hold(command, options, limit=limit))
    except OSError as problem:
        print(f"realtime-conformance client: {command[0]}: {problem.strerror}", file=sys.stderr)
        return 4
    return told(transcript, print)
