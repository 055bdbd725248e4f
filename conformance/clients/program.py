"""Running the program that is judged: it gets its signals, its time and an end; its output is kept apart from ours."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

LINES = 40
"""Last lines of its output that are kept."""
LONGEST_LINE = 500  # characters
GRACE = 5.0
"""Seconds that a program gets to end after it was told to; then SIGTERM, then (after as long again) SIGKILL."""
FLUSH = 1.0  # seconds to wait for the rest of the output: a grandchild may hold the pipe for ever


@dataclass(frozen=True)
class Ran:
    """How a program ran.  `code` is what it ended with (negative: the signal that killed it).

    `stopped` is the strongest signal that we had to send, `timed_out` that it was for want of time; `interrupted`:
    whoever runs us wanted it to end.  `output` holds its last lines, `seconds` how long it ran.
    """

    code: int
    seconds: float
    output: tuple[str, ...] = ()
    stopped: str | None = None
    timed_out: bool = False
    interrupted: bool = False
    interrupts: int = 0
    """How many SIGINTs came while it ran; the first was its own."""

    @property
    def ended(self) -> str:
        """How it ended, in words."""
        how = (
            f"was killed by {signal.Signals(-self.code).name}" if self.code < 0 else f"ended with exit code {self.code}"
        )
        if self.timed_out:
            return f"was told to end after {self.seconds:.0f} s ({self.stopped}) and {how}"
        return how

    def to_json(self) -> dict[str, Any]:
        """The form of a transcript's notes."""
        return {**asdict(self), "output": list(self.output), "ended": self.ended}


def _show(line: str) -> None:
    print(f"| {line}", file=sys.stderr, flush=True)


async def run(
    command: Sequence[str], variables: Mapping[str, str], limit: float | None, show: Callable[[str], None] = _show
) -> Ran:
    """Run a program to its end, or for `limit` seconds.  Raises OSError when it can't be started.

    The first SIGINT is the program's: the vendor's sample says goodbye on it.  A second one, and SIGTERM, end it.
    On a terminal it stays in the terminal's group, so that it may read from it; elsewhere it has a group of its own,
    of which nothing is left running.
    """
    shared = sys.stdin is not None and sys.stdin.isatty()
    began = time.monotonic()
    # A pipe of our own: asyncio's would keep `wait` waiting for whatever else holds it when the program is gone.
    source, sink = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *command, env=variables, stdout=sink, stderr=sink, process_group=None if shared else 0
        )
    except OSError:
        os.close(source)
        raise
    finally:
        os.close(sink)
    run = _Running(process, shared)
    lines: deque[str] = deque(maxlen=LINES)
    reading = asyncio.create_task(_read(source, lines, show))
    with run.signals():
        try:
            try:
                await asyncio.wait_for(process.wait(), limit)
            except TimeoutError:
                run.timed_out = True
                await run.end(signal.SIGINT, signal.SIGTERM)
        finally:
            await run.clear()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(reading, FLUSH)
    assert process.returncode is not None
    return Ran(
        process.returncode, round(time.monotonic() - began, 3), tuple(lines), run.stopped, run.timed_out,
        run.interrupted, run.interrupts,
    )  # fmt: skip


class _Running:
    """A program that runs, and the signals that it gets."""

    def __init__(self, process: asyncio.subprocess.Process, shared: bool) -> None:
        self.process = process
        self.timed_out = self.interrupted = False
        self.stopped: str | None = None
        self._shared = shared
        self.interrupts = 0
        self._ending: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Hand on what we get."""
        loop = asyncio.get_running_loop()
        handled = [number for number in (signal.SIGINT, signal.SIGTERM) if self._handle(loop, number)]
        try:
            yield
        finally:
            for number in handled:
                loop.remove_signal_handler(number)

    def _handle(self, loop: asyncio.AbstractEventLoop, number: signal.Signals) -> bool:
        with contextlib.suppress(NotImplementedError, ValueError):  # no signals here, or not the main thread
            loop.add_signal_handler(number, self._got, number)
            return True
        return False

    def _got(self, number: signal.Signals) -> None:
        if number is signal.SIGINT:
            self.interrupts += 1
            if self.interrupts == 1:
                if not self._shared:  # the terminal has given it to the program as well
                    self._send(signal.SIGINT)
                return
        self.interrupted = True
        if self._ending is None:
            self._ending = asyncio.create_task(self.end(signal.SIGTERM))

    def _send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self._shared:
                self.process.send_signal(number)
            else:
                os.killpg(self.process.pid, number)

    async def end(self, *numbers: signal.Signals) -> None:
        """Send these signals, one after the other, and at last the one that nobody survives."""
        for number in (*numbers, signal.SIGKILL):
            self.stopped = number.name
            self._send(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.process.wait(), GRACE)
                return

    async def clear(self) -> None:
        """Leave nothing running."""
        if self._ending is not None:
            self._ending.cancel()
            await asyncio.gather(self._ending, return_exceptions=True)
        if self.process.returncode is None:
            self._send(signal.SIGKILL)
            await self.process.wait()
        if not self._shared:
            self._send(signal.SIGKILL)  # what the program itself has started and left behind


async def _read(source: int, lines: deque[str], show: Callable[[str], None]) -> None:
    stream = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(source, "rb"))
    rest = b""
    try:
        while data := await stream.read(65_536):
            *whole, rest = (rest + data).split(b"\n")
            for raw in whole:
                _keep(raw, lines, show)
            rest = rest[-65_536:]
    finally:
        transport.close()
        if rest:
            _keep(rest, lines, show)


def _keep(raw: bytes, lines: deque[str], show: Callable[[str], None]) -> None:
    line = raw.decode("utf-8", "replace").rstrip("\r")[:LONGEST_LINE]
    lines.append(line)
    show(line)
