"""The recorder: every conversation once, behind a limit, within a budget, and nothing after a bad start."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from websockets.asyncio.server import ServerConnection

from conformance.wire import close, send, until
from conformance.wire.attempts import Attempts, Stalls
from conformance.wire.call import Call
from conformance.wire.conversation import Conversation, Whims, as_conversation
from conformance.wire.recorder import Recorder
from conformance.wire.recording import Budget
from conformance.wire.transcript import Ending, Leg, Transcript
from conformance.wire.trouble import find
from support import endpoints
from support.talks import talk

CREATED = json.dumps({"type": "session.created", "session": {"id": "sess_1"}})


def greet(name: str, **attributes: object) -> Conversation:
    return Conversation(name, script=lambda _: [until("session.created"), close(1000)], **attributes)  # type: ignore[arg-type]


async def record(handler, conversations, *, budget=None, sanity=None, concurrency=8, on_done=lambda _: None, **options):
    async with endpoints.endpoint(handler, **options) as port:
        recorder = Recorder(endpoints.target(port, concurrency=concurrency), endpoints.PROFILE, budget)
        return await recorder.record(conversations, sanity=sanity, on_done=on_done)


async def test_each_conversation_is_held_once_and_handed_over() -> None:
    done: list[str] = []
    names = [f"test/{number}" for number in range(10)]
    found = await record(
        endpoints.says(), [greet(name) for name in names], on_done=lambda item: done.append(item.conversation)
    )
    assert sorted(found.transcripts) == sorted(done) == sorted(names)
    assert found.progress.sessions == 10
    assert (found.progress.held, found.progress.holding) == (10, 0)


async def test_no_more_are_open_at_once_than_allowed() -> None:
    open_now = most = 0

    async def handler(connection: ServerConnection) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await connection.send(CREATED)
        await connection.wait_closed()
        open_now -= 1

    await record(handler, [greet(f"test/{number}") for number in range(12)], concurrency=3)
    assert most <= 3


async def test_they_are_held_concurrently() -> None:
    together = asyncio.Barrier(4)

    async def handler(connection: ServerConnection) -> None:
        await asyncio.wait_for(together.wait(), 2)
        await connection.send(CREATED)
        await connection.wait_closed()

    found = await record(handler, [greet(f"test/{number}") for number in range(4)], concurrency=4)
    assert all(transcript.stop is None for transcript in found.transcripts.values())


async def test_a_session_budget_is_kept() -> None:
    found = await record(
        endpoints.says(), [greet(f"test/{number}") for number in range(5)], budget=Budget(sessions=3), concurrency=1
    )
    assert found.progress.sessions == 3
    assert list(found.not_held.values()) == ["the budget of 3 sessions is spent"] * 2


async def test_what_comes_last_has_its_share_kept_back() -> None:
    conversations = [replace(greet("test/last"), last=True), *(greet(f"test/{number}") for number in range(5))]
    found = await record(endpoints.says(), conversations, budget=Budget(sessions=3), concurrency=1)
    assert sorted(found.transcripts) == ["test/0", "test/1", "test/last"]


async def test_a_token_budget_is_kept() -> None:
    usage = {"input_tokens": 60, "output_tokens": 40}
    done = {"type": "response.done", "response": {"id": "resp_1", "usage": usage}}

    async def talk(call: Call) -> None:
        await call(until("session.created"), send("response.create"), until("response.done"))

    conversations = [Conversation(f"test/{number}", talk=talk) for number in range(4)]
    found = await record(endpoints.says(done), conversations, budget=Budget(tokens=150), concurrency=1)
    assert found.progress.tokens == 200
    assert len(found.not_held) == 2


async def test_after_a_bad_start_nothing_else_opens() -> None:
    def refuse(connection, request):
        return connection.respond(429, "slow down")

    found = await record(endpoints.says(), [greet("test/1")], sanity=greet("connection/Sanity"), process_request=refuse)
    assert found.infrastructure is not None
    assert "429" in found.infrastructure
    assert found.progress.sessions == 1
    assert "test/1" in found.not_held


async def test_the_first_and_the_last_are_held_alone() -> None:
    order: list[str] = []
    await record(
        endpoints.says(),
        [greet("test/last", last=True), greet("test/1"), greet("test/2")],
        sanity=greet("connection/Sanity"),
        on_done=lambda item: order.append(item.conversation),
    )
    assert (order[0], order[-1]) == ("connection/Sanity", "test/last")


async def test_interrupted_it_hands_over_what_there_is() -> None:
    seen: list[Transcript] = []
    greeted = asyncio.Event()

    async def handler(connection: ServerConnection) -> None:
        await connection.send(CREATED)
        greeted.set()
        await connection.wait_closed()

    waiting = Conversation("test/1", script=lambda _: [until("session.created"), until("never", within_ms=60_000)])
    async with endpoints.endpoint(handler) as port:
        recorder = Recorder(endpoints.target(port), endpoints.PROFILE)
        task = asyncio.create_task(recorder.record([waiting], on_done=seen.append))
        await greeted.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [transcript.stop and transcript.stop.why for transcript in seen] == ["the run was interrupted"]


async def test_throttling_in_a_session_is_trouble() -> None:
    async def handler(connection: ServerConnection) -> None:
        await connection.close(1011, "To many requests. Your requests are being throttled...")

    found = await record(handler, [greet("test/1")])
    transcript = found.transcripts["test/1"]
    assert transcript.trouble == "the server closed with 1011: To many requests. Your requests are being throttled..."
    assert find(replace(transcript, legs=[])) is None


async def test_a_key_that_is_refused_by_an_event_is_trouble() -> None:
    async def handler(connection: ServerConnection) -> None:
        await connection.send('{"type":"error","error":{"code":"invalid_api_key","message":"no"}}')
        await connection.close(1007, "")

    found = await record(handler, [greet("test/1")], sanity=greet("connection/Sanity"))
    assert found.infrastructure is not None
    assert found.infrastructure.startswith("the session was refused: ")
    assert list(found.not_held) == ["test/1"]


@pytest.mark.parametrize(("last", "is_trouble"), [("C response.create", True), ("C input_audio_buffer.clear", False)])
def test_a_close_frame_too_long_to_be_read_is_trouble_where_it_answers_a_create(last: str, is_trouble: bool) -> None:
    ending = Ending(first="client", code_sent=1002, problem="ProtocolError: control frame too long")
    found = find(talk(last, ending=ending).transcript)
    assert (found is not None and "free tier" in found.words) == is_trouble


@pytest.mark.parametrize("status", [200, 302, 400])
async def test_an_answer_that_opens_no_websocket_is_trouble_of_the_sanity_conversation_alone(status: int) -> None:
    def refuse(connection: ServerConnection, _request: object) -> object:
        return connection.respond(status, "this is a web page")

    async with endpoints.endpoint(endpoints.says(), process_request=refuse) as port:
        recorder = Recorder(endpoints.target(port), endpoints.PROFILE)
        found = await recorder.record([greet("test/1")], sanity=greet("connection/Sanity"))
        later = await Recorder(endpoints.target(port), endpoints.PROFILE).record([greet("test/1")])
    assert found.infrastructure == f"the handshake was answered with HTTP {status}, and no WebSocket was opened"
    assert found.transcripts["connection/Sanity"].trouble == found.infrastructure
    assert later.transcripts["test/1"].trouble is None


async def test_what_the_model_refused_is_asked_once_more_and_shown() -> None:
    usage = {"input_tokens": 60, "output_tokens": 40}
    done = {"type": "response.done", "response": {"id": "resp_1", "usage": usage}}
    seen: list[Transcript] = []
    steps = [until("session.created"), send("response.create"), until("response.done"), close(1000)]
    conversations = [Conversation(name, script=lambda _: steps) for name in "ab"]
    async with endpoints.endpoint(endpoints.says(done)) as port:
        target = replace(endpoints.target(port, concurrency=1), kind="live")
        recorder = Recorder(target, endpoints.PROFILE)
        found = await recorder.record(
            conversations,
            on_done=seen.append,
            again=lambda transcript: Whims("it said no" if transcript.conversation == "b" else ""),
        )
    assert [(item.conversation, item.attempt, item.retried) for item in seen] == [
        ("a", 1, ""),
        ("b", 1, ""),
        ("b", 2, "it said no"),
    ]
    assert found.transcripts["b"].attempt == 2
    assert (found.progress.sessions, found.progress.tokens, found.progress.held) == (3, 300, 2)


def test_a_class_has_either_a_script_or_a_talk() -> None:
    class Neither: ...

    class Both:
        script = ()

        async def talk(self, call: Call) -> None: ...

    for cls in (Neither, Both):
        with pytest.raises(TypeError, match="either"):
            as_conversation("test/X", cls)


HUSHED = "nothing came on any connection for 1.5 s"
BROKEN = Transcript("test/x", "", [Leg("ws://x", ending=Ending(broken_off="more than 9 x"))])


def idle(**changes: object) -> Recorder:
    """A recorder that opens nothing."""
    return Recorder(endpoints.target(1, **changes), endpoints.PROFILE)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("passed", "first", "stops"),
    [
        ([True], True, "the first conversation was broken off (more than 9 x)"),
        ([False], True, None),
        ([True] * 4, False, None),
        ([True] * 5, False, "5 conversations in a row were broken off (more than 9 x)"),
        ([True] * 4 + [False] + [True] * 4, False, None),
    ],
)
def test_what_passes_the_bounds_again_and_again_is_left_alone(passed: list[bool], first: bool, stops: str) -> None:
    recorder = idle()
    for one in passed:
        recorder._bear(BROKEN if one else Transcript("test/y", ""), first=first)
    assert recorder.recording.infrastructure == stops


@pytest.mark.parametrize(("resting", "why"), [(True, "throttled"), (False, "")])
def test_why_it_waits_is_told(resting: bool, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = idle()
    recorder.recording.progress.why = "something else"
    monkeypatch.setattr(type(recorder.pacer), "resting", property(lambda _: resting))
    recorder._waiting(3.0)
    assert (recorder.recording.progress.waiting, recorder.recording.progress.why) == (3.0, why)


@pytest.mark.parametrize(
    ("spent", "wanted", "last", "kept", "short"),
    [
        (2, 1, False, 0, False),
        (3, 1, False, 0, True),
        (2, 2, False, 0, True),
        (2, 1, False, 1, True),  # kept for what comes last
        (2, 1, True, 1, False),
    ],
)
def test_the_last_session_of_a_budget(spent: int, wanted: int, last: bool, kept: int, short: bool) -> None:
    recorder = Recorder(endpoints.target(1), endpoints.PROFILE, Budget(sessions=3))
    recorder._kept_back += kept
    recorder.recording.progress.sessions = spent
    found = recorder._short_of(replace(greet("test/1"), connections=wanted, last=last))
    assert found == (("budget", "the budget of 3 sessions is spent") if short else None)


def test_the_last_token_of_a_budget() -> None:
    recorder = Recorder(endpoints.target(1), endpoints.PROFILE, Budget(tokens=100))
    recorder.recording.progress.tokens = 99
    assert recorder._short_of(greet("test/1")) is None
    recorder.recording.progress.tokens = 100
    assert recorder._short_of(greet("test/1")) == ("budget", "the budget of 100 tokens is spent")


def test_each_cause_has_one_more_attempt_and_no_cause_has_any_number() -> None:
    recorder, attempts, one = idle(), Attempts(), greet("test/1")
    assert [recorder._may(cause, one, attempts) for cause in ("hush", "hush", "stall", "", "")] == [
        True, False, True, True, True,
    ]  # fmt: skip
    recorder._stop("trouble", "it is gone")
    recorder._stop("budget", "and this comes too late")
    assert not recorder._may("whim", one, attempts)
    assert recorder.recording.infrastructure == "it is gone"


@pytest.mark.parametrize(
    ("stalls", "matters", "why", "lost"),
    [
        (Stalls(0.0, 0.0), True, "", None),
        (Stalls(120.0, 0.0), True, "this machine stood still for 120 ms meanwhile", None),
        (Stalls(120.0, 0.0), False, "", None),
        (
            Stalls(0.0, 1500.0),
            True,
            "nothing came on any connection for 1.5 s",
            "nothing came on any connection for 1.5 s",
        ),
        (Stalls(0.0, 1500.0), False, "", None),
    ],
)
def test_what_stood_still_is_held_again_where_it_matters(
    stalls: Stalls, matters: bool, why: str, lost: str | None
) -> None:
    recorder, attempts = idle(kind="live"), Attempts()
    recorder._matters = lambda _: matters
    transcript = talk("C x").transcript
    assert recorder._wanting(greet("test/1"), transcript, attempts, stalls) == why
    assert (transcript.lost or None) == lost
    assert attempts.causes == ({"stall"} if stalls.ours and matters else {"hush"} if why else set())
    again = recorder._wanting(greet("test/1"), transcript, attempts, stalls)
    assert again == ""
    assert (transcript.trouble is not None) is bool(stalls.ours and matters)


def test_a_scripted_model_has_no_whims_and_the_endpoint_of_a_mock_no_hush() -> None:
    recorder = idle()
    recorder._again = lambda _: Whims(why="it sang")
    recorder._matters = lambda _: True
    one = replace(greet("test/1"), retry=True)
    assert recorder._wanting(one, talk("C x").transcript, Attempts(), Stalls(0.0, 1500.0)) == ""
    live = idle(kind="live")
    live._again = recorder._again
    attempts = Attempts()
    assert live._wanting(one, talk("C x").transcript, attempts, Stalls(0.0, 0.0)) == "it sang"
    assert live._wanting(one, talk("C x").transcript, attempts, Stalls(0.0, 0.0)) == ""
    assert live._wanting(replace(one, retry=False), talk("C x").transcript, Attempts(), Stalls(0.0, 0.0)) == ""
