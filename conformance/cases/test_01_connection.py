"""§1  Connection: address, credentials, the upgrade, the first event, frames."""

import json
from contextlib import suppress

from conformance.cases.shared import greeting, user
from conformance.cut import listed
from conformance.guarded import object_at
from conformance.judge.places import greetings
from conformance.judge.verdicts import Inconclusive, Seen, other
from conformance.spec import must, observe, should
from conformance.wire import close, either, fragmented, ping, pong, quiet, send, until
from conformance.wire.call import NEAR, Dial, Unreachable

UPDATE = json.dumps({"type": "session.update", "session": {"modalities": ["text"]}})
SDK_AGENT = "dashscope/1.26.2; python/3.11.7; platform/Linux-6.1; processor/"


def refusal(wire) -> Seen:
    """How a connection was refused, in the words of the questions about keys and models."""
    status = wire.handshake.status
    if status in {401, 403}:
        return Seen(f"http-{status}", wire.handshake.body)
    if status == 101 and not wire.has("session.created") and wire.ending.first == "server":
        return Seen("close-after-upgrade", f"{wire.ending.code_received} {wire.ending.reason_received}")
    return other(f"HTTP {status}; {listed(wire.types)}")


def model_refusal(wire) -> Seen:
    """How a model name was refused."""
    status = wire.handshake.status
    if wire.has("session.created"):
        return Seen("accepted", str(wire.the("session.created")["session"].get("model")))
    if status is not None and 400 <= status < 500:
        return Seen("handshake-refused", f"HTTP {status} {wire.handshake.body}")
    if status == 101 and wire.ending.first == "server":
        return Seen("close-after-upgrade", f"{wire.ending.code_received} {wire.ending.reason_received}")
    return other(f"HTTP {status}; {listed(wire.types)}")


class TestSanity:
    """The client connects, waits to be greeted, and leaves: held alone before anything else opens."""

    on = greetings.asked(
        "CON-001 CON-003 CON-004 CON-006 CON-007 CON-008 CON-009 CON-010 CON-012 ENV-023 Q-CREATED-CONTENT"
    )

    script = [until("session.created"), quiet(), close(1000)]

    @must("CON-002")
    def test_the_documented_path_is_upgraded(self, wire):
        assert wire.handshake.status == 101

    @must("CON-001")
    def test_the_first_event_is_session_created(self, wire):
        assert wire.types[:1] == ["session.created"]

    @should("CON-003")
    def test_the_session_is_created_once(self, wire):
        wire.the("session.created")
        assert wire.types.count("session.created") == 1

    @must("CON-004")
    def test_the_session_is_a_realtime_session(self, wire):
        assert greeting(wire).get("object") == "realtime.session"

    @should("CON-005")
    def test_the_session_has_the_model_of_the_url(self, wire):
        assert greeting(wire).get("model") == wire.transcript.model

    @must("CON-006")
    def test_the_session_has_an_id(self, wire):
        session_id = greeting(wire).get("id")
        assert isinstance(session_id, str)
        assert session_id

    @must("CON-007")
    def test_the_session_speaks_and_writes(self, wire):
        assert sorted(greeting(wire).get("modalities") or ()) == ["audio", "text"]

    @must("CON-008")
    def test_the_server_detects_turns_by_voice(self, wire):
        assert turn_detection(wire, "type") == "server_vad"

    @must("CON-009")
    def test_a_turn_ends_after_800_ms_of_silence(self, wire):
        assert turn_detection(wire, "silence_duration_ms") == 800

    @must("CON-010")
    def test_a_turn_is_padded_by_300_ms(self, wire):
        assert turn_detection(wire, "prefix_padding_ms") == 300

    @should("CON-011")
    def test_the_voice_is_the_familys_default(self, wire):
        assert greeting(wire).get("voice") == wire.profile.default_voice

    @should("CON-012")
    def test_the_formats_are_documented_ones(self, wire):
        told = greeting(wire)
        formats = {told.get("input_audio_format", "pcm"), told.get("output_audio_format", "pcm")}
        assert formats <= {"pcm", "pcm16", "pcm24"}

    @must("CON-023")
    def test_no_subprotocol_is_forced_on_the_client(self, wire):
        assert header(wire, "Sec-WebSocket-Protocol") is None

    @must("CON-024")
    def test_no_extension_is_forced_on_the_client(self, wire):
        assert header(wire, "Sec-WebSocket-Extensions") is None

    @should("ENV-023")
    def test_nothing_but_the_greeting_comes_unasked(self, wire):
        wire.the("session.created")
        assert wire.types == ["session.created"]

    @observe("Q-CREATED-CONTENT")
    def question_what_the_greeting_lists(self, wire):
        names = ("temperature", "tools", "enable_search", "search_options", "tool_choice")
        there = [name for name in names if name in greeting(wire)]
        return Seen({0: "short", len(names): "full"}.get(len(there), "some"), ", ".join(there))


def turn_detection(wire, name):
    """A member of the greeting's `turn_detection`, where it is told: no source says that it must be."""
    found = greeting(wire).get("turn_detection")
    if not isinstance(found, dict) or name not in found:
        raise Inconclusive(f"`session.created` shows no `turn_detection.{name}`")
    return found[name]


def header(wire, name):
    """A header of the handshake's answer; fails unless there was an upgrade."""
    assert wire.handshake.status == 101
    return next((value for key, value in wire.handshake.response_headers if key.lower() == name.lower()), None)


class TestTwoAtOnce:
    """Two connections at once, with the headers that the SDKs send; the first never configures anything and asks."""

    connections = 2
    dial = Dial(headers=(("User-Agent", SDK_AGENT),))
    probes_handshake = True

    async def talk(self, call):
        await call(until("session.created"))
        with suppress(Unreachable):  # a refusal is CON-014's, and no reason not to ask on the first
            other = await call.beside(Dial(scheme="bearer"))
            await other(until("session.created"), close(1000))
        await call(
            send("conversation.item.create", item=user("Answer with exactly one word: yes")),
            until("conversation.item.created"),
            send("response.create"),
            until("response.done"),
            close(1000),
        )

    @should("CON-013")
    def test_sessions_have_different_ids(self, wire):
        first, second = greeting(wire).get("id"), greeting(wire.leg(1)).get("id")
        if first is None or second is None:
            raise Inconclusive("a session has no id, which CON-006 judges")
        assert first != second

    @should("CON-014")
    def test_bearer_in_lower_case_is_accepted(self, wire):
        second = wire.leg(1)
        assert second.handshake.status == 101
        second.the("session.created")

    @should("CON-019")
    def test_the_sdks_user_agent_is_accepted(self, wire):
        assert wire.handshake.status == 101
        assert wire.has("session.created")

    @should("CON-027")
    def test_a_session_works_with_its_defaults(self, wire):
        assert object_at(wire.the("response.done"), "response").get("status") == "completed"

    @observe("Q-GREETING-VOICE")
    def question_is_the_voice_of_the_greeting_there(self, wire):
        shown = f"the greeting shows {greeting(wire).get('voice')!r}"
        told = [event.get("error") for event in wire.all("error")]
        told += [wire.ending.reason_received] if wire.ending.first == "server" else []
        if any("voice" in str(one).lower() for one in told):
            return Seen("refused", f"{shown}; {told[0]}")
        return Seen("answered" if wire.has("response.done") else "other", f"{shown}; {listed(wire.types)}")


class TestControlFrames:
    """The client pings, pongs, and sends its events in fragments."""

    script = [
        until("session.created"),
        ping(b"are you there"),
        pong(b"nobody asked"),
        send("session.update", label="after pong", session={"modalities": ["text"]}),
        until("session.updated"),
        fragmented(UPDATE, 3, label="fragments"),
        until("session.updated"),
        fragmented(UPDATE, 3, ping=b"between", label="fragments with ping"),
        until("session.updated"),
        quiet(),
        close(1000),
    ]

    @must("CON-020")
    def test_a_ping_gets_its_pong(self, wire):
        wire.the("session.created")  # before which the client does not ping
        assert b"are you there" in pongs(wire)

    @must("CON-028")
    def test_an_unsolicited_pong_is_ignored(self, wire):
        assert wire.answers_to("after pong") == ["session.updated"]

    @must("CON-021")
    def test_a_fragmented_event_is_understood(self, wire):
        assert wire.answers_to("fragments") == ["session.updated"]

    @must("CON-022")
    def test_a_ping_between_fragments_is_answered(self, wire):
        assert wire.answers_to("fragments with ping") == ["session.updated"]
        assert b"between" in pongs(wire)


def pongs(wire):
    """Payloads of the server's pongs."""
    return [frame.data for frame in wire.frames if frame.side == "server" and frame.opcode == "pong"]


class TestNoKey:
    """The client connects without credentials."""

    dial = Dial(key=None)
    probes_handshake = True
    script = [either(until("session.created"), until("error"))]

    @should("CON-015")
    def test_no_key_is_refused(self, wire):
        assert wire.handshake.status in {401, 403}

    @observe("Q-NO-KEY")
    def question_how_no_key_is_refused(self, wire):
        return refusal(wire)


class TestBadKey:
    """The client connects with a key that was never given out, and that begins and ends as its own."""

    dial = Dial(key=NEAR)
    probes_handshake = True
    script = [either(until("session.created"), until("error"))]

    @should("CON-016")
    def test_a_bad_key_is_refused(self, wire):
        assert wire.handshake.status in {401, 403}

    @observe("Q-BAD-KEY")
    def question_how_a_bad_key_is_refused(self, wire):
        return refusal(wire)


class TestUnknownModel:
    """The client names a model that does not exist."""

    dial = Dial(model="no-such-model-realtime")
    probes_handshake = True
    script = [either(until("session.created"), until("error"))]

    @should("CON-017")
    def test_an_unknown_model_gets_no_session(self, wire):
        assert wire.handshake.status is not None, "the handshake was not answered"
        assert not wire.has("session.created")

    @observe("Q-UNKNOWN-MODEL")
    def question_how_an_unknown_model_is_refused(self, wire):
        return model_refusal(wire)


class TestMistypedModel:
    """The client names a model with a letter missing."""

    dial = Dial(model="qwen3.5-omni-flash-realtme")
    probes_handshake = True
    script = [either(until("session.created"), until("error"))]

    @observe("Q-MISTYPED-MODEL")
    def question_what_a_mistyped_model_gets(self, wire):
        seen = model_refusal(wire)
        if seen.outcome != "accepted":
            return seen
        return Seen("accepted" if seen.evidence == self.dial.model else "replaced", f"served as {seen.evidence}")


class TestMissingModel:
    """The client names no model."""

    dial = Dial(with_model=False)
    probes_handshake = True
    script = [either(until("session.created"), until("error"))]

    @observe("Q-MISSING-MODEL")
    def question_how_a_missing_model_is_refused(self, wire):
        return model_refusal(wire)


class TestOffers:
    """The client offers a sub-protocol and compression."""

    dial = Dial(deflate=True, subprotocols=("realtime",))
    probes_handshake = True
    script = [until("session.created"), close(1000)]

    @observe("Q-SUBPROTOCOL")
    def question_what_becomes_of_a_subprotocol(self, wire):
        if wire.handshake.status != 101:
            return Seen("refused", f"HTTP {wire.handshake.status}")
        chosen = header(wire, "Sec-WebSocket-Protocol")
        return Seen("selected", chosen) if chosen else "none-selected"

    @observe("Q-DEFLATE")
    def question_is_compression_negotiated(self, wire):
        if wire.handshake.status != 101:
            raise Inconclusive(f"the offer was refused with HTTP {wire.handshake.status}")
        chosen = header(wire, "Sec-WebSocket-Extensions")
        return Seen("negotiated", chosen) if chosen and "permessage-deflate" in chosen else "not-negotiated"
