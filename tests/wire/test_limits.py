"""Bounds on what an endpoint may send: just inside nothing happens, just outside it is broken off by name."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from conformance import garbage
from conformance.judge.checks import judge, load
from conformance.wire import append, close, quiet, send, until
from conformance.wire.call import Call
from conformance.wire.conversation import Conversation
from conformance.wire.holding import hold
from conformance.wire.limits import MIB, OVERHEAD, Limits, Meter, Room, megabytes
from conformance.wire.recorder import BROKEN_OFF, Recorder
from conformance.wire.recording import Budget, Recording
from conformance.wire.transcript import Transcript
from support import endpoints

CREATED = json.dumps({"type": "session.created", "session": {"id": "sess_1"}})
SMALL = Limits(frames=20, size=4000, message=1000, after_close=100, run=10 * MIB, free=0)


@pytest.mark.parametrize(("size", "words"), [(8 * MIB, "8 MB"), (MIB - 1, "1,048,575 bytes")])
def test_sizes_in_words(size: int, words: str) -> None:
    assert megabytes(size) == words


def test_each_bound_has_two_sides() -> None:
    meter = Meter(Room(SMALL))
    assert meter.received(4000) is None
    assert meter.received(1) == "more than 4,000 bytes in one connection"
    assert meter.followed(100) is None
    assert meter.followed(1) == "more than 100 bytes after its close frame"
    assert [meter.frame(0) for _ in range(20)] == [None] * 20
    assert meter.frame(0) == "more than 20 frames in one connection"


def test_connections_share_a_room_past_what_each_has_for_itself() -> None:
    limits = Limits(run=2 * OVERHEAD, free=OVERHEAD)
    room = Room(limits)
    first, second = Meter(room), Meter(room)
    assert [first.frame(0), second.frame(0)] == [None, None]
    assert room.taken == 0
    assert [first.frame(0), second.frame(0)] == [None, None]
    assert second.frame(1) == f"more than {2 * OVERHEAD:,} bytes in one run"


def test_fragments_are_kept_as_one() -> None:
    room = Room(Limits(run=OVERHEAD + 4, free=0))
    meter = Meter(room)
    assert [meter.frame(1, last=last) for last in (False, False, False, True)] == [None] * 4
    assert room.taken == OVERHEAD + 4
    assert meter.frame(1, last=False) is not None


def script(*steps: Any) -> Conversation:
    return Conversation("test/One", script=lambda _: list(steps))


WAITS = script(until("session.created"), quiet(), close(1000))


async def held(handler: Any, held_one: Conversation = WAITS, limits: Limits = SMALL, **waits: float) -> Transcript:
    async with endpoints.endpoint(handler, compression=None) as port:
        target = endpoints.target(port)
        target = replace(target, deadlines=replace(target.deadlines, **waits))
        return await hold(held_one, target, endpoints.PROFILE, room=Room(limits))


def sends(*messages: str | bytes | list[str]) -> Any:
    async def handler(connection: Any) -> None:
        await connection.send(CREATED)
        for message in messages:
            await connection.send(message)
        await connection.wait_closed()

    return handler


@pytest.mark.parametrize(
    ("inside", "outside", "words"),
    [
        (["x"] * 18, ["x"] * 20, "more than 20 frames in one connection"),
        (["x" * 1000], ["x" * 1001], "a message of more than 1,000 bytes"),
        (["x" * 900] * 4, ["x" * 900] * 5, "more than 4,000 bytes in one connection"),
        ([["x"] * 10], [["x"] * 21], "more than 20 frames in one connection"),
        ([["x" * 500, "y" * 500]], [["x" * 500, "y" * 501]], "a message of more than 1,000 bytes"),
        ([[""] * 10], [[""] * 40], "more than 20 frames in one connection"),
    ],
)
async def test_what_passes_a_bound_is_broken_off(inside: Any, outside: Any, words: str) -> None:
    good = await held(sends(*inside))
    assert good.broken_off == ""
    assert good.legs[0].ending.clean
    bad = await held(sends(*outside))
    assert bad.broken_off == words
    assert sum(len(frame.text or "") for frame in bad.legs[0].frames) <= SMALL.size


async def test_a_length_is_refused_at_its_header() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await endpoints.upgraded(reader, writer)
        writer.write(b"\x81\x7f" + (2**62).to_bytes(8))
        await reader.read()

    async with endpoints.raw_endpoint(handler) as port:
        found = await hold(WAITS, endpoints.target(port), endpoints.PROFILE)
    assert found.broken_off == "a message of more than 8 MB"


@pytest.mark.parametrize(("size", "words"), [(98, ""), (101, "more than 100 bytes after its close frame")])
async def test_what_follows_a_close_frame_is_bounded(size: int, words: str) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await endpoints.upgraded(reader, writer)
        writer.write(b"\x88\x02\x03\xe8")
        await writer.drain()
        await reader.read(8)  # the close frame of the client
        writer.write(b"\x81\x60" + b"x" * 96 if size == 98 else b"x" * size)
        await writer.drain()

    async with endpoints.raw_endpoint(handler) as port:
        found = await hold(WAITS, endpoints.target(port), endpoints.PROFILE, room=Room(SMALL))
    assert found.broken_off == words
    assert any(frame.text for frame in found.legs[0].frames) is (size == 98)


@pytest.mark.parametrize(("frames", "rare"), [(10, True), (30, False)])
async def test_who_sends_too_much_is_looked_after_for_garbage(frames: int, rare: bool) -> None:
    before = gc.get_threshold()
    garbage.rarely()
    try:
        await held(sends(*["{}"] * frames))
        assert (gc.get_threshold()[0] == garbage.RARELY) == rare
    finally:
        garbage.as_before()
    assert gc.get_threshold() == before


async def test_who_never_reads_is_broken_off() -> None:
    done = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await endpoints.upgraded(reader, writer)
        await done.wait()

    speaks = script(append(b"\0" * 2**23, label="much"), close(1000))
    async with endpoints.raw_endpoint(handler) as port:
        target = endpoints.target(port)
        target = replace(target, deadlines=replace(target.deadlines, total=100))
        found = await hold(speaks, target, endpoints.PROFILE)
        done.set()
    assert found.broken_off == "nothing of what was sent was read within 0.1 s"
    assert found.stop is not None


async def test_a_conversation_has_its_time() -> None:
    forever = script(until("session.created"), until("never"), close(1000))
    found = await held(sends(), forever, conversation=50, answer=2000)
    assert found.broken_off == "more than 0 s in one conversation"
    assert found.stop is not None
    assert found.stop.why.endswith("broken off")
    slow = await held(sends(), replace(forever, slow=True), conversation=50, answer=100)
    assert slow.broken_off == ""


async def test_waiting_for_a_turn_takes_none_of_its_time() -> None:
    now = asyncio.get_running_loop().time

    class Slow:
        async def turn(self) -> None:
            assert given == [None]  # no clock runs meanwhile
            await asyncio.sleep(0.02)

    class Limit:
        def when(self) -> float:
            return began + 5.0

        def reschedule(self, when: float | None) -> None:
            given.append(when)

    given: list[float | None] = []
    call = Call(endpoints.target(1), endpoints.PROFILE, "test/Two")
    call.limit = Limit()  # type: ignore[assignment]
    began = now()
    await call._turn(Slow())  # type: ignore[arg-type]
    assert given[1] is not None
    assert given[1] >= began + 5.0 + 0.02


def flooding(*which: int) -> Any:
    """Passes a bound in these connections."""
    numbers: Iterator[int] = iter(range(10_000))

    async def handler(connection: Any) -> None:
        number = next(numbers)
        await connection.send(CREATED)
        if number in which:
            await connection.send("x" * (9 * MIB))
        await connection.wait_closed()

    return handler


async def recorded(handler: Any, number: int, **changes: Any) -> Recording:
    conversations = [replace(WAITS, name=f"test/{n}") for n in range(number)]
    async with endpoints.endpoint(handler, compression=None) as port:
        recorder = Recorder(endpoints.target(port, concurrency=1, **changes), endpoints.PROFILE)
        return await recorder.record(conversations)


async def test_nothing_more_is_opened_after_five_in_a_row() -> None:
    found = await recorded(flooding(*range(1, 100)), 10)
    assert len(found.transcripts) == 1 + BROKEN_OFF
    assert found.infrastructure is not None
    assert "5 conversations in a row were broken off" in found.infrastructure
    spread = await recorded(flooding(1, 2, 3, 4, 6, 7, 8, 9), 10)
    assert spread.infrastructure is None
    assert len(spread.transcripts) == 10


async def test_who_passes_a_bound_at_once_is_left_alone() -> None:
    found = await recorded(flooding(0), 3)
    assert found.infrastructure == "the first conversation was broken off (a message of more than 8 MB)"
    assert len(found.transcripts) == 1


async def test_a_run_has_its_time() -> None:
    async with endpoints.endpoint(sends(), compression=None) as port:
        budget = Budget(seconds=0.0)
        recorder = Recorder(endpoints.target(port, concurrency=1), endpoints.PROFILE, budget)
        found = await recorder.record([replace(WAITS, name=f"test/{n}") for n in range(3)])
    assert len(found.transcripts) < 3
    assert set(found.not_held.values()) == {"the run's 0 s are over"}
    assert set(found.kept_out.values()) == {"budget"}


@pytest.mark.parametrize(("answer", "deaf"), [("session.updated", False), ("error", False), ("heartbeat", True)])
async def test_who_answers_nothing_is_left_alone(answer: str, deaf: bool) -> None:
    ready = replace(
        script(until("session.created"), send("session.update", session={}), until("response.done"), close(1000)),
        name="test/Ready", ready=True,
    )  # fmt: skip

    async def answers(connection: Any) -> None:
        await connection.send(CREATED)
        async for _ in connection:
            await connection.send(json.dumps({"type": answer}))

    async with endpoints.endpoint(answers) as port:
        target = endpoints.target(port, kind="live")
        found = await Recorder(target, endpoints.PROFILE).record([WAITS, ready])
    assert (found.infrastructure is not None) is deaf
    if deaf:
        assert "answers nothing" in str(found.infrastructure)
        assert "test/One" not in found.transcripts


async def test_what_was_broken_off_is_one_finding_and_nothing_else() -> None:
    conversation = load().conversations["connection/Sanity"]
    async with endpoints.endpoint(flooding(0), compression=None) as port:
        found = await hold(conversation, endpoints.target(port), endpoints.PROFILE)
    outcomes = judge(load().checks.values(), {found.conversation: found}, endpoints.PROFILE)
    failed = {name: outcome.detail for name, outcome in outcomes.items() if outcome.verdict in {"fail", "error"}}
    assert list(failed) == ["GEN-070"]
    assert failed["GEN-070"].startswith("connection/Sanity: broken off: a message of more than 8 MB")
    assert outcomes["CON-001"].verdict == "inconclusive"


async def test_an_upgrade_with_a_wrong_key_is_no_websocket() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
        writer.write(b"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n")
        await writer.drain()

    async with endpoints.raw_endpoint(handler) as port:
        recorder = Recorder(endpoints.target(port, kind="live"), endpoints.PROFILE)
        found = await recorder.record([replace(WAITS, name="test/More")], sanity=WAITS)
    assert found.infrastructure is not None
    assert "none that a client may take: invalid Sec-WebSocket-Accept" in found.infrastructure
    assert set(found.transcripts) == {"test/One"}


@pytest.mark.parametrize("slowed", [0, 1])
async def test_what_throttling_takes_is_not_the_runs_time(slowed: int) -> None:
    async with endpoints.endpoint(sends(), compression=None) as port:
        recorder = Recorder(endpoints.target(port, concurrency=1), endpoints.PROFILE, Budget(seconds=0.05))
        recorder.pacer.slowed = slowed
        recorder.pacer.rested = 60.0 * slowed
        found = await recorder.record([replace(WAITS, name=f"test/{n}") for n in range(6)])
    assert bool(found.not_held) is (slowed == 0)
