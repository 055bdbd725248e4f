"""One conversation: what the transcript says of every way it can go."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from websockets.asyncio.server import ServerConnection

from conformance.wire import (
    close,
    drop,
    either,
    half_close,
    maybe,
    ping,
    quiet,
    send,
    text,
    until,
)
from conformance.wire.call import Call, Dial
from conformance.wire.conversation import Conversation
from conformance.wire.holding import hold
from conformance.wire.transcript import Transcript
from support import endpoints as support

CREATED = {"type": "session.created", "session": {"id": "sess_1"}}
UPDATED = {"type": "session.updated", "session": {}}


async def one(handler, *steps, **attributes) -> Transcript:
    changes = attributes.pop("target", {})
    async with support.endpoint(handler) as port:
        return await hold(support.script(*steps, **attributes), support.target(port, **changes), support.PROFILE)


async def test_frames_are_kept_in_order_with_exact_text_and_time() -> None:
    transcript = await one(
        support.says(UPDATED),
        until("session.created"),
        send("session.update", session={"voice": "Ethan"}),
        until("session.updated"),
        close(1000),
    )
    leg = transcript.legs[0]
    assert transcript.stop is None
    assert transcript.trouble is None
    assert [(frame.side, frame.type or frame.opcode) for frame in leg.frames] == [
        ("server", "session.created"),
        ("client", "session.update"),
        ("server", "session.updated"),
        ("client", "close"),
        ("server", "close"),
    ]
    sent = json.loads(leg.frames[1].text or "")
    assert list(sent) == ["event_id", "type", "session"]
    assert len(sent["event_id"]) == len("event_") + 32
    assert [frame.at for frame in leg.frames] == sorted(frame.at for frame in leg.frames)
    assert leg.session_id == "sess_1"


async def test_a_close_by_the_book() -> None:
    ending = (await one(support.says(), until("session.created"), close(1000, "bye"))).legs[0].ending
    assert (ending.first, ending.code_sent, ending.reason_sent) == ("client", 1000, "bye")
    assert ending.code_received == 1000
    assert ending.clean


async def test_a_close_without_a_code() -> None:
    ending = (await one(support.says(), until("session.created"), close(None))).legs[0].ending
    assert ending.code_sent == 1005
    assert ending.clean


async def test_the_server_closes_first() -> None:
    async def handler(connection: ServerConnection) -> None:
        await connection.send(json.dumps(CREATED))
        await connection.close(1011, "Internal service error: null")

    transcript = await one(handler, until("session.created"), until("session.updated"))
    ending = transcript.legs[0].ending
    assert (ending.first, ending.code_received, ending.reason_received) == (
        "server",
        1011,
        "Internal service error: null",
    )
    assert transcript.stop is not None
    assert transcript.stop.waiting_for == ("session.updated",)
    assert "ended" in transcript.stop.why


@pytest.mark.parametrize("how", ["fin", "rst"])
async def test_leaving_without_a_close_frame(how: str) -> None:
    seen: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def handler(connection: ServerConnection) -> None:
        await connection.send(json.dumps(CREATED))
        await connection.wait_closed()
        seen.set_result(connection.close_code or 0)

    async with support.endpoint(handler) as port:
        transcript = await hold(
            support.script(until("session.created"), drop(how)), support.target(port), support.PROFILE
        )
        assert await asyncio.wait_for(seen, 60) == 1006
    ending = transcript.legs[0].ending
    assert (ending.first, ending.code_sent, ending.clean, ending.tcp) == ("client", None, False, "client")


async def test_half_close_goes_on_reading() -> None:
    async def raw(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        core = await support.upgraded(reader, writer)
        core.send_text(json.dumps(CREATED).encode())
        writer.write(b"".join(core.data_to_send()))
        assert await reader.read() != b""  # the request, and then the end of what is sent
        core.send_text(json.dumps(UPDATED).encode())
        writer.write(b"".join(core.data_to_send()))

    async with support.raw_endpoint(raw) as port:
        transcript = await hold(
            support.script(until("session.created"), send("session.update"), half_close(), until("session.updated")),
            support.target(port),
            support.PROFILE,
        )
    assert transcript.stop is None
    assert [frame.type for frame in transcript.legs[0].frames] == [
        "session.created",
        "session.update",
        "session.updated",
    ]


async def test_a_missing_event_stops_the_script_and_says_where() -> None:
    transcript = await one(
        support.says(), until("session.created"), send("session.update", session={}), until("session.updated")
    )
    assert transcript.stop is not None
    assert transcript.stop.step == 2
    assert transcript.stop.waiting_for == ("session.updated",)
    assert transcript.stop.waited_ms >= 200
    assert transcript.legs[0].ending.clean


@pytest.mark.parametrize("item", [None, 7, "x", {"id": ["unhashable"]}])
async def test_an_answer_that_a_script_cannot_read_ends_that_conversation_alone(item: object) -> None:
    async def talk(call: Call) -> None:
        await call(until("session.created"))
        answer = await call(send("x"), until("conversation.item.created"))
        assert answer is not None
        assert {answer.event["item"]["id"]}

    handler = support.says({"type": "conversation.item.created", "item": item})
    async with support.endpoint(handler) as port:
        transcript = await hold(Conversation("test/Odd", talk=talk), support.target(port), support.PROFILE)
    assert transcript.stop is not None
    assert transcript.stop.why.startswith("the script could not go on from an answer: TypeError")
    assert transcript.stop.step == 3
    assert transcript.trouble is None
    assert transcript.legs[0].ending.clean


async def test_an_optional_event_may_stay_away() -> None:
    transcript = await one(
        support.says(UPDATED), until("session.created"), maybe("error"), send("x"), until("session.updated")
    )
    assert transcript.stop is None


async def test_either_takes_what_comes_first() -> None:
    transcript = await one(
        support.says({"type": "error"}),
        until("session.created"),
        send("x"),
        either(until("session.updated"), until("error")),
    )
    assert transcript.stop is None


async def test_ping_and_pong_are_frames() -> None:
    transcript = await one(support.says(), until("session.created"), ping(b"abc"), quiet())
    frames = transcript.legs[0].frames
    assert [(frame.side, frame.opcode, frame.data) for frame in frames[1:3]] == [
        ("client", "ping", b"abc"),
        ("server", "pong", b"abc"),
    ]


async def test_text_that_is_no_json_goes_out_as_it_stands() -> None:
    transcript = await one(support.says(), until("session.created"), text("{bad"))
    frame = transcript.legs[0].frames[1]
    assert (frame.text, frame.event, frame.type) == ("{bad", None, None)


async def test_a_refused_handshake_is_trouble_with_status_and_body() -> None:
    def refuse(connection, request):
        return connection.respond(401, '{"code":"InvalidApiKey"}')

    async with support.endpoint(support.says(), process_request=refuse) as port:
        transcript = await hold(support.script(until("session.created")), support.target(port), support.PROFILE)
        shake = transcript.legs[0].handshake
        assert shake.status == 401
        assert "InvalidApiKey" in shake.body
        assert transcript.trouble is not None
        assert "401" in transcript.trouble
        probe = await hold(
            support.script(until("session.created"), probes_handshake=True),
            support.target(port),
            support.PROFILE,
        )
    assert probe.trouble is None
    assert probe.stop is None


async def test_an_unreachable_endpoint_is_trouble() -> None:
    async with support.endpoint(support.says()) as port:
        pass
    transcript = await hold(support.script(until("session.created")), support.target(port), support.PROFILE)
    assert transcript.trouble is not None
    assert "cannot reach" in transcript.trouble


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "speaks no TLS: is it ws:// and not wss://?"),
        (b"", "it hung up on the TLS hello: no TLS here?"),
    ],
)
async def test_a_server_without_tls_is_told_as_one(answer: bytes, says: str) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(answer)

    async with support.raw_endpoint(plain) as port:
        target = support.target(port, url=f"wss://127.0.0.1:{port}/x")
        transcript = await hold(support.script(until("session.created")), target, support.PROFILE)
    assert says in (transcript.trouble or "")


async def test_a_silent_tcp_server_is_trouble_within_the_deadline() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with support.raw_endpoint(mute) as port:
        waits = replace(support.FAST, connect=150)
        transcript = await hold(
            support.script(until("session.created")), support.target(port, deadlines=waits), support.PROFILE
        )
    assert transcript.trouble == "no WebSocket handshake within 150 ms"


async def test_garbage_after_the_handshake_is_a_protocol_problem() -> None:
    async def raw(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await support.upgraded(reader, writer)
        writer.write(b"\xff\xff\xff\xff")
        await reader.read()

    async with support.raw_endpoint(raw) as port:
        transcript = await hold(support.script(until("session.created")), support.target(port), support.PROFILE)
    ending = transcript.legs[0].ending
    assert ending.problem is not None
    assert "ProtocolError" in ending.problem
    assert transcript.stop is not None


async def test_the_key_is_sent_and_not_kept() -> None:
    seen: list[str] = []

    async def handler(connection: ServerConnection) -> None:
        assert connection.request is not None
        seen.append(connection.request.headers.get("Authorization", ""))
        await connection.send(json.dumps(CREATED))
        await connection.wait_closed()

    transcript = await one(handler, until("session.created"))
    assert seen == ["Bearer the-key"]
    assert "the-key" not in json.dumps(transcript.to_json())


async def test_a_conversation_may_dial_without_a_key() -> None:
    seen: list[bool] = []

    async def handler(connection: ServerConnection) -> None:
        assert connection.request is not None
        seen.append("Authorization" in connection.request.headers)
        await connection.send(json.dumps(CREATED))
        await connection.wait_closed()

    await one(handler, until("session.created"), dial=Dial(key=None))
    assert seen == [False]


async def test_talk_may_open_several_connections() -> None:
    async def talk(call: Call) -> None:
        first = await call(until("session.created"))
        assert first is not None
        await call.connect()
        await call(until("session.created"), close(1000))

    async with support.endpoint(support.says()) as port:
        transcript = await hold(
            Conversation("test/Two", talk=talk, connections=2), support.target(port), support.PROFILE
        )
    assert len(transcript.legs) == 2
    assert all(leg.ending.clean for leg in transcript.legs)


async def test_a_transcript_survives_the_record() -> None:
    transcript = await one(support.says(UPDATED), until("session.created"), ping(b"\x00\xff"), send("x"), quiet())
    line = json.loads(json.dumps(transcript.to_json()))
    assert Transcript.from_json(line) == transcript
