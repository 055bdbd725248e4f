"""GEN-021 and GEN-042 to GEN-048: ids that join, and ids that keep apart, beyond those of usual replies."""

from __future__ import annotations

from support.edges import Edge, each, edge
from support.talks import SESSION, TRANSCRIPTION, audio, c, heard, preview, s, speech, text_reply

REPLY = text_reply()
ADDED = s("response.output_item.added", response_id="resp_1", output_index=0, item={"id": "item_1", "type": "message"})
PART = s("response.content_part.added", response_id="resp_1", item_id="item_1", output_index=0, content_index=0)
MADE = s("response.created", response={"id": "resp_1", "conversation_id": "conv_1"})
AUDIO = audio(100)
SPOKEN = {"id": "item_a", "type": "message", "role": "user", "content": [{"type": "input_audio"}]}
COMMITTED = s("input_audio_buffer.committed", item_id="item_b")
SHOWN = "conversation.item.created"
CLEARED = "S input_audio_buffer.cleared"


def shown(**members: object) -> list[object]:
    """An echo of the session with these members."""
    return [c("session.update", session={}), s("session.updated", session={**SESSION, **members})]


def text(**members: object) -> object:
    """A delta with these ids in place of the usual ones."""
    return s("response.text.delta", **{"response_id": "resp_1", "item_id": "item_1", **members})


EDGES: list[Edge] = [
    # the session
    edge("GEN-021", "pass", "the same", shown()),
    edge("GEN-021", "fail", "another id", shown(id="sess_2")),
    edge("GEN-021", "fail", "another model", shown(model="other")),
    edge("GEN-021", "fail", "another object", shown(object="other")),
    edge("GEN-021", "pass", "another voice", shown(voice="Ethan")),
    edge("GEN-021", "skipped", "one event", "C session.update"),
    edge(
        "GEN-021", "pass", "another model that was asked for",
        c("session.update", session={"model": "other"}), s("session.updated", session={**SESSION, "model": "other"}),
    ),
    edge(
        "GEN-021", "fail", "another id beside the model that was asked for",
        c("session.update", session={"model": "o"}), s("session.updated", session={**SESSION, "id": "sess_2"}),
    ),
    # responses
    edge("GEN-042", "pass", "announced", REPLY),
    edge("GEN-042", "pass", "announced later", text(), MADE),
    edge("GEN-042", "fail", "never announced", MADE, text(response_id="resp_2")),
    edge("GEN-042", "fail", "no id", MADE, s("response.text.delta")),
    edge("GEN-042", "fail", "a list", MADE, text(response_id=[])),
    edge("GEN-043", "fail", "a list", ADDED, text(item_id=[])),
    edge("GEN-042", "fail", "no string", MADE, text(response_id=1)),
    edge("GEN-042", "pass", "a tool of a server", MADE, text(), s("response.mcp_call.completed", response_id="x")),
    # items
    edge("GEN-043", "pass", "announced", ADDED, text()),
    edge("GEN-043", "fail", "never announced", ADDED, text(item_id="item_2")),
    edge("GEN-043", "fail", "no id", ADDED, s("response.text.delta", response_id="resp_1")),
    edge("GEN-043", "skipped", "no event of a part", ADDED),
    # indexes
    edge("GEN-044", "pass", "kept", ADDED, text(output_index=0)),
    edge("GEN-044", "fail", "another output_index", ADDED, text(output_index=1)),
    edge("GEN-044", "skipped", "an item that was never added", text(output_index=1)),
    edge("GEN-044", "pass", "one item added, and another's event", ADDED, text(output_index=0),
         text(item_id="item_2", output_index=7)),
    edge("GEN-044", "pass", "the same content_index", ADDED, PART, text(content_index=0)),
    edge("GEN-044", "fail", "another content_index", ADDED, PART, text(content_index=1)),
    edge("GEN-044", "pass", "a content_index without a part", ADDED, text(output_index=0), text(content_index=1)),
    edge("GEN-044", "pass", "a part without a content_index", ADDED, PART, text(output_index=0)),
    edge("GEN-044", "skipped", "a tool of a server", ADDED,
         s("response.mcp_call.completed", item_id="item_1", output_index=1)),
    # twice the same
    edge("GEN-045", "pass", "once", MADE, ADDED),
    *(
        edge("GEN-045", said, f"two {kind} of a call_id", MADE, *(
            s("response.output_item.added", response_id="resp_1",
              item={"id": f"item_{number}", "type": kind, "call_id": "call_1"})
            for number in (1, 2)
        ))
        for kind, said in (("function_call", "fail"), ("message", "pass"))
    ),
    # the conversation
    edge("GEN-046", "skipped", "one and none", MADE, s("response.done", response={})),
    # the item before
    *(
        edge("GEN-047", said, why, *lines, s(SHOWN, previous_item_id=given, item={"id": "item_9"}))
        for said, why, given, lines in (
            ("pass", "an item of a response", "item_1", (ADDED,)),
            ("pass", "named by an event", "item_1", (text(),)),
            ("pass", "in an output", "item_1", (s("response.done", response={"output": [{"id": "item_1"}]}),)),
            ("fail", "never shown", "item_2", (ADDED,)),
            ("skipped", "null", None, (ADDED,)),
        )
    ),
    # speech
    edge("GEN-048", "pass", "one id", AUDIO, speech(), heard()),
    edge("GEN-048", "fail", "a transcription of another item", AUDIO, speech(), heard("item_x")),
    edge("GEN-048", "skipped", "nothing was said", heard("item_x")),
    edge("GEN-048", "pass", "of an item that was only shown", AUDIO,
         s(SHOWN, item={"id": "item_a"}), heard("item_a")),
    edge("GEN-048", "fail", "an item of speech under another id", AUDIO, COMMITTED,
         s(SHOWN, item=SPOKEN)),
    edge("GEN-048", "skipped", "an item of speech and no commit", AUDIO, s(SHOWN, item=SPOKEN)),
    edge("GEN-048", "skipped", "a preview of audio that waits", AUDIO, preview("item_x")),
    edge("GEN-048", "fail", "a preview of audio that is committed", AUDIO, preview("item_x"), COMMITTED),
    edge("GEN-048", "skipped", "a preview of cleared audio", AUDIO, preview("item_x"), CLEARED, COMMITTED),
    edge("GEN-048", "fail", "a preview, and a clear too late", AUDIO, preview("item_x"), COMMITTED, CLEARED),
    edge("GEN-048", "fail", "an end of audio that waits", AUDIO, s(TRANSCRIPTION + "failed", item_id="item_x")),
]  # fmt: skip


@each(EDGES)
def test_an_id_joins_and_keeps_apart(edge: Edge) -> None:
    assert edge.judged().verdict == edge.verdict
