"""Where a place begins and ends, and what only looks like one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.judge import places
from conformance.judge.view import Wire
from conformance.wire.gaps import Unshown
from support.records import Stage, transcript
from support.spots import PROFILE, TEXT, called, configured, found, given, session, turn, wire, written


def result(stage: Stage, **members: Any) -> Stage:
    return stage.client(
        "conversation.item.create", item={"type": "function_call_output", "call_id": "call_1", **members}
    )


def test_a_round_trip_ends_with_the_reply_that_was_asked_for_and_holds_nothing_more() -> None:
    stage = called(configured(tools=[{"type": "function"}]).client("response.create"))
    stage = written(given(stage).client("response.create"), 2).client("input_audio_buffer.clear")
    (view,) = found(places.tool_round_trips, stage)
    assert view.frames[-1].type == "response.done"
    assert view.frames[-1].event["response"]["id"] == "resp_2"


def test_a_round_trip_without_a_reply_ends_where_the_client_goes_on() -> None:
    stage = called(configured(tools=[{"type": "function"}]).client("response.create"))
    (view,) = found(places.tool_round_trips, given(stage).client("input_audio_buffer.clear"))
    assert view.frames[-1].type == "conversation.item.created"


def two_calls(stage: Stage) -> Stage:
    """A response that calls two functions."""
    stage.server("response.created", response={"id": "resp_1", "status": "in_progress"})
    for number in (1, 2):
        item = {"id": f"item_{number}", "type": "function_call", "call_id": f"call_{number}"}
        stage.server("response.output_item.added", response_id="resp_1", output_index=number - 1, item=item)
    return stage.server("response.done", response={"id": "resp_1", "status": "completed", "output": []})


def early(stage: Stage) -> Stage:
    """A call whose result is given before its response has ended."""
    item = {"id": "item_1", "type": "function_call", "call_id": "call_1"}
    stage.server("response.created", response={"id": "resp_1", "status": "in_progress"})
    stage.server("response.output_item.added", response_id="resp_1", output_index=0, item=item)
    return given(stage).server("response.done", response={"id": "resp_1", "status": "completed", "output": [item]})


NO_ROUND_TRIP: dict[str, Callable[[], Stage]] = {
    "two calls": lambda: given(two_calls(Stage().greet().client("response.create"))),
    "before the end": lambda: early(Stage().greet().client("response.create")),
    "of another call": lambda: result(called(Stage().greet().client("response.create")), call_id="call_2"),
    "something else waited": lambda: given(
        called(Stage().greet().client("response.create")).client("session.update", session={})
    ),
    "two results at once": lambda: given(result(called(Stage().greet().client("response.create")), output="1")),
    "nobody called": lambda: given(Stage().greet()),
}


@pytest.mark.parametrize("why", NO_ROUND_TRIP)
def test_what_only_looks_like_a_round_trip_is_none(why: str) -> None:
    assert found(places.tool_round_trips, NO_ROUND_TRIP[why]()) == []


def test_only_an_update_that_was_confirmed_in_peace_is_one() -> None:
    assert len(found(places.accepted_updates, configured())) == 1
    cleared = configured().client("input_audio_buffer.clear").server("input_audio_buffer.cleared")
    assert len(found(places.accepted_updates, cleared)) == 1
    assert found(places.accepted_updates, Stage().greet().client("session.update", session={})) == []
    waiting = Stage().greet().client("input_audio_buffer.clear").client("session.update", session={})
    assert found(places.accepted_updates, waiting.server("session.updated", session=session())) == []
    late = Stage().greet().client("session.update", session={}).client("input_audio_buffer.append", audio="AAAA")
    assert found(places.accepted_updates, late.server("session.updated", session=session())) == []


def test_a_refusal_ends_before_the_client_goes_on_or_leaves() -> None:
    error = {"type": "invalid_request_error", "message": "no"}

    def refused() -> Stage:
        return configured().client("input_audio_buffer.commit").server("error", error=error)

    left = refused()
    left.close()
    moved = refused().client("input_audio_buffer.append", audio="AAAA")
    for stage in (left, moved):
        (view,) = found(places.refusals, stage)
        assert view.frames[-1].type == "error"
    late = configured().client("input_audio_buffer.commit").client("input_audio_buffer.append", audio="AAAA")
    assert found(places.refusals, late.server("error", error=error)) == []


def test_how_it_ended_is_part_of_a_close_and_of_no_other_place() -> None:
    stage = configured().client("input_audio_buffer.commit").server("error", error={"message": "no"})
    stage.close()
    (close,) = found(places.closes, stage)
    assert close.ending.code_received == 1000
    assert [frame.opcode for frame in close.frames[-2:]] == ["close", "close"]
    (refusal,) = found(places.refusals, stage)
    with pytest.raises(Unshown):
        _ = refusal.ending


def test_a_session_that_knows_functions_by_its_echo_or_by_an_update_alone_has_them() -> None:
    function = [{"type": "function"}]
    asked = configured().client("session.update", session={"tools": function})
    asked.server("session.updated", session=session(**TEXT))
    assert found(places.typed_replies, written(asked.client("response.create"))) == []
    shown = configured().client("session.update", session={})
    shown.server("session.updated", session=session(**{**TEXT, "tools": function}))
    assert found(places.typed_replies, written(shown.client("response.create"))) == []


@pytest.mark.parametrize(("kind", "is_one"), [("session.finished", True), ("error", True), ("session.updated", False)])
def test_a_finish_is_one_where_it_was_answered(kind: str, is_one: bool) -> None:
    stage = configured().client("session.finish").server(kind, error={"message": "no"})
    assert bool(found(places.finishes, stage)) is is_one
    waiting = configured().client("input_audio_buffer.clear").client("session.finish")
    assert found(places.finishes, waiting.server(kind, error={"message": "no"})) == []


def test_a_turn_is_over_with_a_reply_or_with_the_next_one() -> None:
    next_one = turn(turn(Stage().greet()), "item_2")
    (view,) = found(places.spoken_turns, next_one)
    assert {frame.event["item_id"] for frame in view.of("input_audio_buffer.committed")} == {"item_1"}
    again = Stage().greet().server("input_audio_buffer.speech_started", item_id="item_1", audio_start_ms=0)
    assert len(found(places.spoken_turns, turn(again).server("response.created", response={"id": "r"}))) == 1
    spoke = Stage().greet().server("input_audio_buffer.speech_started", item_id="item_1", audio_start_ms=0)
    spoke.server("response.created", response={"id": "r"})
    assert found(places.spoken_turns, turn(spoke)) == []


def test_each_of_three_turns_ends_where_the_next_begins() -> None:
    stage = turn(turn(turn(Stage().greet(), "item_1"), "item_2"), "item_3")
    first, second = found(places.spoken_turns, stage)
    assert [frame.event["item_id"] for frame in first.of("input_audio_buffer.committed")] == ["item_1"]
    assert [frame.event["item_id"] for frame in second.of("input_audio_buffer.committed")] == ["item_2"]


@pytest.mark.parametrize(
    ("sound", "is_one"), [("pcm", True), ("pcm16", True), ("pcm24", True), (None, True), ("wav", False)]
)
def test_a_spoken_reply_is_one_in_these_formats(sound: str | None, is_one: bool) -> None:
    stage = Stage().greet().client("session.update", session={})
    stage.server("session.updated", session=session(output_audio_format=sound))
    assert bool(found(places.spoken_replies, stage.reply(2))) is is_one


def test_a_spoken_reply_while_an_update_waits_is_none() -> None:
    stage = Stage().greet().client("session.update", session={})
    stage.server("session.updated", session=session(output_audio_format="pcm"))
    assert found(places.spoken_replies, stage.client("session.update", session={}).reply(2)) == []


def test_a_reply_that_nobody_asked_for_is_no_typed_one() -> None:
    assert found(places.typed_replies, written(configured())) == []


@pytest.mark.parametrize(
    ("detection", "audio", "is_one"),
    [(None, 0, True), (None, 1, True), ({"type": "server_vad"}, 0, True), ({"type": "server_vad"}, 1, False)],
)
def test_a_reply_beside_audio_is_in_peace_only_where_the_client_decides_the_turns(
    detection: dict[str, str] | None, audio: int, is_one: bool
) -> None:
    stage = configured(turn_detection=detection).stream(audio, "tone").client("response.create")
    assert bool(found(places.typed_replies, written(stage))) is is_one


def test_a_reply_that_ends_after_the_client_has_left_is_none() -> None:
    stage = configured().client("response.create")
    stage.frame("client", "close", after=1.0, data=b"\x03\xe8")
    assert found(places.typed_replies, written(stage)) == []


def test_a_refusal_on_a_connection_with_holes_is_none() -> None:
    stage = configured().client("input_audio_buffer.commit").server("error", error={"message": "no"})
    assert len(list(places.refusals.of(wire(stage)))) == 1
    assert list(places.refusals.of(Wire(transcript("a call", stage.leg, gaps=("cut",)), PROFILE))) == []


def test_a_call_is_one_by_its_arguments_alone() -> None:
    stage = Stage().greet().server("response.created", response={"id": "resp_1"})
    stage.server("response.function_call_arguments.done", response_id="resp_1", call_id="call_1", arguments="{}")
    stage.server("response.done", response={"id": "resp_1", "status": "completed"})
    assert len(found(places.calls, stage)) == 1
