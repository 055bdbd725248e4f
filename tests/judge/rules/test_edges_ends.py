"""GEN-001, GEN-019, GEN-020 and GEN-060 to GEN-072: what may end a connection, what an error may be about, and how
connections close; both sides of each."""

from __future__ import annotations

import base64

import pytest

from conformance.spec import requests
from conformance.spec.requests import Excuse
from conformance.wire.transcript import Ending
from support.edges import LEAVE, Edge, each, edge
from support.talks import (
    SESSION,
    Line,
    audio,
    c,
    greeting_update,
    manual,
    message,
    s,
    text_reply,
    waited,
)

UPDATE = c("session.update", session={"modalities": ["text"]})
UPDATED = s("session.updated", session={**SESSION, "modalities": ["text"]})
CONFIGURED = [UPDATE, UPDATED]
CREATE, CANCEL = "C response.create", "C response.cancel"
CLEAR, CLEARED = "C input_audio_buffer.clear", "S input_audio_buffer.cleared"
COMMIT = "C input_audio_buffer.commit"
ASKED = [*message(), CREATE]
RUNNING = [*ASKED, *text_reply()[:5]]
ENDED = ["S close 1008", "C close 1008"]
DROPPED = Ending(first="server", tcp="rst")
GREETING = s("session.created", session=SESSION)
BY_38 = {"model": "qwen3.8-omni-flash-realtime"}
ODD = c("nonsense")


def error(message: str = "no", **fields: object) -> Line:
    return s("error", error={"type": "invalid_request_error", "message": message, **fields})


REFUSED = error()


def append(pcm: bytes) -> Line:
    return c("input_audio_buffer.append", audio=base64.b64encode(pcm).decode())


def picture(data: bytes) -> Line:
    return c("input_image_buffer.append", image=base64.b64encode(data).decode())


def jpeg(width: int, height: int) -> bytes:
    """As much of a JPEG as says how large it is."""
    return b"\xff\xd8\xff\xc0\x00\x11\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x03\xff\xd9"


def large(characters: int) -> Line:
    """An event of so many characters, with what the record adds to it."""
    bare = len(str(c("session.update", session={"instructions": ""}, event_id="record_003").payload))
    return c("session.update", session={"instructions": "x" * (characters - bare)}, event_id="record_003")


def burst(*, more: bool, within: float = 1000.0) -> list[Line]:
    """Twenty packets of 500,000 characters altogether, or a little more, the last one so many ms after the first."""
    bare = len(str(c("input_audio_buffer.append", audio="", event_id="record_003").payload))
    most = (500_000 // 20 - bare) // 8 * 8  # whole samples
    sound = "A" * (most + 8 * more)
    steps = [1001.0, *[50.0] * 18, within - 900.0]
    return [c("input_audio_buffer.append", audio=sound, after=step) for step in steps]


FATAL_WORDS = (
    "InternalError.Algo", "Internal service error: null", "Connect call failed", "Response timeout.", "<400> bad",
    "<500> bad", "Throttling.RateQuota", "Too many requests", "to many requests", "server_error", "COMMON_ERROR",
    "response_idle_timeout", "No response was generated", "Too many audios", "InvalidParameter: x",
    "not in good standing", "Quota exceeded", "free tier is over",
)  # fmt: skip

EDGES = [
    edge("GEN-001", "pass", "the client left"),
    edge("GEN-001", "fail", "the server left", CONFIGURED, ENDED),
    edge("GEN-001", "fail", "the server dropped", CONFIGURED, ending=DROPPED),
    edge("GEN-001", "pass", "nobody left", CONFIGURED, ending=Ending(first="nobody")),
    edge("GEN-001", "pass", "an error was the last word", CONFIGURED, REFUSED, ENDED),
    edge("GEN-001", "fail", "an error was not the last word", UPDATE, REFUSED, UPDATED, ENDED),
    edge("GEN-001", "inconclusive", "an excused end that a script waited past", CONFIGURED, ODD, ENDED,
         stop="response.done", why="the connection ended"),
    edge("GEN-001", "inconclusive", "an excused end that a script could not send after", CONFIGURED, ODD, ENDED,
         stop="response.done", why="could not send"),
    # what an end may be about: what was sent since the last answer, what was before that answer, what waits
    edge("GEN-001", "pass", "about what was just sent", CONFIGURED, ODD, ENDED),
    edge("GEN-001", "pass", "about what the last answer came after", CONFIGURED, ODD, CLEARED, ENDED),
    edge("GEN-001", "fail", "about nothing that far back", ODD, CONFIGURED, CLEAR, CLEARED, ENDED),
    edge("GEN-001", "pass", "about what waits", ODD, c("session.update", session={"x": 1}, event_id="a"), ENDED),
    # errors
    edge("GEN-019", "pass", "the next request is answered", CANCEL, REFUSED, CONFIGURED),
    edge("GEN-019", "fail", "it is not", CANCEL, REFUSED, UPDATE, LEAVE),
    edge("GEN-019", "skipped", "nobody waited for it", CANCEL, REFUSED, UPDATE),
    edge("GEN-019", "fail", "the connection ends", CANCEL, REFUSED, ENDED),
    edge("GEN-019", "skipped", "the connection ends later", CANCEL, REFUSED, audio(100), ENDED),
    edge("GEN-019", "skipped", "the client leaves", CANCEL, REFUSED),
    edge("GEN-019", "skipped", "about something odd", ODD, REFUSED, ENDED),
    edge("GEN-019", "skipped", "about an odd voice", c("session.update", session={"voice": "Nobody"}), REFUSED, ENDED),
    edge("GEN-019", "skipped", "after something odd", ODD, UPDATE, REFUSED, ENDED),
    edge("GEN-019", "fail", "after something odd that is settled", ODD, REFUSED, CLEAR, CLEARED, CLEAR, CLEARED,
         CANCEL, REFUSED, ENDED),
    edge("GEN-019", "skipped", "the next is an item", CANCEL, REFUSED, message()[:1], LEAVE),
    edge("GEN-019", "skipped", "the next is a create", message(), CANCEL, REFUSED, CREATE, LEAVE),
    edge("GEN-019", "skipped", "the next is excused", CANCEL, REFUSED, c("session.update"), LEAVE),
    edge("GEN-019", "fail", "the next but one, the first amid a reply", RUNNING, REFUSED, UPDATE, text_reply()[5:],
         UPDATE, LEAVE),
    edge("GEN-019", "skipped", "amid a reply", RUNNING, REFUSED, UPDATE, LEAVE),
    # unprovoked errors
    edge("GEN-020", "fail", "after an update", CONFIGURED, REFUSED),
    edge("GEN-020", "pass", "no error", CONFIGURED),
    edge("GEN-020", "skipped", "nothing was sent"),
    edge("GEN-020", "fail", "before anything was sent", REFUSED),
    edge("GEN-020", "pass", "after an item", message(), REFUSED),
    edge("GEN-020", "pass", "throttled", CONFIGURED, error("Throttling")),
    edge("GEN-020", "pass", "many requests", CONFIGURED, error("too many requests")),
    edge("GEN-020", "pass", "a time-out of the backend", CONFIGURED, error("Response timeout.")),
    edge("GEN-020", "pass", "a backend that is away", CONFIGURED, error("Connect call failed")),
    edge("GEN-020", "pass", "idle", CONFIGURED, error(code="response_idle_timeout")),
    edge("GEN-020", "fail", "another trouble of the backend", CONFIGURED, error("Internal service error")),
    edge("GEN-020", "pass", "amid a reply", RUNNING, REFUSED),
    edge("GEN-020", "fail", "after a reply", ASKED, text_reply(), REFUSED),
    edge("GEN-020", "fail", "after audio", CONFIGURED, audio(100), REFUSED),
    edge("GEN-020", "fail", "after a clear", CLEAR, CLEARED, REFUSED),
    edge("GEN-020", "pass", "after something odd", CONFIGURED, ODD, REFUSED),
    edge("GEN-020", "pass", "after a cancel", CONFIGURED, CANCEL, REFUSED),
    edge("GEN-020", "pass", "after an event_id that was used", CONFIGURED, c("input_audio_buffer.clear", event_id="a"),
         CLEARED, c("input_audio_buffer.clear", event_id="a"), REFUSED),
    edge("GEN-020", "fail", "after another event_id", c("input_audio_buffer.clear", event_id="a"),
         CLEARED, c("input_audio_buffer.clear", event_id="b"), REFUSED),
    edge("GEN-020", "skipped", "an update without session", c("session.update"), REFUSED),
    edge("GEN-020", "pass", "an update after audio", CONFIGURED, audio(100), CLEAR, CLEARED, CONFIGURED, REFUSED),
    edge("GEN-020", "pass", "an update amid a reply", RUNNING, UPDATE, text_reply()[5:], UPDATED, REFUSED),
    edge("GEN-020", "fail", "a commit of 1 s", manual(), audio(1000), COMMIT, REFUSED),
    edge("GEN-020", "pass", "a commit of 0.9 s", manual(), audio(900), COMMIT, REFUSED),
    edge("GEN-020", "pass", "a commit of what was cleared", manual(), audio(900), CLEAR, CLEARED, audio(900), COMMIT,
         REFUSED),
    edge("GEN-020", "pass", "a commit amid a reply", manual(), RUNNING, audio(1000), COMMIT, text_reply()[5:], REFUSED),
    edge("GEN-020", "skipped", "an item of the system", c("conversation.item.create", item={
        "type": "message", "role": "system", "content": [{"type": "input_text", "text": "x"}]}), CLEAR, REFUSED),
    edge("GEN-020", "skipped", "an item of sound", c("conversation.item.create", item={
        "type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "AAAA"}]}), CLEAR, REFUSED),
    edge("GEN-020", "fail", "an item of text", message()[:1], CLEAR, REFUSED),
    edge("GEN-020", "fail", "a create", message(), CREATE, REFUSED),
    edge("GEN-020", "pass", "a create of nothing", CONFIGURED, CREATE, REFUSED),
    edge("GEN-020", "pass", "a create amid a reply", RUNNING, CREATE, text_reply()[5:], REFUSED),
    edge("GEN-020", "pass", "a second create", message(), CREATE, CREATE, REFUSED),
    edge("GEN-020", "pass", "a create of its own kind", message(), c("response.create", response={"x": 1}), REFUSED),
    edge("GEN-020", "pass", "a create in VAD mode", message(), audio(100), CREATE, REFUSED),
    edge("GEN-020", "fail", "a create in manual mode", manual(), message(), audio(100), CREATE, REFUSED),
    edge("GEN-020", "pass", "a typed create of a family that listens", message(), CREATE, REFUSED,
         model="qwen3-omni-flash-realtime"),
    edge("GEN-020", "pass", "a create where no voice is named", message(), CREATE, REFUSED, **BY_38),
    # closing
    edge("GEN-060", "fail", "not answered", ending=Ending(first="client", code_sent=1000)),
    edge("GEN-060", "pass", "answered", ending=Ending(first="client", code_sent=1000, code_received=1000)),
    edge("GEN-060", "pass", "answered by nonsense", ending=Ending(first="client", code_sent=1000, problem="x")),
    edge("GEN-060", "skipped", "the server was first", ending=Ending(first="server", code_sent=1000)),
    edge("GEN-060", "skipped", "no close frame", ending=Ending(first="client")),
    edge("GEN-061", "pass", "a ping follows", "C close 1000", "S close 1000", Line("server", "ping", b"")),
    edge("GEN-061", "fail", "a text follows", "C close 1000", "S close 1000", "S text x"),
    edge("GEN-061", "fail", "bytes follow", "C close 1000", "S close 1000", "S binary x"),
    edge("GEN-061", "pass", "the client's text follows", "S close 1000", UPDATE, "C close 1000"),
    edge("GEN-061", "skipped", "no close", ending=DROPPED),
    *(edge("GEN-062", "pass", f"code {code}", f"S close {code}", f"C close {code}")
      for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999)),
    *(edge("GEN-062", "fail", f"code {code}", f"S close {code}", f"C close {code}")
      for code in (999, 1004, 1005, 1006, 1015, 2999, 5000)),
    edge("GEN-062", "pass", "123 bytes", "S close 1000 " + "x" * 123, "C close 1000"),
    edge("GEN-062", "fail", "124 bytes", "S close 1000 " + "x" * 124, "C close 1000"),
    edge("GEN-062", "pass", "no body", "S close", "C close"),
    edge("GEN-062", "fail", "a body of one byte", Line("server", "close", b"\x03"), "C close 1000"),
    edge("GEN-062", "fail", "no UTF-8", Line("server", "close", b"\x03\xe8\xff"), "C close 1000"),
    edge("GEN-062", "skipped", "the client's close", "C close 1006", ending=DROPPED),
    *(edge("GEN-062", "fail", words, ending=Ending(problem=words)) for words in (
        "close frame too short", "invalid status code", "control frame too long", "UnicodeDecodeError: x")),
    edge("GEN-072", "pass", "frames", CONFIGURED),
    edge("GEN-072", "fail", "a broken frame", CONFIGURED, ending=Ending(problem="reserved bits must be 0")),
    edge("GEN-072", "pass", "a broken close", CONFIGURED, ending=Ending(problem="invalid status code")),
    edge("GEN-072", "skipped", "no frame of the server", UPDATE, "C close 1000", greeting=False,
         ending=Ending(first="client")),
    edge("GEN-063", "pass", "the server closed", CONFIGURED, ENDED),
    edge("GEN-063", "fail", "the server dropped", CONFIGURED, ending=DROPPED),
    edge("GEN-063", "pass", "the client dropped", CONFIGURED, ending=Ending(first="client", tcp="rst")),
    edge("GEN-063", "skipped", "nobody ended it", CONFIGURED, ending=Ending(first="nobody")),
    edge("GEN-063", "pass", "a broken frame", CONFIGURED, ending=Ending(first="server", problem="x")),
    edge("GEN-064", "fail", "1000 after an error", UPDATE, REFUSED, "S close 1000", "C close 1000"),
    edge("GEN-064", "pass", "1008 after an error", UPDATE, REFUSED, ENDED),
    edge("GEN-064", "skipped", "1000 after an answer", UPDATE, REFUSED, CONFIGURED, "S close 1000", "C close 1000"),
    edge("GEN-064", "skipped", "the client was first", UPDATE, REFUSED, "C close 1000", "S close 1000"),
    edge("GEN-064", "skipped", "TCP ended", UPDATE, REFUSED, ending=DROPPED),
]  # fmt: skip


@each(EDGES)
def test_an_edge(edge: Edge) -> None:
    found = edge.judged()
    assert found.verdict == edge.verdict, found.detail


@pytest.mark.parametrize("words", FATAL_WORDS)
def test_a_documented_end_is_none_of_the_servers_faults(words: str) -> None:
    closed = edge("GEN-001", "pass", words, CONFIGURED, f"S close 1011 {words}", "C close 1011").judged()
    assert dict(closed.excuses) == {requests.DOCUMENTED_END: 1}
    assert edge("GEN-019", "skipped", words, CANCEL, error(words), UPDATE, LEAVE).judged().verdict == "skipped"
    assert edge("GEN-019", "skipped", words, CANCEL, error(code=words), UPDATE, LEAVE).judged().verdict == "skipped"


AUDIO = append(b"\0\1" * 800)
MINUTE = 60_000.0
REST = 1 + len(text_reply()) + 2  # ms from the update to the last frame

# Excuse: an end that it excuses, and one just outside of it.
EXCUSED: list[tuple[Excuse, list[object], list[object]]] = [
    (requests.SESSION_LIMIT, [waited(UPDATE, 29 * MINUTE - REST), UPDATED, text_reply(), ENDED[0]],
     [waited(UPDATE, 29 * MINUTE - REST - 1), UPDATED, text_reply(), ENDED[0]]),
    (requests.IDLE, [CONFIGURED, waited(ENDED[0], 150_000 - 3)], [CONFIGURED, waited(ENDED[0], 150_000 - 4)]),
    (requests.IDLE, [ASKED, text_reply(), waited(ENDED[0], 150_000 - 1)],
     [ASKED, text_reply(), waited(ENDED[0], 150_000 - 2)]),
    (requests.IDLE, [waited(UPDATE, 150_000), UPDATED, ENDED[0]],
     [waited(UPDATE, 150_000), UPDATED, ASKED, text_reply(), ENDED[0]]),
    (requests.FINISH, [CONFIGURED, "C session.finish", CLEARED, ENDED[0]], [CONFIGURED, "S session.finish", ENDED[0]]),
    (requests.VOICE, [greeting_update(voice="Nobody"), CLEAR, CLEARED, CLEAR, CLEARED, ENDED[0]],
     [greeting_update(voice="Tina"), CLEAR, CLEARED, ENDED[0]]),
    (requests.VOICE, [greeting_update(audio={"output": {"voice": "Nobody"}}), CLEAR, CLEARED, CLEAR, CLEARED, ENDED[0]],
     [greeting_update(audio={"output": {"voice": "Tina"}}), CLEAR, CLEARED, CLEAR, CLEARED, ENDED[0]]),
    (requests.BINARY, [CONFIGURED, "C binary x", ENDED[0]], [CONFIGURED, AUDIO, ENDED[0]]),
    (requests.LARGE, [CONFIGURED, large(200 * 1024 + 1), ENDED[0]], [CONFIGURED, large(200 * 1024), ENDED[0]]),
    (requests.UNTIMELY, [CONFIGURED, burst(more=True), ENDED[0]], [CONFIGURED, burst(more=False), ENDED[0]]),
    (requests.UNTIMELY, [CONFIGURED, burst(more=True), ENDED[0]], [CONFIGURED, burst(more=True, within=1001),
         ENDED[0]]),
    (requests.UNTIMELY, [AUDIO, ENDED[0]], [UPDATE, AUDIO, ENDED[0]]),
    (requests.MALFORMED, [CONFIGURED, ODD, ENDED[0]], [CONFIGURED, AUDIO, ENDED[0]]),
    (requests.MALFORMED, [CONFIGURED, "C text [1]", ENDED[0]], [CONFIGURED, AUDIO, ENDED[0]]),
    (requests.MALFORMED, [CONFIGURED, c("session.update", session=7), ENDED[0]], [CONFIGURED, UPDATE, ENDED[0]]),
    (requests.ODD_AUDIO, [CONFIGURED, append(b"\0\1\0"), ENDED[0]], [CONFIGURED, append(b"\0\1\0\1"), ENDED[0]]),
    (requests.ODD_AUDIO, [CONFIGURED, append(b""), ENDED[0]], [CONFIGURED, append(b"\0\1"), ENDED[0]]),
    (requests.ODD_AUDIO, [CONFIGURED, append(b"RIFF"), ENDED[0]], [CONFIGURED, append(b"RAFF"), ENDED[0]]),
    (requests.MALFORMED, [CONFIGURED, AUDIO, picture(b"\xff\xd8"), ENDED[0]],
     [CONFIGURED, AUDIO, picture(b"\xff\xd8\xff\xd9"), ENDED[0]]),
    (requests.MALFORMED, [CONFIGURED, AUDIO, picture(b"\xff\xd9"), ENDED[0]],
     [CONFIGURED, AUDIO, picture(b"\xff\xd8\xff\xd9\0\0"), ENDED[0]]),
    (requests.LARGE_IMAGE, [CONFIGURED, AUDIO, picture(jpeg(1921, 1)), ENDED[0]],
     [CONFIGURED, AUDIO, picture(jpeg(1920, 1)), ENDED[0]]),
    (requests.LARGE_IMAGE, [CONFIGURED, AUDIO, picture(jpeg(1, 1921)), ENDED[0]],
     [CONFIGURED, AUDIO, picture(jpeg(1, 1920)), ENDED[0]]),
    (requests.COMMIT_IN_VAD, [CONFIGURED, audio(1000), COMMIT, ENDED[0]], [manual(), audio(1000), COMMIT, ENDED[0]]),
]  # fmt: skip


@pytest.mark.parametrize("row", EXCUSED, ids=lambda row: row[0].words)
def test_an_excuse_holds_for_what_it_says_and_no_more(row: tuple[Excuse, list[object], list[object]]) -> None:
    excuse, inside, outside = row
    found = edge("GEN-001", "", "", *inside, "C close 1008").judged()
    assert found.verdict == "pass", found.detail
    assert list(dict(found.excuses)) == [excuse]
    found = edge("GEN-001", "", "", *outside, "C close 1008").judged()
    assert found.verdict == "fail", found


def test_the_voice_of_the_greeting_may_end_a_session_of_one_family() -> None:
    lines = [CONFIGURED, *ENDED]
    found = edge("GEN-001", "", "", *lines, **BY_38).judged()
    assert list(dict(found.excuses)) == [requests.VOICE_OF_GREETING]
    for named in ({"voice": "Tina"}, {"audio": {"output": {"voice": "Tina"}}}):
        assert edge("GEN-001", "", "", greeting_update(**named), *lines, **BY_38).judged().verdict == "fail", named
    assert edge("GEN-001", "", "", *lines).judged().verdict == "fail"


def test_a_session_that_never_began_has_no_rule_to_keep() -> None:
    found = edge("GEN-001", "", "", "S close 1008", "C close 1008", greeting=False).judged()
    assert list(dict(found.excuses)) == [requests.NEVER_BEGAN]
    assert edge("GEN-001", "", "", "S close 1008", "C close 1008").judged().verdict == "fail"


def test_every_excuse_for_an_end_has_its_pair() -> None:
    shown = {excuse for excuse, _, _ in EXCUSED}
    elsewhere = {requests.DOCUMENTED_END, requests.NEVER_BEGAN, requests.VOICE_OF_GREETING, requests.LEFT_OUT}
    assert set(requests.ENDS) - shown == elsewhere
