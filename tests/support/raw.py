"""A client of the mock that writes bytes: what no library would send."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from conformance.mock.models import USUAL
from conformance.mock.server import MockServer

UPGRADE = (
    f"GET /api-ws/v1/realtime?model={USUAL} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    "Authorization: Bearer k\r\n\r\n"
).encode()


@asynccontextmanager
async def connected(
    server: MockServer, sent: bytes = b""
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A line to the server over which `sent` has gone; it is cut at the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        writer.write(sent)
        yield reader, writer
    finally:
        writer.transport.abort()


async def ended(reader: asyncio.StreamReader) -> bytes:
    """Read to the end, however it ends."""
    heard = b""
    async with asyncio.timeout(60):
        try:
            while more := await reader.read(65536):
                heard += more
        except ConnectionError:
            pass
    return heard


def item(words: str) -> str:
    """An event that adds these words to the conversation, and is answered with them."""
    made = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": words}]}
    return json.dumps({"type": "conversation.item.create", "item": made})
