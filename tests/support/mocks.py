"""The mock in a thread of its own, for clients that block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from conformance.mock.options import MockOptions
from conformance.mock.server import MockServer


@contextmanager
def serving(**options: Any) -> Iterator[MockServer]:
    """A mock that serves until the block is left."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    found: list[MockServer] = []
    stop = asyncio.Event()

    async def main() -> None:
        async with MockServer(MockOptions(**options)) as server:
            found.append(server)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    try:
        assert ready.wait(60)
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)
        loop.close()
