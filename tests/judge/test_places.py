"""A chapter's checks are asked of every place of their kind, and of nothing that only looks like one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.judge import places
from conformance.judge.checks import load, run
from conformance.judge.place import MARK, Places
from conformance.judge.tally import Tally, asked
from conformance.judge.view import Wire
from conformance.spec.profiles import profile_for
from conformance.wire.gaps import Unshown
from conformance.wire.transcript import Transcript
from support.records import MODEL, Stage, example, transcript

PROFILE = profile_for(MODEL)
CHECKS = load().checks
TEXT = {"modalities": ["text"], "instructions": "Be brief.", "turn_detection": None}


def session(**fields: Any) -> dict[str, Any]:
    return example("session.updated", "session") | {"tools": []} | fields


def written(stage: Stage, number: int = 1, **members: Any) -> Stage:
    """A reply in text, in the order of the live recordings."""
    name = {"response_id": f"resp_{number}", "item_id": f"item_{number}", "output_index": 0, "content_index": 0}
    item = {"id": f"item_{number}", "object": "realtime.item", "type": "message", "role": "assistant"}
    begun = {"id": f"resp_{number}", "object": "realtime.response", "conversation_id": "conv_1", "output": []}
    place = {key: value for key, value in name.items() if key != "item_id"}
    added = {**item, "status": "in_progress", "content": []}
    done = {**item, "status": "completed", "content": [{"type": "text", "text": "yes"}]}
    stage.server("response.created", response={**begun, "status": "in_progress", "modalities": ["text"], **members})
    stage.server("response.output_item.added", response_id=name["response_id"], output_index=0, item=added)
    stage.server("conversation.item.created", item=added)
    stage.server("response.content_part.added", **name, part={"type": "text", "text": ""})
    stage.server("response.text.delta", **name, delta="yes")
    stage.server("response.text.done", **name, text="yes")
    stage.server("response.content_part.done", **name, part={"type": "text", "text": "yes"})
    stage.server("response.output_item.done", response_id=place["response_id"], output_index=0, item=done)
    usage = {"total_tokens": 12, "input_tokens": 10, "output_tokens": 2,
             "input_tokens_details": {"text_tokens": 10}, "output_tokens_details": {"text_tokens": 2}}  # fmt: skip
    return stage.server("response.done", response={**begun, "status": "completed", "output": [done], "usage": usage})


def configured(**fields: Any) -> Stage:
    stage = Stage().greet().client("session.update", session={**TEXT, **fields})
    return stage.server("session.updated", session=session(**{**TEXT, **fields}))


def wire(stage: Stage) -> Wire:
    return Wire(transcript("a call", stage.leg), PROFILE)


def found(kind: Places, stage: Stage) -> list[Wire]:
    return list(kind.of(wire(stage)))


def test_each_typed_reply_is_a_place() -> None:
    stage = configured()
    for number in range(3):
        written(stage.client("response.create"), number)
    views = found(places.typed_replies.asked("RSP-002", named=("first", "second")), stage)
    assert [view.response().id for view in views] == ["resp_0", "resp_1", "resp_2"]
    for view in views:
        assert view.sent("first") is view.sent("second")
        assert view.types[:2] == ["session.created", "session.updated"]
        assert view.the("session.updated")["session"]["modalities"] == ["text"]
        assert view.frames[-1].type == "response.done"


NO_REPLY_IN_PEACE: dict[str, Callable[[], Stage]] = {
    "spoken": lambda: written(configured(modalities=["text", "audio"]).client("response.create")),
    "something else waited": lambda: written(
        configured().client("conversation.item.create", item={"type": "message"}).client("response.create")
    ),
    "an update waited": lambda: written(configured().client("session.update", session={}).client("response.create")),
    "functions": lambda: written(configured(tools=[{"type": "function"}]).client("response.create")),
    "a search": lambda: written(configured(enable_search=True).client("response.create")),
    "cut off": lambda: Stage.client(configured(), "response.create"),
    "cancelled": lambda: (
        configured()
        .client("response.create")
        .server("response.created", response={"id": "resp_1"})
        .client("response.cancel")
        .server("response.done", response={"id": "resp_1", "status": "cancelled"})
    ),
    "another reply ran": lambda: written(
        configured()
        .client("response.create")
        .server("response.created", response={"id": "resp_0"})
        .client("response.create")
    ),
}


@pytest.mark.parametrize("why", NO_REPLY_IN_PEACE)
def test_what_only_looks_like_a_typed_reply_is_none(why: str) -> None:
    assert found(places.typed_replies, NO_REPLY_IN_PEACE[why]()) == []


def test_unsolicited_events_do_not_disturb_a_reply() -> None:
    stage = configured().client("response.create")
    stage.server("conversation.item.input_audio_transcription.completed", item_id="item_0", transcript="hello")
    (view,) = found(places.typed_replies, written(stage))
    assert "conversation.item.input_audio_transcription.completed" not in view.types


def test_a_greeting_ends_where_the_client_begins() -> None:
    (view,) = found(places.greetings, configured())
    assert view.types == ["session.created"]
    assert found(places.greetings, Stage().greet()) == []  # nobody knows how long the client listened


def test_a_spoken_reply_needs_no_request() -> None:
    stage = Stage().greet().client("session.update", session={})
    stage.server("session.updated", session=session(output_audio_format="pcm24"))
    stage.server("input_audio_buffer.speech_started", item_id="item_7", audio_start_ms=0)
    (view,) = found(places.spoken_replies.asked("RSP-034", named=("spoken",)), stage.reply(3))
    assert view.sent("spoken").index < view.frame("response.created").index
    assert "input_audio_buffer.speech_started" not in view.types


def test_a_spoken_reply_in_another_container_is_none() -> None:
    stage = Stage().greet().client("session.update", session={"output_audio_format": "mp3"})
    stage.server("session.updated", session=session(output_audio_format="mp3"))
    assert found(places.spoken_replies, stage.reply(3)) == []


def test_a_spoken_reply_of_a_session_whose_settings_nobody_saw_is_none() -> None:
    assert found(places.spoken_replies, Stage().reply(3)) == []


def called(stage: Stage, number: int = 1) -> Stage:
    """A response that calls one function."""
    name = {"response_id": f"resp_{number}", "output_index": 0}
    item = {"id": f"item_{number}", "type": "function_call", "call_id": f"call_{number}", "name": "f"}
    stage.server("response.created", response={"id": name["response_id"], "status": "in_progress"})
    stage.server("response.output_item.added", **name, item={**item, "arguments": "", "status": "in_progress"})
    stage.server("conversation.item.created", item={**item, "arguments": "", "status": "in_progress"})
    stage.server("response.function_call_arguments.done", **name, item_id=item["id"], call_id=item["call_id"],
                 name="f", arguments="{}")  # fmt: skip
    done = {**item, "arguments": "{}", "status": "completed"}
    stage.server("response.output_item.done", **name, item=done)
    return stage.server("response.done", response={"id": name["response_id"], "status": "completed", "output": [done]})


def given(stage: Stage) -> Stage:
    """The result of the call, shown."""
    result = {"type": "function_call_output", "call_id": "call_1", "output": "31"}
    stage.client("conversation.item.create", item=result)
    return stage.server("conversation.item.created", item={**result, "id": "item_9", "status": "completed"})


def test_a_tool_round_trip_has_its_result_and_its_reply() -> None:
    stage = called(configured(tools=[{"type": "function"}]).client("response.create"))
    (view,) = found(
        places.tool_round_trips.asked("ITM-015", named=("result",)), written(given(stage).client("response.create"), 2)
    )
    assert view.notes == {"output": "31"}
    assert view.replies("result")[0]["item"]["call_id"] == "call_1"
    assert view.sent("ask").type == "response.create"
    assert view.response(1).id == "resp_2"


def test_a_call_without_a_result_is_no_round_trip() -> None:
    stage = called(configured(tools=[{"type": "function"}]).client("response.create"))
    assert found(places.tool_round_trips, stage) == []
    assert len(found(places.calls, stage)) == 1


def test_a_refusal_is_one_only_where_it_is_surely_meant() -> None:
    error = {"type": "invalid_request_error", "message": "no"}
    stage = configured().client("input_audio_buffer.commit").server("error", error=error)
    stage.client("session.update", session={})
    (view,) = found(places.refusals.asked("ENV-001", named=("unknown type",)), stage)
    assert view.error_to("unknown type") == error
    two = configured().client("session.update", session={}).client("session.update", session={})
    assert found(places.refusals, two.server("error", error=error)) == []


def turn(stage: Stage, item: str = "item_1") -> Stage:
    stage.server("input_audio_buffer.speech_started", item_id=item, audio_start_ms=100)
    stage.server("input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=900)
    stage.server("input_audio_buffer.committed", item_id=item)
    return stage.server("conversation.item.created", item={"id": item, "type": "message", "role": "user"})


def test_a_spoken_turn_is_one_when_the_session_went_on() -> None:
    stage = turn(Stage().greet())
    assert found(places.spoken_turns, stage) == []
    (view,) = found(places.spoken_turns, stage.server("response.created", response={"id": "resp_1"}))
    assert view.the("input_audio_buffer.speech_started")["item_id"] == "item_1"
    assert len(found(places.spoken_turns, turn(stage, "item_2"))) == 1


@pytest.mark.parametrize(("shown", "verdict"), [("item_2", "pass"), ("item_9", "fail")])
def test_the_item_of_a_turn_is_not_the_reply_to_the_one_before(shown: str, verdict: str) -> None:
    stage = turn(Stage().greet()).server("response.created", response={"id": "resp_1"})
    stage.server("input_audio_buffer.speech_started", item_id="item_2", audio_start_ms=1000)
    stage.server("conversation.item.created", item={"id": "item_7", "type": "message", "role": "assistant"})
    stage.server("input_audio_buffer.speech_stopped", item_id="item_2", audio_end_ms=1900)
    stage.server("input_audio_buffer.committed", item_id="item_2")
    stage.server("conversation.item.created", item={"id": shown, "type": "message", "role": "user"})
    stage.server("response.created", response={"id": "resp_2"})
    second = found(places.spoken_turns, stage)[1]
    check = CHECKS["VAD-020"]
    assert run(check.id, check.function, check.owner(), second).verdict == verdict


def test_a_turn_in_which_the_client_did_more_than_speak_is_none() -> None:
    stage = Stage().greet().server("input_audio_buffer.speech_started", item_id="item_1", audio_start_ms=100)
    stage.client("session.update", session={})
    turn(stage, "item_1").server("response.created", response={"id": "resp_1"})
    assert found(places.spoken_turns, stage) == []


def closing(stage: Stage, code: int = 1000) -> list[Wire]:
    stage.close(code, "", code)
    return found(places.closes, stage)


def test_a_close_is_judged_where_nothing_was_going_on() -> None:
    assert len(closing(configured())) == 1
    assert closing(configured(), 1001) == []
    assert closing(configured().client("session.update", session={})) == []
    assert closing(configured().stream(1)) == []
    assert closing(configured().client("response.create").server("response.created", response={"id": "r"})) == []


def told(*held: Transcript) -> dict[str, Any]:
    tally = Tally(CHECKS.values(), PROFILE)
    for one in held:
        tally.add(one)
    return tally.outcomes()


def call(number: int = 2, **members: Any) -> Transcript:
    stage = configured()
    for nth in range(number):
        written(stage.client("response.create"), nth, **(members if nth == 1 else {}))
    return transcript("a call", stage.close(), origin="a test")


def test_a_verdict_says_in_how_many_places() -> None:
    outcome = told(call(), call(3))["RSP-003"]
    assert (outcome.verdict, outcome.detail) == ("pass", "held in 5 of 5 typed replies")


def test_one_place_is_enough_to_fail() -> None:
    outcome = told(call(), call(2, status="queued"))["RSP-003"]
    assert outcome.verdict == "fail"
    assert outcome.detail.startswith("1 of 4 typed replies fail: a call: ")


def test_a_question_that_a_recording_answers_is_observed() -> None:
    outcome = told(call())["Q-STATUS-DETAILS"]
    assert (outcome.verdict, outcome.outcome) == ("observed", "absent")
    assert "in 2 of 2 typed replies" in outcome.detail


def test_what_only_a_script_shows_says_so() -> None:
    outcome = told(call())["SES-101"]
    assert (outcome.verdict, outcome.detail) == (
        "skipped", "only the suite's own script of session/AcceptedValues shows it",
    )  # fmt: skip
    assert told(call())["ITM-015"].detail == "no tool round trips in the recording"


def test_every_check_that_is_asked_of_places_is_one_of_its_chapter() -> None:
    named = [check_id for check in CHECKS.values() for on in _on(check.owner) for check_id in on.checks]
    assert set(named) <= CHECKS.keys()
    for check in CHECKS.values():
        for on in _on(check.owner):
            strangers = [one for one in on.checks if CHECKS[one].owner is not check.owner]
            assert not strangers, f"{check.owner}: {strangers}"
    assert sum(bool(asked(check)) for check in CHECKS.values()) >= 70


def _on(owner: Any) -> tuple[Places, ...]:
    on = getattr(owner, "on", ())
    return (on,) if isinstance(on, Places) else on


def test_the_mark_is_no_label_that_a_script_could_give() -> None:
    assert MARK not in {frame.label for frame in configured().leg.frames}


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
