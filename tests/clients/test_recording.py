"""What a client sent is written down whole, however quickly it leaves."""

from __future__ import annotations

import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from conformance.clients.recording import MASK, Recording
from conformance.mock.options import MockOptions
from conformance.mock.server import MockServer
from conformance.wire.transcript import Leg

MODEL = "qwen3.5-omni-flash-realtime"
TEXT = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}


async def recorded(talk, options: MockOptions | None = None, query: str = "") -> tuple[Recording, MockServer]:
    recording = Recording()
    headers = {"Authorization": "Bearer secret-key-1"}
    async with MockServer(options, witness=recording) as server:
        async with connect(f"{server.url}?model={MODEL}{query}", additional_headers=headers) as socket:
            await talk(socket)
        await recording.settled(10)
    return recording, server


async def leaves_at_once(socket) -> None:
    for _ in range(20):
        await socket.send(json.dumps({"type": "conversation.item.create", "item": TEXT}))
    await socket.send(json.dumps({"type": "session.finish"}))


async def test_frames_sent_just_before_a_close_are_heard() -> None:
    for _ in range(10):
        recording, server = await recorded(leaves_at_once, MockOptions(switches={"finish": "finished"}))
        leg: Leg = recording.legs[0]
        sent = [frame.type for frame in leg.frames if frame.side == "client" and frame.opcode == "text"]
        assert sent == ["conversation.item.create"] * 20 + ["session.finish"]
        assert [frame.opcode for frame in leg.frames if frame.side == "client"][-1] == "close"
        assert (leg.ending.first, leg.ending.code_sent, leg.ending.clean) == ("client", 1000, True)
        assert server.ledger.calls[0].finished  # the session handled the last of them


async def test_a_reset_is_told_from_the_end_of_a_stream() -> None:
    async def abort(socket) -> None:
        await socket.recv()
        socket.transport.abort()

    recording, _ = await recorded(abort)
    ending = recording.legs[0].ending
    assert (ending.first, ending.code_sent, ending.code_received, ending.clean) == ("client", None, None, False)


async def test_keys_are_masked_wherever_they_are() -> None:
    async def nothing(socket) -> None:
        await socket.recv()

    recording, _ = await recorded(nothing, query="&api_key=secret-key-2")
    leg = recording.legs[0]
    assert ("Authorization", f"Bearer {MASK}") in leg.handshake.request_headers
    assert leg.url.endswith(f"/realtime?model={MODEL}&api_key={MASK}")
    assert "secret" not in repr(leg)


async def test_a_refused_upgrade_is_a_leg_of_its_own() -> None:
    recording = Recording()
    async with MockServer(witness=recording) as server:
        with pytest.raises(InvalidStatus):
            await connect(server.url, additional_headers={"Authorization": "Bearer any"})
        await recording.settled(10)
    (leg,) = recording.legs
    assert leg.handshake.status == 400
    assert "The parameter 'model' is missing." in leg.handshake.body
    assert not leg.frames
