"""§11  Closing: who ends a session, how, and what is left behind."""

import json

from conformance.judge.verdicts import Inconclusive, NotApplicable, Seen, other
from conformance.spec import must, observe, should
from conformance.wire import append, close, likely, maybe, pause, ping, quiet, send, silence, speak, until

COUNT = {
    "type": "message",
    "role": "user",
    "content": [{"type": "input_text", "text": "Count from 1 to 40."}],
}


def is_answered(wire):
    """The client's close frame got a close frame back."""
    if wire.ending.first != "client":
        raise Inconclusive("the server closed first")
    assert wire.ending.code_received is not None, f"no close frame came back; TCP ended by {wire.ending.tcp}"


def session_id(wire):
    """What names the session in the platform's logs."""
    return wire.the("session.created")["session"]["id"]


class TestIdle:
    """The client closes an idle session with 1000, as everybody does."""

    urgent = True
    script = [until("session.created"), close(1000)]

    @should("CLO-001")
    def test_1000_is_answered_by_1000(self, wire):
        is_answered(wire)
        assert wire.ending.code_received == 1000

    @should("CLO-002")
    def test_the_answer_has_no_reason(self, wire):
        is_answered(wire)
        assert wire.ending.reason_received == ""

    @should("CLO-003")
    def test_there_is_no_farewell(self, wire):
        is_answered(wire)
        moved = next(frame for frame in wire.frames if frame.side == "client" and frame.opcode == "close")
        assert [frame.type for frame in wire.after(moved)] == []

    @should("CLO-004")
    def test_the_answer_comes_within_two_seconds(self, wire):
        is_answered(wire)
        moves = {frame.side: frame.at for frame in wire.frames if frame.opcode == "close"}
        assert moves["server"] - moves["client"] <= 2000

    @should("CLO-012")
    def test_the_server_ends_tcp_too(self, wire):
        is_answered(wire)
        assert wire.ending.tcp == "fin", f"TCP ended by {wire.ending.tcp}"

    @observe("Q-CLOSE-STATUS")
    def question_how_the_platform_lists_a_closed_session(self, wire):
        raise Inconclusive(f"not observable: no status reader is configured; look up {session_id(wire)} by hand")

    @observe("Q-EMPTY-SESSION-STATUS")
    def question_how_the_platform_lists_an_empty_session(self, wire):
        raise Inconclusive(f"not observable: no status reader is configured; look up {session_id(wire)} by hand")


class TestWithoutCode:
    """The client's close frame has no body."""

    script = [until("session.created"), close(None)]

    @must("CLO-005")
    def test_a_close_without_a_code_is_answered(self, wire):
        is_answered(wire)


class TestGoingAway:
    """The client closes as a browser does when its page is left."""

    script = [until("session.created"), close(1001)]

    @must("CLO-006")
    def test_1001_is_answered(self, wire):
        is_answered(wire)


class TestMidResponse:
    """The client closes while the model is still writing."""

    script = [
        until("session.created"),
        send("session.update", session={"modalities": ["text"]}),
        until("session.updated"),
        send("conversation.item.create", item=COUNT),
        until("conversation.item.created"),
        send("response.create"),
        until("response.text.delta"),
        close(1000),
    ]

    @must("CLO-007")
    def test_a_close_mid_response_is_answered(self, wire):
        is_answered(wire)


class TestBufferedAudio:
    """The client closes with audio in the buffer that was never committed."""

    script = [
        until("session.created"),
        send("session.update", session={"turn_detection": None}),
        until("session.updated"),
        speak("hello"),
        close(1000),
    ]

    @must("CLO-008")
    def test_a_close_with_buffered_audio_is_answered(self, wire):
        is_answered(wire)


class TestJavaTimeout:
    """The client closes as the Java SDK does when `session.finished` did not come."""

    script = [until("session.created"), close(1011, "disconnect timeout after 20 seconds")]

    @should("CLO-009")
    def test_1011_is_answered(self, wire):
        is_answered(wire)


class TestJavaBye:
    """The client closes as the Java SDK does when all went well."""

    script = [until("session.created"), close(1000, "bye")]

    @should("CLO-013")
    def test_bye_is_answered(self, wire):
        is_answered(wire)


class TestFinishIdle:
    """The client says `session.finish` on an idle session, waits, and goes on if it was refused."""

    urgent = True

    async def talk(self, call):
        window = 5500 if call.target.kind == "live" else None
        answers = ("session.finished", "error")
        await call(until("session.created"), send("session.finish"), maybe(*answers, within_ms=window))
        await call(quiet())
        finished = any(frame.type == "session.finished" for frame in call.leg.frames)
        if not finished and call.alive:
            await call(
                send("conformance.no_such_event", label="unknown type"),
                maybe("error"),
                send("session.update", session={"modalities": ["text"]}),
                maybe("session.updated"),
                close(1000),
            )

    @observe("Q-FINISH")
    def question_is_finish_accepted(self, wire):
        answers = wire.replies("session.finish")
        for event in answers:
            if event["type"] == "error":
                return Seen("error", json.dumps(event.get("error"), ensure_ascii=False))
            if event["type"] == "session.finished":
                return "finished"
        if wire.ending.first == "server":
            return Seen("closed", f"{wire.ending.code_received} {wire.ending.reason_received}")
        return "silent" if not answers else other([event["type"] for event in answers])

    @should("CLO-011")
    def test_finish_is_answered_within_five_seconds(self, wire):
        sent = wire.sent("session.finish")
        answers = [frame for frame in wire.after(sent) if frame.type in {"error", "session.finished"}]
        assert answers, "neither session.finished nor error came"
        assert answers[0].at - sent.at <= 5000

    @should("CLO-010")
    def test_the_session_survives_a_refused_finish(self, wire):
        if wire.has("session.finished"):
            raise NotApplicable("`session.finish` is accepted here")
        assert "error" in wire.answers_to("session.finish"), "`session.finish` was not answered"
        assert wire.has("session.updated"), "the update after the refusal was not answered"

    @observe("Q-FINISH-SOCKET")
    def question_does_the_server_close_after_its_answer(self, wire):
        answered = {"error", "session.finished"} & set(wire.answers_to("session.finish"))
        if not answered:
            raise Inconclusive("`session.finish` was not answered")
        ending = wire.ending
        if ending.first == "server":
            return Seen("server-closes", f"{ending.code_received} {ending.reason_received}")
        return "stays-open"

    @observe("Q-FINISH-ERROR")
    def question_is_it_the_refusal_of_an_unknown_type(self, wire):
        if wire.has("session.finished"):
            return "not-refused"
        finish = wire.error_to("session.finish")
        unknown = wire.error_to("unknown type")
        masked = json.dumps(finish, sort_keys=True).replace("session.finish", "TYPE")
        same = masked == json.dumps(unknown, sort_keys=True).replace("conformance.no_such_event", "TYPE")
        return Seen("same" if same else "different", json.dumps([finish, unknown], ensure_ascii=False))


class TestFinishActive:
    """The client says `session.finish` while the model is writing."""

    script = [
        until("session.created"),
        send("session.update", session={"modalities": ["text"], "max_tokens": 128}),
        until("session.updated"),
        send("conversation.item.create", item=COUNT),
        until("conversation.item.created"),
        send("response.create"),
        until("response.text.delta"),
        send("session.finish"),
        maybe("session.finished", "error"),
        likely("response.done"),
        quiet(),
        close(1000),
    ]

    @observe("Q-FINISH-ACTIVE")
    def question_what_finish_does_to_a_response(self, wire):
        after = [frame.type for frame in wire.after(wire.sent("session.finish"))]
        ended = "response.done" in after
        if "error" in after and ended:
            return "error-response-completes"
        if "session.finished" in after:
            late = ended and after.index("response.done") < after.index("session.finished")
            return "finished-after-response" if late else "finished-at-once"
        return "silent" if ended else other(after[-5:])


def idle_end(wire) -> Seen:
    """Whether and how an idle session was ended by the server."""
    ending = wire.ending
    if ending.first != "server":
        return Seen("stays-open", f"{wire.transcript.seconds} s")
    codes = [error.get("code") for event in wire.all("error") if isinstance(error := event.get("error"), dict)]
    said = f"{ending.code_received} {ending.reason_received}; errors {codes}; {wire.transcript.seconds} s"
    if "response_idle_timeout" in codes:
        return Seen("error-and-1007" if ending.code_received == 1007 else "error-and-other-code", said)
    return Seen("close-1007-only", said) if ending.code_received == 1007 else other(said)


def clock_reset(wire) -> Seen:
    """Whether the session outlived 330 s."""
    seen = idle_end(wire)
    return Seen("resets" if seen.outcome == "stays-open" else "does-not-reset", seen.evidence)


class TestIdleTimeout:
    """The client sends nothing for five and a half minutes."""

    slow = True
    script = [until("session.created"), pause(330_000), close(1000)]

    @observe("Q-IDLE-CLOSE")
    def question_how_an_idle_session_ends(self, wire):
        return idle_end(wire)

    @observe("Q-SERVER-PING")
    def question_does_the_server_ping(self, wire):
        pings = [frame for frame in wire.frames if frame.side == "server" and frame.opcode == "ping"]
        return Seen("pings", f"{len(pings)} pings") if pings else "none"


class TestIdleWithUpdates:
    """The client sends an update every minute and asks for nothing."""

    slow = True

    async def talk(self, call):
        await call(until("session.created"))
        for _ in range(5):
            await call(pause(60_000))
            if not call.alive:
                return
            await call(send("session.update", session={"modalities": ["text"]}), maybe("session.updated"))
        await call(pause(30_000))

    @observe("Q-IDLE-CLOCK-UPDATE")
    def question_do_updates_reset_the_clock(self, wire):
        return clock_reset(wire)


class TestIdleWithSilence:
    """The client streams silence in real time and asks for nothing."""

    slow = True

    async def talk(self, call):
        await call(until("session.created"))
        for _ in range(330):
            if not call.alive:
                return
            await call(append(silence(1000).pcm, label="silence"))
            if not call.target.pace:
                await call(pause(1000))

    @observe("Q-IDLE-CLOCK-AUDIO")
    def question_does_silence_reset_the_clock(self, wire):
        return clock_reset(wire)


class TestIdleWithPings:
    """The client sends a ping every half minute and nothing else."""

    slow = True

    async def talk(self, call):
        await call(until("session.created"))
        for _ in range(11):
            await call(pause(30_000))
            if not call.alive:
                return
            await call(ping(b"idle"))

    @observe("Q-IDLE-CLOCK-PING")
    def question_do_pings_reset_the_clock(self, wire):
        return clock_reset(wire)
