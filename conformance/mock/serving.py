"""Serving the mock until somebody ends it: what `realtime-conformance mock` runs."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import signal
import ssl

from conformance.mock.models import USUAL
from conformance.mock.options import MockOptions
from conformance.mock.server import MockServer
from conformance.mock.witness import Witness


def serve_forever(
    host: str, port: int, options: MockOptions, tls: ssl.SSLContext | None = None, witness: Witness | None = None
) -> int:
    """Serve until SIGINT or SIGTERM and return 0; OSError when the address can't be had."""
    asyncio.run(_serve_until_told(host, port, options, tls, witness))
    return 0


async def _serve_until_told(
    host: str, port: int, options: MockOptions, tls: ssl.SSLContext | None, witness: Witness | None
) -> None:
    _allow_files(options.limits.sockets + 100)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # not everywhere; then Ctrl-C ends it less tidily
            loop.add_signal_handler(number, stop.set)
    async with MockServer(options, host=host, port=port, tls=tls, witness=witness) as server:
        if not _is_loopback(host):
            print(f"warning: {host} is reachable from other machines", flush=True)
        print(f"mock:   {server.url}?model={USUAL}", flush=True)
        print(f"ledger: {server.ledger_url}", flush=True)
        await stop.wait()


def _allow_files(wanted: int) -> None:
    """Ask for as many open files as there may be connections; where that can't be had, further ones wait."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415  # not on every platform

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < wanted and soft != resource.RLIM_INFINITY:
            most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
