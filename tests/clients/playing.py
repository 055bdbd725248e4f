"""Runs of the bad client in this process, as transcripts of the program that it would be."""

from __future__ import annotations

import asyncio
import time

from clients.bad import Client, Killed
from clients.faults import FAULTS, Fault

from conformance.clients.recording import Recording
from conformance.clients.running import KEY, noted, options_for
from conformance.clients.scenarios import known
from conformance.mock.options import MockOptions
from conformance.mock.server import MockServer
from conformance.wire.transcript import Transcript

PATIENCE = {"stall": 0.3, "finish-silent": 1.1}


async def play(scenario: str, fault: str = "", *, manual: bool | None = None) -> Transcript:
    """Run the client once; what a process would have told is told in its place."""
    what = FAULTS.get(fault, Fault(""))
    options = options_for(known()[scenario].options(MockOptions()))
    recording = Recording()
    code, timed_out, began = 0, False, time.monotonic()
    async with MockServer(options, witness=recording) as server:
        client = Client(server.url, KEY, fault, what.manual if manual is None else manual, PATIENCE.get(scenario, 10.0))
        if fault.startswith("waits"):
            client.patience = 60.0
        limit = what.limit if fault != "deaf-to-sigint" else 1.0
        try:
            async with asyncio.timeout(limit) as bound:
                code = await client.run()
        except TimeoutError:
            timed_out = bound.expired()
            code = -2 if timed_out else 0
        except Killed:
            code = 1
        await recording.settled(5)
    ran = {
        "code": code, "seconds": time.monotonic() - began, "output": client.output, "timed_out": timed_out,
        "stopped": ("SIGTERM" if fault == "deaf-to-sigint" else "SIGINT") if timed_out else None,
        "interrupted": False, "ended": f"ended with {code}",
    }  # fmt: skip
    return noted(recording, options, known()[scenario], ran)
