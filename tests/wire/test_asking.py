"""A wait ends at the refusal of what it waits for, and no unasked acknowledgement ends it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from conformance.wire import close, either, maybe, send, until
from conformance.wire.conversation import Conversation
from conformance.wire.recorder import Recorder
from conformance.wire.steps import Step
from conformance.wire.transcript import Transcript
from support import endpoints

CREATED = {"type": "session.created", "session": {"id": "sess_1"}}
UPDATED = {"type": "session.updated", "session": {}}
UPDATE = send("session.update", event_id="mine", session={})
ERROR: dict[str, Any] = {"type": "error", "error": {"message": "no"}}
NAMED = {"type": "error", "error": {"message": "no", "event_id": "mine"}}
OTHER = {"type": "error", "error": {"message": "no", "event_id": "another"}}


def answering(*greeting: dict[str, Any], to: Callable[[str], list[dict[str, Any]]]) -> Any:
    """A server that says this at once, and then answers each event by its type."""

    async def handler(connection: ServerConnection) -> None:
        for event in (CREATED, *greeting):
            await connection.send(json.dumps(event))
        async for message in connection:
            for event in to(json.loads(message)["type"]):
                await connection.send(json.dumps(event))

    return handler


async def hold(handler: Any, *script: Step) -> Transcript:
    steps = [until("session.created"), *script, close(1000)]
    async with endpoints.endpoint(handler) as port:
        recorder = Recorder(endpoints.target(port), endpoints.PROFILE, None)
        found = await recorder.record([Conversation("test/One", script=lambda _: steps)], sanity=None)
        return found.transcripts["test/One"]


def client(held: Transcript) -> list[str]:
    return [str(frame.type) for frame in held.legs[0].frames if frame.side == "client" and frame.opcode == "text"]


@pytest.mark.parametrize("error", [ERROR, NAMED])
async def test_the_wait_for_what_was_refused_is_over(error: dict[str, Any]) -> None:
    held = await hold(answering(to=lambda _: [error]), UPDATE, until("session.updated"))
    assert held.stop is not None
    assert (held.stop.why, held.stop.waiting_for) == ("session.update was refused", ("session.updated",))
    assert held.stop.cause == "refused"
    assert held.stop.refused is not None
    assert held.legs[0].frames[held.stop.refused].type == "error"
    assert Transcript.from_json(json.loads(json.dumps(held.to_json()))).stop == held.stop


async def test_an_optional_wait_goes_on_to_the_next_step() -> None:
    held = await hold(answering(to=lambda _: [NAMED]), UPDATE, maybe("session.updated"), send("response.cancel"))
    assert held.stop is None
    assert client(held) == ["session.update", "response.cancel"]


@pytest.mark.parametrize(
    "script",
    [
        [UPDATE, send("response.cancel"), until("session.updated")],  # the error may be about the cancel
        [UPDATE, send("session.update", event_id="second", session={}), until("session.updated")],
    ],
)
async def test_an_unnamed_error_of_several_ends_no_wait(script: list[Step]) -> None:
    said = iter([[ERROR], [UPDATED]])
    held = await hold(answering(to=lambda _: next(said)), *script)
    assert held.stop is None


async def test_an_error_that_names_another_ends_no_wait() -> None:
    held = await hold(answering(to=lambda _: [OTHER, UPDATED]), UPDATE, until("session.updated"))
    assert held.stop is None


async def test_a_wait_for_an_error_sees_it() -> None:
    held = await hold(answering(to=lambda _: [NAMED]), UPDATE, either(until("session.updated"), until("error")))
    assert held.stop is None


async def test_an_unasked_acknowledgement_ends_no_wait() -> None:
    held = await hold(
        answering(UPDATED, to=lambda kind: [UPDATED] if kind == "session.update" else []),
        UPDATE, until("session.updated"), send("response.cancel"),
    )  # fmt: skip
    kinds = [frame.type for frame in held.legs[0].frames if frame.opcode == "text"]
    assert kinds == ["session.created", "session.updated", "session.update", "session.updated", "response.cancel"]


async def test_what_a_stranger_draws_ends_a_wait() -> None:
    held = await hold(answering(to=lambda _: [UPDATED]), send("Session.Update"), until("session.updated"))
    assert held.stop is None


async def test_a_refused_preparation_is_asked_for_once_more_without_manual_mode() -> None:
    asked: list[dict[str, object]] = []

    async def handler(connection: ServerConnection) -> None:
        await connection.send(json.dumps(CREATED))
        async for message in connection:
            asked.append(json.loads(message))
            manual = "turn_detection" in asked[-1].get("session", {})  # type: ignore[operator]
            await connection.send(json.dumps(ERROR if manual or refuses else UPDATED))

    typed = send("session.update", session={"modalities": ["text"], "turn_detection": None})
    refuses = False
    held = await hold(handler, typed, until("session.updated"), send("response.cancel"))
    assert held.stop is None
    assert [one.get("session") for one in asked] == [dict(typed.fields["session"]), {"modalities": ["text"]}, None]
    refuses = True
    held = await hold(handler, typed, until("session.updated"), send("response.cancel"))
    assert held.stop is not None
    assert held.stop.cause == "refused"


async def test_an_error_that_is_said_twice_does_not_answer_what_is_sent_after_it() -> None:
    twice = [{**ERROR, "event_id": "event_1"}, {**ERROR, "event_id": "event_2"}]
    answers = {"response.cancel": twice, "session.update": [UPDATED]}
    heard = maybe("error", "session.updated")
    held = await hold(answering(to=answers.__getitem__), send("response.cancel"), heard, UPDATE, heard)
    frames = held.legs[0].frames
    sent = next(frame.index for frame in frames if frame.type == "session.update")
    assert "session.updated" in [frame.type for frame in frames[sent:] if frame.side == "server"]
    assert frames[-1].opcode == "close"


async def test_two_messages_in_a_row_get_an_error_each() -> None:
    answers = {"response.cancel": [ERROR], "session.update": [UPDATED]}
    cancel = send("response.cancel")
    held = await hold(
        answering(to=answers.__getitem__), cancel, cancel, until("error", count=2), UPDATE, until("session.updated")
    )
    assert held.stop is None
