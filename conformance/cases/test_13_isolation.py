"""§13  Isolation: one session's trouble stays its own."""

import json

from conformance.cases.shared import leg_of, user
from conformance.cut import listed
from conformance.guarded import object_at
from conformance.judge.verdicts import Inconclusive
from conformance.spec import should
from conformance.wire import append, close, drop, maybe, quiet, send, speak, text, until
from conformance.wire.call import Broken

SHORT_TEXT = {"modalities": ["text"], "max_tokens": 16}
WORD = "Xylophon"


def turn(words="Answer with exactly one word: yes"):
    """A whole typed turn."""
    return [
        send("conversation.item.create", item=user(words)),
        until("conversation.item.created"),
        send("response.create"),
        until("response.done"),
    ]


def is_completed(wire):
    """The turn on this connection ran to its end, or to its `max_tokens` (whose status is an open question, U14)."""
    assert wire.the("response.done")["response"]["status"] in {"completed", "incomplete"}


class TestSideBySide:
    """Two sessions at once: one is told something and sends malformed events while the other holds a turn."""

    connections = 2

    async def talk(self, call):
        await call(until("session.created"), send("session.update", session=SHORT_TEXT), until("session.updated"))
        other = await call.beside()
        await other(until("session.created"), send("session.update", session=SHORT_TEXT), until("session.updated"))
        await other(send("session.update", session={"instructions": WORD}), until("session.updated"))
        await other(send("conversation.item.create", item=user(f"My word is {WORD}.")))
        await other(until("conversation.item.created"))
        await call(send("conversation.item.create", item=user("Count from 1 to 20.")))
        await call(until("conversation.item.created"), send("response.create"), until("response.created"))
        await other(send("response.create"), until("response.created"))
        await other(send("conformance.no_such_event"), maybe("error"), text("{bad"), maybe("error"))
        await call(until("response.done"), send("session.update", label="echo", session=SHORT_TEXT))
        await call(until("session.updated"), quiet(), close(1000))

    @should("ISO-001")
    def test_an_error_stays_in_its_session(self, wire):
        assert not wire.has("error"), "an error reached the session that made no mistake"

    @should("ISO-002")
    def test_an_update_stays_in_its_session(self, wire):
        echoes = wire.replies("echo")
        assert WORD not in json.dumps(echoes)

    @should("ISO-004")
    def test_sessions_share_no_ids(self, wire):
        mine, others = ids(wire), ids(wire.leg(1))
        assert mine
        assert others
        assert not mine & others

    @should("ISO-008")
    def test_malformed_events_harm_nobody_else(self, wire):
        is_completed(wire)


def ids(wire):
    """Every response, item and conversation id of a connection."""
    found = []
    for response in wire.responses:
        found.append(response.id)
        body = object_at(response.the("response.created"), "response")
        found.append(body.get("conversation_id"))
    found += [object_at(event, "item").get("id") for event in wire.all("conversation.item.created")]
    return {one for one in found if isinstance(one, str) and one}


RESTS = 4


async def opened(call):
    """Dial and wait to be greeted: whether that went well."""
    try:
        return await call.taken() and await call(until("session.created")) is not None
    except Broken:
        return False


async def opened_after_a_drop(call):
    """Dial at once after a session that the client has dropped, and go on greeted.

    Where that fails: whether it does so each time, and after such an end alone.  A session is left well, and the next
    is opened at once; that one is dropped, and the next opened at once, too.  Each try stands in the notes.
    """
    tries = [await opened(call)]
    call.note(after_drop=tries)
    if tries[0]:
        return
    await rested(call)
    for leave, taken in ((close(1000), True), (drop("fin"), False)):
        if call.alive:
            await call(leave)
            tries.append(await opened(call))
        if tries[-1] != taken:
            break
    if not call.alive:
        await rested(call)


async def rested(call):
    """Be greeted on a connection, however long that takes within a few rests."""
    for _ in range(RESTS):
        await call.rest()
        if await opened(call):
            return


class TestUncleanEnds:
    """A session is reset in mid-response beside another, a third is dropped with audio waiting; then a fourth talks."""

    connections = 4
    last = True  # what comes right after an end is not to be another conversation's

    async def talk(self, call):
        await call(until("session.created"), send("session.update", session=SHORT_TEXT), until("session.updated"))
        await call(*turn(f"Remember the word {WORD}. Answer with exactly one word: yes")[:3])
        other = await call.beside()
        await other(until("session.created"), send("session.update", session={"modalities": ["text"]}))
        await other(until("session.updated"), *turn("Count from 1 to 40.")[:3], until("response.text.delta"))
        await other(drop("rst"))
        await call(until("response.done"), close(1000))
        await opened(call) or await rested(call)
        await call(send("session.update", label="after the reset", session={**SHORT_TEXT, "turn_detection": None}))
        await call(until("session.updated"), *turn(), append(speak("hello").pcm), drop("fin"))
        await opened_after_a_drop(call)
        manual = {**SHORT_TEXT, "turn_detection": None}
        await call(send("session.update", label="after the drop", session=manual), maybe("session.updated", "error"))
        await call(*turn("Which word did I ask you to remember? Answer with one word or: none"))
        for label in ("first commit of nothing", "second commit of nothing"):
            await call(send("input_audio_buffer.commit", label=label), maybe("input_audio_buffer.committed", "error"))
        await call(close(1000))

    @should("ISO-007")
    def test_anothers_reset_does_no_harm(self, wire):
        is_completed(wire)

    @should("ISO-005")
    def test_a_new_session_works_after_a_reset(self, wire):
        is_completed(leg_of(wire, "after the reset") if wire.notes else wire.leg(2))

    @should("ISO-003")
    def test_a_new_session_knows_nothing_of_the_old(self, wire):
        if not wire.leg(1).has("response.text.delta"):
            raise Inconclusive("the earlier sessions did not come so far")
        said = "".join(event.get("text", "") for event in at_last(wire).all("response.text.done"))
        assert WORD.lower() not in said.lower()

    @should("ISO-006")
    def test_a_new_session_works_after_a_drop(self, wire):
        is_completed(at_last(wire))

    @should("ISO-012")
    def test_a_new_session_has_no_audio(self, wire):
        first, second = (at_last(wire).answers_to(f"{nth} commit of nothing") for nth in ("first", "second"))
        if "session.updated" not in at_last(wire).answers_to("after the drop") or "error" not in second:
            raise Inconclusive(f"a commit of nothing was answered by {listed(second)} a second time")
        assert "error" in first, f"a commit was answered by {listed(first)}, and no audio was sent in this session"

    @should("ISO-011")
    def test_a_drop_closes_no_door(self, wire):
        tries = wire.notes.get("after_drop") or [at_last(wire).has("session.created")]
        if not tries[0] and tries[1:] != [True, False]:
            raise Inconclusive("right after a drop no session was opened; whether that is so each time was not seen")
        assert tries[0], "twice no session was opened right after a drop; right after a clean end one was"


def at_last(wire):
    """The connection of the last turn."""
    return leg_of(wire, "after the drop") if wire.notes else wire.leg(3)


class TestSanityAgain:
    """After everything else in the run, the client connects and is greeted as at the start."""

    last = True
    script = [
        until("session.created"),
        send("session.update", session=SHORT_TEXT),
        until("session.updated"),
        close(1000),
    ]

    @should("ISO-010")
    def test_the_endpoint_is_as_well_as_before(self, wire):
        assert wire.types == ["session.created", "session.updated"]
