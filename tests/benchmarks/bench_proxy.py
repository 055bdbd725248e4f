"""What the proxy adds to the way of a message, beside a plain TCP relay in the same run.

`python tests/benchmarks/bench_proxy.py` lets 50 sessions speak (a packet of 100 ms of audio every 100 ms, answered by
one of speech) directly, through a relay that does nothing else, and through the proxy, in turns.
"""

from __future__ import annotations

import asyncio
import base64
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from websockets.frames import Frame, Opcode

from conformance.proxy.server import Proxy
from conformance.proxy.session import Upstream

SESSIONS = int(sys.argv[1]) if sys.argv[1:] else 50
PACKETS, EVERY = 60, 0.1
ASK = b"GET /x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n"
AUDIO = base64.b64encode(bytes(3200)).decode()
SPEECH = base64.b64encode(bytes(9600)).decode()
SENT = Frame(Opcode.TEXT, json.dumps({"type": "input_audio_buffer.append", "audio": AUDIO}).encode()).serialize(
    mask=True
)
BACK = Frame(Opcode.TEXT, json.dumps({"type": "response.audio.delta", "delta": SPEECH}).encode()).serialize(mask=False)
HEAD = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An endpoint that answers each packet."""
    try:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD)
        while True:
            await reader.readexactly(len(SENT))
            writer.write(BACK)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def relaying(port: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """A plain relay to this port."""

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pipe(reader, back), pipe(there, writer), return_exceptions=True)

    return relay


def serve(kind: str, upstream: int, told: Any) -> None:
    """A process of one kind."""

    async def main() -> None:
        if kind == "proxy":
            with tempfile.TemporaryDirectory() as folder:
                async with Proxy(Upstream(f"ws://127.0.0.1:{upstream}/"), Path(folder), say=lambda _: None) as proxy:
                    told.put(await proxy.listen("127.0.0.1", 0))
                    await asyncio.sleep(3600)
            return
        handler = answering if kind == "endpoint" else relaying(upstream)
        server = await asyncio.start_server(handler, "127.0.0.1", 0)
        told.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


async def speak(port: int, late: float, found: list[float]) -> None:
    """One session; `found` takes the ms from each packet to its answer."""
    await asyncio.sleep(late)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(ASK)
    await reader.readuntil(b"\r\n\r\n")
    began = time.perf_counter()
    for packet in range(PACKETS):
        await asyncio.sleep(max(0.0, began + packet * EVERY - time.perf_counter()))
        sent = time.perf_counter()
        writer.write(SENT)
        await reader.readexactly(len(BACK))
        found.append((time.perf_counter() - sent) * 1000)
    writer.close()


async def measure(port: int) -> list[float]:
    """All sessions at once, each at a moment of its own."""
    found: list[float] = []
    await asyncio.gather(*(speak(port, EVERY * number / SESSIONS, found) for number in range(SESSIONS)))
    return found


def main() -> int:
    """Measure, and say it."""
    context = multiprocessing.get_context("spawn")
    ports: dict[str, int] = {}
    processes = []
    for kind in ("endpoint", "relay", "proxy"):
        told = context.Queue()
        process = context.Process(target=serve, args=(kind, ports.get("endpoint", 0), told))
        process.start()
        processes.append(process)
        ports[kind] = told.get(timeout=60)
    found: dict[str, list[float]] = {kind: [] for kind in ports}
    for _ in range(3):
        for kind, port in ports.items():
            found[kind] += asyncio.run(measure(port))
    for process in processes:
        process.terminate()
    for kind, times in found.items():
        print(
            f"{kind:9} median {statistics.median(times):6.2f} ms, p99 {statistics.quantiles(times, n=100)[98]:6.2f} ms"
        )
    added = [statistics.median(found["proxy"]) - statistics.median(found[kind]) for kind in ("endpoint", "relay")]
    late = statistics.quantiles(found["proxy"], n=100)[98] - statistics.quantiles(found["endpoint"], n=100)[98]
    print(f"the proxy adds {added[0]:.2f} ms at the median ({added[1]:.2f} beside the relay), {late:.2f} ms at p99")
    return 0


if __name__ == "__main__":
    sys.exit(main())
