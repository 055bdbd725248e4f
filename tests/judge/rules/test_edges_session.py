"""GEN-002 to GEN-010, GEN-022, GEN-065 and GEN-069: the shape of what comes, and what an echo shows; both sides."""

from __future__ import annotations

from support.edges import LEAVE, Edge, each, edge
from support.talks import SESSION, TRANSCRIPTION, Line, audio, audio_reply, c, changed, message, s, speech, text_reply

ASKED = [*message(), "C response.create"]
TEXT = text_reply()
REFUSED = s("error", error={"type": "invalid_request_error", "message": "no"})
NONE = object()
TURBO = {"model": "qwen-omni-turbo-realtime"}
QWEN3 = {"model": "qwen3-omni-flash-realtime"}


def tool(name: str = "f", nested: bool = True, **fields: object) -> dict[str, object]:
    """A function, in either form."""
    inner = {"name": name, **fields}
    return {"type": "function", "function": inner} if nested else {"type": "function", **inner}


def echoed(sent: dict[str, object], shown: dict[str, object]) -> list[Line]:
    """An update, and an echo with these members in place of the greeting's (NONE: left out)."""
    session = {name: value for name, value in {**SESSION, **shown}.items() if value is not NONE}
    return [c("session.update", session=sent), s("session.updated", session=session)]


def both(name: str, value: object, wrong: object, why: str = "", **options: str) -> list[Edge]:
    """An echo that shows a member as it was sent, and one that does not."""
    return [
        edge("GEN-065", "pass", f"{name} {why}as sent", echoed({name: value}, {name: value}), **options),
        edge("GEN-065", "fail", f"{name} {why}otherwise", echoed({name: value}, {name: wrong}), **options),
        edge("GEN-065", "fail", f"{name} {why}not shown", echoed({name: value}, {name: NONE}), **options),
    ]


def free(name: str, value: object, wrong: object, why: str, **options: str) -> Edge:
    """An echo that may show a member as it likes."""
    return edge("GEN-065", "skipped", f"{name} {why}", echoed({name: value}, {name: wrong}), **options)


def refused(name: str, bad: object, shown: object) -> list[Line]:
    """A refused update of one member, an accepted one of another, and an echo that shows this."""
    return [
        c("session.update", session={name: bad}),
        REFUSED,
        *echoed({"modalities": ["text"]}, {"modalities": ["text"], name: shown}),
    ]


TURN = [*audio(2500), *audio(2500, loud=False), *speech(end=2500)]
VAD = {"type": "server_vad", "threshold": 0.2, "silence_duration_ms": 500}
EDGES = [
    # frames and JSON
    edge("GEN-002", "pass", "text", ASKED),
    edge("GEN-002", "fail", "bytes", "S binary x"),
    edge("GEN-002", "skipped", "bytes of the client", "C binary x", greeting=False),
    edge("GEN-003", "pass", "an object", ASKED),
    edge("GEN-003", "fail", "a list", "S text [1]"),
    edge("GEN-003", "fail", "no JSON", "S text  {"),
    edge("GEN-003", "fail", "no number", 'S text {"type":"x","n":NaN}'),
    edge("GEN-003", "pass", "a list of the client", "C text [1]"),
    edge("GEN-004", "fail", "an empty type", s("")),
    edge("GEN-004", "fail", "no type", 'S text {"a":1}'),
    edge("GEN-004", "fail", "a type that is a number", 'S text {"type":7}'),
    edge("GEN-004", "pass", "a type", s("x")),
    edge("GEN-005", "pass", "an id", s("x", event_id="a")),
    edge("GEN-005", "fail", "an empty id", s("x", event_id="")),
    edge("GEN-005", "fail", "no id", s("x", event_id=None)),
    edge("GEN-005", "fail", "a number", s("x", event_id=7)),
    edge("GEN-005", "pass", "none of a failed transcription", s(TRANSCRIPTION + "failed", event_id=None)),
    edge("GEN-005", "fail", "an empty one of a failed transcription", s(TRANSCRIPTION + "failed", event_id="")),
    edge("GEN-006", "fail", "one id for two", s("x", event_id="a"), s("y", event_id="a")),
    edge("GEN-006", "pass", "two ids", s("x", event_id="a"), s("y", event_id="b")),
    edge("GEN-006", "skipped", "numbers", s("x", event_id=1), s("y", event_id=1), greeting=False),
    edge("GEN-007", "fail", "the client's id", c("input_audio_buffer.clear", event_id="a"), s("x", event_id="a")),
    edge("GEN-007", "pass", "another", c("input_audio_buffer.clear", event_id="a"), s("x", event_id="b")),
    edge("GEN-007", "skipped", "before the client's", s("x", event_id="a"), c("input_audio_buffer.clear",
         event_id="a")),
    edge("GEN-008", "fail", "a stranger", s("rate_limits.updated")),
    edge("GEN-008", "pass", "a search", s("response.search.sources")),
    edge("GEN-008", "pass", "the later dialect", s("response.output_text.delta")),
    edge("GEN-008", "pass", "what a strange request asks for", c("rate_limits.update"), s("rate_limits.updated")),
    edge("GEN-008", "fail", "what another request asks for", c("rate_limits.remove"), s("rate_limits.updated")),
    edge("GEN-008", "fail", "a stranger of a known kind", c("session.update", session={}), s("session.updates")),
    *(edge("GEN-009", "fail", name, s(name)) for name in (
        "response.output_text.delta", "response.output_audio.delta", "response.output_audio_transcript.done",
        "conversation.item.added", "conversation.item.done")),
    edge("GEN-009", "pass", "the documented dialect", ASKED, TEXT),
    edge("GEN-010", "fail", "another shape", s("response.text.delta", delta=7)),
    edge("GEN-010", "pass", "the shape", ASKED, TEXT),
    edge("GEN-010", "pass", "content of an item that is done (C21)", ASKED,
         changed(TEXT, "response.output_item.done", item={"content": 7})),
    edge("GEN-010", "fail", "another shape of an item that is done", ASKED,
         changed(TEXT, "response.output_item.done", item={"status": 7})),
    edge("GEN-010", "pass", "the role of an item that is shown (C22)",
         changed(message(), "conversation.item.created", item={"role": 7})),
    edge("GEN-010", "fail", "content of an item that is shown",
         changed(message(), "conversation.item.created", item={"content": 7})),
    edge("GEN-010", "fail", "the type of an item that is shown",
         changed(message(), "conversation.item.created", item={"type": 7})),
    edge("GEN-010", "pass", "details of a usage that are absent", ASKED,
         text_reply(usage={"total_tokens": 3, "input_tokens": 1, "output_tokens": 2})),
    edge("GEN-010", "fail", "a count of a usage that is absent", ASKED, text_reply(usage={"total_tokens": 3})),
    edge("GEN-010", "fail", "details of a usage that are none", ASKED, text_reply(usage={
        "total_tokens": 3, "input_tokens": 1, "output_tokens": 2, "input_tokens_details": 7})),
    edge("GEN-010", "pass", "a stranger", s("rate_limits.updated", x=7)),
    edge("GEN-069", "fail", "a name twice", 'S text  {"type":"x","a":1,"a":2}'),
    edge("GEN-069", "pass", "a name once", 'S text {"type":"x","a":1}'),
    edge("GEN-069", "skipped", "a name twice, as the client said it", 'C text  {"type":"x","a":1,"a":2}',
         'S text  {"type":"x","a":1,"a":2}'),
    # echoes
    *both("modalities", ["text"], ["text", "audio"]),
    edge("GEN-065", "pass", "modalities in another order",
         echoed({"modalities": ["text", "audio"]}, {"modalities": ["audio", "text"]})),
    edge("GEN-065", "fail", "modalities that are no list", echoed({"modalities": ["text"]}, {"modalities": "text"})),
    *both("instructions", "be brief", "be long"),
    edge("GEN-065", "pass", "no instructions", echoed({"instructions": ""}, {})),
    *both("temperature", 0.5, 0.6),
    edge("GEN-065", "pass", "a millionth", echoed({"temperature": 0.5}, {"temperature": 0.5000009})),
    edge("GEN-065", "fail", "two millionths", echoed({"temperature": 0.5}, {"temperature": 0.500002})),
    edge("GEN-065", "pass", "a whole number", echoed({"temperature": 1.0}, {"temperature": 1})),
    edge("GEN-065", "fail", "a truth for a number", echoed({"temperature": 1.0}, {"temperature": True})),
    *both("top_p", 0.5, 0.6),
    *both("presence_penalty", 0.5, 0.6),
    *both("max_tokens", 100, 200),
    edge("GEN-065", "pass", "the least seed", echoed({"seed": 0}, {"seed": 0})),
    edge("GEN-065", "fail", "the least seed otherwise", echoed({"seed": 0}, {"seed": 1})),
    *both("seed", 2**31 - 1, 1, "the most "),
    free("seed", 2**31, 1, "past the most"),
    free("seed", -1, 1, "that is none"),
    *both("top_k", 100, 50, "the most "),
    free("top_k", 101, 50, "past the most"),
    *both("repetition_penalty", 2.0, 1.0, "the most "),
    free("repetition_penalty", 2.1, 1.0, "past the most"),
    free("repetition_penalty", 0, 1.0, "that is none"),
    *both("max_tokens", 16_384, 1, "the most ", **QWEN3),
    free("max_tokens", 16_385, 1, "past the most", **QWEN3),
    free("temperature", 0.5, 0.6, "of a family with fixed ones", **TURBO),
    edge("GEN-065", "fail", "instructions of a family with fixed sampling",
         echoed({"instructions": "a"}, {"instructions": "b"}), **TURBO),
    free("voice", "Tina", "x", "is free"),
    *both("turn_detection", VAD, {**VAD, "threshold": 0.5}),
    edge("GEN-065", "fail", "another silence", echoed({"turn_detection": VAD},
         {"turn_detection": {**VAD, "silence_duration_ms": 800}})),
    edge("GEN-065", "pass", "more of the detection", echoed({"turn_detection": VAD}, {"turn_detection": {**VAD,
         "x": 1}})),
    edge("GEN-065", "pass", "another padding", echoed({"turn_detection": {**VAD, "prefix_padding_ms": 1}},
         {"turn_detection": {**VAD, "prefix_padding_ms": 2}})),
    free("turn_detection", {"type": "semantic_vad"}, VAD, "of another kind"),
    free("turn_detection", None, VAD, "that is off"),
    edge("GEN-065", "pass", "search", echoed({"enable_search": True}, {"enable_search": True})),
    edge("GEN-065", "fail", "no search", echoed({"enable_search": True}, {"enable_search": False})),
    edge("GEN-065", "fail", "search that was off", echoed({"enable_search": False}, {"enable_search": True})),
    edge("GEN-065", "skipped", "no search, which need not be shown", echoed({"enable_search": False}, {})),
    free("enable_search", value=True, wrong=False, why="of a family without", **TURBO),
    edge("GEN-065", "pass", "a function", echoed({"tools": [tool()]}, {"tools": [tool()]})),
    edge("GEN-065", "pass", "a function in the other form", echoed({"tools": [tool()]},
         {"tools": [tool(nested=False)]})),
    edge("GEN-065", "pass", "one function more", echoed({"tools": [tool()]}, {"tools": [tool(), tool("g")]})),
    edge("GEN-065", "fail", "one function less", echoed({"tools": [tool(), tool("g")]}, {"tools": [tool()]})),
    edge("GEN-065", "fail", "another description",
         echoed({"tools": [tool(description="a")]}, {"tools": [tool(description="b")]})),
    edge("GEN-065", "fail", "other parameters", echoed({"tools": [tool(parameters={"type": "object"})]},
         {"tools": [tool(parameters={"type": "x"})]})),
    edge("GEN-065", "pass", "a description that was not sent", echoed({"tools": [tool()]},
         {"tools": [tool(description="b")]})),
    free("tools", [tool()], [], "of a family without", **TURBO),
    edge("GEN-065", "skipped", "functions and a search", echoed({"tools": [tool()]}, {"tools": []}),
         echoed({"enable_search": True}, {"enable_search": False})),
    edge("GEN-065", "skipped", "amid a reply", ASKED, TEXT[:5], echoed({"instructions": "a"}, {"instructions": "b"})),
    edge("GEN-065", "skipped", "beside another", "C input_audio_buffer.clear", echoed({"instructions": "a"},
         {"instructions": "b"})),
    edge("GEN-065", "skipped", "an update that is not valid", c("session.update", session={"instructions": "a",
         "modalities": 7}),
         echoed({}, {"instructions": "b"})[1:]),
    edge("GEN-065", "skipped", "a refusal", c("session.update", session={"instructions": "a"}), REFUSED),
    edge("GEN-065", "skipped", "no answer", c("session.update", session={"instructions": "a"}), LEAVE),
    edge("GEN-065", "fail", "a list that is shorter", echoed(
        {"tools": [tool(parameters={"type": "object", "required": ["a", "b"]})]},
        {"tools": [tool(parameters={"type": "object", "required": ["a"]})]})),
    edge("GEN-065", "fail", "after a reply to speech and one that was asked for", TURN, audio_reply(), message(),
         "C response.create", text_reply("resp_2", "item_2"), echoed({"instructions": "a"}, {"instructions": "b"})),
    edge("GEN-065", "skipped", "while a reply may be of speech or of a request", TURN, message(), "C response.create",
         text_reply("resp_2", "item_2"), echoed({"instructions": "a"}, {"instructions": "b"})),
    # refused
    edge("GEN-022", "fail", "the refused value", refused("voice", "x", "x")),
    edge("GEN-022", "pass", "the old one", refused("voice", "x", "Tina")),
    edge("GEN-022", "pass", "another one", refused("voice", "x", "y")),
    edge("GEN-022", "pass", "none", refused("voice", "x", NONE)),
    edge("GEN-022", "skipped", "a member that the greeting lacks", refused("smooth_output", "x", "x")),
    edge("GEN-022", "skipped", "two members", c("session.update", session={"voice": "x", "top_p": 7}), REFUSED,
         refused("voice", "x", "x")[2:]),
    edge("GEN-022", "skipped", "one that was asked for again", refused("voice", "x", "x")[:2],
         echoed({"voice": "x"}, {"voice": "x"})),
    edge("GEN-022", "fail", "one that was refused again", refused("voice", "x", "x")[:2], refused("voice", "x", "x")),
    edge("GEN-022", "skipped", "asked for again after another refusal", refused("voice", "x", "x")[:2],
         refused("top_p", 7, 7)[:2], echoed({"voice": "x"}, {"voice": "x"})),
    edge("GEN-022", "skipped", "nothing accepted later", refused("voice", "x", "x")[:2]),
    edge("GEN-022", "skipped", "no refusal", echoed({"voice": "x"}, {"voice": "x"}), refused("voice", "x", "x")[2:]),
    edge("GEN-022", "skipped", "a refusal in doubt", "C input_audio_buffer.clear", refused("voice", "x", "x")),
    edge("GEN-022", "skipped", "no greeting", refused("voice", "x", "x"), greeting=False),
    edge("GEN-022", "fail", "after an echo", echoed({"modalities": ["text"]}, {"voice": "Tina"}), refused("voice",
         "x", "x")),
    edge("GEN-022", "pass", "the value that was in force", echoed({"voice": "x"}, {"voice": "x"}), refused("voice",
         "x", "x")),
]  # fmt: skip


@each(EDGES)
def test_an_edge(edge: Edge) -> None:
    found = edge.judged()
    assert found.verdict == edge.verdict, found.detail
