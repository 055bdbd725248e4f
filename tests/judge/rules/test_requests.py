"""The requests of a connection and what became of each."""

from support.talks import c, s, talk

CLEAR, CLEARED = "C input_audio_buffer.clear", "S input_audio_buffer.cleared"
UPDATE = c("session.update", session={})


def test_an_error_belongs_to_the_request_it_names():
    first, second = talk(
        c("session.update", event_id="a", session={}),
        c("input_audio_buffer.clear", event_id="b"),
        s("error", error={"message": "no", "event_id": "a"}),
    ).requests
    assert first.errors
    assert second.open


def test_a_request_that_a_later_one_overtook():
    first, second = talk(UPDATE, CLEAR, CLEARED).requests
    assert first.open
    assert first.passed_over
    assert second.answers


def test_of_two_alike_the_second_contends_for_the_only_answer():
    first, second = talk(CLEAR, CLEAR, CLEARED).requests
    assert first.answers
    assert second.open
    assert list(second.contenders.values()) == [first]


def test_it_contends_through_others_too_and_an_error_leaves_none_of_them_open():
    *_, last = talk(CLEAR, CLEAR, CLEAR, CLEARED, CLEARED, s("error", error={"message": "no"})).requests
    assert len(last.contenders) == 2
    assert not last.open


def test_alone_is_what_nothing_else_waited_beside():
    first, second, third = talk(UPDATE, CLEAR, s("session.updated", session={}), CLEARED, CLEAR, CLEARED).requests
    assert [first.alone, second.alone, third.alone] == [False, False, True]


def test_it_is_unanswered_until_what_is_surely_its_own_answer():
    first, second = talk(UPDATE, CLEAR, s("error", error={"message": "no"}), CLEARED).requests
    assert first.unanswered_at(9)
    assert second.unanswered_at(4)
    assert not second.unanswered_at(5)


def test_hundreds_sent_at_once_are_told_apart():
    found = talk([c("input_audio_buffer.clear")] * 300, [s("input_audio_buffer.cleared")] * 300).requests
    assert all(request.answers for request in found)
