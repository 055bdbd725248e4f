"""A mock behind the proxy, both in a thread of their own, for clients that block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from conformance.mock.options import MockOptions
from conformance.mock.server import MockServer
from conformance.proxy import watch
from conformance.proxy.server import Proxy
from conformance.proxy.session import Session, Upstream
from conformance.proxy.spool import Spool
from conformance.secrets import Secrets


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


class Passing:
    """The mock behind a proxy that adds a key and judges nothing: what passed is in `session.jsonl`."""

    def __init__(self, folder: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self.stop = asyncio.Event()
        self.ready = threading.Event()
        self.folder = folder
        self.port = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(self._main(),))

    async def _main(self) -> None:
        async with MockServer(MockOptions()) as mock:

            def accept() -> asyncio.Protocol:
                spool = Spool(self.folder / "session.jsonl", Secrets())
                return Session(1, Upstream(mock.url, "a-key-of-nobody"), spool, lambda _: self.over.set()).accept()

            server = await asyncio.get_running_loop().create_server(accept, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            self.ready.set()
            await self.stop.wait()
            server.close()

    def __enter__(self) -> Self:
        self.thread.start()
        assert self.ready.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.stop.set)
        self.thread.join(60)
        self.loop.close()
