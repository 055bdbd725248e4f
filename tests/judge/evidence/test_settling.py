"""Which frames of the client an answer may belong to."""

import pytest

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


def test_an_item_of_speech_or_of_the_model_acknowledges_no_typed_message():
    typed, shown = message()
    meant, left, _ = settled(typed, speech()[-1], text_reply(), shown)
    assert meant == [("conversation.item.created", [1])]
    assert left == []
