"""What a check sees of a conversation, where it looked last, and what is not there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.judge.place import view
from conformance.judge.verdicts import Blocked, Contrary, Inconclusive, NotHeld
from conformance.judge.view import Views, Wire
from conformance.wire.transcript import INTERRUPTED, Ending, Leg, Stop, Transcript
from support.talks import c, heard, message, s, talk, text_reply

UPDATE = c("session.update", label="first", session={})
SHOWN = s("session.updated", session={"voice": "Tina", "tools": [{"name": "f"}]})
NO = s("error", error={"message": "no"})


def two() -> Wire:
    """A conversation of two connections; the second one has one error more."""
    wire = talk(UPDATE, SHOWN)
    wire.transcript.legs.append(talk(NO).transcript.legs[0])
    return Wire(wire.transcript, wire.profile)


def test_the_decisive_frame_is_the_last_that_the_values_are_of() -> None:
    wire = talk(UPDATE, SHOWN, NO)
    session = wire.the("session.updated")["session"]
    assert wire.decisive([wire.frames[1]]) == (0, 1)
    assert wire.decisive([session]) == (0, 2)
    assert wire.decisive([session["tools"]]) == (0, 2)
    assert wire.decisive([session["tools"][0]]) == (0, 2)
    assert wire.decisive([wire.frames[3], session]) == (0, 3)
    assert wire.decisive([two().frames[0], 7, "x"]) == (0, 2)  # none of ours: where it looked last


def test_a_copy_of_a_part_decides_nothing() -> None:
    wire = talk(UPDATE, SHOWN, NO)
    copy = dict(wire.frames[2].event["session"])
    assert wire.decisive([copy]) == (0, None)
    wire.has("error")
    assert wire.decisive([copy]) == (0, 3)
    assert wire.decisive([]) == (0, 3)


def test_a_part_is_looked_for_three_steps_deep() -> None:
    deep = {"a": {"b": {"c": {"d": {}}}}}
    wire = talk(s("x", part=deep))
    part = wire.frames[1].event["part"]
    for name in ("a", "b"):
        assert wire.decisive([part]) == (0, 1)
        part = part[name]
    assert wire.decisive([part["c"]]) == (0, None)


def test_what_stands_on_another_connection_decides_there() -> None:
    wire = two()
    error = wire.leg(1).the("error")
    wire.the("session.updated")
    assert wire.decisive([error]) == (1, 1)
    assert wire.decisive([]) == (0, 2)
    assert wire.leg(1) is wire.leg(1)
    assert wire.leg(0) is wire
    with pytest.raises(Blocked, match="connection 3"):
        wire.leg(2)


def test_without_a_connection_there_is_nothing_to_see() -> None:
    wire = talk()
    with pytest.raises(Blocked, match="connection"):
        Wire(replace(wire.transcript, legs=[]), wire.profile).connection  # noqa: B018  # it is a property


@pytest.mark.parametrize(
    ("members", "problem", "words"),
    [
        ({"trouble": "HTTP 503"}, Inconclusive, "infrastructure: HTTP 503"),
        ({"stop": Stop(0, (), 0.0, INTERRUPTED)}, NotHeld, "interrupted"),
        (
            {"legs": [Leg("wss://x", ending=Ending(broken_off="more than 9 x"))]},
            Inconclusive,
            "broken off: more than 9 x",
        ),
    ],
)
def test_what_met_trouble_is_not_looked_at(members: dict[str, Any], problem: type[Exception], words: str) -> None:
    wire = talk()
    with pytest.raises(problem, match=words):
        Wire(replace(wire.transcript, **members), wire.profile)


def test_a_frame_is_found_by_its_label_before_its_type() -> None:
    second = c("session.update", session={})
    wire = talk(UPDATE, SHOWN, second, SHOWN, c("first", label="other"))
    assert wire.sent("first").index == 1
    assert wire.sent("session.update").index == 3  # that without a label
    assert wire.sent("other").type == "first"
    assert talk(UPDATE).sent("session.update").index == 1
    with pytest.raises(Blocked, match="the moment to send 'none'"):
        wire.sent("none")
    with pytest.raises(Blocked, match="the moment to send 'first'"):
        wire.sent("first", 1)
    with pytest.raises(Blocked, match=r"session\.created"):
        talk(greeting=False).the("session.created")
    with pytest.raises(Blocked, match="error number 2"):
        talk(NO).the("error", 1)


def test_an_acknowledgement_before_there_was_anything_to_acknowledge_is_none() -> None:
    early = s("session.updated", session={"voice": "early"})
    wire = talk(early, UPDATE, SHOWN)
    assert wire.the("session.updated")["session"]["voice"] == "Tina"
    part = view(wire, wire.frames[1:2])
    assert part.the("session.updated")["session"]["voice"] == "early"  # the place is about it


@pytest.mark.parametrize(
    ("lines", "answers"),
    [
        ([UPDATE, SHOWN], ["session.updated"]),
        ([UPDATE], []),
        ([UPDATE, NO, s("x")], ["error", "x"]),
        ([UPDATE, heard(), SHOWN], ["session.updated"]),
        ([UPDATE, c("input_audio_buffer.append", audio="AAAA"), SHOWN], ["session.updated"]),
        ([UPDATE, c("input_audio_buffer.clear"), s("input_audio_buffer.cleared"), SHOWN], ["session.updated"]),
        ([UPDATE, SHOWN, c("input_audio_buffer.clear"), s("input_audio_buffer.cleared")], ["session.updated"]),
        ([UPDATE, SHOWN, "S close 1000"], ["session.updated"]),
    ],
)
def test_what_answers_a_frame(lines: list[Any], answers: list[str]) -> None:
    wire = talk(*lines)
    assert wire.answers_to("first") == answers
    for frame in wire.answering(wire.sent("first")):
        assert wire.is_answer_to(frame, [wire.sent("first")])


def test_which_of_two_answers_is_meant_is_not_guessed() -> None:
    wire = talk(UPDATE, SHOWN, SHOWN)
    with pytest.raises(Inconclusive, match=r"session.updated came once more .*frame 3.*which of them answers first"):
        wire.answers_to("first")
    named = c("session.update", label="first", session={}, event_id="mine")
    told = s("error", error={"event_id": "mine"})
    assert talk(named, told, s("session.updated"), c("session.update", session={}), SHOWN, SHOWN).answers_to(
        "first"
    ) == ["error"]


def test_an_error_is_taken_for_one_only_where_it_is_an_object() -> None:
    assert talk(UPDATE, NO).error_to("first") == {"message": "no"}
    with pytest.raises(AssertionError, match=r"first was answered by session.updated, not by error"):
        talk(UPDATE, SHOWN).error_to("first")
    with pytest.raises(AssertionError, match="`error` is 'no', not an object"):
        talk(UPDATE, s("error", error="no")).error_to("first")


def test_an_answer_of_another_is_none_of_ours() -> None:
    wire = talk(UPDATE, SHOWN, c("input_audio_buffer.clear"), s("input_audio_buffer.cleared"))
    mine, other = wire.frames[1], wire.frames[3]
    assert wire.is_answer_to(wire.frames[2], [mine])
    assert not wire.is_answer_to(wire.frames[2], [other])
    assert wire.is_answer_to(wire.frames[2], [other, mine])
    early = talk(SHOWN, UPDATE, SHOWN)
    assert not early.is_answer_to(early.frames[1], [early.frames[2]])


def test_a_part_of_a_conversation_names_the_places_of_the_whole() -> None:
    wire = talk(UPDATE, SHOWN, NO, NO)
    part = view(wire, wire.frames[3:5], asked=True)
    assert part.types == ["session.created", "session.updated", "error", "error"]
    assert [part.place_of(frame) for frame in part.frames] == [(0, 0), (0, 2), (0, None), (0, 3), (0, 4)]
    assert part.decisive([part.frames[-1]]) == (0, 4)


def test_a_part_is_as_veiled_as_the_whole_and_shows_no_end() -> None:
    wire = talk(UPDATE, SHOWN)
    veiled = Wire(replace(wire.transcript, gaps=("handshake", "times", "client")), wire.profile)
    assert view(veiled, veiled.frames[1:]).transcript.gaps == ("handshake", "close")
    assert view(veiled, veiled.frames[1:], ends=True).transcript.gaps == ("handshake",)
    cut = Wire(replace(wire.transcript, gaps=("close",)), wire.profile)
    assert view(cut, cut.frames[1:]).transcript.gaps == ("close",)


def test_what_rests_on_a_choice_of_the_model_says_so() -> None:
    wire = talk()
    with pytest.raises(Contrary, match="it sang"), wire.model_chose():
        raise AssertionError("it sang")


def test_what_comes_after_a_frame_is_of_the_server_alone() -> None:
    wire = talk(UPDATE, SHOWN, c("x"), NO)
    assert [frame.index for frame in wire.after(wire.frames[2])] == [4]
    assert wire.decisive([]) == (0, 2)


def test_a_response_that_never_came_blocks() -> None:
    wire = talk(message(), "C response.create", text_reply())
    assert wire.response().id == "resp_1"
    with pytest.raises(Blocked, match=r"response\.created"):
        wire.response(1)


@pytest.mark.parametrize(
    ("wire", "asked", "owner"),
    [
        (talk(UPDATE, stop="session.updated"), "session.updated", "GEN-011"),  # the link that is missing
        (talk(UPDATE), "session.updated", "GEN-011"),  # no link is: the event's owner
        (talk(UPDATE, stop="session.updated"), "response.done", "GEN-011"),
    ],
)
def test_somebody_answers_for_what_never_came(wire: Wire, asked: str, owner: str) -> None:
    with pytest.raises(Blocked) as problem:
        wire.the(asked)
    assert problem.value.owner == owner
    with pytest.raises(Blocked) as problem:
        wire.the(asked, owner="SES-002")
    assert problem.value.owner == "SES-002"


def test_views_of_one_conversation_share_what_was_folded_and_not_where_one_looked() -> None:
    transcript = talk(UPDATE, SHOWN).transcript
    views = Views({transcript.conversation: transcript}, talk().profile)
    first, second = views.of(transcript.conversation), views.of(transcript.conversation)
    first.the("session.updated")
    assert first is not second
    assert first.settled is second.settled
    assert second.decisive([]) == (0, None)
    assert list(first.run) == [transcript]
    other = Transcript("x", "", [Leg("wss://x")])
    assert list(first.among([other]).again().run) == [other]
