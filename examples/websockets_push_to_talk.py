"""A voice turn that the client ends by hand, with `websockets` and asyncio alone.

    DASHSCOPE_API_KEY=… python examples/websockets_push_to_talk.py [FILE.wav]

`$REALTIME_ENDPOINT` names another endpoint than the shared one in Beijing (without `?model=`).  At the end
`session.finish` is offered; whatever comes of it, accepted, refused or nothing, a close frame follows.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import sys
import uuid
import wave
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

ENDPOINT = "wss://dashscope.aliyuncs.com/api-ws/v1/realtime"
MODEL = "qwen3.5-omni-flash-realtime"
SPEECH = Path(__file__).resolve().parents[1] / "fixtures" / "speech" / "weather.wav"
PACKET = 3200  # bytes: 100 ms
PATIENCE = 6.0  # seconds without an event before we give up
FINISH = 3.0  # seconds for the answer to session.finish
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Denied(Exception):  # noqa: N818
    """The account may not do this."""


async def send(socket: ClientConnection, kind: str, **members: Any) -> None:
    """Send an event."""
    await socket.send(json.dumps({"event_id": f"event_{uuid.uuid4().hex}", "type": kind, **members}))


async def until(socket: ClientConnection, *kinds: str, patience: float = PATIENCE) -> dict[str, Any]:
    """The next event of these types; what else comes is read and left.  Raises TimeoutError."""
    while True:
        async with asyncio.timeout(patience):
            found: dict[str, Any] = json.loads(await socket.recv())
        if found.get("type") == "error":
            print("error:", found["error"].get("message"))
        if found.get("code") == "AccessDenied":
            raise Denied(found.get("message", ""))
        if found.get("type") in kinds:
            return found


async def ask(socket: ClientConnection, pcm: bytes) -> None:
    """Send what was said, and ask for a reply when it has been understood."""
    for at in range(0, len(pcm), PACKET):
        audio = base64.b64encode(pcm[at : at + PACKET]).decode()
        await send(socket, "input_audio_buffer.append", audio=audio)
    await send(socket, "input_audio_buffer.commit")
    await until(socket, "conversation.item.input_audio_transcription.completed")
    await send(socket, "response.create")


async def reply(socket: ClientConnection) -> bytes:
    """Take the reply, with the tools that it calls; returns its audio."""
    player = bytearray()
    while True:
        calls = []
        kinds = ("response.audio.delta", "response.function_call_arguments.done", "response.done")
        while (found := await until(socket, *kinds))["type"] != "response.done":
            if found["type"] == "response.audio.delta":
                player += base64.b64decode(found["delta"])
            else:
                calls.append(found)
        if not calls:
            return bytes(player)
        for call in calls:
            output = json.dumps({"city": json.loads(call["arguments"]).get("city"), "weather": "sunny"})
            item = {"type": "function_call_output", "call_id": call["call_id"], "output": output}
            await send(socket, "conversation.item.create", item=item)
        await send(socket, "response.create")


async def talk(url: str, key: str, pcm: bytes) -> int:
    """Hold one session; returns the exit code."""
    async with connect(f"{url}?model={MODEL}", additional_headers={"Authorization": f"Bearer {key}"}) as socket:
        try:
            await until(socket, "session.created")
            session = {"modalities": ["text", "audio"], "voice": "Tina", "turn_detection": None, "tools": [WEATHER]}
            await send(socket, "session.update", session=session)
            await until(socket, "session.updated")
            await ask(socket, pcm)
            print(f"a reply of {len(await reply(socket)) / 48000:.1f} s")
        except TimeoutError:
            print("the server fell silent")
            await send(socket, "response.cancel")
            await socket.close()  # here, and not by the exception: that would be 1011
            return 1
        await send(socket, "session.finish")
        with contextlib.suppress(TimeoutError):
            await until(socket, "session.finished", "error", patience=FINISH)
        await socket.close()
        return 0


async def main(speech: Path) -> int:
    """Talk, and come back once when the line was lost or there is no room."""
    with wave.open(str(speech)) as file:
        pcm = file.readframes(file.getnframes())
    for attempt in (1, 2):
        try:
            return await talk(os.environ.get("REALTIME_ENDPOINT", ENDPOINT), os.environ["DASHSCOPE_API_KEY"], pcm)
        except Denied as denied:
            print("denied:", denied)
            return 1
        except InvalidStatus as refused:
            print("refused with HTTP", refused.response.status_code)
            if refused.response.status_code != 429:
                return 1
        except ConnectionClosed as closed:
            if closed.rcvd is not None:
                print(f"closed with {closed.rcvd.code}: {closed.rcvd.reason}")
                return 1
            print("the line was lost")
        if attempt == 1:
            await asyncio.sleep(1.5)
    return 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else SPEECH)))
