"""Faithful conversations of many kinds: every rule passes or has nothing to say."""

import pytest

from conformance.spec.catalogue import clauses
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
    response,
    s,
    speech,
    talk,
    text_reply,
    tool_output,
    tool_reply,
    waited,
)

CREATE = "C response.create"
COMMIT = [c("input_audio_buffer.commit"), s("input_audio_buffer.committed", item_id="item_a")]
SPOKEN = {
    "id": "item_a",
    "object": "realtime.item",
    "type": "message",
    "status": "in_progress",
    "role": "user",
    "content": [{"type": "input_audio"}],
}
LISTENED = [*audio(2500), *audio(2500, loud=False)]
# Cancelled: the items close, `response.done` does not come (APIYI).
CUT = text_reply()[:-1]

LEGITIMATE = {
    "nothing but the greeting": talk(),
    "what was said is told last of all, and what is asked after the end is answered": talk(
        audio(2500),
        audio(2500, loud=False),
        speech(),
        audio_reply(),
        "C session.finish",
        s("session.finished"),
        preview(),
        heard(),
        "C session.update {}",
        s("error", error={"message": "it is over"}),
    ),
    "as many tokens as a text may have": talk(
        message(),
        CREATE,
        text_reply(usage={"total_tokens": 34, "input_tokens": 20, "output_tokens": 14}),
    ),
    "the recorded session": talk(
        greeting_update(modalities=["text"], instructions="…", max_tokens=128),
        message(),
        CREATE,
        text_reply(),
        message("item_user_2"),
        CREATE,
        tool_reply("resp_2"),
        tool_output("call_1", "item_out_1"),
        tool_output("call_2", "item_out_2"),
        CREATE,
        text_reply("resp_3", "item_3"),
    ),
    "manual turns": talk(
        manual(),
        audio(1000),
        COMMIT,
        s("conversation.item.created", item=SPOKEN),
        heard("item_a"),
        CREATE,
        text_reply(),
    ),
    "manual turns, the item shown after the create": talk(
        manual(), audio(1000), COMMIT, CREATE, s("conversation.item.created", item=SPOKEN), text_reply()
    ),
    "manual turns, the create ignored": talk(
        manual(), audio(1000), COMMIT, CREATE, waited("C close 1000"), "S close 1000"
    ),
    "a spoken turn": talk(
        LISTENED, speech(), preview(), audio_reply(), heard(), waited("C close 1000"), "S close 1000"
    ),
    "transcription amid the reply": talk(
        LISTENED, speech(), audio_reply()[:4], preview(), audio_reply()[4:6], heard(), audio_reply()[6:]
    ),
    "late transcription": talk(LISTENED, speech(), preview(), audio_reply(), waited(heard(), 3000)),
    "failed transcription without an event_id": talk(
        LISTENED,
        speech(),
        s(
            TRANSCRIPTION + "failed",
            event_id=None,
            item_id="item_speech",
            content_index=0,
            error={"code": "x", "message": "y", "param": ""},
        ),
        audio_reply(),
    ),
    "repeated speech_started": talk(
        LISTENED,
        speech()[0],
        speech()[0],
        speech()[1],
        speech()[1],
        speech()[2:],
        audio_reply(),
    ),
    "two turns": talk(
        LISTENED,
        speech(),
        audio_reply(),
        LISTENED,
        speech("item_speech_2", 5000, 6000),
        audio_reply("resp_2", "item_2"),
    ),
    "cancelled without response.done": talk(
        message(), CREATE, CUT[:5], "C response.cancel", CUT[5:], waited("C close 1000"), "S close 1000"
    ),
    "cancelled, and another response": talk(
        message(),
        CREATE,
        CUT[:5],
        "C response.cancel",
        CUT[5:],
        message("item_b"),
        CREATE,
        text_reply("resp_2", "item_2"),
    ),
    "cancelled, done as cancelled": talk(
        message(),
        CREATE,
        text_reply()[:5],
        "C response.cancel",
        s("response.done", response=response("resp_1", "cancelled")),
    ),
    "interrupted by the user": talk(
        LISTENED, speech(), audio_reply()[:6], LISTENED, speech("item_2nd", 5000, 6000), audio_reply("resp_2", "item_2")
    ),
    "left in the middle": talk(message(), CREATE, text_reply()[:6]),
    "left without waiting": talk(c("session.update", session={"modalities": ["text"]})),
    "usage without details": talk(
        message(), CREATE, text_reply(usage={"total_tokens": 3, "input_tokens": 1, "output_tokens": 2})
    ),
    "usage with cached tokens": talk(
        message(),
        CREATE,
        text_reply(
            usage={
                "total_tokens": 3,
                "input_tokens": 1,
                "output_tokens": 2,
                "input_tokens_details": {"text_tokens": 1, "cached_tokens": 1},
            }
        ),
    ),
    "finish refused": talk("C session.finish", s("error", error={"message": "Invalid event type: session.finish"})),
    "finish accepted, then closed": talk("C session.finish", "S session.finished", "S close 1000", "C close 1000"),
    "an unknown voice is fatal": talk(
        c("session.update", session={"voice": "Nobody"}),
        s(
            "error",
            error={
                "message": "<400> InternalError.Algo.InvalidParameter: Voice 'Nobody' is not supported.",
                "code": "COMMON_ERROR",
            },
        ),
        "S close 1007 <400> InternalError.Algo.InvalidParameter: Voice 'Nobody' is not supported.",
        "C close 1007",
    ),
    "a commit in VAD mode is fatal": talk(
        audio(500),
        "C input_audio_buffer.commit",
        s("error", error={"message": "Internal service error: null", "type": "server_error", "code": "InternalError"}),
        "S close 1011 Internal service error: null",
        "C close 1011",
    ),
    "a binary frame is a policy matter": talk("C binary abcd", "S close 1003", "C close 1003"),
    "documented mistakes": talk(
        c("session.update", session={"modalities": ["audio"]}),
        s("error", error={"message": "Invalid modalities: ['audio']."}),
        "C response.cancel",
        s("error", error={"message": "Conversation has none active response"}),
        c("session.update", session={"modalities": ["text"]}),
        s(
            "session.updated",
            session={
                "id": "sess_A1b2C3d4E5f6G7h8I9j0K",
                "object": "realtime.session",
                "model": "qwen3.5-omni-flash-realtime",
                "modalities": ["text"],
            },
        ),
    ),
    "a finished session ignores what comes": talk(
        "C session.finish",
        s("session.finished"),
        c("session.update", session={"modalities": ["text"]}),
        waited("C input_audio_buffer.clear", 3000),
        waited("C session.finish", 3000),
        waited("C close 1000", 3000),
        "S close 1000",
    ),
    "an utterance with a pause in it": talk(
        LISTENED, speech("item_a")[:2], speech("item_b", 1200, 2400), audio_reply()
    ),
    "the user speaks on before the reply begins": talk(
        LISTENED,
        speech(),
        s("input_audio_buffer.speech_started", audio_start_ms=4900, item_id="item_2"),
        audio_reply()[:2],
        LISTENED,
        speech("item_2", 4900, 7000)[1:],
        audio_reply("resp_2", "item_r2"),
    ),
    "the backend gives up in a reply": talk(
        message(),
        CREATE,
        text_reply()[:6],
        s("error", error={"message": "Response timeout."}),
        message("item_user_2"),
        CREATE,
        text_reply("resp_2", "item_2"),
    ),
    "a reply that failed closes nothing": talk(
        message(), CREATE, text_reply()[:6], s("response.done", response=response("resp_1", "failed", output=[]))
    ),
    "the user interrupts, and the announcement comes last": talk(
        LISTENED,
        speech(end=2500),
        audio_reply()[:6],
        s("response.done", response=response("resp_1", "incomplete", modalities=["text", "audio"], output=[])),
        s("input_audio_buffer.speech_started", audio_start_ms=4000, item_id="item_2"),
    ),
    "a cancel overtakes the item": talk(
        message(),
        CREATE,
        text_reply()[:2],
        "C response.cancel",
        s("response.done", response=response("resp_1", "cancelled")),
    ),
    "text alone is refused by an older family": talk(
        message(), CREATE, s("error", error={"message": "audio input is mandatory"}), model="qwen3-omni-flash-realtime"
    ),
    "a refused handshake": talk(status=401),
    "text items may be ignored": talk(message()[:1], stop="conversation.item.created"),
    "a tool turn of 3.8 without done": talk(
        message(), CREATE, tool_reply()[:-1], stop="response.done", model="qwen3.8-omni-flash-realtime"
    ),
}


def test_every_clause_has_its_check():
    assert set(CHECKS) == {row.id for row in clauses().values() if row.id.startswith("GEN-")}


@pytest.mark.parametrize("name", LEGITIMATE)
def test_no_rule_complains(name):
    outcomes = {clause: verdict(clause, LEGITIMATE[name]) for clause in CHECKS}
    complaints = {
        clause: found.detail
        for clause, found in outcomes.items()
        if found.verdict not in {"pass", "skipped", "inconclusive"}
    }
    assert not complaints


@pytest.mark.parametrize(
    "lines",
    [
        [*text_reply()[:1], s("response.search.completed", sources=[]), *text_reply()[1:]],
        [*text_reply(), s("response.search.sources", response_id="resp_1", sources=[])],
        [s("response.search.started", response_id="resp_1"), *text_reply()],
        [s("input_audio_buffer.timeout_triggered", audio_start_ms=0, audio_end_ms=9, item_id="x"), *text_reply()],
    ],
)
def test_an_event_of_which_no_source_tells_breaks_no_must(lines):
    wire = talk(message(), CREATE, lines)
    levels = {row.id: row.level for row in clauses().values()}
    assert {
        clause for clause in CHECKS if verdict(clause, wire).verdict == "fail" and levels[clause] == "MUST"
    } == set()


def test_the_recorded_session_is_judged_by_the_rules_of_a_text_session():
    passed = {clause for clause in CHECKS if verdict(clause, LEGITIMATE["the recorded session"]).verdict == "pass"}
    silent = {"GEN-012", "GEN-013", "GEN-016", "GEN-017", "GEN-018", "GEN-019", "GEN-022", "GEN-047", "GEN-048"}
    silent |= {f"GEN-0{number}" for number in (33, 34, 35, 36, 39, 49, 50, 51, 52, 53, 54, 55, 64, 73, 74)}
    silent.add("GEN-071")  # nobody looked for a key in it
    assert set(CHECKS) - passed == silent


@pytest.mark.parametrize("name", ["the recorded session", "manual turns", "a spoken turn", "two turns"])
def test_a_whole_conversation_leaves_nothing_inconclusive(name):
    assert {verdict(clause, LEGITIMATE[name]).verdict for clause in CHECKS} <= {"pass", "skipped"}
