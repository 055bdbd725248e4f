"""A turn in text with a bare WebSocket library: `websockets`, `websocket-client` or `aiohttp`."""

from __future__ import annotations

import asyncio
import json
import os
import sys

URL = os.environ["REALTIME_ENDPOINT"] + "?model=qwen3.5-omni-flash-realtime"
HEADERS = {"Authorization": "Bearer " + os.environ["DASHSCOPE_API_KEY"]}
PART = {"type": "input_text", "text": "hello"}
TURN = [
    ({"type": "session.update", "session": {"modalities": ["text"]}}, "session.updated"),
    ({"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [PART]}},
     "conversation.item.created"),
    ({"type": "response.create"}, "response.done"),
]  # fmt: skip


async def with_websockets() -> None:
    from websockets.asyncio.client import connect

    async with connect(URL, additional_headers=HEADERS) as socket:
        for event, answer in TURN:
            await socket.send(json.dumps(event))
            while json.loads(await socket.recv())["type"] != answer:
                pass


async def with_aiohttp() -> None:
    import aiohttp

    async with aiohttp.ClientSession() as session, session.ws_connect(URL, headers=HEADERS) as socket:
        for event, answer in TURN:
            await socket.send_json(event)
            while (await socket.receive_json())["type"] != answer:
                pass


def with_websocket_client() -> None:
    import websocket

    socket = websocket.create_connection(URL, header=[f"{name}: {value}" for name, value in HEADERS.items()])
    for event, answer in TURN:
        socket.send(json.dumps(event))
        while json.loads(socket.recv())["type"] != answer:
            pass
    socket.close()


if sys.argv[1] == "websocket-client":
    with_websocket_client()
else:
    asyncio.run(with_aiohttp() if sys.argv[1] == "aiohttp" else with_websockets())
