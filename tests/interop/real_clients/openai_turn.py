"""A turn in text with the `openai` package: `beta` or `ga`."""

from __future__ import annotations

import asyncio
import os
import sys

from openai import AsyncOpenAI

MESSAGE = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}


async def main() -> None:
    base = os.environ["REALTIME_ENDPOINT"].removesuffix("/realtime")
    client = AsyncOpenAI(api_key=os.environ["DASHSCOPE_API_KEY"], websocket_base_url=base)
    beta = sys.argv[1] == "beta"
    session = {"modalities": ["text"]} if beta else {"type": "realtime", "output_modalities": ["text"]}
    api = client.beta.realtime if beta else client.realtime
    async with api.connect(model="qwen3.5-omni-flash-realtime") as connection:
        await connection.session.update(session=session)
        await connection.conversation.item.create(item=MESSAGE)
        await connection.response.create()
        async for event in connection:
            if event.type == "response.done":
                break


asyncio.run(main())
