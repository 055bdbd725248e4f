"""GEN-011 to GEN-018: which request must be answered, by when, and what leaves that open; both sides of each."""

from __future__ import annotations

import pytest

from conformance.spec import requests
from conformance.spec.requests import Excuse
from support.edges import LEAVE, Edge, each, edge
from support.talks import (
    SESSION,
    TRANSCRIPTION,
    Line,
    audio,
    audio_reply,
    c,
    greeting_update,
    heard,
    manual,
    message,
    response,
    s,
    speech,
    text_reply,
    tool_output,
    tool_reply,
    waited,
)

CREATE = "C response.create"
CANCEL = "C response.cancel"
UPDATE = c("session.update", session={"modalities": ["text"]})
UPDATED = s("session.updated", session={**SESSION, "modalities": ["text"]})
COMMIT, CLEAR = "C input_audio_buffer.commit", "C input_audio_buffer.clear"
COMMITTED = s("input_audio_buffer.committed", item_id="item_a")
CLEARED = "S input_audio_buffer.cleared"
FINISH = ["C session.finish", "S session.finished"]
REFUSED = s("error", error={"type": "invalid_request_error", "message": "no"})
BACKEND = s("error", error={"type": "server_error", "message": "Response timeout."})
ASKED = [*message(), CREATE]
RUNNING = [*ASKED, *text_reply()[:5]]
LISTENED = [*audio(2500), *audio(2500, loud=False)]
TURN = [*LISTENED, *speech(end=2500)]
ANOTHER = message("item_b")
BY_38 = {"model": "qwen3.8-omni-flash-realtime"}


def item(**fields: object) -> Line:
    return c("conversation.item.create", item=fields)


def created(kind: str = "message", key: str = "x", **fields: object) -> Line:
    return s("conversation.item.created", item={"id": key, "type": kind, **fields})


EDGES = [
    # how long is a wait: 120 ms, but for audio that is paced
    edge("GEN-011", "fail", "a wait of 120 ms", UPDATE, waited("C close 1000", 120), "S close 1000"),
    edge("GEN-011", "skipped", "no wait of 119 ms", UPDATE, waited("C close 1000", 119), "S close 1000"),
    edge("GEN-011", "fail", "120 ms after twice a packet", UPDATE, audio(100), waited(CLEAR, 320), CLEARED, LEAVE),
    edge(
        "GEN-013",
        "fail",
        "a wait after a packet",
        CLEAR,
        audio(100),
        waited("C close 1000", 320),
        "S close 1000",
    ),
    edge(
        "GEN-013", "skipped", "the pace of a packet", CLEAR, audio(100), waited("C close 1000", 319), "S close 1000"
    ),
    edge("GEN-013", "skipped", "a pause before audio", CLEAR, [waited(one) for one in audio(200)]),
    edge("GEN-013", "fail", "a ping ends no wait", CLEAR, Line("server", "ping", b""), waited("C close 1000", 120)),
    edge("GEN-013", "skipped", "a pong is no move", CLEAR, waited(Line("client", "pong", b"")), audio(100)),
    # who is passed over, and who has an answer
    edge("GEN-011", "skipped", "nobody waited", UPDATE),
    edge("GEN-011", "skipped", "passed over, and nobody waited", UPDATE, CLEAR, CLEARED),
    edge("GEN-011", "fail", "passed over", UPDATE, CLEAR, CLEARED, LEAVE),
    edge("GEN-011", "pass", "answered", UPDATE, UPDATED, LEAVE),
    edge("GEN-011", "pass", "refused", UPDATE, REFUSED, LEAVE),
    edge("GEN-011", "fail", "the second of two", UPDATE, UPDATE, UPDATED, LEAVE),
    edge("GEN-013", "fail", "one answer for two", CLEAR, CLEAR, CLEARED, LEAVE),
    edge("GEN-013", "pass", "two answers for two", CLEAR, CLEAR, CLEARED, CLEARED, LEAVE),
    # one outcome and not two
    edge("GEN-011", "fail", "both", UPDATE, UPDATED, REFUSED),
    edge("GEN-011", "fail", "twice", UPDATE, UPDATED, UPDATED),
    edge("GEN-011", "pass", "the second after the next event", UPDATE, UPDATED, audio(100), REFUSED),
    edge("GEN-011", "pass", "the backend's own trouble", UPDATE, UPDATED, BACKEND),
    edge("GEN-011", "pass", "what may refuse an event before", c("nonsense"), UPDATE, REFUSED, UPDATED),
    edge("GEN-011", "fail", "what was before is settled", c("nonsense"), REFUSED, UPDATE, REFUSED, UPDATED),
    edge("GEN-011", "pass", "amid a reply", RUNNING, UPDATE, UPDATED, REFUSED),
    edge("GEN-011", "pass", "while audio may be heard", audio(100), UPDATE, UPDATED, REFUSED),
    edge("GEN-013", "pass", "in VAD mode", CLEAR, CLEARED, REFUSED),
    edge("GEN-013", "fail", "in manual mode", manual(), CLEAR, CLEARED, REFUSED),
    edge("GEN-013", "pass", "a reply begins", manual(), CLEAR, CLEARED, s("response.created", response=response()),
         REFUSED),
    edge("GEN-014", "pass", "another item is shown", manual(), message(), message("other")[1]),
    edge("GEN-014", "fail", "an item that is shown and refused", manual(), message(), REFUSED),
    # commits
    edge("GEN-012", "fail", "a commit", manual(), audio(1000), COMMIT, LEAVE),
    edge("GEN-012", "pass", "a commit with its answer", manual(), audio(1000), COMMIT, COMMITTED, LEAVE),
    edge("GEN-012", "fail", "one item committed twice", LISTENED, speech(), s("input_audio_buffer.committed",
         item_id="item_speech")),
    edge("GEN-012", "pass", "two items committed", LISTENED, speech(), s("input_audio_buffer.committed", item_id="b")),
    edge("GEN-012", "skipped", "no id is no item", manual(), [s("input_audio_buffer.committed", item_id=None)] * 2),
    edge("GEN-012", "fail", "another was committed", LISTENED, speech()[:2], speech("b")[2]),
    edge("GEN-012", "skipped", "the buffer was cleared", LISTENED, speech()[:2], CLEAR, speech("b")[2]),
    edge("GEN-012", "pass", "speech that goes on", LISTENED, speech()[:2], speech("b", 1100, 2000)),
    edge("GEN-012", "skipped", "the last speech", LISTENED, speech()[:2]),
    edge("GEN-012", "skipped", "semantic turns", greeting_update(turn_detection={"type": "semantic_vad"}), LISTENED,
         speech()[:2], speech("b")[2]),
    # items
    edge("GEN-014", "fail", "the item of a turn", LISTENED, speech()[:3], audio_reply()),
    edge("GEN-014", "pass", "the item of a turn, shown late", LISTENED, speech()[:3], audio_reply(), speech()[3]),
    edge("GEN-014", "skipped", "the reply still runs", LISTENED, speech()[:3], audio_reply()[:2], audio_reply()[3:-1]),
    edge("GEN-014", "skipped", "the item of a manual commit", manual(), audio(1000), COMMIT, COMMITTED,
         [one for one in text_reply() if "item.created" not in str(one.payload)][:1]),
    edge("GEN-014", "fail", "an item of the reply", ASKED, text_reply()[:2], text_reply()[3:]),
    edge("GEN-014", "pass", "an item of another kind of id, twice", message(),
         [s("conversation.item.created", item={"id": 7, "type": "message"})] * 2),
    edge("GEN-014", "pass", "an item of a reply without an id", message(), "C response.create",
         s("response.created", response={"id": "resp_1"}),
         s("response.output_item.added", response_id="resp_1", item={"type": "message"}),
         s("response.output_item.added", response_id="resp_1", item={"id": [], "type": "message"}),
         s("response.done", response={"id": "resp_1"})),
    edge("GEN-014", "pass", "an item of a reply that runs", ASKED, text_reply()[:2], text_reply()[3:-1]),
    edge("GEN-014", "pass", "an item of a reply that is cut", ASKED, text_reply()[:2], CANCEL, text_reply()[3:]),
    edge("GEN-014", "pass", "an mcp item shown twice", message(), [created("mcp_list_tools")] * 2),
    edge("GEN-014", "pass", "an mcp call shown twice", message(), [created("mcp_call")] * 2),
    edge("GEN-014", "pass", "an approval shown twice", message(), [created("mcp_approval_request")] * 2),
    edge("GEN-014", "fail", "a message shown twice", message(), [created(role="assistant", status="in_progress")] * 2),
    edge("GEN-014", "pass", "the item is of the second request's kind", CREATE, tool_reply(), message()[0],
         tool_output("call_1", "o"), LEAVE),
    edge("GEN-014", "fail", "the item is of the first request's kind", CREATE, tool_reply(), message()[0],
         tool_output("call_1", "o")[0], message()[1], LEAVE),
    # a reply to a request
    edge("GEN-015", "skipped", "a slow reply", ASKED, LEAVE),
    edge("GEN-015", "fail", "a reply that was passed over", ASKED, UPDATE, UPDATED, LEAVE),
    edge("GEN-015", "skipped", "passed over, and nobody waited", ASKED, UPDATE, UPDATED),
    # a reply to a turn
    edge("GEN-015", "fail", "a turn without reply", TURN, LEAVE),
    edge("GEN-015", "pass", "a turn with a reply", TURN, audio_reply(), LEAVE),
    edge("GEN-015", "pass", "a turn with an error", TURN, REFUSED, LEAVE),
    edge("GEN-015", "skipped", "nobody waited for the reply", TURN),
    edge("GEN-015", "pass", "a reply before the commit was told", LISTENED, speech(end=2500)[:2],
         audio_reply()[:1], speech()[2:], LEAVE),
    edge("GEN-015", "fail", "speech up to 200 ms after its end", LISTENED, speech(end=2300), LEAVE),
    edge("GEN-015", "skipped", "speech past 200 ms after its end", LISTENED, speech(end=2299), LEAVE),
    edge("GEN-015", "skipped", "the end of speech is not told", LISTENED, speech(end=None), LEAVE),
    edge("GEN-015", "skipped", "speech that goes on", TURN, audio(100), LEAVE),
    edge("GEN-015", "fail", "silence that goes on", TURN, audio(100, loud=False), LEAVE),
    edge("GEN-015", "skipped", "a create of the client", message(), CREATE, TURN, LEAVE),
    edge("GEN-015", "skipped", "a commit of the client", COMMIT, REFUSED, TURN, LEAVE),
    edge("GEN-015", "skipped", "create_response is false", TURN, LEAVE[:0],
         greeting_update(turn_detection={"type": "server_vad", "create_response": False}), LEAVE),
    edge("GEN-015", "skipped", "transcription is off", greeting_update(input_audio_transcription=None), TURN, LEAVE),
    edge("GEN-015", "skipped", "3.8 need not reply", TURN, LEAVE, **BY_38),
    edge("GEN-015", "skipped", "a cancel after it", TURN, CANCEL, LEAVE),
    edge("GEN-015", "pass", "an earlier turn is joined to the last", TURN, LISTENED, speech("b", 5000, 7500),
         audio_reply()),
    edge("GEN-015", "pass", "an earlier reply still runs", TURN, audio_reply()[:6], LISTENED, speech("b", 5000, 7500),
         LEAVE),
    edge("GEN-015", "fail", "an earlier reply is over", TURN, audio_reply(), LISTENED, speech("b", 5000, 7500), LEAVE),
    edge("GEN-015", "pass", "a cancel of the reply before", TURN, audio_reply()[:6], CANCEL, audio_reply()[6:],
         LISTENED,
         speech("b", 5000, 7500), LEAVE),
    edge("GEN-015", "fail", "a cancel of an earlier reply", TURN, audio_reply()[:6], CANCEL, audio_reply()[6:],
         LISTENED,
         speech("b", 5000, 7500), audio_reply("resp_2", "item_2"), LISTENED, speech("c", 10000, 12500), LEAVE),
    # cancels
    edge("GEN-016", "fail", "nothing came", RUNNING, CANCEL, LEAVE),
    edge("GEN-016", "skipped", "nobody waited", RUNNING, CANCEL),
    edge("GEN-016", "pass", "an error came", RUNNING, CANCEL, REFUSED, LEAVE),
    edge("GEN-016", "pass", "the response ended", RUNNING, CANCEL, text_reply()[-1], LEAVE),
    edge("GEN-016", "pass", "its item ended", RUNNING, CANCEL, text_reply()[-2], LEAVE),
    edge("GEN-016", "pass", "its text ended", RUNNING, CANCEL, text_reply()[-4], LEAVE),
    edge("GEN-016", "pass", "its audio ended", RUNNING, CANCEL, audio_reply()[8], LEAVE),
    edge("GEN-016", "pass", "another began", RUNNING, CANCEL, text_reply("resp_2")[0], LEAVE),
    edge("GEN-016", "fail", "another delta came", RUNNING, CANCEL, text_reply()[5], LEAVE),
    edge("GEN-016", "skipped", "a create waits", ASKED, CANCEL, LEAVE),
    edge("GEN-016", "skipped", "a turn waits", TURN, CANCEL, LEAVE),
    edge("GEN-016", "skipped", "audio may be heard", audio(1000), CANCEL, LEAVE),
    edge("GEN-016", "fail", "audio in manual mode", manual(), audio(1000), CANCEL, LEAVE),
    edge("GEN-016", "fail", "a turn that was replied to", LISTENED[:0], message(), CREATE, text_reply(), CANCEL, LEAVE),
    # finishing
    edge("GEN-017", "pass", "after 2 s", "C session.finish", s("session.finished", after=2000)),
    edge("GEN-017", "fail", "past 2 s", "C session.finish", s("session.finished", after=2001)),
    edge("GEN-017", "fail", "refused past 2 s", "C session.finish", waited(REFUSED, 2001)),
    edge("GEN-017", "pass", "past 2 s amid a reply", RUNNING, "C session.finish", s("session.finished", after=2001)),
    edge("GEN-017", "pass", "past 2 s with audio", audio(100), "C session.finish", s("session.finished", after=2001)),
    edge("GEN-017", "pass", "past 2 s beside another", CLEAR, "C session.finish", s("session.finished", after=2001)),
    edge("GEN-017", "fail", "nothing came", "C session.finish", LEAVE),
    edge("GEN-017", "skipped", "nobody waited", "C session.finish"),
    edge("GEN-017", "skipped", "the server left", "C session.finish", waited("S close 1000"), "C close 1000"),
    edge("GEN-017", "fail", "both", FINISH, s("error", error={"message": "no session.finish"})),
    edge("GEN-017", "pass", "an error about something else", FINISH, REFUSED),
    # mistakes
    edge("GEN-018", "pass", "audio alone is refused", c("session.update", session={"modalities": ["audio"]}), REFUSED),
    edge("GEN-018", "fail", "audio alone is taken", greeting_update(modalities=["audio"])),
    edge("GEN-018", "skipped", "both are taken", greeting_update(modalities=["text", "audio"])),
    edge("GEN-018", "skipped", "nobody waited", CANCEL),
    edge("GEN-018", "fail", "an idle cancel", CANCEL, LEAVE),
    edge("GEN-018", "skipped", "an error later", CANCEL, audio(100), waited(REFUSED), LEAVE),
    edge("GEN-018", "skipped", "a cancel of a reply", RUNNING, CANCEL, LEAVE),
    edge("GEN-018", "skipped", "a cancel of one that was asked for", ASKED, CANCEL, LEAVE),
    edge("GEN-018", "fail", "a cancel of one that is over", ASKED, text_reply(), ANOTHER, CANCEL, LEAVE),
    edge("GEN-018", "skipped", "a cancel of one that was just over", ASKED, text_reply(), CANCEL, LEAVE),
    edge("GEN-018", "skipped", "a cancel while audio waits", audio(100), CANCEL, LEAVE),
    edge("GEN-018", "skipped", "a cancel while a turn waits", TURN, CANCEL, LEAVE),
    edge("GEN-018", "fail", "a picture before any audio", c("input_image_buffer.append", image="/9j/"), LEAVE),
    edge("GEN-018", "skipped", "a picture after audio", audio(100), c("input_image_buffer.append", image="/9j/"),
         LEAVE),
    edge("GEN-018", "fail", "an empty commit", manual(), COMMIT, LEAVE),
    edge("GEN-018", "skipped", "an empty commit in VAD mode", COMMIT, LEAVE),
    edge("GEN-018", "skipped", "a commit of something", manual(), audio(100), COMMIT, LEAVE),
    edge("GEN-018", "fail", "an error was waited for", CANCEL, stop="error"),
    edge("GEN-018", "blocked", "something else was waited for", CANCEL, stop="error session.updated"),
]  # fmt: skip


@each(EDGES)
def test_an_edge(edge: Edge) -> None:
    found = edge.judged()
    assert found.verdict == edge.verdict, found.detail


TOOLS = [*ASKED, *tool_reply()]
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "42"}
PASSED = [UPDATE, UPDATED, *LEAVE]
HEARD_A = [manual(), audio(1000), COMMIT, COMMITTED, s("conversation.item.created", item={"id": "item_a"})]
SPEAKS = speech()[0]

# Excuse: what it excuses, and the same just outside of it.
EXCUSED: list[tuple[str, Excuse, list[object], list[object]]] = [
    ("GEN-011", requests.FINISHED, [FINISH, UPDATE], ["C session.finish", REFUSED, UPDATE]),
    ("GEN-011", requests.FINISHED, [FINISH, UPDATE], [UPDATE, FINISH]),
    ("GEN-011", requests.NO_SESSION, [c("session.update")], [c("session.update", session={})]),
    ("GEN-011", requests.NO_SESSION, [c("session.update", session=[])], [c("session.update", session={})]),
    ("GEN-011", requests.ODD_VOICE, [c("session.update", session={"voice": "Nobody"})],
     [c("session.update", session={"voice": "Tina"})]),
    ("GEN-011", requests.ODD_VOICE, [c("session.update", session={"voice": 7})],
     [c("session.update", session={"voice": None})]),
    ("GEN-011", requests.UPDATE_IN_REPLY, [RUNNING, UPDATE], [ASKED, text_reply(), UPDATE]),
    ("GEN-012", requests.COMMIT_IN_VAD, [audio(1000), COMMIT], [manual(), audio(1000), COMMIT]),
    ("GEN-012", requests.COMMIT_IN_REPLY, [manual(), RUNNING, audio(1000), COMMIT],
     [manual(), ASKED, text_reply(), audio(1000), COMMIT]),
    ("GEN-013", requests.FINISHED, [FINISH, CLEAR], [CLEAR]),
    ("GEN-014", requests.MALFORMED_ITEM, [message(), c("conversation.item.create")], [message(), ANOTHER[0]]),
    ("GEN-014", requests.MALFORMED_ITEM, [message(), c("conversation.item.create", item=[])], [message(), ANOTHER[0]]),
    ("GEN-014", requests.MALFORMED_ITEM, [message(), item(type=7)], [message(), ANOTHER[0]]),
    ("GEN-014", requests.TEXT_ITEM, [ANOTHER[0]], [message(), ANOTHER[0]]),
    ("GEN-014", requests.TEXT_ITEM, [message(), item(type="message", role="system")],
     [message(), item(type="message", role="user")]),
    ("GEN-014", requests.UNLISTED_ITEM, [message(), item(type="function_call")], [message(), ANOTHER[0]]),
    ("GEN-014", requests.ODD_CALL, [item(**OUTPUT)], [TOOLS, item(**OUTPUT)]),
    ("GEN-014", requests.ODD_CALL, [TOOLS, item(**{**OUTPUT, "output": 42})], [TOOLS, item(**OUTPUT)]),
    ("GEN-014", requests.ODD_CALL, [TOOLS, tool_output("call_1", "o"), item(**OUTPUT)],
     [TOOLS, tool_output("call_2", "o"), item(**OUTPUT)]),
    ("GEN-014", requests.ODD_CALL, [item(**OUTPUT), TOOLS], [TOOLS, item(**OUTPUT)]),
    ("GEN-015", requests.CREATE_IN_REPLY, [RUNNING, CREATE, PASSED], [ASKED, text_reply(), CREATE, PASSED]),
    ("GEN-015", requests.NOTHING_SAID, [CREATE, PASSED], [message(), CREATE, PASSED]),
    ("GEN-015", requests.SPEAKING, [TURN, heard(), SPEAKS, CREATE, PASSED], [message(), CREATE, PASSED]),
    ("GEN-015", requests.SPEAKING, [message(), audio(100), CREATE, PASSED], [message(), CREATE, PASSED]),
    ("GEN-015", requests.SPEAKING, [message(), audio(100), CREATE, PASSED], [manual(), message(), audio(100), CREATE,
         PASSED]),
    ("GEN-015", requests.CANCEL_FOLLOWS, [message(), CREATE, CANCEL, PASSED], [message(), CREATE, PASSED]),
    ("GEN-015", requests.SPEECH_FOLLOWS, [message(), CREATE, audio(100), PASSED],
     [message(), CREATE, audio(100, loud=False), PASSED]),
    ("GEN-015", requests.SPEECH_FOLLOWS, [message(), CREATE, audio(100), PASSED],
     [manual(), message(), CREATE, audio(100), PASSED]),
    ("GEN-015", requests.UNCONFIRMED, [manual(), message(), audio(1000), COMMIT, CREATE, PASSED],
     [manual(), message(), CREATE, PASSED]),
    ("GEN-015", requests.UNTRANSCRIBED, [HEARD_A, CREATE, PASSED], [HEARD_A, heard("item_a"), CREATE, PASSED]),
    ("GEN-015", requests.UNTRANSCRIBED, [HEARD_A, heard("item_b"), CREATE, PASSED],
     [HEARD_A, s(TRANSCRIPTION + "failed", item_id="item_a"), CREATE, PASSED]),
    ("GEN-015", requests.TRANSCRIPTION_OFF,
     [greeting_update(turn_detection=None, input_audio_transcription=None), HEARD_A[1:], CREATE, PASSED],
     [HEARD_A, heard("item_a"), CREATE, PASSED]),
    ("GEN-017", requests.FINISHED, [FINISH, "C session.finish"], ["C session.finish"]),
]  # fmt: skip


@pytest.mark.parametrize("row", EXCUSED, ids=lambda row: f"{row[0]} {row[1].words}")
def test_an_excuse_holds_for_what_it_says_and_no_more(row: tuple[str, Excuse, list[object], list[object]]) -> None:
    clause, excuse, inside, outside = row
    found = edge(clause, "skipped", "inside", *inside, LEAVE).judged()
    assert found.verdict != "fail", found.detail
    assert excuse in dict(found.excuses)
    found = edge(clause, "fail", "outside", *outside, LEAVE).judged()
    assert found.verdict == "fail", found
    assert excuse not in dict(found.excuses)


def test_every_excuse_of_a_request_has_its_pair() -> None:
    shown = {(clause, excuse) for clause, excuse, _, _ in EXCUSED}
    wanted = {(row.clause, excuse) for row in requests.TABLE.values() if row.clause for excuse in row.excuses}
    assert wanted - shown == {(clause, requests.FINISHED) for clause in ("GEN-012", "GEN-014", "GEN-015")}


def test_the_finish_excuses_every_request() -> None:
    for clause, lines in (
        ("GEN-012", [manual(), audio(1000), FINISH, COMMIT]),
        ("GEN-014", [message(), FINISH, ANOTHER[0]]),
        ("GEN-015", [message(), FINISH, CREATE, UPDATE, UPDATED]),
    ):
        found = edge(clause, "", "", *lines, LEAVE).judged()
        assert found.verdict != "fail", (clause, found.detail)
        assert requests.FINISHED in dict(found.excuses), clause
        outside = [line for line in lines if line is not FINISH]
        assert edge(clause, "", "", *outside, LEAVE).judged().verdict == "fail", clause
