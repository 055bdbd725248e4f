"""§11  Closing: who ends a session, how, and what is left behind."""

import json

from conformance import fixtures
from conformance.cases.shared import BLUE_WHALE, BRIEF, MANUAL, configured, heard, user
from conformance.judge import ledger, silence_cost
from conformance.judge.acceptance import INVENTED, masked
from conformance.judge.evidence.frames import size
from conformance.judge.places import closes, finishes
from conformance.judge.rules.closing import answers_no_close
from conformance.judge.verdicts import Blocked, Inconclusive, NotApplicable, Seen, other
from conformance.spec import must, observe, should
from conformance.spec.unsolicited import is_unsolicited
from conformance.wire import (
    append,
    close,
    drop,
    half_close,
    likely,
    maybe,
    pause,
    ping,
    quiet,
    send,
    silence,
    speak,
    until,
)

TYPED = {"modalities": ["text"], "instructions": BRIEF, "max_tokens": 128}
AGAIN = (
    send("conversation.item.create", item=user(BLUE_WHALE)),
    until("conversation.item.created"),
    send("response.create"),
    until("response.done"),
)
TURN = (*configured({**TYPED, "max_tokens": 16}), *AGAIN)
WRITING = (
    *configured(TYPED),
    send("conversation.item.create", item=user("Count from 1 to 40.")),
    until("conversation.item.created"),
    send("response.create"),
    until("response.text.delta"),
)
SPOKEN = {"modalities": ["text"], "instructions": TYPED["instructions"], "max_tokens": 16}
MS = 32  # bytes of a millisecond at 16 kHz
WEATHER = fixtures.wav("weather")
# The vendor's SDK gives up after 20 s; CLO-011 wants an answer within five.
finish = (send("session.finish"), maybe("session.finished", "error", within_ms=5500))


def is_answered(wire):
    """The client's close frame got a close frame back.

    A script that breaks off is left with 1000, too, in whatever state there is: of a close in the middle of a response
    that never began, or of a session that was never greeted, that says nothing.  GEN-060 judges every close.
    """
    if wire.ending.first != "client":
        raise Inconclusive("the server closed first")
    wire.prepared()
    if wire.ending.code_received is None and answers_no_close(wire.run):
        raise Blocked("the close frame", "GEN-060", "no close is answered in this run")
    assert wire.ending.code_received is not None, f"no close frame came back; {wire.ending.tcp_words}"


def answered(wire):
    """As above, for what the answer is like: that it comes is the business of CLO-001."""
    wire.prepared()
    if wire.ending.code_received is None:
        raise Blocked("the close frame", "CLO-001", wire.ending.tcp_words)


def listed(wire, outcomes):
    """How the platform lists the session, in the words of a question; what it can't tell is no outcome."""
    reading = wire.status
    if reading is None:
        raise Inconclusive("the platform's status was not read")
    status = "failed" if reading["status"].startswith("failed") else reading["status"]
    said = "; ".join(str(reading[key]) for key in ("status", "error", "attribution", "why") if reading.get(key))
    if status not in outcomes:
        raise Inconclusive(said)
    return Seen(outcomes[status], said)


LISTED = {name: name.replace("_", "-") for name in ("succeeded", "failed", "cancelled", "in_progress", "absent")}


def is_finished(wire):
    """Inconclusive unless `session.finished` came."""
    if not wire.has("session.finished"):
        seen = wire.answers_to("session.finish") or "nothing"
        raise Inconclusive(f"`session.finish` was answered by {seen}, so no session was finished")


class TestIdle:
    """The client closes an idle session with 1000, as everybody does."""

    on = closes.asked("CLO-001 CLO-002 CLO-003 CLO-004 CLO-012")

    urgent = True
    path = "close-1000-idle"
    script = [until("session.created"), close(1000)]

    @should("CLO-001")
    def test_1000_is_answered_by_1000(self, wire):
        is_answered(wire)
        assert wire.ending.code_received == 1000

    @should("CLO-002")
    def test_the_answer_has_no_reason(self, wire):
        answered(wire)
        assert wire.ending.reason_received == ""

    @should("CLO-003")
    def test_there_is_no_farewell(self, wire):
        answered(wire)
        moved = next(frame for frame in wire.frames if frame.side == "client" and frame.opcode == "close")
        assert [frame.type for frame in wire.after(moved) if not is_unsolicited(frame.type)] == []

    @should("CLO-004")
    def test_the_answer_comes_within_two_seconds(self, wire):
        answered(wire)
        moves = {frame.side: frame.at for frame in wire.frames if frame.opcode == "close"}
        assert moves["server"] - moves["client"] <= 2000

    @should("CLO-012")
    def test_the_server_ends_tcp_too(self, wire):
        answered(wire)
        assert wire.ending.tcp == "fin", wire.ending.tcp_words

    @observe("Q-EMPTY-SESSION-STATUS")
    def question_how_the_platform_lists_an_empty_session(self, wire):
        return listed(wire, LISTED)


class TestAfterResponse:
    """The client closes with 1000 after a completed turn, as the vendor's sample does."""

    on = closes.asked("CLO-018")

    urgent = True
    path = "close-1000-after-response"
    script = [*TURN, *AGAIN, close(1000)]

    @must("CLO-018")
    def test_a_close_after_a_response_is_answered(self, wire):
        is_answered(wire)

    @observe("Q-CLOSE-STATUS")
    def question_how_the_platform_lists_a_closed_session(self, wire):
        outcomes = {
            "failed": "finish-required",
            "succeeded": "clean-close-ok",
            "cancelled": "cancelled",
            "in_progress": "pending-until-finish",
            "absent": "absent-unless-success",
        }
        return listed(wire, outcomes)


class TestBeforeCreated:
    """The client closes with 1000 as soon as the connection is open, before it has read anything."""

    path = "close-1000-before-created"
    script = [close(1000)]

    @must("CLO-017")
    def test_a_close_before_the_greeting_is_answered(self, wire):
        is_answered(wire)


class TestApplicationCode:
    """The client closes with a code of its own, 4000."""

    path = "close-4000"
    script = [until("session.created"), close(4000, "done")]

    @must("CLO-016")
    def test_4000_is_answered(self, wire):
        is_answered(wire)


class TestFin:
    """The client ends TCP after a completed turn, without a close frame."""

    path = "drop-fin"
    script = [*TURN, drop("fin")]

    @observe("Q-FIN-STATUS")
    def question_how_the_platform_lists_a_dropped_session(self, wire):
        return listed(wire, LISTED)


class TestRst:
    """The client resets TCP after a completed turn, as a killed process may."""

    urgent = True
    path = "drop-rst"
    script = [*TURN, drop("rst")]

    @observe("Q-RST-STATUS")
    def question_how_the_platform_lists_a_reset_session(self, wire):
        return listed(wire, LISTED)


class TestHalfClose:
    """The client ends its half of TCP after a completed turn, without a close frame, and goes on reading."""

    plain = True
    path = "half-close"
    script = [*TURN, half_close(), quiet()]

    @observe("Q-HALF-CLOSE")
    def question_what_the_server_does_about_a_silent_end(self, wire):
        stop = wire.transcript.stop
        if stop is not None and "half-close" in stop.waiting_for:
            raise NotApplicable(stop.why)
        wire.the("response.done")
        ending = wire.ending
        if ending.code_received is not None:
            return Seen("close-frame", f"{ending.code_received} {ending.reason_received}".rstrip())
        return Seen("ends-tcp" if ending.tcp in {"fin", "rst"} else "stays-open", ending.tcp_words)


class TestWithoutCode:
    """The client's close frame has no body."""

    path = "close-without-code"
    script = [until("session.created"), close(None)]

    @must("CLO-005")
    def test_a_close_without_a_code_is_answered(self, wire):
        is_answered(wire)


class TestGoingAway:
    """The client closes as a browser does when its page is left."""

    path = "close-1001"
    script = [until("session.created"), close(1001)]

    @must("CLO-006")
    def test_1001_is_answered(self, wire):
        is_answered(wire)


class TestMidResponse:
    """The client closes while the model is still writing."""

    path = "close-1000-mid-response"
    script = [*WRITING, close(1000)]

    @must("CLO-007")
    def test_a_close_mid_response_is_answered(self, wire):
        is_answered(wire)


class TestBufferedAudio:
    """The client closes with audio in the buffer that was never committed."""

    path = "close-1000-with-audio"
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

    path = "close-1011"
    script = [until("session.created"), close(1011, "disconnect timeout after 20 seconds")]

    @should("CLO-009")
    def test_1011_is_answered(self, wire):
        is_answered(wire)


class TestJavaBye:
    """The client closes as the Java SDK does when all went well."""

    path = "close-1000-bye"
    script = [until("session.created"), close(1000, "bye")]

    @should("CLO-013")
    def test_bye_is_answered(self, wire):
        is_answered(wire)


class TestFinishIdle:
    """The client says `session.finish` on an idle session and waits who closes; if it was refused, it goes on."""

    on = finishes.asked("CLO-011 Q-FINISH")

    urgent = True
    path = "finish-and-wait"

    async def talk(self, call):
        await call(until("session.created"), *finish, quiet())
        finished = any(frame.type == "session.finished" for frame in call.leg.frames)
        if not finished and call.alive:
            await call(
                send("conformance.no_such_event", label="unknown type"),
                maybe("error"),
                send("session.update", session={"modalities": ["text"]}),
                maybe("session.updated"),
            )
        if call.alive:
            await call(close(1000))

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
        same = masked(finish, "session.finish") == masked(unknown, INVENTED)
        return Seen("same" if same else "different", json.dumps([finish, unknown], ensure_ascii=False))


class TestFinishThenClose:
    """The client ends a session as the SDK means it: after a turn `session.finish`, its answer, then close 1000."""

    urgent = True
    path = "finish-then-close"
    script = [*TURN, *finish, close(1000)]

    @observe("Q-FINISHED-STATUS")
    def question_how_the_platform_lists_a_finished_session(self, wire):
        is_finished(wire)
        return listed(wire, LISTED)


class TestFinishThenDrop:
    """The client says `session.finish` after a completed turn and, once answered, ends TCP without a close frame."""

    path = "finish-then-drop"
    script = [*TURN, *finish, drop("fin")]

    @observe("Q-FINISHED-DROP-STATUS")
    def question_how_the_platform_lists_a_finished_and_dropped_session(self, wire):
        is_finished(wire)
        return listed(wire, LISTED)


def fate_of_finish(wire, done, left):
    """What `session.finish` met while something was under way: `done` where an event of that type came before its end.

    `left`: what it is called when `session.finished` came without it.
    """
    after = [frame.type for frame in wire.after(wire.sent("session.finish"))]
    if "session.finished" in after:
        before = after[: after.index("session.finished")]
        return Seen(done[1] if done[0] in before else left, str(after))
    if "error" in after:
        return Seen("refused", str(after))
    if wire.ending.first == "server":
        return Seen("closed", f"{wire.ending.code_received} {wire.ending.reason_received}".rstrip())
    return Seen("silent", str(after))


class TestFinishWithAudio:
    """The client says `session.finish` with a turn that nobody has asked to answer, and audio that is not committed."""

    path = "finish-with-audio"
    script = [
        *configured(MANUAL),
        speak("hello"),
        send("input_audio_buffer.commit"),
        until("input_audio_buffer.committed"),
        heard(),
        speak("hello"),
        *finish,
        quiet(),
        close(1000),
    ]

    @observe("Q-FINISH-UNANSWERED")
    def question_what_becomes_of_a_turn_without_a_reply(self, wire):
        return fate_of_finish(wire, ("response.done", "answered"), "unanswered")

    @observe("Q-FINISH-AUDIO")
    def question_what_becomes_of_waiting_audio(self, wire):
        after = [frame.type for frame in wire.after(wire.sent("session.finish"))]
        if "session.finished" not in after:
            return Seen("refused" if "error" in after else "silent", str(after))
        return Seen("committed" if "input_audio_buffer.committed" in after else "dropped", str(after))


class TestFinishMidUtterance:
    """The client says `session.finish` in the middle of an utterance, while voice detection hears the user."""

    path = "finish-mid-utterance"
    script = [
        *configured(SPOKEN),
        append(WEATHER[: 900 * MS], label="speech, first half"),
        until("input_audio_buffer.speech_started"),
        *finish,
        quiet(),
        close(1000),
    ]

    @observe("Q-FINISH-MID-UTTERANCE")
    def question_what_becomes_of_an_utterance(self, wire):
        return fate_of_finish(wire, ("input_audio_buffer.committed", "committed"), "dropped")


class TestFinishTwice:
    """The client says `session.finish` twice."""

    path = "finish-twice"

    async def talk(self, call):
        await call(until("session.created"), *finish)
        if call.alive:
            await call(send("session.finish", label="second finish"), finish[1])
        if call.alive:
            await call(close(1000))

    @observe("Q-FINISH-TWICE")
    def question_what_a_second_finish_gets(self, wire):
        first = wire.answers_to("session.finish")
        if "session.finished" not in first:
            return Seen("refused" if "error" in first else "silent", f"the first got {first or 'nothing'}")
        if wire.ending.first == "server":
            return Seen("closed", f"{wire.ending.code_received} {wire.ending.reason_received}".rstrip())
        second = wire.answers_to("second finish")
        known = {"session.finished": "finished-again", "error": "error"}
        return Seen(known[second[0]], str(second)) if second and second[0] in known else Seen("ignored", str(second))


class TestEventAfterFinish:
    """The client says `session.finish` and then goes on as if it had not."""

    path = "event-after-finish"

    async def talk(self, call):
        await call(until("session.created"), *finish)
        if call.alive:
            await call(send("session.update", label="after finish", session={"modalities": ["text"]}))
            await call(maybe("session.updated", "error"))
        if call.alive:
            await call(close(1000))

    @observe("Q-EVENT-AFTER-FINISH")
    def question_what_an_event_after_finish_gets(self, wire):
        first = wire.answers_to("session.finish")
        if "session.finished" not in first:
            return Seen("refused" if "error" in first else "silent", f"`session.finish` got {first or 'nothing'}")
        if wire.ending.first == "server":
            return Seen("closed", f"{wire.ending.code_received} {wire.ending.reason_received}".rstrip())
        said = wire.answers_to("after finish")
        known = {"session.updated": "answered", "error": "error"}
        return Seen(known[said[0]], str(said)) if said and said[0] in known else Seen("ignored", str(said))


class TestCancelThenFinish:
    """The client cancels a reply, waits for its end, says `session.finish`, and closes."""

    path = "cancel-finish-close"
    script = [*WRITING, send("response.cancel"), likely("response.done", "error"), *finish, close(1000)]

    @observe("Q-FINISH-AFTER-CANCEL")
    def question_what_finish_gets_after_a_cancel(self, wire):
        after = [frame.type for frame in wire.after(wire.sent("session.finish"))]
        if "session.finished" in after:
            return "finished"
        return Seen("refused" if "error" in after else "silent", str(after))


class TestCancelThenClose:
    """The client cancels a reply, waits for its end, and closes."""

    path = "cancel-then-close"
    script = [*WRITING, send("response.cancel"), likely("response.done", "error"), close(1000)]

    @must("CLO-019")
    def test_a_close_after_a_cancel_is_answered(self, wire):
        is_answered(wire)


class TestFinishActive:
    """The client says `session.finish` while the model is writing."""

    path = "finish-mid-response"
    script = [
        *WRITING,
        send("session.finish"),
        maybe("session.finished", "error", within_ms=5500),
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


class TestLedger:
    """What the platform lists of all close paths, against what was held."""

    @should("CLO-020")
    def test_every_session_is_listed(self, wires):
        ledger.is_right("CLO-020", ledger.shows_up(wires))

    @should("CLO-021")
    def test_no_row_names_another_session(self, wires):
        ledger.is_right("CLO-021", ledger.names_itself(wires))

    @should("CLO-022")
    def test_the_usage_is_that_of_the_replies(self, wires):
        ledger.is_right("CLO-022", ledger.counts_right(wires))

    @should("CLO-023")
    def test_the_times_are_those_of_the_session(self, wires):
        ledger.is_right("CLO-023", ledger.is_timed_right(wires))

    @should("CLO-024")
    def test_the_model_is_the_one_that_greeted(self, wires):
        ledger.is_right("CLO-024", ledger.names_its_model(wires))

    @should("CLO-025")
    def test_no_row_shows_the_key(self, wires):
        ledger.is_right("CLO-025", ledger.quotes_no_key(wires))


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


def idle_billing(wire) -> Seen:
    """What a session without a reply was billed for its audio: only the platform's own usage can tell."""
    if wire.has("response.done"):
        raise Inconclusive("a reply came, and its usage tells")
    reading = wire.status
    if reading is None or not isinstance(reading.get("usage"), dict):
        why = "the platform lists the session without usage" if reading and reading["rows"] else "none was read"
        raise Inconclusive(f"not knowable from replies, and of the platform's usage {why}")
    usage = reading["usage"]
    details = usage.get("input_tokens_details")
    tokens = details.get("audio_tokens", 0) if isinstance(details, dict) else usage.get("input_tokens", 0)
    seconds = sum(pcm_seconds(frame) for frame in wire.frames if frame.type == "input_audio_buffer.append")
    if not seconds or not isinstance(tokens, int):
        return other(usage)
    rate = wire.profile.audio_in_rate
    told = f"{tokens} audio tokens in the platform's usage for {seconds:.0f} s of silence"
    if tokens / seconds < silence_cost.FREE:
        return Seen("not-billed", told)
    share = tokens / seconds / rate
    if share > 1 + silence_cost.NEAR:
        return other(told)
    return Seen("billed" if share >= 1 - silence_cost.NEAR else "in-part", f"{told}, {share:.0%} of the rate")


def pcm_seconds(frame):
    """Seconds of audio in an append."""
    return (size(frame.event.get("audio")) or 0) / 2 / silence_cost.INPUT_HZ


class TestIdleWithSilence:
    """The client streams silence in real time and asks for nothing."""

    slow = True
    path = "idle-with-silence"

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

    @observe("Q-IDLE-SILENCE-BILLED")
    def question_is_an_idle_session_billed(self, wire):
        return idle_billing(wire)


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
