"""The command `realtime-conformance proxy`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance import arguments, secrets
from conformance.proxy import watch
from conformance.proxy.server import Proxy
from conformance.proxy.session import Upstream
from conformance.report.html_text import plural
from conformance.wire.target import is_loopback

USAGE = 4
KEY = "DASHSCOPE_API_KEY"
RENEWED = 2.0  # seconds between two pages of a running proxy, at least


class Wrong(ValueError):  # noqa: N818  # it says what is wrong
    """The options can't be used together; the message says why."""


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument("--upstream", required=True, metavar="URL", help="the endpoint, ws:// or wss://")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=arguments.port, default=8788, help="0 picks a free one (default: 8788)")
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help="default: reports/<utc>-proxy/")
    parser.add_argument("--key-from-env", action="store_true", help=f"send ${KEY} in place of the client's key")
    parser.add_argument(
        "--header", type=arguments.header, action="append", metavar="NAME:VALUE", default=[],
        help="a header that the endpoint wants beside the key, in place of the client's of that name; repeatable",
    )  # fmt: skip
    parser.add_argument("--keep-audio", action="store_true", help="keep audio and images; keys never are")
    parser.add_argument("--ca-file", metavar="PATH", help="authorities (PEM) to trust beside this machine's")
    parser.add_argument("--watch", action="store_true", help="serve a page of this proxy that renews itself")


def main(options: argparse.Namespace) -> int:
    """Run the command; returns its exit code."""
    try:
        upstream = _upstream(options)
    except Wrong as problem:
        print(f"realtime-conformance proxy: {problem}", file=sys.stderr)
        return USAGE
    started = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    directory = options.output or Path("reports") / f"{started}-proxy"
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        print(f"realtime-conformance proxy: {directory}: {problem.strerror}", file=sys.stderr)
        return USAGE
    return asyncio.run(run(upstream, directory, options))


def _upstream(options: argparse.Namespace) -> Upstream:
    url = options.upstream
    parts = urlsplit(url)
    if parts.scheme not in {"ws", "wss"} or not parts.hostname:
        raise Wrong(f"--upstream {url} is no ws:// or wss:// address")
    key = None
    if options.key_from_env:
        key = (os.environ.get(KEY) or "").strip()
        if not key:
            raise Wrong(f"--key-from-env, and ${KEY} is not set")
    lent = ("--key-from-env", "key") if key else ("--header", "header") if options.header else None
    if lent is not None:
        if parts.scheme == "ws" and not is_loopback(url):
            raise Wrong(f"{lent[0]} sends a {lent[1]} over wss:// only, or to this machine")
        if options.host not in {"127.0.0.1", "localhost", "::1"}:
            raise Wrong(f"{lent[0]} lends the {lent[1]} to whoever connects: only with --host 127.0.0.1")
    try:
        secrets.held({}, headers=options.header)
    except secrets.SecretError as problem:
        raise Wrong(str(problem)) from None
    return Upstream(url, key, options.ca_file, tuple(options.header))


async def run(upstream: Upstream, directory: Path, options: argparse.Namespace) -> int:
    """Serve until interrupted; then judge what was seen, and say it."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as closing:
        proxy = await closing.enter_async_context(Proxy(upstream, directory, options.keep_audio, _say))
        try:
            port = await proxy.listen(options.host, options.port)
        except OSError as problem:
            print(f"realtime-conformance proxy: {options.host}:{options.port}: {problem.strerror}", file=sys.stderr)
            return USAGE
        _say(f"ws://{options.host}:{port} passes on to {upstream.url.partition('?')[0]}; Ctrl-C ends it and judges")
        renewing = None
        if options.watch:
            window = await watch.serve(proxy, port + 1 if options.port else 0)
            closing.callback(window.close)
            _say(f"Watch: http://127.0.0.1:{window.sockets[0].getsockname()[1]}/")
            renewing = loop.create_task(_renew(proxy))
        await stop.wait()
        if renewing is not None:
            renewing.cancel()
        await proxy.settle()
        made = await proxy.page(final=True)
    return _tell(proxy, made, directory)


async def _renew(proxy: Proxy) -> None:
    """Make the page again when there is something new."""
    shown = 0
    while True:
        await asyncio.sleep(RENEWED)
        if proxy.judged != shown:
            shown = proxy.judged
            await proxy.page(final=False)


def _say(words: str) -> None:
    print(words, flush=True)


def _tell(proxy: Proxy, made: dict[str, Any] | None, directory: Path) -> int:
    if made is None:
        _say("No session came.")
        return 0
    _say(f"{plural(proxy.sessions, 'session')}, {proxy.judged} judged. Server: {made['headline']}")
    client = ", ".join(f"{clause} in {times}" for clause, times in sorted(made["client"].items()))
    _say(f"Client: {client or 'nothing found'}.")
    _say(f"Report: {directory / 'report.html'}")
    return int(made["exit"])
