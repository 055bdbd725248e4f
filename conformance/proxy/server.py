"""The proxy: sessions as they come, each judged when it is over, and the page at the end."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from conformance.proxy.bench import Bench, Told
from conformance.proxy.session import Session, Upstream
from conformance.proxy.spool import Spool
from conformance.secrets import held

AT_ONCE = 512  # sessions; one more is told to come back
REMEMBERED = 1000  # sessions that the live page lists
LEAVING = 2.0  # seconds that open sessions are given to end when the proxy is stopped


@dataclass
class Line:
    """A session as the terminal and the live page show it."""

    name: str
    session: Session
    told: Told | None = None

    @property
    def words(self) -> str:
        """The session in one line."""
        one = self.session
        parts = [self.name, f"{one.seconds:.1f} s", _ended(one)]
        parts.append(f"{one.counts['client']} events to the server, {one.counts['server']} back")
        told = self.told
        if told is None:
            return ", ".join([*parts, "not judged yet"])
        if told.problem:
            return ", ".join([*parts, f"not judged: {told.problem}"])
        return f"{', '.join(parts)}; server: {_found(told.server)}; client: {_found(told.client)}"


def _ended(session: Session) -> str:
    if session.status != 101:
        return f"refused with HTTP {session.status}" if session.status else session.problem or "no handshake"
    ending = session.ending
    who = {"client": "the client", "server": "the server", "nobody": "nobody"}[ending.first]
    code = ending.code_sent if ending.first == "client" else ending.code_received
    return f"closed by {who} ({code})" if code is not None else f"{ending.tcp_words} without a close frame"


def _found(broken: tuple[tuple[str, str, str], ...]) -> str:
    if not broken:
        return "nothing found"
    names = list(dict.fromkeys(f"{clause} ({level})" for clause, level, _ in broken))
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


@dataclass
class Proxy:
    """A running proxy.  `say` gets a line for each session; `lines` is what the live page shows."""

    upstream: Upstream
    directory: Path
    keep_audio: bool = False
    say: Callable[[str], None] = print
    lines: list[Line] = field(default_factory=list)
    sessions: int = 0
    judged: int = 0

    async def __aenter__(self) -> Self:
        """Get ready to judge; `listen` opens the port."""
        self._secrets = held(os.environ, self.upstream.url, headers=self.upstream.headers, strict=False)
        self._folder = self.directory / "sessions"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)  # audio is in there while a session is open
        self._bench = Bench(self.directory, keep_audio=self.keep_audio)
        self._open: set[Session] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        await self._bench.ready()
        return self

    async def __aexit__(self, *_: object) -> None:
        """End what is open."""
        await self.settle()
        self._bench.close()

    async def settle(self) -> None:
        """Take no more, end what is open, and wait until all of it is judged."""
        if self._server is not None:
            self._server.close()
        for session in list(self._open):
            session.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVING):
                await self._idle.wait()
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def listen(self, host: str, port: int) -> int:
        """Open the port; returns its number."""
        self._server = await asyncio.get_running_loop().create_server(self._accept, host, port, backlog=AT_ONCE)
        number: int = self._server.sockets[0].getsockname()[1]
        return number

    def _accept(self) -> asyncio.Protocol:
        self.sessions += 1
        name = f"session-{self.sessions:04d}"
        spool = Spool(self._folder / f"{name}.jsonl", self._secrets)
        spool.path.unlink(missing_ok=True)
        session = Session(self.sessions, self.upstream, spool, self._over)
        if len(self._open) >= AT_ONCE:
            session.problem = f"{AT_ONCE} sessions are open"
        self._open.add(session)
        self._idle.clear()
        self.lines.append(Line(name, session))
        if len(self.lines) > REMEMBERED:
            self.lines = [line for line in self.lines[:-REMEMBERED] if line.told is None] + self.lines[-REMEMBERED:]
        return session.accept()

    def _over(self, session: Session) -> None:
        self._open.discard(session)
        if not self._open:
            self._idle.set()
        line = next(line for line in reversed(self.lines) if line.session is session)
        task = asyncio.get_running_loop().create_task(self._judge(line))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _judge(self, line: Line) -> None:
        spool = line.session.spool
        line.told = Told(problem=spool.problem) if spool.problem else await self._bench.take(spool.path, line.name)
        self.judged += 1
        self.say(line.words)

    async def page(self, *, final: bool) -> dict[str, Any] | None:
        """Make the page of what was judged so far."""
        return await self._bench.page(final=final)
