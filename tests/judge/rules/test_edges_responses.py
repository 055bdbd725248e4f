"""GEN-023 to GEN-047 and GEN-056 to GEN-068: what a response is made of; both sides of each condition."""

from __future__ import annotations

import pytest

from conformance.spec import requests
from conformance.spec.requests import Excuse
from support.edges import LEAVE, Edge, each, edge
from support.talks import (
    USAGE,
    Line,
    audio,
    audio_reply,
    changed,
    greeting_update,
    message,
    response,
    s,
    speech,
    text_reply,
    tool_reply,
    twice,
    waited,
    without,
)

CREATE, CANCEL = "C response.create", "C response.cancel"
ASKED = [*message(), CREATE]
LISTENED = [*audio(2500), *audio(2500, loud=False)]
TURN = [*LISTENED, *speech(end=2500)]
SEARCH = s("response.search.sources", response_id="resp_1")
FAULT = s("error", error={"message": "Internal service error: null"})
NO = s("error", error={"message": "no"})
BY_38 = {"model": "qwen3.8-omni-flash-realtime"}
AT = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}
TEXT, SOUND, TOOLS = text_reply(), audio_reply(), tool_reply()
EMPTY_DELTA = s("response.text.delta", **AT, delta="")
SECOND = text_reply("resp_2", "item_2")


def ended(status: str, lines: list[Line] = TEXT, **fields: object) -> list[Line]:
    """The same reply with another end; a member that is None is left out."""
    shown = {name: value for name, value in response("resp_1", status, **fields).items() if value is not None}
    return [*lines[:-1], s("response.done", response=shown)]


def output(*items: dict[str, object]) -> list[Line]:
    return ended("completed", output=list(items), usage=USAGE)


def lone(**usage: object) -> list[Line]:
    return [*ASKED, *text_reply(usage=usage)]


COUNTS = {"total_tokens": 3, "input_tokens": 1, "output_tokens": 2}
MESSAGE = {"id": "item_1", "type": "message", "content": [{"type": "text"}]}

MANY = {**USAGE, "output_tokens": 900}
EDGES = [
    # created first, done once, nothing after
    edge("GEN-023", "pass", "in order", ASKED, TEXT),
    edge("GEN-023", "fail", "an item first", ASKED, TEXT[1], TEXT[0], TEXT[2:]),
    edge("GEN-023", "pass", "a search first", ASKED, SEARCH, TEXT),
    edge("GEN-024", "pass", "ended once", ASKED, TEXT),
    edge("GEN-024", "fail", "ended twice", ASKED, TEXT, TEXT[-1]),
    edge("GEN-024", "fail", "another was created", ASKED, TEXT[:-1], ASKED, SECOND),
    edge("GEN-024", "pass", "another was created before", ASKED, SECOND, ASKED, TEXT[:-1]),
    edge("GEN-024", "fail", "its item is over and the client waited", ASKED, TEXT[:-1], LEAVE),
    edge("GEN-024", "skipped", "nobody waited", ASKED, TEXT[:-1]),
    edge("GEN-024", "skipped", "its item still runs", ASKED, TEXT[:-2], LEAVE),
    edge("GEN-024", "skipped", "the wait was before", ASKED, TEXT[:-2], waited("C input_audio_buffer.clear"), TEXT[-2]),
    edge("GEN-024", "skipped", "it was never created", ASKED, TEXT[1:-1], LEAVE),
    edge("GEN-025", "pass", "nothing after the end", ASKED, TEXT),
    edge("GEN-025", "fail", "a delta after the end", ASKED, TEXT, TEXT[5]),
    edge("GEN-025", "pass", "another end", ASKED, TEXT, TEXT[-1]),
    edge("GEN-025", "pass", "sources after the end", ASKED, TEXT, SEARCH),
    edge("GEN-025", "skipped", "no end", ASKED, TEXT[:-1]),
    # one at a time
    edge("GEN-026", "pass", "one after the other", ASKED, TEXT, ASKED, SECOND),
    edge("GEN-026", "fail", "one within the other", ASKED, TEXT[:5], SECOND),
    # items and parts
    edge("GEN-027", "fail", "an item that is not done", ASKED, without(TEXT, "response.output_item.done")),
    edge("GEN-027", "pass", "one that is", ASKED, TEXT),
    edge("GEN-027", "fail", "one that is done twice", ASKED, twice(TEXT, "response.output_item.done")),
    edge("GEN-027", "skipped", "a reply that runs", ASKED, without(TEXT, "response.output_item.done")[:-1]),
    edge("GEN-027", "skipped", "a reply that failed", ASKED, ended("failed", without(TEXT,
         "response.output_item.done"))),
    edge("GEN-027", "skipped", "a reply that is cut", ASKED, TEXT[:5], CANCEL, TEXT[-1]),
    edge("GEN-028", "fail", "a part that is not done", ASKED, without(TEXT, "response.content_part.done")),
    edge("GEN-028", "fail", "a part that is done twice", ASKED, twice(TEXT, "response.content_part.done")),
    edge("GEN-028", "fail", "a part that is done after its item", ASKED, TEXT[:-3], TEXT[-2], TEXT[-3], TEXT[-1]),
    edge("GEN-028", "pass", "a part that is done before", ASKED, TEXT),
    edge("GEN-028", "skipped", "a reply that is cut", ASKED, TEXT[:5], CANCEL, TEXT[-1]),
    edge("GEN-029", "pass", "an item that was announced", ASKED, TEXT),
    edge("GEN-029", "fail", "one that was not", ASKED, without(TEXT, "response.output_item.added")),
    edge("GEN-029", "fail", "an output without ids and nothing announced", ASKED,
         ended("completed", without(TEXT, "response.output_item.added"), output=[{"type": "message"}])),
    edge("GEN-029", "skipped", "an output without ids", ASKED, output({"type": "message"})),
    edge("GEN-029", "skipped", "an mcp item", ASKED, output({"id": "x", "type": "mcp_call"})),
    edge("GEN-029", "skipped", "no output", ASKED, output()),
    edge("GEN-030", "pass", "a message with a part", ASKED, TEXT),
    edge("GEN-030", "fail", "one without", ASKED, without(TEXT, "response.content_part.added")),
    edge("GEN-030", "skipped", "one with nothing in it", ASKED,
         ended("completed", without(TEXT, "response.content_part.added"), output=[{**MESSAGE, "content": []}])),
    edge("GEN-030", "skipped", "a reply that failed", ASKED,
         ended("failed", without(TEXT, "response.content_part.added"), output=[MESSAGE])),
    edge("GEN-030", "skipped", "a call", ASKED, TOOLS),
    edge("GEN-041", "pass", "what was announced", ASKED, TEXT),
    edge("GEN-041", "pass", "two calls in order", ASKED, TOOLS),
    edge("GEN-041", "fail", "none of it", ASKED, output()),
    edge("GEN-041", "fail", "one more", ASKED, output(MESSAGE, {"id": "x", "type": "message"})),
    edge("GEN-041", "skipped", "one more of mcp", ASKED, output(MESSAGE, {"id": "x", "type": "mcp_call"})),
    edge("GEN-041", "skipped", "a reply that failed", ASKED, ended("failed", output=[])),
    edge("GEN-041", "skipped", "no list", ASKED, ended("completed", output=7)),
    edge("GEN-041", "skipped", "a reply that was cut", ASKED, TEXT[:5], CANCEL, TEXT[5:-1], output()[-1]),
    edge("GEN-041", "fail", "two calls out of order", ASKED,
         changed(TOOLS, "response.done", response={"output": [{"id": "item_call_2"}, {"id": "item_call_1"}]})),
    edge("GEN-041", "pass", "announced out of order", ASKED, TOOLS[0], TOOLS[6:-1], TOOLS[1:6], TOOLS[-1]),
    edge("GEN-041", "fail", "announced out of order, without indexes", ASKED, TOOLS[0],
         changed(TOOLS[6:-1], "response.output_item.added", output_index=None), TOOLS[1:6], TOOLS[-1]),
    edge("GEN-041", "fail", "announced out of order, with one index", ASKED, TOOLS[0],
         changed(TOOLS[6:-1], "response.output_item.added", output_index=0), TOOLS[1:6], TOOLS[-1]),
    *(edge("GEN-068", "pass", f"status {status}", ASKED, ended(status))
      for status in ("in_progress", "completed", "failed", "incomplete", "cancelled")),
    edge("GEN-068", "fail", "another status", ASKED, ended("done")),
    edge("GEN-068", "fail", "another status at first", s("response.created", response={"id": "a", "status": "x"})),
    edge("GEN-068", "skipped", "no status", s("response.created", response={"id": "a"})),
    edge("GEN-068", "skipped", "another event", s("session.updated", response={"id": "a", "status": "x"})),
    # parts of a kind
    edge("GEN-031", "pass", "a text that is closed", ASKED, TEXT),
    edge("GEN-031", "fail", "one that is not", ASKED, without(TEXT, "response.text.done")),
    edge("GEN-031", "fail", "one that is closed twice", ASKED, twice(TEXT, "response.text.done")),
    edge("GEN-031", "fail", "a reply that runs, its part done", ASKED, without(TEXT, "response.text.done")[:-1]),
    edge("GEN-031", "skipped", "a reply that runs, its part not done", ASKED,
         without(TEXT, "response.text.done", "response.content_part.done")[:-1]),
    edge("GEN-031", "skipped", "a reply that is cut", ASKED, TEXT[:5], CANCEL, without(TEXT, "response.text.done")[5:]),
    edge("GEN-031", "skipped", "sound", TURN, SOUND),
    edge("GEN-033", "fail", "sound that is not closed", TURN, without(SOUND, "response.audio.done")),
    edge("GEN-033", "fail", "sound that is not closed, its part done", TURN, without(SOUND,
         "response.audio.done")[:-1]),
    edge("GEN-033", "pass", "sound that is", TURN, SOUND),
    edge("GEN-035", "fail", "words that are not closed", TURN, without(SOUND, "response.audio_transcript.done")),
    edge("GEN-035", "skipped", "words that are not closed, the reply runs", TURN,
         without(SOUND, "response.audio_transcript.done")[:-1]),
    edge("GEN-034", "fail", "no sound", TURN, without(SOUND, "response.audio.delta")),
    edge("GEN-034", "pass", "sound", TURN, SOUND),
    edge("GEN-034", "skipped", "no sound of a reply that failed", TURN, ended("failed", without(SOUND,
         "response.audio.delta"))),
    edge("GEN-034", "skipped", "no sound of a reply that was cut", TURN, SOUND[:4], CANCEL,
         without(SOUND, "response.audio.delta")[4:]),
    edge("GEN-032", "fail", "text without a delta", ASKED, without(TEXT, "response.text.delta")),
    edge("GEN-032", "fail", "deltas after it", ASKED, TEXT[:4], TEXT[7], TEXT[4:7], TEXT[8:]),
    edge("GEN-032", "skipped", "no text", ASKED, changed(without(TEXT, "response.text.delta"), "response.text.done",
         text="")),
    edge("GEN-036", "fail", "words without a delta", TURN, without(SOUND, "response.audio_transcript.delta")),
    edge("GEN-036", "pass", "words", TURN, SOUND),
    edge("GEN-038", "pass", "the same text", ASKED, TEXT),
    edge("GEN-038", "fail", "another text", ASKED, changed(TEXT, "response.text.done", text="Hello")),
    edge("GEN-038", "pass", "a delta of nothing", ASKED, TEXT[:5], EMPTY_DELTA, TEXT[5:]),
    edge("GEN-038", "skipped", "no delta", ASKED, without(TEXT, "response.text.delta")),
    edge("GEN-038", "skipped", "a reply that is cut", ASKED, TEXT[:5], CANCEL, TEXT[7:]),
    edge("GEN-039", "fail", "other words", TURN, changed(SOUND, "response.audio_transcript.done", transcript="x")),
    edge("GEN-039", "pass", "the same words", TURN, SOUND),
    edge("GEN-040", "fail", "other arguments", ASKED,
         changed(TOOLS, "response.function_call_arguments.done", arguments="{}")),
    edge("GEN-040", "pass", "the same arguments", ASKED, TOOLS),
    edge("GEN-037", "pass", "arguments", ASKED, TOOLS),
    edge("GEN-037", "fail", "none", ASKED, without(TOOLS, "response.function_call_arguments.done")),
    edge("GEN-037", "fail", "twice", ASKED, twice(TOOLS, "response.function_call_arguments.done")),
    edge("GEN-037", "fail", "none, and the item is not done", ASKED,
         without(TOOLS, "response.function_call_arguments.done", "response.output_item.done")),
    edge("GEN-037", "skipped", "a call that is not done", ASKED,
         without(TOOLS, "response.function_call_arguments.done", "response.output_item.done")[:-1]),
    edge("GEN-037", "skipped", "a message", ASKED, TEXT),
    edge("GEN-066", "pass", "text alone", ASKED, TEXT),
    edge("GEN-066", "fail", "text alone with sound", ASKED, TEXT[:4], SOUND[5], TEXT[4:]),
    edge("GEN-066", "fail", "text alone with words", ASKED, TEXT[:4], SOUND[4], TEXT[4:]),
    edge("GEN-066", "skipped", "both", TURN, SOUND),
    edge("GEN-066", "skipped", "never created", ASKED, TEXT[1:4], SOUND[5], TEXT[4:]),
    # ids
    edge("GEN-021", "pass", "the same session", greeting_update(modalities=["text"])),
    *(edge("GEN-021", "fail", f"another {name}", greeting_update(**{name: "x"})) for name in ("id", "object")),
    edge("GEN-021", "fail", "another model", changed(greeting_update(), "session.updated", session={"model": "x"})),
    edge("GEN-021", "pass", "another model that was asked for", greeting_update(model="x")),
    edge("GEN-021", "pass", "another voice", greeting_update(voice="x")),
    edge("GEN-021", "skipped", "one event", ASKED),
    edge("GEN-042", "fail", "a response that was not announced", ASKED, changed(TEXT, "response.text.done",
         response_id="x")),
    edge("GEN-042", "fail", "none", ASKED, changed(TEXT, "response.text.done", response_id=None)),
    edge("GEN-042", "pass", "one that is announced later", ASKED, TEXT[1], TEXT[0], TEXT[2:]),
    edge("GEN-042", "pass", "mcp of none", ASKED, TEXT, s("response.mcp_call.completed", response_id="x")),
    edge("GEN-042", "skipped", "another event", s("rate_limits.updated", response_id="x")),
    edge("GEN-043", "fail", "an item that was not announced", ASKED, changed(TEXT, "response.text.done", item_id="x")),
    edge("GEN-043", "fail", "a part of none", ASKED, changed(TEXT, "response.content_part.added", item_id=None)),
    edge("GEN-043", "fail", "sound of none", TURN, changed(SOUND, "response.audio.delta", item_id="x")),
    edge("GEN-043", "fail", "words of none", TURN, changed(SOUND, "response.audio_transcript.delta", item_id="x")),
    edge("GEN-043", "fail", "arguments of none", ASKED,
         changed(TOOLS, "response.function_call_arguments.done", item_id="x")),
    edge("GEN-043", "pass", "all of one", ASKED, TEXT),
    edge("GEN-044", "pass", "the same places", ASKED, TEXT),
    edge("GEN-044", "fail", "another output_index", ASKED, changed(TEXT, "response.text.delta", output_index=1)),
    edge("GEN-044", "fail", "another output_index at the item's end", ASKED,
         changed(TEXT, "response.output_item.done", output_index=1)),
    edge("GEN-044", "fail", "another content_index", ASKED, changed(TEXT, "response.text.delta", content_index=1)),
    edge("GEN-044", "pass", "two parts", ASKED, TEXT[:4], s("response.content_part.added", **{**AT,
         "content_index": 1}), TEXT[4:]),
    edge("GEN-044", "skipped", "an item that was never added", ASKED,
         without(TEXT, "response.output_item.added", "response.content_part.added")),
    edge("GEN-044", "skipped", "an mcp event", s("response.mcp_call.done", item_id="item_1", output_index=4)),
    edge("GEN-045", "fail", "two responses of one id", ASKED, TEXT, ASKED, text_reply("resp_1", "item_2")),
    edge("GEN-045", "fail", "two items of one id", ASKED, TEXT, ASKED, text_reply("resp_2", "item_1")),
    edge("GEN-045", "fail", "two calls of one id", ASKED, tool_reply(calls=("call_1",)), ASKED, changed(
        tool_reply("resp_2", calls=("call_1",)), "response.output_item.added", item={"id": "item_x"})),
    edge("GEN-045", "fail", "an item with the id of a response", ASKED, text_reply("resp_1", "resp_1")),
    edge("GEN-045", "pass", "two messages without a call_id", ASKED, TEXT, ASKED, SECOND),
    edge("GEN-046", "pass", "one conversation", ASKED, TEXT),
    edge("GEN-046", "fail", "two", ASKED, changed(TEXT, "response.done", response={"conversation_id": "x"})),
    edge("GEN-046", "skipped", "none", ASKED, changed(TEXT, "response.created", response={"conversation_id": None})),
    edge("GEN-047", "fail", "after an item that nobody knows", ASKED,
         changed(TEXT, "conversation.item.created", previous_item_id="x")),
    edge("GEN-047", "pass", "after the user's", ASKED, changed(TEXT, "conversation.item.created",
         previous_item_id="item_user")),
    edge("GEN-047", "skipped", "after none", ASKED, changed(TEXT, "conversation.item.created", previous_item_id="")),
    edge("GEN-047", "pass", "after speech", LISTENED, speech()[:3], changed(speech()[3:], "conversation.item.created",
         previous_item_id="item_speech")),
    edge("GEN-047", "pass", "after what the output lists", output({"id": "z"})[-1],
         changed(message("q"), "conversation.item.created", previous_item_id="z")),
    edge("GEN-047", "fail", "after itself", changed(message("q"), "conversation.item.created", previous_item_id="q")),
    edge("GEN-067", "pass", "what was created", ASKED, TEXT),
    edge("GEN-067", "fail", "what was not", ASKED, TEXT[1:]),
    edge("GEN-067", "fail", "what is created later", TEXT[-1], TEXT[0]),
    *(
        edge("GEN-028", said, f"two parts, and {number} of the second's ends", ASKED, TEXT[0], *(
            s(f"response.content_part.{kind}", **{**AT, "content_index": index}, part={"type": "text"})
            for kind, index in [("added", 0), ("added", 1), ("done", 0), *[("done", 1)] * number]
        ), TEXT[-1])
        for number, said in ((1, "pass"), (2, "fail"), (0, "fail"))
    ),
    # usage
    *(
        edge("GEN-075", said, f"{size} characters and {tokens} tokens", ASKED, changed(changed(
            TEXT, "response.text.done", text="x" * size), "response.done",
            response={"usage": {**USAGE, "output_tokens": tokens}}))
        for size, tokens, said in (
            (128, 1, "pass"), (129, 1, "fail"),
            (5, 13, "pass"), (5, 14, "fail"),
        )
    ),
    edge("GEN-075", "fail", "more tokens than words", ASKED, changed(TEXT, "response.done", response={"usage": MANY})),
    edge("GEN-075", "skipped", "tokens of audio", ASKED, TEXT[:-1], s("response.audio.delta", **AT, delta="AAAA"),
         changed(TEXT[-1:], "response.done", response={"usage": MANY})),
    edge("GEN-056", "pass", "usage", ASKED, TEXT),
    edge("GEN-056", "fail", "none", ASKED, ended("completed")),
    edge("GEN-056", "skipped", "none of a reply that failed", ASKED, ended("failed")),
    edge("GEN-056", "fail", "none after a turn", TURN, ended("completed", SOUND)),
    edge("GEN-056", "fail", "none of the first reply, whoever asked for it", ended("completed")),
    edge("GEN-056", "pass", "none of a second reply that nobody asked for", ASKED, SECOND, ended("completed")),
    edge("GEN-056", "fail", "none of a second reply", ASKED, SECOND, ASKED, ended("completed")),
    edge("GEN-056", "skipped", "none of a reply that was cut", ASKED, TEXT[:5], CANCEL, ended("completed")[5:]),
    edge("GEN-056", "skipped", "none of a reply that was spoken into", ASKED, TEXT[:5], speech()[0],
         ended("completed")[5:]),
    edge("GEN-057", "pass", "a sum", lone(**COUNTS)),
    edge("GEN-057", "fail", "no sum", lone(**{**COUNTS, "total_tokens": 4})),
    *(edge("GEN-057", "fail", f"{name} is none", lone(**{**COUNTS, name: None})) for name in COUNTS),
    edge("GEN-057", "fail", "a truth is no count", lone(total_tokens=2, input_tokens=True, output_tokens=1)),
    edge("GEN-057", "skipped", "no usage", ASKED, ended("completed")),
    edge("GEN-058", "pass", "details that add up", lone(**COUNTS, input_tokens_details={"text_tokens": 1})),
    edge("GEN-058", "fail", "details that do not", lone(**COUNTS, input_tokens_details={"text_tokens": 2})),
    edge("GEN-058", "fail", "details of the output that do not", lone(**COUNTS,
         output_tokens_details={"text_tokens": 1})),
    *(edge("GEN-058", "fail", f"{name} counts", lone(**COUNTS, output_tokens_details={"text_tokens": 2, name: 1}))
      for name in ("audio_tokens", "image_tokens", "video_tokens")),
    *(edge("GEN-058", "fail", f"{name} alone counts", lone(**COUNTS, output_tokens_details={name: 1}))
      for name in ("text_tokens", "audio_tokens", "image_tokens", "video_tokens")),
    edge("GEN-058", "pass", "cached ones do not", lone(**COUNTS, input_tokens_details={"text_tokens": 1,
         "cached_tokens": 1})),
    edge("GEN-058", "pass", "a modality of another name", lone(**COUNTS, output_tokens_details={"text_tokens": 1,
         "x": 1})),
    edge("GEN-058", "pass", "a part of another kind", lone(**COUNTS, output_tokens_details={"text_tokens": 2, "x": 1})),
    edge("GEN-058", "skipped", "no modality", lone(**COUNTS, input_tokens_details={"cached_tokens": 1})),
    edge("GEN-059", "pass", "told once", ASKED, TEXT),
    edge("GEN-059", "fail", "told twice", ASKED, twice(TEXT, "response.done")),
    edge("GEN-059", "pass", "ended twice and told once", ASKED, TEXT, ended("completed")[-1]),
    edge("GEN-059", "fail", "told in an item", ASKED, changed(TEXT, "response.output_item.done",
         item={"usage": USAGE})),
    edge("GEN-059", "fail", "told in an event", ASKED, TEXT, s("rate_limits.updated", usage=USAGE)),
    edge("GEN-059", "fail", "told when created", ASKED, changed(TEXT, "response.created", response={"usage": USAGE})),
]  # fmt: skip


@each(EDGES)
def test_an_edge(edge: Edge) -> None:
    found = edge.judged()
    assert found.verdict == edge.verdict, found.detail


# What may have ended a response otherwise, and nearly the same that may not.
EXCUSED: list[tuple[Excuse, list[object], list[object]]] = [
    (requests.CANCELLED, [ASKED, TEXT[:5], CANCEL, TEXT[5:-1]], [CANCEL, NO, ASKED, TEXT[:-1]]),
    (requests.INTERRUPTED, [TURN, SOUND[:5], speech("b", 2500)[0], SOUND[5:-1]], [TURN, SOUND[:-1]]),
    (requests.FINISHED_IN_REPLY, [ASKED, TEXT[:5], "C session.finish", TEXT[5:-1]], [ASKED, TEXT[:5], TEXT[5:-1]]),
    (requests.CANCELLED_EARLY, [ASKED, CANCEL, TEXT[:-1]], [ASKED, SECOND, ASKED, TEXT[:-1]]),
    (requests.INTERRUPTED_EARLY, [TURN, speech("b", 2500)[0], SOUND[:-1]], [TURN, SOUND[:-1]]),
    (requests.BACKEND_FAULT, [ASKED, TEXT[:5], FAULT, TEXT[5:-1]], [ASKED, TEXT[:5], NO, TEXT[5:-1]]),
    (requests.BACKEND_FAULT, [ASKED, TEXT[:5], FAULT, TEXT[5:-1]], [ASKED, FAULT, TEXT[:-1]]),
    (requests.BACKEND_FAULT, [ASKED, TEXT[:5], FAULT, TEXT[5:-1]], [ASKED, SECOND, FAULT, TEXT[:-1]]),
]  # fmt: skip


@pytest.mark.parametrize("row", EXCUSED, ids=lambda row: row[0].words)
def test_an_excuse_holds_for_what_it_says_and_no_more(row: tuple[Excuse, list[object], list[object]]) -> None:
    excuse, inside, outside = row
    found = edge("GEN-024", "", "", *inside, LEAVE).judged()
    assert found.verdict != "fail", found.detail
    assert list(dict(found.excuses)) == [excuse]
    found = edge("GEN-024", "", "", *outside, LEAVE).judged()
    assert found.verdict == "fail", found


def test_a_call_needs_no_end_with_one_family() -> None:
    found = edge("GEN-024", "", "", ASKED, TOOLS[:-1], LEAVE, **BY_38).judged()
    assert list(dict(found.excuses)) == [requests.CALL_OF_38]
    assert edge("GEN-024", "", "", ASKED, TOOLS[:-1], LEAVE).judged().verdict == "fail"
    assert edge("GEN-024", "", "", ASKED, TEXT[:-1], LEAVE, **BY_38).judged().verdict == "fail"


def test_every_excuse_for_an_end_has_its_pair() -> None:
    assert set(requests.CUTS) - {excuse for excuse, _, _ in EXCUSED} == {requests.CALL_OF_38}
