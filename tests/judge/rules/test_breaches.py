"""Every rule catches what it is there for, and says so in a sentence."""

import pytest

from conformance.judge.checks import load
from conformance.judge.finding import MOST, TOLD
from conformance.spec.catalogue import clauses
from conformance.wire.transcript import Ending
from support.rules import verdict
from support.talks import (
    SESSION,
    TRANSCRIPTION,
    USAGE,
    Line,
    audio,
    audio_reply,
    c,
    changed,
    greeting_update,
    heard,
    manual,
    message,
    preview,
    response,
    s,
    speech,
    talk,
    text_reply,
    tool_output,
    tool_reply,
    twice,
    waited,
    without,
)

CREATE = "C response.create"
ASK = [*message(), c("response.create")]
LEAVE = [waited("C close 1000"), Line("server", "close", b"\x03\xe8")]
UPDATE = c("session.update", session={"modalities": ["text"]})
UPDATED = s("session.updated", session={**SESSION, "modalities": ["text"]})
LISTENED = [*audio(2500), *audio(2500, loud=False)]
REFUSED = s("error", error={"type": "invalid_request_error", "message": "no"})
DROPPED = Ending(first="server", tcp="rst")
TURN = [*LISTENED, *speech(), preview(), *audio_reply()]

BREACHES = {
    "GEN-001": [
        (talk(UPDATE, "S close 1001 bye", "C close 1001"), "closed with 1001 'bye') after session.update"),
        (talk(UPDATE, ending=DROPPED), "the server ended the connection (rst)"),
    ],
    "GEN-002": [(talk("S binary abc"), "a binary frame of 3 bytes came")],
    "GEN-003": [
        (talk("S text [1]"), "a message is no JSON object: '[1]'"),
        (talk('S text  {"type":"x"'), "a message is no JSON (Expecting"),
        (talk('S text  {"type":"x","n":NaN}'), "NaN is no JSON number"),
        (talk("S text " + "[" * 101 + "]" * 101), "a message is no JSON (it is nested more than 100 levels deep)"),
    ],
    "GEN-004": [(talk(s("")), "an event has the type ''")],
    "GEN-005": [(talk(s("session.updated", event_id="", session=SESSION)), "session.updated has the event_id ''")],
    "GEN-006": [(talk(s("session.updated", event_id="e"), s("error", event_id="e")), "error repeats the event_id 'e'")],
    "GEN-007": [(talk(c("session.update", event_id="x"), s("error", event_id="x")), "has the client's event_id 'x'")],
    "GEN-008": [(talk("S rate_limits.updated"), "'rate_limits.updated' is in no source")],
    "GEN-009": [(talk("S response.output_text.delta"), "response.output_text.delta is a name of the later dialect")],
    "GEN-010": [(talk(s("response.text.delta", delta=7)), "response.text.delta $")],
    "GEN-011": [
        (talk(UPDATE, stop="session.updated"), "session.update got neither session.updated nor error"),
        (
            talk(UPDATE, "C input_audio_buffer.clear", "S input_audio_buffer.cleared", LEAVE),
            "session.update got neither",
        ),
        (talk(UPDATE, UPDATED, REFUSED, LEAVE), "answered 2 times: session.updated, error"),
        (talk(UPDATE, UPDATED, UPDATED), "answered 2 times: session.updated, session.updated"),
    ],
    "GEN-012": [
        (
            talk(manual(), audio(1000), "C input_audio_buffer.commit", stop="input_audio_buffer.committed"),
            "got neither",
        ),
        (talk(LISTENED, speech()[:2], stop="response.done"), "speech_stopped of item_speech led to no"),
        (talk(LISTENED, twice(speech(), "input_audio_buffer.committed")), "item_speech was committed 2 times"),
    ],
    "GEN-013": [(talk("C input_audio_buffer.clear", stop="input_audio_buffer.cleared"), "clear got neither")],
    "GEN-014": [
        (talk(message(), message("b")[:1], stop="conversation.item.created"), "conversation.item.create got neither"),
        (talk(ASK, without(text_reply(), "conversation.item.created")), "the message item_1 of resp_1 was never shown"),
        (talk(ASK, twice(text_reply(), "conversation.item.created")), "item_1 was shown 2 times"),
        (talk(LISTENED, speech()[:3], audio_reply()), "the committed item item_speech was never shown"),
        (
            talk(ASK, tool_reply(), tool_output("call_1", "o")[:1], stop="conversation.item.created"),
            "create got neither",
        ),
    ],
    "GEN-015": [
        (talk(manual(), ASK, stop="response.done"), "response.create got neither response.created nor error"),
        (talk(LISTENED, speech(), stop="response.done"), "the committed turn item_speech led to no response.created"),
    ],
    "GEN-016": [(talk(ASK, text_reply()[:5], "C response.cancel", LEAVE), "response.cancel (resp_1) had no outcome")],
    "GEN-017": [
        (talk("C session.finish", LEAVE), "session.finish got neither session.finished nor error"),
        (
            talk("C session.finish", "S session.finished", s("error", error={"message": "bad session.finish"})),
            "session.finish got both",
        ),
        (talk("C session.finish", s("session.finished", after=20000)), "session.finish was answered after 20000 ms"),
    ],
    "GEN-018": [
        (talk("C response.cancel", LEAVE), "a cancel without a response got nothing, not error"),
        (talk(greeting_update(modalities=["audio"])), 'modalities: ["audio"] got session.updated, not error'),
        (talk(manual(), "C input_audio_buffer.commit", stop="error"), "a commit of an empty buffer got nothing"),
        (talk(c("input_image_buffer.append", image="/9j/"), LEAVE), "an image before any audio got nothing"),
    ],
    "GEN-019": [
        (
            talk("C response.cancel", REFUSED, UPDATE, stop="session.updated"),
            "the next session.update was not answered",
        ),
        (talk("C response.cancel", REFUSED, "S close 1008", "C close 1008"), "the connection ended after the error"),
    ],
    "GEN-020": [(talk(UPDATE, UPDATED, ASK, REFUSED), "an error came unprovoked after response.create")],
    "GEN-021": [
        (talk(UPDATE, changed([UPDATED], "session.updated", session={"id": "sess_2"})), "shows the id 'sess_2'")
    ],
    "GEN-022": [
        (
            talk(
                c("session.update", session={"voice": "Nobody"}),
                REFUSED,
                UPDATE,
                changed([UPDATED], "session.updated", session={"voice": "Nobody"}),
            ),
            "voice 'Nobody' was refused and is shown",
        )
    ],
    "GEN-023": [(talk(ASK, [*text_reply()[1:], text_reply()[0]]), "response.output_item.added of resp_1 came before")],
    "GEN-024": [
        (talk(ASK, text_reply()[:-1], stop="response.done"), "resp_1 was created and no response.done ended it"),
        (talk(ASK, text_reply()[:-1], ASK, text_reply("resp_2", "item_2")), "resp_1 was created and no response.done"),
        (talk(ASK, text_reply()[:-1], LEAVE), "resp_1 was created and no response.done"),
        (talk(ASK, twice(text_reply(), "response.done")), "resp_1 was done 2 times"),
    ],
    "GEN-025": [
        (talk(ASK, text_reply(), text_reply()[5]), "response.text.delta of resp_1 came after its response.done")
    ],
    "GEN-026": [(talk(ASK, text_reply()[:5], text_reply("resp_2", "b")), "resp_2 was created while resp_1 was open")],
    "GEN-027": [
        (
            talk(ASK, without(text_reply(), "response.output_item.done")),
            "item item_1 of resp_1 was added and never done",
        ),
        (talk(ASK, twice(text_reply(), "response.output_item.done")), "item item_1 of resp_1 was done 2 times"),
    ],
    "GEN-028": [
        (
            talk(ASK, without(text_reply(), "response.content_part.done")),
            "part 0 of item_1 of resp_1 was added and never",
        ),
        (talk(ASK, twice(text_reply(), "response.content_part.done")), "was done 2 times"),
    ],
    "GEN-029": [(talk(ASK, without(text_reply(), "response.output_item.added")), "item_1 in the output of resp_1 was")],
    "GEN-030": [
        (talk(ASK, without(text_reply(), "response.content_part.added")), "the message item_1 had no content_part")
    ],
    "GEN-031": [
        (talk(ASK, without(text_reply(), "response.text.done")), "the text part of item_1 got no response.text.done"),
        (talk(ASK, twice(text_reply(), "response.text.done")), "got response.text.done 2 times"),
    ],
    "GEN-032": [
        (talk(ASK, without(text_reply(), "response.text.delta")), "response.text.done of item_1 follows no delta")
    ],
    "GEN-033": [(talk(without(TURN, "response.audio.done")), "the audio part of item_1 got no response.audio.done")],
    "GEN-034": [(talk(without(TURN, "response.audio.delta")), "the audio part of item_1 has no response.audio.delta")],
    "GEN-035": [(talk(without(TURN, "response.audio_transcript.done")), "got no response.audio_transcript.done")],
    "GEN-036": [(talk(without(TURN, "response.audio_transcript.delta")), "of item_1 follows no delta")],
    "GEN-037": [
        (talk(ASK, without(tool_reply(), "response.function_call_arguments.done")), "arguments.done no times"),
        (talk(ASK, twice(tool_reply(), "response.function_call_arguments.done")), "arguments.done 2 times"),
    ],
    "GEN-038": [
        (talk(ASK, changed(text_reply(), "response.text.done", text="Bye")), "says 'Bye'; its deltas say 'Hello.'")
    ],
    "GEN-039": [(talk(changed(TURN, "response.audio_transcript.done", transcript="Bye")), "its deltas say 'Hello.'")],
    "GEN-040": [
        (talk(ASK, changed(tool_reply(), "response.function_call_arguments.delta", delta="{")), "its deltas say '{'")
    ],
    "GEN-041": [
        (
            talk(ASK, changed(text_reply(), "response.done", response={"output": []})),
            "lists []; announced were ['item_1']",
        )
    ],
    "GEN-042": [
        (talk(ASK, changed(text_reply(), "response.text.delta", response_id="resp_9")), "the response 'resp_9'")
    ],
    "GEN-043": [(talk(ASK, changed(text_reply(), "response.text.delta", item_id="item_9")), "names the item 'item_9'")],
    "GEN-044": [
        (talk(ASK, changed(text_reply(), "response.text.delta", output_index=1)), "has output_index 1; item_1 has 0"),
        (talk(ASK, changed(text_reply(), "response.text.delta", content_index=3)), "has content_index 3; added was 0"),
    ],
    "GEN-045": [(talk(ASK, text_reply(), ASK, text_reply("resp_2")), "two items have the id item_1")],
    "GEN-046": [
        (
            talk(ASK, changed(text_reply(), "response.done", response={"conversation_id": "conv_2"})),
            "shows the conversation 'conv_2'",
        )
    ],
    "GEN-047": [
        (
            talk(ASK, changed(text_reply(), "conversation.item.created", previous_item_id="nobody")),
            "follows the item 'nobody'",
        )
    ],
    "GEN-048": [
        (talk(LISTENED, changed(speech(), "input_audio_buffer.committed", item_id="other"), heard("third")), "'third'"),
        (
            talk(audio(100), s("input_audio_buffer.committed", item_id="other"), speech()[3]),
            "the speech item 'item_speech' was never committed",
        ),
    ],
    "GEN-049": [
        (talk(LISTENED, stop="input_audio_buffer.speech_started"), "2.5 s of speech were not announced"),
        (talk(LISTENED, waited("C close 1000"), "S close 1000"), "2.5 s of speech were not announced"),
    ],
    "GEN-050": [
        (talk(LISTENED, speech()[:1], stop="input_audio_buffer.speech_stopped"), "2.5 s of silence did not bring"),
        (talk(LISTENED, speech()[:1], LEAVE), "2.5 s of silence did not bring"),
    ],
    "GEN-051": [
        (talk(LISTENED, speech()[:1], speech("b")[:1]), "speech_started of b came while item_speech was spoken"),
        (talk(LISTENED, speech()[1:2]), "speech_stopped of item_speech came without speech_started"),
        (talk(LISTENED, speech()[:1], speech("b")[1:2]), "speech_stopped bears b; the speech was item_speech"),
    ],
    "GEN-052": [(talk(LISTENED, speech(end=4000)[:2], speech("b", 100, 4100)[:2]), "speech_started at 100 ms follows")],
    "GEN-053": [(talk(LISTENED, speech(end=9000)[:2]), "lies at 9000 ms; 5000 ms of audio were sent")],
    "GEN-054": [
        (talk(TURN, heard(), heard()), "item_speech got 2 terminal transcription events"),
        (talk(TURN, LEAVE), "the speech item_speech got neither transcription completed nor failed"),
        (talk(TURN, stop=TRANSCRIPTION + "completed"), "the speech item_speech got no terminal transcription event"),
    ],
    "GEN-055": [(talk(LISTENED, speech(), audio_reply(), heard()), "item_speech was transcribed without a delta")],
    "GEN-073": [
        (talk(LISTENED, speech(), preview(), heard(), preview()), "a preview of item_speech came after"),
    ],
    "GEN-074": [
        (talk("C session.finish", s("session.finished"), s("session.finished")), "session.finished came after"),
        (talk("C session.finish", s("session.finished"), UPDATED), "session.updated came after session.finished"),
    ],
    "GEN-075": [
        (talk(ASK, text_reply(usage={**USAGE, "output_tokens": 15})), "15 output tokens for 'Hello.', of 6 bytes"),
        (talk(ASK, text_reply(usage={**USAGE, "output_tokens": 0})), "0 output tokens for 'Hello.'"),
    ],
    "GEN-056": [(talk(ASK, text_reply(usage=None)), "resp_1 completed with the usage None")],
    "GEN-057": [(talk(ASK, text_reply(usage={**USAGE, "total_tokens": 1})), "total_tokens 1, input_tokens 341")],
    "GEN-058": [
        (talk(ASK, text_reply(usage={**USAGE, "input_tokens_details": {"text_tokens": 1}})), "input_tokens is 341, its")
    ],
    "GEN-059": [
        (
            talk(ASK, changed(text_reply(), "response.created", response={"usage": USAGE})),
            "response.created carries usage",
        ),
        (talk(ASK, twice(text_reply(), "response.done")), "the usage of resp_1 was told twice"),
    ],
    "GEN-060": [
        (
            talk("C close 1000", ending=Ending(first="client", code_sent=1000, tcp="timeout")),
            "the close frame 1000 was not answered; TCP stayed open",
        )
    ],
    "GEN-061": [(talk("C close 1000", "S close 1000", "S session.finished"), "session.finished came after the close")],
    "GEN-062": [
        (talk("C close 1000", "S close 1006"), "has the code 1006"),
        (talk("C close 1000", "S close 1000 " + "x" * 124), "has 124 bytes"),
        (
            talk(UPDATE, ending=Ending(problem="UnicodeDecodeError: 'utf-8' codec can't decode")),
            "is malformed: Unicode",
        ),
    ],
    "GEN-072": [
        (talk(UPDATE, ending=Ending(problem="ProtocolError: reserved bits must be 0")), "frames: ProtocolError")
    ],
    "GEN-063": [(talk(UPDATE, ending=DROPPED), "the server reset TCP without a close frame")],
    "GEN-064": [(talk(UPDATE, REFUSED, "S close 1000", "C close 1000"), "closed with 1000 after an error")],
    "GEN-065": [
        (
            talk(c("session.update", session={"instructions": "Sing."}), UPDATED),
            "sent instructions 'Sing.'; it shows None",
        ),
        (talk(c("session.update", session={"temperature": 0.3}), UPDATED), "sent temperature 0.3"),
        (
            talk(c("session.update", session={"modalities": ["text"]}), s("session.updated", session=SESSION)),
            "modalities",
        ),
    ],
    "GEN-066": [
        (
            talk(ASK, [text_reply()[0], s("response.audio.delta", response_id="resp_1", delta="")]),
            "is text alone and has",
        ),
    ],
    "GEN-067": [
        (talk(ASK, changed(text_reply(), "response.done", response={"id": "resp_9"})), "response.done ends 'resp_9'")
    ],
    "GEN-068": [(talk(s("response.created", response=response(status="thinking"))), "has the status 'thinking'")],
    "GEN-069": [
        (talk('S text  {"type":"x","a":1,"a":2}'), "x: `a` stands twice in one object"),
        (talk('S text  {"type":"x","n":' + "9" * 400 + "}"), "999… (400 characters) is past what 64 bits"),
        (talk('S text  {"type":"x","n":1e999}'), "the number 1e999 is past"),
        (talk('S text  {"type":"x","n":"\\ud83d"}'), "a string holds half of a surrogate pair"),
    ],
}


@pytest.mark.parametrize(
    ("clause", "wire", "sentence"),
    [
        pytest.param(clause, *case, id=f"{clause}-{n}")
        for clause, cases in BREACHES.items()
        for n, case in enumerate(cases)
    ],
)
def test_a_breach_is_told(clause, wire, sentence):
    found = verdict(clause, wire)
    assert found.verdict == "fail", found
    assert sentence in found.detail


@pytest.mark.parametrize(
    "lines",
    [
        [
            'S text  {"type":"x","a":{"b":1},"b":[18446744073709551615,-9223372036854775808,1e308]}',
            'S text  {"type":"x","a":["\\ud83d\\ude00","NaN"]}',
        ],
        ["S text  " + '{"type":"x","a":' + "[" * 99 + "]" * 99 + "}"],
        # What the client said, and in the way that it said it, may be said back.
        ['C text  {"type":"y","n":"\\ud83d"}', 'S text  {"type":"x","n":"\\ud83d"}'],
    ],
)
def test_what_is_plain_json_is_taken(lines):
    found = {clause: verdict(clause, talk(*lines)).verdict for clause in ("GEN-003", "GEN-069")}
    assert "fail" not in found.values(), found


def test_every_rule_is_shown_to_fail():
    # What judges every transcript, also those that no view is made of, has a test of its own (test_bounds.py).
    rules = {row.id for row in clauses().values() if row.id.startswith("GEN-")}
    assert set(BREACHES) == {name for name in rules if load().checks[name].takes == "wires"}


def test_a_rule_without_anything_to_judge_says_so():
    assert verdict("GEN-024", talk()).verdict == "skipped"
    assert verdict("GEN-024", talk()).detail == "no conversation holds a response"


def test_many_breaches_are_counted():
    found = verdict("GEN-002", *[talk("S binary a")] * 7)
    assert found.detail.count("a binary frame") == TOLD
    assert found.detail.endswith("(and 2 more)")
    assert found.places == len(found.findings) == 7


def test_more_are_counted_than_kept():
    found = verdict("GEN-002", *[talk("S binary a")] * (MOST + 1))
    assert (found.places, len(found.findings)) == (MOST + 1, MOST)


@pytest.mark.parametrize("clause", BREACHES)
def test_a_breach_is_data(clause):
    """It names its clause, what the clause asks for, and a frame of the conversation."""
    for wire, says in BREACHES[clause]:
        found = verdict(clause, wire).findings
        assert any(says in one.seen for one in found)
        for one in found:
            assert (one.clause, one.expected) == (clause, clauses()[clause].sentence)
            assert one.frame is None or one.frame in range(len(wire.frames))
