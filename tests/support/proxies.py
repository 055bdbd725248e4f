"""A mock behind the proxy, both in a thread of their own, for clients that block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.mock.options import MockOptions
from conformance.mock.server import MockServer
from conformance.proxy import watch
from conformance.proxy.server import Proxy
from conformance.proxy.session import Upstream


@dataclass
class Between:
    """A proxy that serves; `finish` ends it and gives what was judged."""

    directory: Path
    said: list[str] = field(default_factory=list)
    url: str = ""
    window: str = ""
    made: dict[str, Any] = field(default_factory=dict)
    proxy: Any = None
    loop: Any = None
    stop: Any = None
    mocks: AsyncExitStack = field(default_factory=AsyncExitStack)

    def mocked(self, **options: Any) -> None:
        """Put another mock behind the proxy: sessions that come from now on go there."""
        asyncio.run_coroutine_threadsafe(self._swap(options), self.loop).result(10)

    async def _swap(self, options: dict[str, Any]) -> None:
        server = await self.mocks.enter_async_context(MockServer(MockOptions(**options)))
        self.proxy.upstream = Upstream(server.url)


@contextmanager
def between(directory: Path, **options: Any) -> Iterator[Between]:
    """A proxy to a mock, judged when the block is left."""
    made = Between(directory)
    ready = threading.Event()
    made.loop = asyncio.new_event_loop()
    made.stop = asyncio.Event()

    async def main() -> None:
        async with (
            MockServer(MockOptions(**options)) as server,
            Proxy(Upstream(server.url), directory, say=made.said.append) as proxy,
        ):
            made.proxy = proxy
            made.url = f"ws://127.0.0.1:{await proxy.listen('127.0.0.1', 0)}/api-ws/v1/realtime"
            window = await watch.serve(proxy, 0)
            made.window = f"http://127.0.0.1:{window.sockets[0].getsockname()[1]}"
            ready.set()
            await made.stop.wait()
            window.close()
            await proxy.settle()
            made.made = await proxy.page(final=True) or {}
            await made.mocks.aclose()

    thread = threading.Thread(target=made.loop.run_until_complete, args=(main(),))
    thread.start()
    try:
        assert ready.wait(30)
        yield made
    finally:
        made.loop.call_soon_threadsafe(made.stop.set)
        thread.join(60)
        made.loop.close()
