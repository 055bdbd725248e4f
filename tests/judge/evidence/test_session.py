"""The session as rules see it: who decides the turns, what runs, how much audio went in, how loud it was."""

from dataclasses import replace

import pytest

from support.talks import SESSION, audio, audio_reply, c, manual, message, s, speech, talk, text_reply


def last(*lines):
    return talk(*lines).moments[-1]


def test_voice_detection_is_on_by_default():
    assert last().turns == "vad"


def test_null_switches_to_manual_turns_with_and_without_the_key_in_the_echo():
    assert last(manual()).turns == "manual"
    echo = s("session.updated", session={**SESSION, "turn_detection": None})
    assert last(c("session.update", session={"turn_detection": None}), echo).turns == "manual"


def test_an_update_that_names_something_else_keeps_the_turns():
    without = {key: value for key, value in SESSION.items() if key != "turn_detection"}
    lines = [c("session.update", session={"instructions": "Sing."}), s("session.updated", session=without)]
    assert last(manual(), lines).turns == "manual"
    assert last(lines).turns == "vad"


def test_a_pending_or_refused_update():
    update = c("session.update", session={"turn_detection": None})
    assert last(update).turns == "unsure"
    assert last(update, s("error", error={"message": "no"})).turns == "vad"


def test_audio_is_counted_in_ms():
    now = last(audio(500), audio(300, loud=False))
    assert (now.audio_ms, now.quiet_ms, now.speech_ms, now.buffered) == (800, 300, 500, True)
    nested = c("session.update", session={"audio": {"input": {"format": {"type": "pcm", "sample_rate": 8000}}}})
    assert last(nested, audio(500)).audio_ms is None


def test_loud_audio_is_speech_by_its_label_only():
    assert last(audio(500, label="tone")).speech_ms == 0


def test_a_response_runs_until_it_is_done_or_cut():
    assert last(message(), "C response.create", text_reply()[:3]).active == {"resp_1"}
    assert not last(message(), "C response.create", text_reply()).active
    assert not last(message(), "C response.create", text_reply()[:3], "C response.cancel", text_reply()[3:-1]).active
    assert not last(audio(100), speech(), audio_reply()[:6], speech("b")[:1], audio_reply()[6:-1]).active


def test_a_doubt_which_update_was_refused_ends_when_none_of_them_waits():
    update, no = c("session.update", session={}), s("error", error={"message": "no"})
    shown, named = s("session.updated"), c("session.update", session={"input_audio_transcription": {"model": "m"}})
    assert last(update, update, no, shown, shown, named, shown).transcribes
    assert not last(update, named, no, shown, shown).transcribes  # either may be the one that was refused


def test_loud_audio_without_a_label_is_no_speech_that_has_to_be_heard():
    loud = [replace(line, label=None) for line in audio(100)]
    assert (last(loud).audio_ms, last(loud).speech_ms) == (100, 0)


def test_whoever_speaks_is_known_by_the_item_until_it_ends():
    spoken = speech("item_1")
    assert [last(spoken[:number]).speaking for number in range(4)] == [None, "item_1", None, None]
    assert last(spoken[0], spoken[2]).speaking is None
    assert [last(spoken[:number]).items for number in range(5)] == [0, 0, 0, 1, 2]


NO = s("error", error={"message": "no"})
CUT = text_reply()[:3]
ITEM_DONE = [line for line in text_reply() if '"response.output_item.done"' in line.payload]


@pytest.mark.parametrize(
    ("lines", "active"),
    [
        ([CUT, ITEM_DONE], {"resp_1"}),  # an item is over, and not the response
        ([CUT, "C response.cancel", ITEM_DONE], set()),
        ([CUT, "C session.update", ITEM_DONE], {"resp_1"}),
        ([CUT, speech()[:1], ITEM_DONE], set()),
        ([CUT, speech()[1:2], ITEM_DONE], {"resp_1"}),
        (["C response.cancel", CUT, ITEM_DONE], {"resp_1"}),  # it was cancelled before it was created
        ([CUT, s("response.created", response={"id": "resp_2"})], {"resp_2"}),
        ([CUT, s("response.created", response={"id": 7})], {"resp_1"}),
        ([CUT, s("response.done", response={"id": "resp_2"})], {"resp_1"}),
        ([CUT, s("response.done", response_id="resp_1")], set()),
        ([CUT, c("response.done", response={"id": "resp_1"})], {"resp_1"}),
    ],
)
def test_what_runs(lines, active):
    assert last(*lines).active == active


@pytest.mark.parametrize(
    ("lines", "turns"),
    [
        ([{"turn_detection": None}], "unsure"),
        ([{"turn_detection": None}, NO], "vad"),
        ([{"instructions": "x"}, NO], "vad"),
        ([{"turn_detection": None}, {"instructions": "x"}, NO], "unsure"),  # either may be refused
        ([{"turn_detection": {"type": "semantic_vad"}}, "shown"], "semantic"),
        ([{"turn_detection": {"type": "server_vad"}}, "shown"], "vad"),
        ([{"turn_detection": {}}, "shown"], "vad"),
        ([{"turn_detection": {"type": "another"}}, "shown"], "unsure"),
        ([{"turn_detection": {"type": None}}, "shown"], "manual"),
        ([7, "shown"], "vad"),
    ],
)
def test_who_decides_the_turns(lines, turns):
    told = []
    for line in lines:
        if isinstance(line, dict | int):
            told.append(c("session.update", session=line))
        else:
            told.append(s("session.updated") if line == "shown" else line)
    assert last(*told).turns == turns


def test_an_echo_has_the_last_word():
    asked = c("session.update", session={"turn_detection": {"type": "server_vad"}})
    assert last(asked, s("session.updated", session={"turn_detection": None})).turns == "manual"
    assert last(asked, s("session.updated", session={"turn_detection": 7})).turns == "manual"
    assert last(asked, s("session.updated", session=7)).turns == "vad"


def test_transcription_is_on_until_an_update_without_it_is_confirmed():
    off, shown = c("session.update", session={"input_audio_transcription": None}), s("session.updated")
    assert last(off).transcribes
    assert not last(off, shown).transcribes
    assert last(off, NO).transcribes
    assert last(off, shown, c("session.update", session={"input_audio_transcription": {}}), shown).transcribes
    assert not last(off, shown, c("session.update", session={}), shown).transcribes


def test_what_a_commit_and_a_clear_leave_behind():
    for kind in ("commit", "clear"):
        now = last(audio(300), f"C input_audio_buffer.{kind}")
        assert (now.buffered, now.buffer_ms, now.speech_ms, now.audio_ms) == (False, 0, 0, 300)
    now = last(audio(300), "C response.create")
    assert (now.buffered, now.buffer_ms, now.speech_ms, now.audio_ms) == (True, 300, 300, 300)


def test_the_end_of_speech_begins_the_count_anew():
    assert last(audio(300), speech()[:2]).speech_ms == 0
    assert last(audio(300), speech()[:1]).speech_ms == 300


def test_audio_that_can_not_be_read_ends_the_count():
    now = last(audio(100), c("input_audio_buffer.append", audio="?"), audio(100))
    assert (now.audio_ms, now.buffered) == (None, True)


def test_items_are_counted_as_they_are_shown():
    assert last(message()[1:]).items == 1
    assert last(s("conversation.item.created"), s("conversation.item.created")).items == 2
