"""What the mock's weather does to those who call it, and that the same seed does the same again."""

import asyncio
import contextlib
import json
import random
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from conformance.mock.brain import Brain
from conformance.mock.exposed import _Late
from conformance.mock.models import USUAL
from conformance.mock.options import MockOptions
from conformance.mock.requests import Request
from conformance.mock.server import MockServer
from conformance.mock.weather import THROTTLINGS, WEATHERS, Sky, Weather
from conformance.mock.whims import Whimsical
from conformance.wire.trouble import find
from support import endpoints, tls

FIELD = Path(__file__).resolve().parents[1] / "field"


@asynccontextmanager
async def mock(*, seed=0, **weather):
    async with MockServer(MockOptions(weather=Weather(**weather), seed=seed, latency="fast")) as server:
        yield server


def dial(server):
    return connect(f"{server.url}?model={USUAL}", additional_headers={"Authorization": "Bearer k"}, compression=None)


async def until_it_ends(socket):
    """What a talkative client hears until its reply is done or the connection ends, and the exception of the end."""
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Count to 40."}]}
    heard = []
    with contextlib.suppress(ConnectionClosed):  # it may be over before all is said
        await socket.send(json.dumps({"type": "session.update", "session": {"modalities": ["text"]}}))
        await socket.send(json.dumps({"type": "conversation.item.create", "item": item}))
        await socket.send(json.dumps({"type": "response.create"}))
    try:
        async with asyncio.timeout(60):
            while not heard or heard[-1].get("type") != "response.done":
                heard.append(json.loads(await socket.recv()))
    except ConnectionClosed as end:
        return heard, end
    return heard, None


# -- quota


async def test_connections_past_the_quota_are_refused_by_429():
    async with mock(rpm=2) as server:
        async with dial(server), dial(server):
            with pytest.raises(InvalidStatus) as refused:
                async with dial(server):
                    pass
        response = refused.value.response
        expected = json.loads((FIELD / "throttled.jsonl").read_text(encoding="utf-8").splitlines()[0])
        body = json.loads(response.body)
        assert response.status_code == expected["http"]
        assert {**body, "request_id": "1"} == expected["body"]


@pytest.mark.parametrize(("at", "refused"), [(59.9, True), (60.0, False)])
def test_the_quota_is_of_any_minute(at, refused):
    sky = Sky(Weather(rpm=2), 0)
    assert sky.admit(0.0) is None
    assert sky.admit(30.0) is None
    assert (sky.admit(at) is not None) == refused


def test_what_is_refused_does_not_count():
    sky = Sky(Weather(rpm=1), 0)
    assert [sky.admit(at) is None for at in (0.0, 59.0, 60.0)] == [True, False, True]


# -- the line


async def test_every_byte_takes_its_time():
    async with mock(lag_ms=30) as server:
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with dial(server) as socket:
            await socket.recv()
            greeted = loop.time()
            pong = await socket.ping()
            await pong
            assert greeted - began >= 0.06
            assert loop.time() - greeted >= 0.06


def test_nothing_overtakes():
    now, calls, came = [0.0], [], []
    delays = iter([5.0, 1.0, 0.0, 2.0])
    late = _Late(lambda: now[0], lambda due, act: calls.append((due, act)), lambda: next(delays))
    for name in "abcd":
        late.put(lambda name=name: came.append(name))
    assert [due for due, _ in calls] == [5.0, 5.0, 5.0, 5.0]
    for _, act in reversed(calls):  # as a loop may, where two are due at once
        act()
    assert came == list("abcd")


async def test_tcp_is_lost_in_the_middle_and_by_the_seed():
    places = []
    for seed in (1, 1, 2, 3):
        async with mock(drops=1.0, seed=seed) as server, dial(server) as socket:
            heard, end = await until_it_ends(socket)
            assert end is not None
            assert end.rcvd is None
            places.append(len(heard))
    assert places[0] == places[1]
    assert len(set(places)) > 1


def test_as_many_are_lost_as_was_asked_for():
    fates = [Sky(Weather(drops=share), 7) for share in (0.0, 0.02, 1.0)]
    lost = [sum(sky.next()[1] is not None for _ in range(1000)) for sky in fates]
    assert lost[0] == 0
    assert 8 <= lost[1] <= 35
    assert lost[2] == 1000


async def test_an_outage_answers_nothing_and_passes():
    sky = Sky(Weather(outage=(100, 10)), 0)
    assert [sky.dark(at) for at in (5.0, 94.9, 95.0, 104.9, 105.0)] == [False, False, True, True, False]
    async with mock(outage=(1000, 1000)) as server:
        with pytest.raises((InvalidMessage, OSError, EOFError)):
            async with dial(server):
                pass
        assert server.sessions_opened == 0


async def test_it_may_answer_so_many_and_then_none():
    async with mock(only=1) as server:
        async with dial(server) as socket:
            assert json.loads(await socket.recv())["type"] == "session.created"
        with pytest.raises((InvalidMessage, OSError, EOFError)):
            async with dial(server):
                pass


# -- the service


@pytest.mark.parametrize(("share", "words"), [("faults", "Internal service error"), ("gateway", "HTTP 404")])
async def test_faults_are_said_and_closed_with_1011(share, words):
    async with mock(**{share: 1.0}) as server, dial(server) as socket:
        heard, end = await until_it_ends(socket)
        assert words in json.dumps(heard[-1])
        assert end.rcvd.code == 1011


# -- the account


async def test_an_account_without_the_model_is_told_as_the_field_has_it():
    lines = [json.loads(line) for line in (FIELD / "no_model_access.jsonl").read_text(encoding="utf-8").splitlines()]
    async with mock(account="no-model") as server, dial(server) as socket:
        heard, end = await until_it_ends(socket)
        assert heard[0]["type"] == "session.created"
        assert {**heard[1], "request_id": ""} == {**lines[1]["event"], "request_id": ""}
        assert len(heard) == 2
        assert end.rcvd is None


@pytest.mark.parametrize(
    ("account", "kind", "words"),
    [
        ("no-model", "account", "AccessDenied"),
        ("arrears", "account", "good standing"),
        ("free-tier", "account", "free tier"),
    ],
)
async def test_what_is_the_matter_with_an_account_is_found(account, kind, words):
    async with mock(account=account) as server:
        port = server.port
        steps = endpoints.target(port, url=server.url, kind="live")
        transcript = await talked(steps)
        found = find(transcript)
        assert found is not None
        assert found.kind == kind
        assert words in found.words


async def test_throttling_comes_in_every_form_and_is_found_in_each():
    async with mock(account="throttled") as server:
        target = endpoints.target(server.port, url=server.url, kind="live")
        for _ in THROTTLINGS:
            found = find(await talked(target))
            assert found is not None
            assert found.kind == "quota"


async def talked(target):
    from conformance.wire import close, send, until
    from conformance.wire.holding import hold

    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello."}]}
    script = endpoints.script(
        until("session.created"),
        send("session.update", session={"modalities": ["text"]}),
        until("session.updated"),
        send("conversation.item.create", item=item),
        send("response.create"),
        until("response.done"),
        close(1000),
    )
    return await hold(script, target, endpoints.PROFILE)


# -- the model

TOOL = {"type": "function", "function": {"name": "get_time", "description": "The time", "parameters": {}}}


def asked(text, **more):
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    return Request(history=[item], **more)


def test_a_model_with_whims_does_not_do_as_told():
    model = Whimsical(1.0, random.Random(1))
    plain = Brain()
    counting, calling = asked("Count to 30."), asked("Call get_time.", tools=[TOOL])
    assert model.answer(counting) != plain.answer(counting)
    assert plain.answer(calling).calls
    assert not model.answer(calling).calls
    noise = bytes(3200)
    assert model.hear(noise) != plain.hear(noise)
    assert model.hear(noise)


def test_whims_never_break_what_the_client_limits():
    model = Whimsical(1.0, random.Random(1))
    short = asked("Count to 30.", max_tokens=4)
    assert all(model.answer(short) == Brain().answer(short) for _ in range(20))


def test_without_whims_it_is_the_model_itself():
    model = Whimsical(0.0, random.Random(1))
    assert all(model.answer(asked("Count to 9.")) == Brain().answer(asked("Count to 9.")) for _ in range(20))


async def test_the_mock_speaks_tls(tmp_path):
    authority = tls.authority(tmp_path)
    async with MockServer(MockOptions(), tls=authority.server()) as server:
        assert server.url.startswith("wss://")
        seen = await talked(endpoints.target(0, url=server.url, ca_file=str(authority.ca_file)))
    assert seen.session_id


async def test_how_long_the_first_output_takes():
    async with mock(first_ms=40) as server, dial(server) as socket:
        loop = asyncio.get_running_loop()
        began = loop.time()
        heard, _ = await until_it_ends(socket)
        assert heard[-1]["type"] == "response.done"
        assert loop.time() - began >= 0.04


def test_the_weathers_get_worse():
    fair, busy, storm = (WEATHERS[name] for name in ("fair", "busy", "storm"))
    assert (fair.drops, fair.whims) == (0.0, 0.0)
    assert (busy.rpm, busy.drops, busy.whims) == (40, 0.02, 0.35)
    assert storm.drops > busy.drops
    assert storm.whims > busy.whims
    assert storm.rpm < busy.rpm
    assert all((storm.faults, storm.gateway, storm.throttled, storm.outage[1]))
