"""Whose an answer is: of whom it names, else of whom the table allows.  One too many leaves others in doubt."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.cases.shared import said_to
from conformance.judge.verdicts import Inconclusive
from conformance.judge.view import Wire
from support.rules import verdict
from support.talks import SESSION, Line, audio, c, message, s, talk

CLEAR, CLEARED = "C input_audio_buffer.clear", "S input_audio_buffer.cleared"


def update(label: str) -> Line:
    return c("session.update", label=label, event_id=label, session={"instructions": label})


def updated(label: str = "") -> Line:
    return s("session.updated", session={**SESSION, "instructions": label})


def refused(name: str | None = None, why: str = "no") -> Line:
    named = {"event_id": name} if name else {}
    return s("error", error={"type": "invalid_request_error", "message": why, **named})


def shown(wire: Wire, label: str) -> str:
    """The instructions that the answer to an update shows."""
    (event,) = wire.replies(label)
    found: str = event["session"]["instructions"]
    return found


def test_an_error_that_names_its_request_is_its_answer_wherever_it_comes() -> None:
    wire = talk(update("a"), update("b"), refused("a"), updated("b"))
    assert wire.answers_to("a") == ["error"]
    assert wire.answers_to("b") == ["session.updated"]


def test_an_error_that_names_another_is_not_ones_answer() -> None:
    wire = talk(update("a"), updated("a"), update("b"), refused("a"), updated("b"))
    assert wire.answers_to("b") == ["session.updated"]
    assert wire.answers_to("a") == ["session.updated", "error"]


def test_a_name_that_nobody_bears_tells_nothing() -> None:
    wire = talk(update("a"), refused("x"))
    assert wire.answers_to("a") == ["error"]


def test_an_unnamed_error_belongs_to_the_one_that_got_no_acknowledgement() -> None:
    """ENV-006 said silence of bad JSON whose error came one slot later."""
    wire = talk(Line("client", "text", " {bad", "bad JSON"), update("proof"), refused(), updated("proof"))
    assert wire.answers_to("bad JSON") == ["error"]
    assert wire.answers_to("proof") == ["session.updated"]
    assert [event["type"] for event in said_to(wire, "bad JSON")] == ["error", "session.updated"]


def test_of_two_that_got_none_nobody_knows() -> None:
    wire = talk(Line("client", "text", " {bad", "bad"), Line("client", "text", " {worse", "worse"), refused())
    assert wire.answers_to("worse") == ["error"]  # as it stands in the recording
    assert wire.settled.owner == {}


def test_an_error_may_be_about_the_audio_before_it() -> None:
    wire = talk(audio(100), update("a"), refused(), updated("a"))
    assert wire.answers_to("a") == ["session.updated"]
    assert wire.requests[0].answers


def test_an_acknowledgement_before_any_request_is_nobodys() -> None:
    """One unasked `session.updated` after the greeting: what follows is judged as if it had not come."""
    wire = talk(updated("?"), update("a"), updated("a"), update("b"), updated("b"))
    assert (shown(wire, "a"), shown(wire, "b")) == ("a", "b")
    assert wire.the("session.updated")["session"]["instructions"] == "a"
    assert verdict("GEN-065", wire).verdict == "pass"
    found = verdict("GEN-011", wire)
    assert [(one.frame, one.seen) for one in found.findings] == [
        (1, "session.updated came, and no session.update waited for it")
    ]


def test_a_script_that_took_it_for_an_answer_has_run_ahead() -> None:
    """Recordings of scripts that did: every answer is one slot late, and none of them is taken for its request's."""
    wire = talk(updated("?"), update("a"), update("b"), updated("a"), update("c"), updated("b"), updated("c"))
    for label in "abc":
        with pytest.raises(Inconclusive, match=r"session.updated came once more .* \(frame 1\)"):
            wire.replies(label)
    assert verdict("GEN-065", wire).verdict == "skipped"


def test_an_answer_too_many_leaves_all_of_its_kind_in_doubt_before_it_and_after() -> None:
    wire = talk(update("a"), updated("a"), updated("a"), update("b"), updated("b"), CLEAR, CLEARED)
    for label in "ab":
        with pytest.raises(Inconclusive, match="frame 3"):
            wire.replies(label)
    assert wire.answers_to("input_audio_buffer.clear") == ["input_audio_buffer.cleared"]
    assert "answered 2 times" in verdict("GEN-011", wire).detail


def test_a_copy_that_comes_when_the_next_request_is_out_is_not_taken_for_its_answer() -> None:
    """Each update is confirmed twice, the second time late, and the client leaves before the last copy comes."""
    wire = talk(update("a"), updated("a"), updated("a"), update("b"), updated("b"), update("c"), updated("b"))
    with pytest.raises(Inconclusive):
        wire.replies("c")
    assert verdict("GEN-065", wire).verdict == "skipped"
    other = c("session.update", session={"modalities": ["text"]})
    lines = [update("a"), updated("a"), update("no"), refused(), other, updated("no")]
    assert verdict("GEN-022", talk(*lines)).verdict == "fail"
    assert verdict("GEN-022", talk(*lines[:2], updated("a"), *lines[2:])).verdict == "skipped"


@pytest.mark.parametrize("kind", ["session.updated", "input_audio_buffer.cleared"])
def test_only_what_never_comes_by_itself_is_too_many(kind: str) -> None:
    assert talk(s(kind)).settled.surplus == [1]
    assert talk(s("input_audio_buffer.committed"), s("conversation.item.created")).settled.surplus == []


@pytest.mark.parametrize("stranger", [c("Session.Update", session={}), Line("client", "text", " {bad")])
def test_what_a_stranger_drew_is_not_too_many(stranger: Line) -> None:
    assert talk(stranger, updated()).settled.surplus == []


def test_what_is_in_doubt_is_still_judged_by_name() -> None:
    """One update is answered by an error that names it and then by `session.updated`."""
    wire = talk(update("a"), refused("a"), updated("a"), update("b"), updated("b"))
    assert wire.answers_to("a") == ["error"]
    assert shown(wire, "b") == "b"
    assert "error, session.updated" in verdict("GEN-011", wire).detail


def test_a_refusal_is_not_booked_on_the_next_value() -> None:
    """The same where the next update was sent before the surplus came."""
    wire = talk(update("a"), refused("a"), update("b"), updated("a"), updated("b"))
    assert wire.answers_to("a") == ["error"]
    with pytest.raises(Inconclusive):
        wire.replies("b")


def test_an_error_that_names_its_request_is_not_unprovoked() -> None:
    asked = [c("session.update", event_id="a", session={"modalities": ["text"]})]
    assert verdict("GEN-020", talk(asked, refused("a"))).verdict != "fail"
    assert verdict("GEN-020", talk(asked, refused("b"))).verdict == "fail"


def test_late_news_of_an_item_is_no_answer_to_a_create() -> None:
    lines: list[Any] = [
        *message(),
        c("response.create", label="first"),
        s("conversation.item.done", item={}),
        refused(),
    ]
    from conformance.cases.test_08_responses import answers  # pytest collects what a module names

    assert answers(talk(*lines), "first") == ["error"]
