"""A chapter's checks are asked of every place of their kind, and of nothing that only looks like one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.judge import places
from conformance.judge.checks import run
from conformance.judge.place import MARK, Places
from conformance.judge.tally import Tally, asked
from conformance.wire.transcript import Transcript
from support.records import Stage, transcript
from support.spots import CHECKS, PROFILE, called, closing, configured, found, given, session, turn, written


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
