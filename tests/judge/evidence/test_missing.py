"""A script that waited in vain: one rule answers for it, and the rules of later events are blocked by that one."""

from dataclasses import replace

import pytest

from conformance.judge.evidence.missing import culprit
from conformance.judge.evidence.waiting import silent_stop
from conformance.spec.catalogue import owners
from conformance.wire.transcript import Ending
from support.rules import CHECKS, verdict
from support.talks import (
    TRANSCRIPTION,
    audio,
    audio_reply,
    c,
    greeting_update,
    heard,
    manual,
    message,
    preview,
    s,
    speech,
    talk,
    text_reply,
    tool_output,
    tool_reply,
)

OURS = {event: clause for event, clause in owners().items() if clause in CHECKS and event != "connection"}
LISTENED = [*audio(2500, packet_ms=500), *audio(2500, loud=False, packet_ms=500)]
TYPED = [
    *greeting_update(modalities=["text"]),
    *message(),
    c("response.create"),
    *text_reply(),
    *message("item_user_2"),
    c("response.create"),
    *tool_reply("resp_2"),
    *tool_output("call_1", "out_1"),
    c("response.create"),
    *text_reply("resp_3", "item_3"),
]
SPOKEN = [*LISTENED, *speech(), preview(), *audio_reply(), heard(), *LISTENED, *speech("b", 5000, 6000)]
PUSHED = [
    *manual(),
    *audio(1000),
    c("input_audio_buffer.commit"),
    s("input_audio_buffer.committed", item_id="item_a"),
    heard("item_a"),
    c("response.create"),
    *text_reply()[:5],
    c("response.cancel"),
    *text_reply()[5:-1],
    c("session.finish"),
    s("session.finished"),
]
GONE = Ending(first="server", tcp="rst")


def is_answered_for(event, wire):
    found = verdict(OURS[event], wire)
    if found.verdict == "blocked":
        assert found.owner in CHECKS, found
        found = verdict(found.owner, wire)
    return found.verdict in {"fail", "inconclusive"}


@pytest.mark.parametrize("event", sorted(OURS))
@pytest.mark.parametrize("lines", [TYPED, SPOKEN, PUSHED], ids=["typed", "spoken", "pushed"])
def test_whatever_is_missing_somebody_answers_for_it(lines, event):
    ways = ({"stop": event}, {"stop": f"error {event}"}, {"stop": event, "why": "the connection ended", "ending": GONE})
    # One way at each end, another one for each event: all together try every way at every third end.
    for turn, end in enumerate(range(0, len(lines), 3), sorted(OURS).index(event)):
        assert is_answered_for(event, talk(*lines[:end], **ways[turn % 3])), (end, ways[turn % 3])
    for way in ways:
        assert is_answered_for(event, talk(*lines, **way)), way


@pytest.mark.parametrize(
    ("wire", "clause"),
    [
        (talk(*TYPED[:1], stop="session.updated"), "GEN-011"),
        (talk(*TYPED[:5], stop="response.done"), "GEN-015"),
        (talk(*TYPED[:9], stop="response.text.done"), "GEN-024"),
        (talk(LISTENED, stop="response.done"), "GEN-049"),
        (talk(LISTENED, speech()[:1], stop="response.done"), "GEN-050"),
        (talk(LISTENED, speech()[:2], stop="response.done"), "GEN-012"),
        (talk(LISTENED, speech()[:3], stop="conversation.item.created"), "GEN-014"),
        (talk(LISTENED, speech(), stop="response.done"), "GEN-015"),
        (talk(LISTENED, speech(), audio_reply(), stop=TRANSCRIPTION + "completed"), "GEN-054"),
    ],
)
def test_the_first_missing_link_fails(wire, clause):
    assert culprit(wire).clause == clause
    assert verdict(clause, wire).verdict == "fail"
    failed = {name for name in OURS.values() if verdict(name, wire).verdict == "fail"}
    assert failed == {clause}


@pytest.mark.parametrize(
    "wire",
    [
        talk(PUSHED[:14], c("response.create"), stop="response.created"),
        talk(message(), c("response.create"), text_reply()[:5], "C response.cancel", stop="response.done"),
        talk(LISTENED, speech(), stop="response.done", model="qwen3.8-omni-flash-realtime"),
        talk("C response.create", stop="response.created"),
        talk(audio(300), "C input_audio_buffer.commit", stop="input_audio_buffer.committed"),
        talk(c("session.update", session={"voice": "Nobody"}), stop="session.updated"),
        talk(audio(500), stop="input_audio_buffer.speech_started"),
    ],
)
def test_what_the_sources_leave_open_fails_nobody(wire):
    assert not culprit(wire).breach
    assert not {name for name in OURS.values() if verdict(name, wire).verdict == "fail"}


def test_a_lost_connection_has_one_owner():
    wire = talk(*TYPED[:5], stop="response.done", why="the connection ended", ending=GONE)
    assert verdict("GEN-001", wire).verdict == "fail"
    assert verdict("GEN-024", wire).owner == "GEN-001"


def test_an_end_that_was_due_is_inconclusive():
    fatal = "S close 1011 Internal service error: null"
    wire = talk(audio(300), "C input_audio_buffer.commit", fatal, stop="response.done", why="the connection ended")
    assert verdict("GEN-001", wire).verdict == "inconclusive"


def test_the_transcript_of_another_turn_is_not_that_of_the_last():
    wire = talk(LISTENED, speech(), audio_reply(), heard("another"), stop=TRANSCRIPTION + "completed")
    assert culprit(wire).clause == "GEN-054"


def test_a_stop_that_waited_for_nothing_is_no_silence():
    wire = talk(TYPED[:1], stop="session.updated")
    assert silent_stop(wire) is wire.transcript.stop
    wire.transcript.stop = replace(wire.transcript.stop, waiting_for=())
    assert silent_stop(wire) is None
    wire.transcript.stop = replace(wire.transcript.stop, waiting_for=("session.updated",), cause="ended")
    assert silent_stop(wire) is None
