"""§13  Isolation: one session's trouble stays its own."""

import json

from conformance.cases.shared import user
from conformance.guarded import object_at
from conformance.judge.verdicts import Inconclusive
from conformance.spec import should
from conformance.wire import append, close, drop, maybe, quiet, send, speak, text, until

BRIEF = {"modalities": ["text"], "max_tokens": 16}
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
        await call(until("session.created"), send("session.update", session=BRIEF), until("session.updated"))
        other = await call.beside()
        await other(until("session.created"), send("session.update", session=BRIEF), until("session.updated"))
        await other(send("session.update", session={"instructions": WORD}), until("session.updated"))
        await other(send("conversation.item.create", item=user(f"My word is {WORD}.")))
        await other(until("conversation.item.created"))
        await call(send("conversation.item.create", item=user("Count from 1 to 20.")))
        await call(until("conversation.item.created"), send("response.create"), until("response.created"))
        await other(send("response.create"), until("response.created"))
        await other(send("conformance.no_such_event"), maybe("error"), text("{bad"), maybe("error"))
        await call(until("response.done"), send("session.update", label="echo", session=BRIEF))
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


class TestUncleanEnds:
    """A session is reset in mid-response beside another, a third is dropped with audio waiting; then a fourth talks."""

    connections = 4

    async def talk(self, call):
        await call(until("session.created"), send("session.update", session=BRIEF), until("session.updated"))
        await call(*turn(f"Remember the word {WORD}. Answer with exactly one word: yes")[:3])
        other = await call.beside()
        await other(until("session.created"), send("session.update", session={"modalities": ["text"]}))
        await other(until("session.updated"), *turn("Count from 1 to 40.")[:3], until("response.text.delta"))
        await other(drop("rst"))
        await call(until("response.done"), close(1000))
        await call.connect()
        await call(until("session.created"), send("session.update", session={**BRIEF, "turn_detection": None}))
        await call(until("session.updated"), *turn(), append(speak("hello").pcm), drop("fin"))
        await call.connect()
        await call(until("session.created"), send("session.update", session=BRIEF), until("session.updated"))
        await call(*turn("Which word did I ask you to remember? Answer with one word or: none"), close(1000))

    @should("ISO-007")
    def test_anothers_reset_does_no_harm(self, wire):
        is_completed(wire)

    @should("ISO-005")
    def test_a_new_session_works_after_a_reset(self, wire):
        is_completed(wire.leg(2))

    @should("ISO-003")
    def test_a_new_session_knows_nothing_of_the_old(self, wire):
        if not wire.leg(1).has("response.text.delta"):
            raise Inconclusive("the earlier sessions did not come so far")
        said = "".join(event.get("text", "") for event in wire.leg(3).all("response.text.done"))
        assert WORD.lower() not in said.lower()

    @should("ISO-006")
    def test_a_new_session_works_after_a_drop(self, wire):
        is_completed(wire.leg(3))


class TestSanityAgain:
    """After everything else in the run, the client connects and is greeted as at the start."""

    last = True
    script = [until("session.created"), send("session.update", session=BRIEF), until("session.updated"), close(1000)]

    @should("ISO-010")
    def test_the_endpoint_is_as_well_as_before(self, wire):
        assert wire.types == ["session.created", "session.updated"]
