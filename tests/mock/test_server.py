"""The mock on a socket, met by the `websockets` client."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from conformance.mock.models import USUAL
from conformance.mock.options import Limits, MockOptions
from conformance.mock.server import MockServer

KEY = {"Authorization": "Bearer any-key"}


@asynccontextmanager
async def mock(**options):
    async with MockServer(MockOptions(**options)) as server:
        yield server


def dial(server, model=USUAL, headers=KEY, **options):
    return connect(f"{server.url}?model={model}", additional_headers=headers, compression=None, **options)


async def until(socket, kind):
    seen = []
    async with asyncio.timeout(60):
        while True:
            seen.append(json.loads(await socket.recv()))
            if seen[-1]["type"] == kind:
                return seen


async def tell(socket, kind, **fields):
    await socket.send(json.dumps({"type": kind, **fields}))


async def rows(server, **query):
    text = "&".join(f"{name}={value}" for name, value in query.items())
    answer = await asyncio.to_thread(lambda: urllib.request.urlopen(f"{server.ledger_url}?{text}").read())
    return json.loads(answer)["rows"]


async def row_of(server):
    """The first row, once the server has noticed that the session is over."""
    ended, record = asyncio.Event(), server.ledger.record
    server.ledger.record = lambda call: (record(call), ended.set())
    async with asyncio.timeout(60):
        if not server.ledger.calls:
            await ended.wait()
    return (await rows(server))[0]


async def test_a_typed_turn():
    async with mock() as server, dial(server) as socket:
        await until(socket, "session.created")
        await tell(socket, "session.update", session={"modalities": ["text"]})
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Say 你好."}]}
        await tell(socket, "conversation.item.create", item=item)
        await tell(socket, "response.create")
        seen = await until(socket, "response.done")
        assert seen[-1]["response"]["output"][0]["content"] == [{"type": "text", "text": "你好"}]
        assert server.sessions_opened == 1


async def test_a_cancel_comes_in_time():
    async with mock() as server, dial(server) as socket:
        await tell(socket, "session.update", session={"modalities": ["text"]})
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Count to 40."}]}
        await tell(socket, "conversation.item.create", item=item)
        await tell(socket, "response.create")
        await until(socket, "response.text.delta")
        await tell(socket, "response.cancel")
        seen = await until(socket, "response.output_item.done")
        assert "40" not in next(event["text"] for event in seen if event["type"] == "response.text.done")


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "InvalidApiKey"),
        ({"Authorization": "Bearer "}, 401, "InvalidApiKey"),
        ({"Authorization": "Basic abc"}, 401, "InvalidApiKey"),
        ({"Authorization": "Bearer invalid-key"}, 401, "InvalidApiKey"),
    ],
)
async def test_keys_that_are_refused(headers, status, code):
    async with mock() as server:
        with pytest.raises(InvalidStatus) as refused:
            async with dial(server, headers=headers):
                pass
        body = json.loads(refused.value.response.body)
        assert (refused.value.response.status_code, body["code"]) == (status, code)
        assert set(body) == {"code", "message", "request_id"}
        assert refused.value.response.headers["Content-Type"] == "application/json"
        assert server.sessions_opened == 0


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api-ws/v1/realtime", 400, "InvalidParameter"),
        ("/api-ws/v1/realtime?model=", 400, "InvalidParameter"),
        ("/api-ws/v1/realtime?model=no-such-model", 404, "ModelNotFound"),
        ("/nowhere?model=" + USUAL, 404, "NotFound"),
    ],
)
async def test_addresses_that_are_refused(path, status, code):
    async with mock() as server:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(f"ws://127.0.0.1:{server.port}{path}", additional_headers=KEY):
                pass
        assert (refused.value.response.status_code, json.loads(refused.value.response.body)["code"]) == (status, code)


async def test_it_is_served_where_a_gateway_asks():
    async with mock(path="/v1/realtime") as server:
        assert server.url.endswith("/v1/realtime")
        async with dial(server) as socket:
            await until(socket, "session.created")
        with pytest.raises(InvalidStatus) as caught:
            await connect(f"{server.url.replace('/v1/', '/api-ws/v1/')}?model={USUAL}", additional_headers=KEY)
        assert caught.value.response.status_code == 404


@pytest.mark.parametrize(("key", "code"), [("arrears-1", 1007), ("throttled-1", 1011)])
async def test_accounts_in_trouble(key, code):
    async with mock() as server, dial(server, headers={"Authorization": f"Bearer {key}"}) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd.code == code
        assert closed.value.rcvd.reason


async def test_one_key_only():
    async with mock(key="the-key") as server:
        async with dial(server, headers={"Authorization": "bearer the-key"}) as socket:
            await until(socket, "session.created")
        with pytest.raises(InvalidStatus):
            async with dial(server):
                pass


@pytest.mark.parametrize(
    ("switch", "headers", "model"),
    [("no-key", {}, USUAL), ("unknown-model", KEY, "no-such-model"), ("missing-model", KEY, "")],
)
async def test_a_refusal_after_the_upgrade(switch, headers, model):
    async with (
        mock(switches={switch: "close-after-upgrade"}) as server,
        dial(server, model, headers) as socket,
    ):
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd.code == 1007


@pytest.mark.parametrize("deflate", [True, False])
async def test_compression_is_negotiated_where_it_is_switched_on(deflate):
    switches = {"deflate": "negotiated"} if deflate else {}
    async with (
        mock(switches=switches) as server,
        connect(f"{server.url}?model={USUAL}", additional_headers=KEY, compression="deflate") as socket,
    ):
        await until(socket, "session.created")
        assert ("Sec-WebSocket-Extensions" in socket.response.headers) is deflate


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1000, "bye"), (1001, ""), (1011, "disconnect timeout")])
async def test_a_close_is_answered_by_its_code_and_no_reason(code, reason):
    async with mock() as server, dial(server) as socket:
        await until(socket, "session.created")
        await socket.close(code, reason)
        assert (socket.protocol.close_rcvd.code, socket.protocol.close_rcvd.reason) == (code, "")


async def test_a_fatal_error_closes_after_the_event():
    async with mock() as server, dial(server) as socket:
        await tell(socket, "session.update", session={"voice": "Nobody"})
        (_, error) = await until(socket, "error")
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1007, error["error"]["message"])


async def test_a_message_too_long_is_met_by_1009():
    async with mock(limits=Limits(message_bytes=1000)) as server, dial(server) as socket:
        await until(socket, "session.created")
        await socket.send("x" * 1001)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd.code == 1009


async def test_binary_and_broken_text():
    async with mock() as server, dial(server) as socket:
        await until(socket, "session.created")
        await socket.send(b"\x00\x01")
        await until(socket, "error")
        await socket.send(['{"type":', '"session.update","session":{}}'])
        await until(socket, "session.updated")
        await socket.send(b"\xff", text=True)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd.code == 1007


async def test_a_dropped_connection_harms_nobody_and_is_listed():
    async with mock() as server, dial(server) as other:
        await until(other, "session.created")
        async with dial(server) as socket:
            await until(socket, "session.created")
            socket.transport.abort()
        row = await row_of(server)
        assert (row["status_code"], row["error_code"]) == ("400", "ClientDisconnect")
        await tell(other, "session.update", session={})
        await until(other, "session.updated")


async def test_a_fault_of_the_mock_ends_one_session(monkeypatch, caplog):
    from conformance.mock.brain import Brain

    def fails(*_):
        raise RuntimeError("planted")

    async with mock() as server, dial(server) as socket, dial(server) as other:
        await until(other, "session.created")
        monkeypatch.setattr(Brain, "answer", fails)
        await tell(socket, "response.create")
        with pytest.raises(ConnectionClosed) as closed:
            await until(socket, "response.done")
        assert closed.value.rcvd.code == 1011
        await tell(other, "session.update", session={})
        await until(other, "session.updated")
    assert "planted" in caplog.text


async def test_the_ledger_is_served_on_the_same_port():
    async with mock() as server:
        async with dial(server, headers={**KEY, "X-DashScope-WorkSpace": "ws-1"}) as socket:
            (created,) = await until(socket, "session.created")
            await tell(socket, "response.create")
            usage = (await until(socket, "response.done"))[-1]["response"]["usage"]
        row = await row_of(server)
        assert row["task_uuid"] == created["session"]["id"]
        assert row["workspace_id"] == "ws-1"
        assert row["usage"]["total_tokens"] == usage["total_tokens"]
        assert await rows(server, **{"from": 0, "to": 1}) == []


async def test_the_server_closes_with_1001_when_it_goes():
    async with mock() as server:
        socket = await dial(server)
        await until(socket, "session.created")
    with pytest.raises(ConnectionClosed) as closed:
        await socket.recv()
    assert closed.value.rcvd.code == 1001


async def test_a_quirk_may_swallow_the_close_frame():
    async with mock(quirks=("close-not-answered",)) as server, dial(server, close_timeout=0.2) as socket:
        await until(socket, "session.created")
        await socket.close(1000)
        assert socket.protocol.close_rcvd is None


async def test_quirks_reach_the_upgrade_and_the_frames(monkeypatch):
    from conformance.mock import quirks

    monkeypatch.setattr(quirks.base, "REGISTRY", {})
    quirks.quirk("binary", "02", "events come as binary", hook="frame")(lambda opcode, data: [(2, data)])
    quirks.quirk("header", "01", "a header", hook="upgraded")(lambda headers: headers.update({"X-Odd": "1"}))
    quirks.quirk("teapot", "01", "no", hook="admit")(lambda path, headers: (418, "Teapot", "no"))
    async with mock(quirks=("binary", "header")) as server, dial(server) as socket:
        assert isinstance(await socket.recv(), bytes)
        assert socket.response.headers["X-Odd"] == "1"
    async with mock(quirks=("teapot",)) as server:
        with pytest.raises(InvalidStatus, match="418"):
            async with dial(server):
                pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_ends_cleanly(number):
    code = (
        "from conformance.mock.options import MockOptions\n"
        "from conformance.mock.serving import serve_forever\n"
        "raise SystemExit(serve_forever('127.0.0.1', 0, MockOptions()))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        first, second = process.stdout.readline(), process.stdout.readline()
        assert "ws://127.0.0.1:" in first
        assert "/__status/calls" in second
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
