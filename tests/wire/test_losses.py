"""A lost session is not a verdict: what is held again, how often, and when the endpoint has to answer for it."""

from __future__ import annotations

import json

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode

from conformance import fixtures
from conformance.wire import append, close, until
from conformance.wire.conversation import Conversation
from conformance.wire.recording import Budget
from support import endpoints
from support.weathers import Handler, ask, drops, field, good, greet, greeting, in_turn, record


@pytest.mark.parametrize("code", [None, 1011])
async def test_a_session_that_is_lost_once_is_held_again(code: int | None) -> None:
    found, seen, _ = await record(in_turn(drops(code=code), good()), ask())
    assert [(one.attempt, bool(one.lost)) for one in seen] == [(1, True), (2, False)]
    assert found.transcripts["test/1"].trouble is None
    assert found.transcripts["test/1"].retried == seen[0].lost
    assert found.progress.sessions == 2


@pytest.mark.parametrize("code", [None, 1011])
async def test_lost_three_times_at_the_same_place_it_is_the_endpoints_doing(code: int | None) -> None:
    found, seen, _ = await record(drops(code=code), ask())
    assert len(seen) == 3
    assert found.transcripts["test/1"].trouble is None
    assert found.transcripts["test/1"].stop is not None


async def test_lost_twice_at_the_same_place_it_may_be_chance() -> None:
    found, seen, _ = await record(in_turn(drops(), drops(), good()), ask())
    assert [bool(one.lost) for one in seen] == [True, True, False]
    assert found.transcripts["test/1"].trouble is None
    assert found.transcripts["test/1"].stop is None
    elsewhere, seen, _ = await record(in_turn(drops(), drops(), drops(code=1011)), ask())
    assert elsewhere.transcripts["test/1"].trouble_kind == "service"


@pytest.mark.parametrize(("last", "kind"), [(drops(), ""), (drops(code=1011), "service")])
async def test_on_a_line_that_loses_much_three_times_are_not_enough(last: Handler, kind: str) -> None:
    # Four conversations lost their session and did not lose it again: five are needed then, of thirteen sessions.
    every, mended = [drops() for _ in range(5)], [good() for _ in range(4)]
    conversations = [ask(f"test/{number}") for number in range(5)]
    found, seen, _ = await record(in_turn(*every, *mended, drops(), drops(), drops(), last), *conversations)
    assert [one.attempt for one in seen if one.conversation == "test/4"] == [1, 2, 3, 4, 5]
    assert found.transcripts["test/4"].trouble_kind == kind
    assert [found.transcripts[f"test/{number}"].attempt for number in range(4)] == [2, 2, 2, 2]


async def test_silence_at_the_same_place_is_the_endpoints_doing_the_second_time() -> None:
    found, seen, _ = await record(endpoints.says(), ask())
    assert [one.lost for one in seen] == ["silence while waiting for response.done"] * 2
    assert found.transcripts["test/1"].trouble is None


async def test_after_trouble_of_the_line_nothing_is_opened_for_a_while() -> None:
    answers = iter([None, 503, None])

    def process(connection: ServerConnection, _request: object) -> object:
        status = next(answers)
        return None if status is None else connection.respond(status, "")

    found, seen, clock = await record(good(), ask(), sanity=greet(), process_request=process)
    assert [one.trouble_kind for one in seen] == ["", "service", ""]
    assert clock.time == 15.0
    assert found.rested == 0.0


async def test_lost_twice_at_different_places_it_tells_nothing() -> None:
    found, seen, _ = await record(in_turn(drops(after=0), drops(after=1, code=1011)), ask())
    assert len(seen) == 2
    assert found.transcripts["test/1"].trouble_kind == "service"
    assert ", and then: " in str(found.transcripts["test/1"].trouble)


async def test_what_ends_so_and_keeps_no_check_from_passing_is_held_once() -> None:
    found, seen, _ = await record(drops(), ask(), matters=lambda _: False)
    assert len(seen) == 1
    assert found.transcripts["test/1"].lost == ""


async def test_what_keeps_no_check_from_passing_is_no_second_loss() -> None:
    # A commit that a server answers by closing with 1011 is judged, though the attempt before it lost its TCP.
    attempts = iter([True, False])
    found, seen, _ = await record(in_turn(drops(after=0), drops(code=1011)), ask(), matters=lambda _: next(attempts))
    assert len(seen) == 2
    assert found.transcripts["test/1"].trouble is None
    assert found.transcripts["test/1"].lost == ""


async def test_the_mock_is_judged_by_its_first_attempt() -> None:
    _, seen, _ = await record(drops(), ask(), target={"kind": "mock"})
    assert [one.trouble for one in seen] == [None]


async def test_a_loss_that_the_budget_forbids_to_repeat_is_no_verdict() -> None:
    found, seen, _ = await record(drops(), ask(), budget=Budget(sessions=1))
    assert len(seen) == 1
    assert found.transcripts["test/1"].trouble_kind == "line"


async def test_a_close_that_the_client_began_is_no_loss() -> None:
    async def leaves(connection: ServerConnection) -> None:
        await connection.send(greeting())
        await connection.recv()
        await connection.send('{"type":"response.done","response":{}}')
        await connection.wait_closed()

    _, seen, _ = await record(leaves, ask())
    assert len(seen) == 1


def hangs_up() -> Handler:
    """Answers, and ends TCP where a close frame should be answered."""

    async def handler(connection: ServerConnection) -> None:
        await connection.send(greeting())
        connection.protocol.send_frame = lambda frame: None  # type: ignore[method-assign]
        done = Frame(Opcode.TEXT, b'{"type":"response.done","response":{}}').serialize(mask=False)
        async for _ in connection:
            connection.transport.write(done)

    return handler


async def test_a_server_that_is_killed_while_we_close_has_not_refused_to_answer() -> None:
    found, seen, _ = await record(in_turn(hangs_up(), good()), ask())
    assert [bool(one.lost) for one in seen] == [True, False]
    assert found.transcripts["test/1"].trouble is None


async def test_a_server_that_hangs_up_on_every_close_is_asked_again_once() -> None:
    found, seen, _ = await record(hangs_up(), ask("test/1"), ask("test/2"), sanity=greet())
    held = [(one.conversation, bool(one.lost)) for one in seen]
    assert held == [("connection/Sanity", True), ("connection/Sanity", True), ("test/1", False), ("test/2", False)]
    assert [one.trouble for one in found.transcripts.values()] == [None, None, None]


async def test_tcp_that_was_lost_in_the_middle_is_the_lines_and_a_new_connection_works() -> None:
    last, end = field("silent_drop.jsonl")
    assert "the ninth of twenty packets" in last["event"]["audio"]
    assert end["end"] == "tcp fin, no close frame, no event before it; a new connection works at once"

    async def goes(connection: ServerConnection) -> None:
        await connection.send(greeting())
        for _ in range(9):
            assert json.loads(await connection.recv())["type"] == last["event"]["type"]
        connection.transport.close()

    async def stays(connection: ServerConnection) -> None:
        await connection.send(greeting())
        for _ in range(20):
            await connection.recv()
        await connection.send('{"type":"input_audio_buffer.committed"}')
        await connection.wait_closed()

    spoken = [
        until("session.created"),
        append(fixtures.noise(2000)),
        until("input_audio_buffer.committed"),
        close(1000),
    ]
    found, seen, _ = await record(in_turn(goes, stays), Conversation("test/1", script=lambda _: spoken))
    assert [one.lost for one in seen] == ["TCP ended without a close frame", ""]
    assert found.transcripts["test/1"].trouble is None
    assert found.transcripts["test/1"].stop is None
