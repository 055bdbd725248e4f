"""Conversations in bad weather: what is held again, what ends the run, and what is our own machine's."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from conformance.wire.recorder import Recorder
from conformance.wire.recording import Budget
from support import endpoints
from support.weathers import MODEL, FakeClock, Handler, ask, drops, field, good, greet, greeting, in_turn, record

# -- account


async def test_an_account_without_the_model_ends_the_run_at_the_first_session() -> None:
    lines = field("no_model_access.jsonl")

    async def refuse(connection: ServerConnection) -> None:
        for line in lines[:-1]:
            await connection.send(json.dumps(line["event"]))
        connection.transport.close()

    asked = lines[0]["event"]["session"]["model"]
    found, _, _ = await record(refuse, ask(), ask("test/2"), sanity=greet(), target={"model": asked})
    assert found.infrastructure is not None
    for part in ("AccessDenied", asked, "has not been given this model", "ask for access"):
        assert part in found.infrastructure
    assert found.progress.sessions == 1
    assert found.kept_out == {"test/1": "trouble", "test/2": "trouble"}


async def test_trouble_of_the_account_later_ends_the_run_there() -> None:
    async def arrears(connection: ServerConnection) -> None:
        await connection.send(greeting())
        await connection.close(1007, "Access denied, please make sure your account is in good standing.")

    found, _, _ = await record(in_turn(good(), arrears), ask("test/2"), ask("test/3"), sanity=greet())
    assert found.progress.sessions == 2
    assert found.infrastructure is not None
    assert "arrears" in found.infrastructure
    assert list(found.kept_out) == ["test/3"]


async def test_a_status_alone_in_the_middle_of_a_run_is_asked_again() -> None:
    answers = iter([None, 403, None, None])

    def process(connection: ServerConnection, _request: object) -> object:
        status = next(answers)
        return None if status is None else connection.respond(status, "")

    found, seen, _ = await record(good(), ask("test/1"), ask("test/2"), sanity=greet(), process_request=process)
    assert found.infrastructure is None
    assert [one.attempt for one in seen] == [1, 1, 2, 1]


async def gateway(connection: ServerConnection) -> None:
    said = {"type": "error", "error": {"type": "server_error",
            "message": "Upstream realtime handshake rejected with HTTP 404"}}  # fmt: skip
    await connection.send(json.dumps(said))
    await connection.close(1011, "upstream")


async def test_a_gateway_whose_upstream_refuses_it_ends_the_run() -> None:
    found, _, _ = await record(gateway, ask(), sanity=greet())
    assert found.infrastructure is not None
    assert "HTTP 404" in found.infrastructure
    assert found.progress.sessions == 1


async def test_a_gateway_whose_upstream_refuses_it_once_in_the_middle_is_asked_again() -> None:
    found, seen, _ = await record(in_turn(good(), gateway, good()), ask(), ask("test/2"), sanity=greet())
    assert found.infrastructure is None
    assert [one.attempt for one in seen] == [1, 1, 2, 1]
    again, seen, _ = await record(in_turn(good(), gateway), ask(), ask("test/2"), sanity=greet())
    assert "HTTP 404" in str(again.infrastructure)
    assert [one.attempt for one in seen] == [1, 1, 2]


async def test_a_host_that_closes_before_any_greeting_is_not_judged() -> None:
    async def closes(connection: ServerConnection) -> None:
        await connection.close(1011, "")

    found, seen, _ = await record(closes, ask(), sanity=greet())
    assert found.infrastructure is not None
    assert "gave no session" in found.infrastructure
    assert [one.attempt for one in seen] == [1, 2, 3]
    assert seen[-1].trouble is not None


@pytest.mark.parametrize("model", [MODEL, f"{MODEL}-2025-09-15", None, ""])
async def test_the_model_itself_a_snapshot_of_it_or_none_is_no_other(model: str | None) -> None:
    async def handler(connection: ServerConnection) -> None:
        await connection.send(greeting(model))
        await connection.wait_closed()

    found, _, _ = await record(handler, sanity=greet())
    assert found.infrastructure is None


@pytest.mark.parametrize(
    ("asked", "echoed", "other"),
    [
        (MODEL, "qwen-omni-turbo-realtime", True),
        ("qwen3.5-omni-flash-realtime-latest", "qwen3.5-omni-flash-realtime", False),
        ("qwen3.5-omni-flash-realtime-latest", "qwen3.5-omni-flash-realtime-2026-01-01", False),
        ("qwen3.5-omni-flash-realtime-latest", "qwen3.5-omni-plus-realtime", True),
        (MODEL, MODEL + "x", True),
    ],
)
async def test_another_model_stops_the_run(asked: str, echoed: str, other: bool) -> None:
    async def handler(connection: ServerConnection) -> None:
        await connection.send(greeting(echoed))
        await connection.wait_closed()

    found, _, _ = await record(handler, ask(), sanity=greet(), target={"model": asked})
    assert (found.infrastructure is not None and echoed in found.infrastructure) == other


async def test_what_every_session_needs_is_held_alone_and_second() -> None:
    names = ["test/a", "test/b"]
    _, seen, _ = await record(
        good(), *map(ask, names), ask("test/ready", ready=True), sanity=greet(), target={"concurrency": 8}
    )
    assert [one.conversation for one in seen][:2] == ["connection/Sanity", "test/ready"]
    assert sorted(one.conversation for one in seen[2:]) == names


# -- quota


def throttles(line: dict[str, Any]) -> Handler:
    """Does what a line of the field says (the handshake's is another matter)."""

    async def handler(connection: ServerConnection) -> None:
        if "close" in line:
            await connection.close(line["close"]["code"], line["close"]["reason"])
            return
        await connection.send(greeting())
        if line["after"] == "response.create":
            await connection.recv()
        await connection.send(json.dumps(line["event"]))
        if "end" in line:
            connection.transport.close()
        else:
            await connection.wait_closed()

    return handler


@pytest.mark.parametrize("number", [2, 3, 4, 5])
async def test_throttling_is_waited_out_in_whatever_form_it_comes(number: int) -> None:
    line = next(one for one in field("throttled.jsonl") if one["connection"] == number)
    found, seen, clock = await record(in_turn(throttles(line), good()), ask())
    assert [one.trouble_kind for one in seen] == ["quota", ""]
    assert clock.time == found.rested == 60.0
    assert found.slowed == 1


async def test_a_throttled_handshake_waits_as_long_as_it_is_told() -> None:
    line = field("throttled.jsonl")[0]
    answers = iter([line["http"], None])

    def process(connection: ServerConnection, _request: object) -> object:
        status = next(answers)
        if status is None:
            return None
        response = connection.respond(status, json.dumps(line["body"]))
        response.headers["Retry-After"] = "17"
        return response

    found, seen, clock = await record(good(), sanity=greet(), process_request=process)
    assert [one.trouble_kind for one in seen] == ["quota", ""]
    assert clock.time == 17.0
    assert found.infrastructure is None


async def test_an_endpoint_that_goes_on_throttling_is_left_alone() -> None:
    line = field("throttled.jsonl")[1]
    found, seen, clock = await record(in_turn(good(), throttles(line)), *(ask(f"test/{n}") for n in range(9)))
    assert found.slowed == 3
    assert clock.time == 180.0
    assert len(seen) == 1 + 4
    assert set(found.kept_out.values()) == {"throttling"}
    assert len(found.kept_out) == 7
    assert found.infrastructure is None


async def test_thirty_a_minute_are_enough_when_it_slows_down() -> None:
    # 30 handshakes in any minute are allowed, by the clock that the pacer waits on.
    times: list[float] = []
    clocks: list[FakeClock] = []

    class Shared(FakeClock):
        def __init__(self) -> None:
            super().__init__()
            clocks.append(self)

    def process(connection: ServerConnection, _request: object) -> object:
        now = clocks[0].time
        if len([at for at in times if at > now - 60]) >= 30:
            return connection.respond(429, "")
        times.append(now)
        return None

    async with endpoints.endpoint(good(), process_request=process) as port:
        target = endpoints.target(port, kind="live", concurrency=4, rpm=40, back_off=60.0)
        recorder = Recorder(target, endpoints.PROFILE, clock=Shared())
        found = await recorder.record([ask(f"test/{number}") for number in range(70)], sanity=greet())
    assert len(found.transcripts) == 71
    assert all(one.trouble is None for one in found.transcripts.values())
    assert found.slowed == 1


async def test_a_probe_of_the_handshake_is_judged_unless_it_is_throttled() -> None:
    answers = iter([401, 429, 401])

    def process(connection: ServerConnection, _request: object) -> object:
        return connection.respond(next(answers), "")

    probes = [greet("test/1", probes_handshake=True), greet("test/2", probes_handshake=True)]
    found, seen, _ = await record(good(), *probes, process_request=process)
    assert [one.trouble_kind for one in seen] == ["", "quota", ""]
    assert found.infrastructure is None


@pytest.mark.parametrize(("budget", "kinds"), [(None, ["line", ""]), (Budget(sessions=1), ["line"])])
async def test_a_probe_that_nothing_answers_is_held_again_and_then_judged(
    budget: Budget | None, kinds: list[str]
) -> None:
    def process(connection: ServerConnection, _request: object) -> None:
        connection.transport.abort()

    probe = greet("test/1", probes_handshake=True)
    found, seen, _ = await record(good(), probe, process_request=process, budget=budget)
    assert [one.trouble_kind for one in seen] == kinds
    assert found.infrastructure is None
    answers = iter([True, False])

    def once(connection: ServerConnection, _request: object) -> object:
        if next(answers):
            connection.transport.abort()
        return connection.respond(401, "")

    found, seen, _ = await record(good(), probe, process_request=once)
    assert [bool(one.lost) for one in seen] == [True, False]
    assert found.transcripts["test/1"].legs[0].handshake.status == 401


async def test_an_endpoint_that_answers_only_at_first_leaves_the_rest_unjudged() -> None:
    left = iter(range(3))

    def process(connection: ServerConnection, _request: object) -> object:
        if next(left, None) is None:
            connection.transport.abort()
        return None

    found, _, _ = await record(good(), *(ask(f"test/{n}") for n in range(5)), sanity=greet(), process_request=process)
    troubled = [one for one in found.transcripts.values() if one.trouble_kind == "line"]
    assert len(troubled) == 3


# -- our own machine


async def test_what_fell_into_a_stall_of_ours_is_held_again() -> None:
    async with endpoints.endpoint(good()) as port:
        recorder = Recorder(endpoints.target(port), endpoints.PROFILE)
        stalls = iter([900.0, 0.0])
        recorder.pulse.stall = lambda began, ended: next(stalls)  # type: ignore[method-assign]
        found = await recorder.record([ask()], matters=lambda _: True)
    assert found.transcripts["test/1"].attempt == 2
    assert "900 ms" in found.transcripts["test/1"].retried
    assert found.transcripts["test/1"].trouble is None


async def test_what_falls_into_one_again_tells_nothing() -> None:
    async with endpoints.endpoint(good()) as port:
        recorder = Recorder(endpoints.target(port), endpoints.PROFILE)
        recorder.pulse.stall = lambda began, ended: 900.0  # type: ignore[method-assign]
        found = await recorder.record([ask("test/1")], matters=lambda _: True)
        unharmed = await recorder.record([ask("test/2")])
    assert found.transcripts["test/1"].trouble_kind == "own"
    assert unharmed.transcripts["test/2"].trouble is None


async def test_what_was_lost_is_held_again_when_the_others_are_over() -> None:
    found, seen, _ = await record(in_turn(drops(), good()), *(ask(f"test/{n}") for n in range(3)))
    assert [(one.conversation, one.attempt) for one in seen] == [
        ("test/0", 1), ("test/1", 1), ("test/2", 1), ("test/0", 2),
    ]  # fmt: skip
    assert seen[0].trouble is not None  # as long as nobody has held it again
    assert all(one.trouble is None for one in found.transcripts.values())


async def test_an_attempt_that_was_put_off_keeps_its_share_of_the_budget() -> None:
    conversations = [ask(f"test/{n}") for n in range(3)]
    found, _, _ = await record(in_turn(drops(), good()), *conversations, budget=Budget(sessions=3))
    assert found.transcripts["test/0"].attempt == 2
    assert list(found.not_held) == ["test/2"]


@pytest.mark.parametrize(("theirs", "attempt"), [(0.0, 1), (5000.0, 2)])
async def test_what_fell_into_a_silence_of_the_whole_endpoint_is_held_again_once(theirs: float, attempt: int) -> None:
    async with endpoints.endpoint(good()) as port:
        recorder = Recorder(endpoints.target(port, kind="live"), endpoints.PROFILE)
        recorder.hush.silence = lambda began, ended: theirs  # type: ignore[method-assign]
        found = await recorder.record([ask("test/1")], matters=lambda _: True)
        unharmed = await recorder.record([ask("test/2")], matters=lambda _: False)
    assert found.transcripts["test/1"].attempt == attempt
    assert found.transcripts["test/1"].trouble is None
    assert unharmed.transcripts["test/2"].attempt == 1


async def test_a_suspended_endpoint_is_heard_again() -> None:
    awake = asyncio.Event()
    awake.set()
    met = 0

    async def handler(connection: ServerConnection) -> None:
        nonlocal met
        met += 1
        if met == 4:
            awake.clear()
            asyncio.get_running_loop().call_later(0.6, awake.set)
        await connection.send(greeting())
        async for _ in connection:
            await awake.wait()
            await connection.send('{"type":"response.done","response":{}}')

    async with endpoints.endpoint(handler) as port:
        recorder = Recorder(endpoints.target(port, kind="live", concurrency=4), endpoints.PROFILE)
        found = await recorder.record([ask(f"test/{n}") for n in range(8)])
    assert all(one.trouble is None and one.stop is None for one in found.transcripts.values())
    assert any(one.attempt == 2 for one in found.transcripts.values())
