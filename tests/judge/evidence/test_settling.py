"""Which frames of the client an answer may belong to."""

import pytest

from conformance.judge.evidence.settling import made_by_client
from support.talks import audio, c, message, response, s, speech, talk, text_reply, waited

CLEAR, CLEARED = "C input_audio_buffer.clear", "S input_audio_buffer.cleared"
COMMIT = "C input_audio_buffer.commit"
UPDATE = c("session.update", session={})
NO = s("error", error={"message": "no"})


def settled(*lines):
    """Answer type → the frames it may belong to, as their indexes, in order; and what waits at the end."""
    wire = talk(*lines)
    frames, found = wire.frames, wire.settled
    meant = [(frames[index].type, [sent.index for sent in sent]) for index, sent in sorted(found.meant.items())]
    return meant, [frame.index for frame in found.left if frame.opcode != "close"], sorted(found.crowded)


def test_an_acknowledgement_goes_to_the_oldest_of_its_kind():
    meant, left, crowded = settled(CLEAR, CLEAR, CLEARED, CLEARED)
    assert meant == [("input_audio_buffer.cleared", [1, 2]), ("input_audio_buffer.cleared", [2])]
    assert left == []
    assert crowded == [1, 2]


def test_a_single_request_is_not_crowded_and_is_refused_by_the_error():
    meant, left, crowded = settled(CLEAR, NO)
    assert meant == [("error", [1])]
    assert left == crowded == []


def test_an_error_that_names_nothing_may_be_meant_for_all_that_wait():
    meant, left, _ = settled(UPDATE, CLEAR, NO)
    assert meant == [("error", [1, 2])]
    assert left == [1, 2]


def test_an_error_that_names_its_event_is_meant_for_that_one():
    named = c("session.update", event_id="mine", session={})
    meant, left, _ = settled(named, CLEAR, s("error", error={"message": "no", "event_id": "mine"}))
    assert meant == [("error", [1])]
    assert left == [2]


def test_an_error_that_names_an_event_nobody_sent_may_be_meant_for_all():
    assert settled(UPDATE, CLEAR, s("error", error={"message": "no", "event_id": "?"}))[0] == [("error", [1, 2])]


def test_an_error_without_anything_that_waits_is_about_the_last_frame():
    assert settled(CLEAR, CLEARED, NO)[0][-1] == ("error", [1])


def test_a_request_with_an_acknowledgement_to_come_stays_when_a_later_one_is_answered():
    assert settled(UPDATE, CLEAR, CLEARED)[1] == [1]


def test_what_has_no_acknowledgement_waits_no_longer_once_a_later_frame_is_answered():
    assert settled("C nonsense", CLEAR, CLEARED, NO)[0][-1] == ("error", [2])


def test_a_wait_that_ran_out_ends_what_has_no_acknowledgement():
    assert settled("C nonsense", waited(CLEAR), NO)[0] == [("error", [2])]


@pytest.mark.parametrize(("ms", "refused"), [(100, [[2, 1]]), (0, [[1, 2]])])
def test_sound_audio_is_less_likely_to_draw_an_error_than_what_waits(ms, refused):
    lines = audio(ms) or [c("input_audio_buffer.append", audio="")]
    assert [sent for _, sent in settled(*lines, CLEAR, NO)[0]] == refused


def test_what_voice_detection_commits_may_be_its_own_doing_and_leaves_the_request_waiting():
    meant, left, _ = settled(audio(100), speech()[:2], COMMIT, speech()[2:3])
    assert meant == [("input_audio_buffer.committed", [4])]
    assert left == [4]


def test_the_answer_to_speech_may_be_what_a_request_drew():
    meant, left, _ = settled(audio(100), speech(), "C response.create", s("response.created", response=response()))
    assert meant[-1] == ("response.created", [6])
    assert left == [6]


def test_a_turn_has_one_reply_of_voice_detection_and_the_next_one_is_of_a_request():
    first = s("response.created", response=response("resp_0"))
    meant, left, _ = settled(
        audio(100), speech(), first, "C response.create", s("response.created", response=response())
    )
    assert meant == [("response.created", [7])]
    assert left == []


def test_an_item_of_speech_or_of_the_model_acknowledges_no_typed_message():
    typed, shown = message()
    meant, left, _ = settled(typed, speech()[-1], text_reply(), shown)
    assert meant == [("conversation.item.created", [1])]
    assert left == []


SHOWN = s("session.updated")
LONG = "AAAA" * 4


def test_a_frame_of_any_kind_with_sound_audio_is_still_a_request():
    assert settled(c("session.update", session={}, audio=LONG), SHOWN) == ([("session.updated", [1])], [], [])


def test_an_error_by_name_says_nothing_of_another_error():
    named = c("session.update", event_id="mine", session={})
    wire = talk(named, CLEAR, NO, s("error", error={"event_id": "mine"}))
    assert wire.settled.owner == {4: 1}
    assert wire.settled.named == {4}


def test_whoever_was_answered_is_not_the_one_that_was_refused():
    wire = talk(UPDATE, CLEAR, NO, CLEARED)
    assert wire.settled.owner == {3: 1, 4: 2}
    assert wire.settled.of(1) == [3]
    assert wire.settled.of(9) == []


@pytest.mark.parametrize("item", [[], {}, 7])
def test_an_item_that_is_no_name_is_nobodys_speech(item):
    lines = [s(f"input_audio_buffer.{kind}", item_id=item) for kind in ("speech_started", "committed")]
    assert settled(COMMIT, lines) == ([("input_audio_buffer.committed", [1])], [], [])


@pytest.mark.parametrize(
    ("item", "made"),
    [
        ({"type": "message"}, True),
        ({"type": "message", "content": ["x"]}, True),
        ({"type": "message", "content": [{"type": "input_text"}]}, True),
        ({"type": "message", "content": [{"type": "input_text"}, {"type": "input_audio"}]}, False),
        ({"type": "message", "role": "assistant", "status": "in_progress"}, False),
        ({"type": "message", "role": "assistant", "status": "completed"}, True),
        ({"type": "message", "role": "user", "status": "in_progress"}, True),
        ({"type": "function_call_output", "role": "assistant", "status": "in_progress"}, True),
        ({"type": "mcp_approval_response"}, True),
        ({"type": "function_call"}, False),
        ({}, False),
    ],
)
def test_which_items_a_client_makes(item, made):
    assert made_by_client(item) is made


@pytest.mark.parametrize(
    ("lines", "surplus", "unasked", "beyond", "doubted"),
    [
        ([UPDATE, SHOWN], [], set(), [], {}),
        ([SHOWN, UPDATE, SHOWN], [1], {1}, [1], {}),
        ([UPDATE, SHOWN, SHOWN], [3], set(), [3], {1: 3}),
        # After it the next of its kind: what answers it may be a copy of what answered the one before.
        ([UPDATE, SHOWN, SHOWN, UPDATE, SHOWN], [3], set(), [3], {1: 3, 4: 3}),
        ([UPDATE, SHOWN, SHOWN, UPDATE, SHOWN, SHOWN, UPDATE], [3, 6], set(), [3, 6], {1: 6, 4: 6, 7: 3}),
        # Not after one that was unasked: no copy of it is to come.
        ([SHOWN, UPDATE, SHOWN, UPDATE, SHOWN], [1], {1}, [1], {}),
        # Two that wait at once after a surplus: a script that took it for an answer has run ahead.
        ([UPDATE, SHOWN, SHOWN, UPDATE, CLEAR, SHOWN, CLEARED], [3], set(), [3], {1: 3, 4: 3, 5: 3}),
        ([SHOWN, UPDATE, CLEAR, SHOWN, CLEARED], [1], {1}, [1], {2: 1, 3: 1}),
        # Of another kind, alone: its answer is in no doubt.
        ([UPDATE, SHOWN, SHOWN, CLEAR, CLEARED], [3], set(), [3], {1: 3}),
        # A refusal makes room: what comes then is no more than was asked for.
        ([UPDATE, NO, SHOWN], [3], set(), [], {1: 3}),
        ([UPDATE, NO, SHOWN, UPDATE, SHOWN], [3], set(), [], {1: 3}),
        # What nobody knows may be what is acknowledged.
        (["C nonsense", SHOWN], [], set(), [], {}),
    ],
)
def test_what_came_once_more_than_it_was_waited_for(lines, surplus, unasked, beyond, doubted):
    found = talk(*lines).settled
    assert (found.surplus, found.unasked, found.beyond, found.doubted) == (surplus, unasked, beyond, doubted)


def test_a_request_is_unanswered_from_when_it_was_sent_to_its_answer():
    (request,) = talk("C text [1]", UPDATE, "S text [1]", SHOWN, "S text [1]").requests
    assert [request.unanswered_at(index) for index in range(6)] == [False, False, False, True, True, False]
    first, second = talk(UPDATE, CLEAR, NO, CLEARED, "S text [1]").requests
    assert first.unanswered_at(5)  # it did not wait alone: the error may be anybody's
    assert not second.unanswered_at(5)
