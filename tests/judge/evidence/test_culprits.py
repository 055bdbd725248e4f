"""Which clause answers for it when a script waited in vain, and whether that is a breach: both sides of each branch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.judge.evidence.missing import culprit, is_clear_speech, silence_needed, switches_detection
from conformance.judge.evidence.session import Moment
from conformance.wire.transcript import Ending
from support.talks import (
    SESSION,
    TRANSCRIPTION,
    audio,
    audio_reply,
    c,
    greeting_update,
    heard,
    manual,
    message,
    s,
    speech,
    talk,
    text_reply,
)

NO = s("error", error={"message": "no"})
DONE, FINISHED = "response.done", "session.finished"
COMPLETED, FAILED = TRANSCRIPTION + "completed", TRANSCRIPTION + "failed"
COMMIT, CLEAR = "C input_audio_buffer.commit", "C input_audio_buffer.clear"
CREATE = "C response.create"
SEMANTIC = greeting_update(turn_detection={"type": "semantic_vad"})
TOLD = [*audio(2500, packet_ms=500), *audio(2500, loud=False, packet_ms=500)]
TURN = [*TOLD, *speech()]
RUNNING = text_reply()[:-1]
VAD = s("session.updated", session=SESSION)


@pytest.mark.parametrize(
    ("lines", "stop", "clause", "breach"),
    [
        # a request without an answer comes first of all
        ([c("session.update", session={})], "response.done", "GEN-011", True),
        ([COMMIT], "input_audio_buffer.committed", "GEN-012", False),
        ([manual(), COMMIT], "input_audio_buffer.committed", "GEN-012", True),
        ([manual(), COMMIT, CLEAR], "input_audio_buffer.committed", "GEN-012", True),
        # the last request was refused, and its answer is what was waited for
        ([CLEAR, NO], "input_audio_buffer.cleared", "GEN-013", False),
        ([CLEAR, NO], "session.updated", "GEN-011", False),
        ([CLEAR, NO, c("session.update", session={}), VAD], "input_audio_buffer.cleared", "GEN-013", False),
        ([CLEAR, "S input_audio_buffer.cleared"], "input_audio_buffer.cleared", "GEN-013", False),
        ([manual(), COMMIT, NO], DONE, "GEN-024", False),
        # a response that runs
        ([message(), CREATE, RUNNING], DONE, "GEN-024", True),
        ([message(), CREATE, RUNNING], FINISHED, "GEN-024", True),
        ([message(), CREATE, RUNNING], "error session.updated", "GEN-024", True),
        ([message(), CREATE, RUNNING], "session.updated", "GEN-011", False),
        ([message(), CREATE, text_reply()], "response.text.done", "GEN-031", False),
        ([message(), CREATE, RUNNING, "C response.cancel"], DONE, "GEN-024", False),
        ([message(), CREATE, text_reply(), CREATE, text_reply("resp_2", "item_3")[:-1]], DONE, "GEN-024", True),
        ([message(), CREATE, RUNNING, CREATE, text_reply("resp_2", "item_3")], DONE, "GEN-024", False),
        ([text_reply()[1:-1]], DONE, "GEN-024", False),  # nothing says that it was created
        # a turn of voice detection, as far as it got
        ([audio(2000)], "input_audio_buffer.speech_started", "GEN-049", True),
        ([audio(1900)], "input_audio_buffer.speech_started", "GEN-049", False),
        ([audio(2000)], DONE, "GEN-049", True),
        ([audio(2000)], COMPLETED, "GEN-049", True),
        ([audio(2000)], "conversation.item.created", "GEN-049", True),
        ([audio(2000)], "session.updated", "GEN-011", False),
        ([audio(2000)], "session.updated input_audio_buffer.committed", "GEN-049", True),
        ([manual(), audio(2000)], "input_audio_buffer.speech_started", "GEN-049", False),
        ([], "input_audio_buffer.speech_started", "GEN-049", False),
        ([SEMANTIC, audio(2000)], "input_audio_buffer.committed", "GEN-012", False),
        ([SEMANTIC, TURN], DONE, "GEN-024", False),
        ([TOLD, speech()[:1]], DONE, "GEN-050", True),
        ([TOLD[:-1], speech()[:1]], DONE, "GEN-050", True),
        ([TOLD[:-2], speech()[:1]], DONE, "GEN-050", False),  # 1.5 s of silence
        ([TOLD, speech()[:1], c("session.update", session={"audio": {}}), VAD], DONE, "GEN-050", False),
        ([TOLD, speech()[:1], CLEAR, "S input_audio_buffer.cleared"], DONE, "GEN-050", False),
        ([CLEAR, "S input_audio_buffer.cleared", TOLD, speech()[:1]], DONE, "GEN-050", True),
        ([TOLD, speech()[:1], greeting_update(turn_detection={"type": "server_vad"})], DONE, "GEN-050", False),
        ([TOLD, speech()[:1], greeting_update(modalities=["text"])], DONE, "GEN-050", True),
        ([TOLD, speech()[:2]], DONE, "GEN-012", True),
        ([TOLD, speech()[:2], CLEAR, "S input_audio_buffer.cleared"], DONE, "GEN-012", False),
        # a committed turn: shown, replied to, transcribed
        ([TOLD, speech()[:3]], DONE, "GEN-014", True),
        ([TOLD, speech()[:3]], "conversation.item.created", "GEN-014", True),
        ([TOLD, speech()[:3]], COMPLETED, "GEN-054", True),
        ([TOLD, speech()[:3], speech("another")[3:]], DONE, "GEN-014", True),
        ([TURN], DONE, "GEN-015", True),
        ([TURN], f"session.updated {DONE}", "GEN-015", True),
        ([TURN], COMPLETED, "GEN-054", True),
        ([TURN], f"{COMPLETED} session.updated", "GEN-054", True),
        ([TURN], FAILED, "GEN-054", True),
        ([TURN, heard()], COMPLETED, "GEN-049", False),
        ([TURN, heard("another")], COMPLETED, "GEN-054", True),
        ([TURN, s(FAILED, item_id="item_speech", content_index=0, error={})], COMPLETED, "GEN-049", False),
        ([TURN, heard()], DONE, "GEN-015", True),
        ([TURN, audio_reply()], DONE, "GEN-049", False),
        ([TURN, audio_reply()], COMPLETED, "GEN-054", True),
        ([audio_reply(), TURN], DONE, "GEN-015", True),  # that reply came before
        ([greeting_update(input_audio_transcription=None), TURN], COMPLETED, "GEN-054", False),
        ([greeting_update(input_audio_transcription=None), TURN], DONE, "GEN-015", False),
        ([greeting_update(turn_detection={"type": "server_vad", "create_response": False}), TURN], DONE, "GEN-015",
         False),
        ([TURN, audio_reply(), audio(2000)], "input_audio_buffer.speech_started", "GEN-049", True),
        # nothing shows that it had to come
        ([], "session.updated", "GEN-011", False),
        ([], f"error {FINISHED}", "GEN-017", False),
    ],
)  # fmt: skip
def test_who_answers_for_it(lines: list[Any], stop: str, clause: str, breach: bool) -> None:
    flat = [line for one in lines for line in (one if isinstance(one, list) else [one])]
    found = culprit(talk(*flat, stop=stop))
    assert found is not None
    assert (found.clause, found.breach) == (clause, breach), found.says


def test_an_error_alone_is_a_matter_of_its_own_clause() -> None:
    found = culprit(talk(c("session.update", session={}), stop="error"))
    assert found is not None
    assert (found.clause, found.breach) == ("GEN-018", False)


@pytest.mark.parametrize("stop", [None, "nothing.that.is.known"])
def test_where_nothing_of_ours_was_waited_for_nobody_answers(stop: str | None) -> None:
    assert culprit(talk(stop=stop)) is None


def test_a_connection_that_was_lost_answers_for_all() -> None:
    gone = Ending(first="server", tcp="rst")
    found = culprit(talk("C session.update", stop=DONE, why="the connection ended", ending=gone))
    assert found is not None
    assert (found.clause, found.breach) == ("GEN-001", False)


@pytest.mark.parametrize(("refused", "clause"), [(2, "GEN-013"), (1, "GEN-024"), (99, "GEN-024"), (None, "GEN-024")])
def test_a_wait_that_a_refusal_ended_is_that_request_s(refused: int | None, clause: str) -> None:
    wire = talk(CLEAR, NO, stop=DONE)
    assert wire.transcript.stop is not None
    wire.transcript.stop = replace(wire.transcript.stop, refused=refused)
    found = culprit(wire)
    assert found is not None
    assert (found.clause, found.breach) == (clause, False)
    assert found.frame == (wire.frames[2] if refused == 2 else None)


@pytest.mark.parametrize(
    ("asked", "needed"),
    [({}, 2000.0), ({"silence_duration_ms": 800}, 2000.0), ({"silence_duration_ms": 801}, 2001.0),
     ({"silence_duration_ms": 6000}, 7200.0), ({"silence_duration_ms": "x"}, 7200.0)],
)  # fmt: skip
def test_how_much_silence_surely_ends_speech(asked: dict[str, Any], needed: float) -> None:
    assert silence_needed(Moment(detection=asked)) == needed


@pytest.mark.parametrize(
    ("line", "switches"),
    [
        (c("session.update", session={"turn_detection": None}), True),
        (c("session.update", session={}), False),
        (c("session.update", session=7), False),
        (c("session.other", session={"turn_detection": None}), False),
        (s("session.update", session={"turn_detection": None}), False),
        ("C binary x", False),
    ],
)
def test_what_sets_the_detection_anew(line: Any, switches: bool) -> None:
    assert switches_detection(talk(line).frames[1]) is switches


@pytest.mark.parametrize(
    ("lines", "clear"),
    [
        ([audio(2000)], True),
        ([audio(1900)], False),
        ([s("session.updated", session={"turn_detection": {"type": "server_vad"}}), audio(2000)], True),
        ([c("session.update", session={"turn_detection": {"type": "server_vad", "threshold": None}}), VAD,
          audio(2000)], True),
        ([c("session.update", session={"turn_detection": {"type": "server_vad", "threshold": 0.6}}), VAD,
          audio(2000)], False),
        ([c("session.update", session=7), VAD, audio(2000)], True),
        ([manual(), audio(100), CLEAR, "S input_audio_buffer.cleared",
          greeting_update(turn_detection={"type": "server_vad"}), audio(2000)], False),
        ([SEMANTIC, audio(2000)], False),
    ],
)  # fmt: skip
def test_what_voice_detection_surely_hears(lines: list[Any], clear: bool) -> None:
    flat = [line for one in lines for line in (one if isinstance(one, list) else [one])]
    wire = talk(*flat)
    assert is_clear_speech(wire, len(wire.frames)) is clear


def test_what_is_asked_for_afterwards_does_not_count() -> None:
    wire = talk(audio(2000), c("session.update", session={"turn_detection": {"type": "server_vad", "threshold": 0.6}}))
    update = next(frame.index for frame in wire.frames if frame.type == "session.update")
    assert is_clear_speech(wire, update)
