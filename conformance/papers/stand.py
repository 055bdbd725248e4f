"""The suite's own mock as a stand for trying reproductions: faithful, lying, or with another side of a question."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from conformance.mock.options import MockOptions
from conformance.mock.server import MockServer
from conformance.papers.company import Line, turns
from conformance.papers.player import Seen, play, together
from conformance.wire.dial import halves

PATIENCE = 1.5  # seconds without a word from a mock that answers at once
BEAT = 0.25  # seconds; so much lateness may stay unnoticed
LATE = 4  # a mock that was late by more than this part of the patience may have been about to speak
TRIES = 4  # each with twice the patience of the one before
KEY = "mock-key"


class Pulse:
    """How late a mock's loop was at most, in seconds: on a busy machine silence is no answer."""

    def __init__(self) -> None:
        self.late = 0.0

    async def beat(self) -> None:
        """Watch the running loop until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + BEAT
            await asyncio.sleep(BEAT)
            self.late = max(self.late, loop.time() - due)


@contextlib.contextmanager
def serving(options: MockOptions, pulse: Pulse | None = None) -> Iterator[str]:
    """The address of a mock that serves from a thread of its own until the block is left; `pulse` watches it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="stand", daemon=True)
    thread.start()
    server = MockServer(options)
    try:
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result()
        if pulse is not None:
            asyncio.run_coroutine_threadsafe(pulse.beat(), loop)
        try:
            yield server.url
        finally:
            asyncio.run_coroutine_threadsafe(_end(server), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(server: MockServer) -> None:
    """Stop, and wait for what a session left behind: its client may have gone without a word."""
    await server.__aexit__(None, None, None)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def plays(options: Sequence[MockOptions], lines: Sequence[Line], patience: float = PATIENCE) -> list[list[Seen]]:
    """What comes of these lines on each of these mocks (which are asked at the same time): of each, every line."""
    start, end = halves(KEY)

    def played(line: Line, url: str, waits: float) -> Iterator[Seen | None]:
        mine = {name: value.format(key=KEY, start=start, end=end) for name, value in line.headers.items()}
        return play(f"{url}?{line.query}", mine, copy.deepcopy(line.steps), waits)

    def one(given: MockOptions) -> list[Seen]:
        for doubled in range(TRIES):
            waits, pulse = patience * 2**doubled, Pulse()
            with serving(given, pulse) as url:
                seens = together([played(line, url, waits) for line in lines], turns(lines))
            if pulse.late < waits / LATE:
                break
        return seens

    with ThreadPoolExecutor(max(1, len(options))) as pool:
        return list(pool.map(one, options))
