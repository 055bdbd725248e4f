"""Judging a client program: it runs against the mock, and everything that it sends is looked at.

The program finds the mock's address in `$REALTIME_ENDPOINT` (and in `$DASHSCOPE_WEBSOCKET_BASE_URL`, for what reads
that) and a key that the mock takes in `$DASHSCOPE_API_KEY`.  `{url}` in its command line is replaced by the address.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from conformance.judge import schema
from conformance.mock.ledger import Call, Ledger
from conformance.mock.options import MockOptions
from conformance.mock.server import MockServer
from conformance.report.closing import walked
from conformance.report.html_text import plural
from conformance.status.rows import parse
from conformance.wire.transcript import Ending, Frame, Leg

KEY = "mock-key"


@dataclass
class Seen:
    """One session of the program: its frames as a leg, and how the mock's ledger lists it."""

    leg: Leg
    status: str = "not ended"

    @property
    def path(self) -> str:
        """The way in which it was closed."""
        return walked(self.leg)

    def findings(self) -> Iterator[str]:
        """What the program did wrong, in words."""
        for frame in self.leg.frames:
            if frame.side == "client":
                yield from _faults(frame)
            elif frame.type == "error":
                error = frame.event.get("error")
                said = error.get("message") if isinstance(error, dict) else error
                last = [other for other in self.leg.frames[: frame.index] if other.side == "client"][-1:]
                yield f"after {last[0].type if last else 'nothing'} the mock answered with an error: {said}"


def _faults(frame: Frame) -> Iterator[str]:
    if not isinstance(frame.event, dict) or frame.type is None:
        yield "a message is no JSON object with a `type`"
        return
    if frame.type not in schema.client_types():
        yield f"{frame.type} is no client event of this protocol"
        return
    for fault in schema.explain("client", frame.event):
        yield f"{frame.type}: {fault.path} {fault.says}"


@dataclass
class Watcher:
    """Writes down what the sessions of a mock say."""

    began: float = field(default_factory=time.monotonic)
    sessions: dict[str, Seen] = field(default_factory=dict)

    def message(self, session_id: str, side: Literal["client", "server"], data: bytes) -> None:
        """Take a message."""
        leg = self.sessions.setdefault(session_id, Seen(Leg(url=""))).leg
        try:
            text: str | None = data.decode()
        except UnicodeDecodeError:
            text = None
        at = (time.monotonic() - self.began) * 1000
        leg.frames.append(Frame(len(leg.frames), side, at, "binary" if text is None else "text", text))

    def take(self, ledger: Ledger) -> None:
        """Take how sessions ended from the mock's ledger."""
        rows = {parse(row).task: parse(row).status for row in ledger.rows(time.time() * 1000)}
        for call in ledger.calls:
            seen = self.sessions.setdefault(call.session_id, Seen(Leg(url="")))
            seen.leg.ending = _ending(call)
            seen.status = rows.get(call.session_id, "absent")


def _ending(call: Call) -> Ending:
    sent = call.code if call.first == "client" else None
    received = call.code if call.first != "nobody" else None
    first: Literal["client", "server"] = "server" if call.first == "server" else "client"
    return Ending(first=first, code_sent=sent, code_received=received, clean=call.first == "client", tcp="fin")


async def judge(command: Sequence[str], options: MockOptions, say: Callable[[str], None] = print) -> int:
    """Run a program against a mock and say what it did; 0: it ended well and nothing was found."""
    watcher = Watcher()
    async with MockServer(options, watch=watcher.message) as server:
        variables = {
            **os.environ,
            "REALTIME_ENDPOINT": server.url,
            "DASHSCOPE_WEBSOCKET_BASE_URL": server.url,
            "DASHSCOPE_API_KEY": KEY,
        }
        program = await asyncio.create_subprocess_exec(
            *(part.replace("{url}", server.url) for part in command), env=variables
        )
        try:
            code = await program.wait()
        finally:
            if program.returncode is None:
                program.kill()
        ledger = server.ledger
    watcher.take(ledger)  # the server has closed what the program left open
    return _told(watcher, server.refusals, code, say)


def _told(watcher: Watcher, refusals: Sequence[str], code: int, say: Callable[[str], None]) -> int:
    wrong = len(refusals)
    for session_id, seen in watcher.sessions.items():
        sent = [str(frame.type) for frame in seen.leg.frames if frame.side == "client"]
        kinds = ", ".join(f"{kind} {sent.count(kind)}" for kind in dict.fromkeys(sent)) or "nothing"
        say(f"{session_id}")
        say(f"  sent: {kinds}")
        say(f"  ended: {seen.path}; the mock lists it as {seen.status.replace('_', ' ')}")
        for finding in dict.fromkeys(seen.findings()):
            wrong += 1
            say(f"  ! {finding}")
    for refusal, times in Counter(refusals).items():
        say(f"! a connection was refused{f' {times} times' if times > 1 else ''}: {refusal}")
        if "model" in refusal:
            say("  The model is part of the address: $REALTIME_ENDPOINT?model=NAME")
    say(f"{plural(len(watcher.sessions), 'session')}, {plural(wrong, 'finding')}; the program ended with {code}")
    if not watcher.sessions and not refusals:
        say("The program opened no session: does it connect to $REALTIME_ENDPOINT?")
    return 0 if code == 0 and not wrong and watcher.sessions else 1


def main(command: Sequence[str], options: MockOptions) -> int:
    """The command `realtime-conformance client`."""
    try:
        return asyncio.run(judge(command, options))
    except OSError as problem:
        print(f"realtime-conformance client: {command[0]}: {problem.strerror}", file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        return 2
