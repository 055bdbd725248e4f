"""A voice client with a switch for each of its faults (`faults`); without one it does everything right."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket as sockets
import struct
from dataclasses import dataclass, field
from typing import Any

from clients.sounds import sound
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Close, Frame, Opcode

from conformance import fixtures

MODEL = "qwen3.5-omni-flash-realtime"
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Killed(Exception):  # noqa: N818
    """What the client should have survived."""


@dataclass
class Client:
    """One run of the program.  `output` is what it prints."""

    url: str
    key: str
    fault: str = ""
    manual: bool = True
    patience: float = 10.0
    output: list[str] = field(default_factory=list)
    _ids: int = 0
    _last_item: str = ""
    _events: asyncio.Queue[dict[str, Any] | None] = field(default_factory=asyncio.Queue)

    async def run(self) -> int:
        """Hold the conversation, come back after a loss; returns the exit code."""
        tries = {"knocks-on": 4, "comes-back-denied": 4, "storms-back": 5}.get(self.fault, 2)
        for attempt in range(tries):
            try:
                return await self._session()
            except InvalidStatus as refused:
                status = refused.response.status_code
                self.output.append(f"refused with {status}")
                if status in {401, 403} and self.fault != "knocks-on":
                    return 1
                if status not in {401, 403, 429}:
                    return 1
                if status == 429 and self.fault != "hurries-back":
                    await asyncio.sleep(1.05)
            except ConnectionClosed as closed:
                if self.fault != "forgets-the-reason" and closed.rcvd is not None:
                    self.output.append(f"closed with {closed.rcvd.code} {closed.rcvd.reason}")
                if self.fault == "waits-after-a-close":
                    await asyncio.Event().wait()
                if closed.rcvd is not None or (self._denied and self.fault != "comes-back-denied"):
                    return 0
                if self.fault == "waits-after-a-drop":
                    await asyncio.Event().wait()
                if attempt + 1 < tries and self.fault not in {"storms-back", "comes-back-denied"}:
                    await asyncio.sleep(0.6)
        return 0

    _denied: bool = False
    _replying: bool = False
    _kept: list[Frame] = field(default_factory=list)

    # -- the wire

    def _address(self) -> str:
        url = self.url.replace("/api-ws/", "/v1/") if self.fault == "other-path" else self.url
        query = "" if self.fault == "no-model" else f"?model={MODEL}"
        return url + query + (f"&api_key={self.key}" if self.fault == "key-in-url" else "")

    async def _session(self) -> int:
        headers = {"Authorization": f"Bearer {self.key}"}
        protocols = [f"key-{self.key}"] if self.fault == "key-as-protocol" else None
        self._events, self._replying = asyncio.Queue(), False
        ws = await connect(
            self._address(), additional_headers=headers, subprotocols=protocols, ping_interval=None, close_timeout=1,
            max_size=None, compression=None, create_connection=self._connection,
        )  # fmt: skip
        reader = asyncio.create_task(self._read(ws))
        try:
            await self._talk(ws)
            return await self._leave(ws)
        except BaseException:
            if ws.protocol.close_rcvd is None and not reader.done():
                await ws.close()
            raise
        finally:
            if self.fault != "close-unanswered":
                reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)

    async def _read(self, ws: ClientConnection) -> None:
        try:
            async for text in ws:
                event = json.loads(text)
                if event.get("code") == "AccessDenied":
                    self._denied = True
                self._events.put_nowait(event)
        except ConnectionClosed:
            pass
        finally:
            self._events.put_nowait(None)

    def _connection(self, *args: Any, **kwargs: Any) -> ClientConnection:
        """A connection that swallows pongs, or its close frame."""
        made = ClientConnection(*args, **kwargs)
        silent = {"no-pong": Opcode.PONG, "deaf-while-talking": Opcode.PONG, "close-unanswered": Opcode.CLOSE}
        send, self._kept = made.protocol.send_frame, []

        def muted(frame: Frame) -> None:
            self._kept.append(frame) if frame.opcode is silent.get(self.fault) else send(frame)

        made.protocol.send_frame = muted  # type: ignore[method-assign]
        self._unmute = send
        return made

    async def _send(self, ws: ClientConnection, kind: str, **members: Any) -> None:
        self._ids += 0 if self.fault == "same-ids" else 1
        await ws.send(json.dumps({"event_id": f"event_{self._ids}", "type": kind, **members}))

    async def _next(self, ws: ClientConnection) -> dict[str, Any]:
        async with asyncio.timeout(self.patience):
            event = await self._events.get()
        if event is None:
            await ws.wait_closed()
            raise ws.protocol.close_exc
        kind = event.get("type")
        if self.fault == "errors-kill" and kind == "error":
            raise Killed(kind)
        if self.fault == "news-kills" and kind == "response.mood.delta":
            raise Killed(kind)
        if self.fault == "members-kill" and "trace" in event:
            raise Killed(kind)
        if self.fault == "previews-kill" and event.get("stash") == "Hello":
            raise Killed(kind)
        if self.fault == "no-usage-kills" and kind == "response.done" and "usage" not in event["response"]:
            raise Killed(kind)
        if kind == "conversation.item.created":
            self._last_item = event["item"]["id"]
        return event

    async def _until(self, ws: ClientConnection, *kinds: str) -> dict[str, Any]:
        while (event := await self._next(ws)).get("type") not in kinds:
            pass
        return event

    # -- the conversation

    async def _talk(self, ws: ClientConnection) -> None:
        await self._until(ws, "session.created")
        await self._configure(ws)
        await self._speak(ws)
        if self.fault in {"drops-mid-reply", "closes-mid-reply"}:
            await self._until(ws, "response.created")
            return
        await self._reply(ws)
        if self.fault == "voice-late":
            await self._send(ws, "session.update", session={"voice": "Cherry"})
            await self._until(ws, "session.updated", "error")
        if self.fault == "uncommitted":
            await self._append(ws, fixtures.wav("hello"))

    async def _configure(self, ws: ClientConnection) -> None:
        session: dict[str, Any] = {"modalities": ["text", "audio"], "voice": "Tina", "tools": [TOOL]}
        session["turn_detection"] = None if self.manual else {"type": "server_vad"}
        session |= {
            "ga-members": {"output_modalities": ["text"]},
            "misspelt": {"turn_detecton": None},
            "cancels-twice": {"tools": []},  # a reply long enough to be cancelled, and no call that it leaves
            "flat-and-nested": {
                "input_audio_format": "pcm",
                "audio": {"input": {"format": {"type": "pcm", "sample_rate": 16000}}},
            },
        }.get(self.fault, {})
        if self.fault == "insists":
            for _ in range(5):
                await self._send(ws, "session.update", session={"modalities": ["audio"]})
                await self._until(ws, "error")
        if self.fault == "loops":
            for _ in range(4):
                await self._send(ws, "response.create", response={"modalities": ["audio"]})
                await self._until(ws, "error")
        await self._odd_messages(ws)
        await self._send(ws, "session.update", session=session)
        wrong = {"invalid-value": {"temperature": 7}, "wrong-type": {"instructions": 7}}.get(self.fault)
        if wrong is not None:
            await self._until(ws, "session.updated")
            await self._send(ws, "session.update", session=wrong)
            await self._until(ws, "error")
            return
        if self.fault == "impatient-create":
            await self._send(ws, "conversation.item.create", item=_text("hello"))
            await self._send(ws, "response.create")
            await self._until(ws, "response.done")
            return
        await self._until(ws, "session.updated", "error")

    async def _odd_messages(self, ws: ClientConnection) -> None:
        if self.fault == "binary":
            await ws.send(b"\x00\x01")
        elif self.fault == "no-json":
            await ws.send("hello?")
        elif self.fault == "no-type":
            await ws.send('{"session":{}}')
        elif self.fault == "unknown-type":
            await self._send(ws, "session.close")
        elif self.fault == "no-utf8":
            await ws.send(b'{"type":"\xff"}', text=True)
        elif self.fault == "cancels-nothing":
            await self._send(ws, "response.cancel")
            await self._until(ws, "error")
        elif self.fault == "old-ids" and self._last_item:
            await self._send(ws, "conversation.item.create", item={**_text("hi"), "id": self._last_item})
        elif self.fault == "empty-commit":
            await self._send(ws, "session.update", session={"turn_detection": None})
            await self._send(ws, "input_audio_buffer.commit")
            await self._until(ws, "error")
        elif self.fault == "image-first":
            await self._image(ws, fixtures.image("small_320x240"))

    async def _image(self, ws: ClientConnection, data: bytes) -> None:
        await self._send(ws, "input_image_buffer.append", image=base64.b64encode(data).decode())

    async def _append(self, ws: ClientConnection, pcm: bytes, ms: int = 100) -> None:
        for packet in fixtures.packets(pcm, ms):
            await self._send(ws, "input_audio_buffer.append", audio=base64.b64encode(packet).decode())

    async def _speak(self, ws: ClientConnection) -> None:
        if self.fault == "impatient-create":
            return
        pcm = sound(self.fault)
        if self.fault == "wrapped-base64":
            text = base64.encodebytes(pcm[:3200]).decode()
            await self._send(ws, "input_audio_buffer.append", audio=text)
            await self._until(ws, "error")
        if self.fault == "odd-bytes":
            await self._send(ws, "input_audio_buffer.append", audio=base64.b64encode(pcm[:3199]).decode())
        if self.fault == "no-pong":
            await asyncio.sleep(1.1)
        if self.fault == "deaf-while-talking":
            await self._append(ws, pcm[:32_000])
            await asyncio.sleep(2.1)
            for frame in self._kept:
                self._unmute(frame)
            ws.send_data()
        await self._append(ws, pcm, {"tiny-packets": 5, "long-append": 7000, "flood": 1000}.get(self.fault, 100))
        if self.fault == "long-append":
            await self._append(ws, fixtures.silence(7000), 7000)
        await self._pictures(ws)
        if self.fault == "format-late":
            await self._send(ws, "session.update", session={"input_audio_format": "pcm16"})
            await self._send(ws, "session.update", session={"audio": {"input": {"format": {"sample_rate": 24000}}}})
            await self._until(ws, "session.updated", "error")
            await self._until(ws, "session.updated", "error")
        if not self.manual:
            if self.fault == "commits-in-vad":
                await self._send(ws, "input_audio_buffer.commit")
                await self._until(ws, "error")
            await self._append(ws, fixtures.silence(0 if self.fault == "stops-talking" else 1200))
            return
        await self._send(ws, "input_audio_buffer.commit")
        await self._until(ws, "conversation.item.input_audio_transcription.completed", "error")
        await self._send(ws, "response.create")
        if self.fault == "creates-twice":
            await self._until(ws, "response.created")
            await self._send(ws, "response.create")
        if self.fault == "cancels-twice":
            await self._until(ws, "response.created")
            await self._send(ws, "response.cancel")
            await self._send(ws, "response.cancel")

    async def _pictures(self, ws: ClientConnection) -> None:
        if self.fault == "png":
            await self._image(ws, b"\x89PNG\r\n\x1a\n" + bytes(64))
        elif self.fault == "big-image":
            await self._image(ws, fixtures.image("big_over_256k"))
        elif self.fault == "many-pixels":
            await self._image(ws, fixtures.grey_jpeg(2048, 1152))
        elif self.fault == "image-storm":
            for _ in range(6):
                await self._image(ws, fixtures.image("tiny_16x16"))

    async def _reply(self, ws: ClientConnection) -> None:
        if self.fault == "impatient-create":
            return
        interrupted = False
        calls: list[str] = []
        while True:
            event = await self._next(ws)
            if event.get("type") == "input_audio_buffer.speech_started" and self._replying:
                interrupted = True
            if event.get("type") == "response.created":
                self._replying = True
            if event.get("type") == "response.function_call_arguments.done":
                calls.append(event["call_id"])
            if event.get("type") == "response.done" or (self.fault == "cancels-twice" and event.get("type") == "error"):
                if interrupted:
                    if self.fault == "waits-for-the-rest":
                        await asyncio.Event().wait()
                    await self._until(ws, "response.done")
                if not calls or self.fault == "never-answers":
                    return
                if not await self._answer(ws, calls):
                    return
                calls = []

    async def _answer(self, ws: ClientConnection, calls: list[str]) -> bool:
        async def output(call_id: str) -> None:
            item = {"type": "function_call_output", "call_id": call_id, "output": '{"weather":"sunny"}'}
            await self._send(ws, "conversation.item.create", item=item)

        if self.fault == "unknown-call":
            await output("call_000000000000000000000000")
        for number, call_id in enumerate(calls):
            await output(call_id)
            if self.fault == "answers-twice":
                await output(call_id)
            if self.fault == "asks-early" and not number:
                await self._send(ws, "response.create")
        if self.fault == "never-asks":
            return False
        if self.fault != "asks-early":
            await self._send(ws, "response.create")
        return True

    # -- the end

    async def _leave(self, ws: ClientConnection) -> int:
        if self.fault == "deaf-to-sigint":
            await asyncio.Event().wait()
        if self.fault == "drops-mid-reply":
            ws.transport.abort()
            return 0
        if self.fault not in {"no-finish", "closes-mid-reply"}:
            await self._send(ws, "session.finish")
            if self.fault == "talks-after-finish":
                await self._send(ws, "input_audio_buffer.clear")
            if self.fault != "finishes-and-runs":
                patience = None if self.fault == "waits-for-finished" else min(self.patience, 10.0)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(patience):
                        answer = await self._finished(ws)
                        if self.fault == "refusal-kills" and answer == "error":
                            raise Killed(answer)
        if self.fault in {"just-drops", "resets"}:
            if self.fault == "resets":
                raw = ws.transport.get_extra_info("socket")
                raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
            ws.transport.abort()
            return 0
        if self.fault == "talks-after-close":
            self._talk_after_close(ws)
            return 0
        if self.fault == "closes-with-1006":
            ws.protocol.send_frame(Frame(Opcode.CLOSE, struct.pack(">H", 1006)))
            ws.send_data()
            await ws.wait_closed()
            return 0
        await ws.close(1011 if self.fault == "closes-with-1011" else 1000)
        return 1 if self.fault == "ends-with-1" else 0

    async def _finished(self, ws: ClientConnection) -> str:
        while True:
            event = await self._events.get()
            if event is None:
                raise ws.protocol.close_exc
            if event.get("type") in {"session.finished", "error"}:
                return str(event["type"])

    def _talk_after_close(self, ws: ClientConnection) -> None:
        """A close frame and, in the same breath, an event: no library would send it."""
        text = json.dumps({"type": "response.cancel"}).encode()
        frames = [Frame(Opcode.CLOSE, Close(1000, "").serialize()), Frame(Opcode.TEXT, text)]
        ws.transport.write(b"".join(frame.serialize(mask=True) for frame in frames))


def _text(words: str) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": words}]}
