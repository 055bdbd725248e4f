"""§5  Voice activity: the server hears when the user speaks, and decides the turns."""

import base64
import difflib
import itertools
import json
from typing import Any

from conformance import fixtures
from conformance.cases.shared import BLUE_WHALE, BRIEF, configured, user
from conformance.cut import listed
from conformance.judge.evidence.frames import size
from conformance.judge.places import spoken_turns
from conformance.judge.verdicts import Blocked, Inconclusive, Seen, Uncooperative, other
from conformance.spec import must, observe, should
from conformance.spec.unsolicited import TRANSCRIPTION, is_unsolicited
from conformance.wire import append, close, either, likely, maybe, pause, quiet, send, silence, speak, until

MS = 32  # bytes of a millisecond at 16 kHz
WEATHER = fixtures.wav("weather")
WEATHER_MS = fixtures.pcm_ms(WEATHER)
STORY = fixtures.wav("three_utterances")
STARTED, STOPPED = "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped"
COMMITTED = "input_audio_buffer.committed"
PATIENT = {"modalities": ["text"], "instructions": BRIEF, "max_tokens": 16}
LEAD_MS = 1000  # silence before the speech
# Two utterances in one append, smaller than the smallest limit of a frame that was ever seen (F8).
TWO = fixtures.wav("hello") + fixtures.silence(1200) + WEATHER + fixtures.silence(1200)
SOFT_DB = -18  # below a word as it is spoken
SOFT = fixtures.to_pcm(sample // 8 for sample in fixtures.to_samples(fixtures.wav("hello")))
THRESHOLDS = {"soft word, high threshold": 0.9, "soft word, low threshold": 0.1}
updated = either(until("session.updated"), until("error"))


def detection(**fields):
    """A session in VAD mode with these settings."""
    return {**PATIENT, "turn_detection": {"type": "server_vad", **fields}}


def number(event, name):
    """Milliseconds that a voice event tells; blocked by the clause about the field when it is no whole number."""
    found = event.get(name)
    if type(found) is not int:
        raise Blocked(f"a whole number in {name}", "VAD-003" if name == "audio_start_ms" else "VAD-004")
    return found


def start(wire, nth=0):
    """`audio_start_ms` of the `nth` utterance; a repetition for the same item is no utterance of its own."""
    return number(once_each(wire, STARTED, nth), "audio_start_ms")


def end(wire, nth=0):
    """`audio_end_ms` of the `nth` utterance."""
    return number(once_each(wire, STOPPED, nth), "audio_end_ms")


def once_each(wire, kind, nth):
    """The `nth` event of this type, counting each item once; raises Blocked."""
    found: dict[str | None, Any] = {}
    for event in wire.all(kind):
        found.setdefault(event.get("item_id"), event)
    if nth < len(found):
        return list(found.values())[nth]
    return wire.the(kind, nth)


def audio_before(wire, label):
    """How much audio (ms) was sent before the first frame with this label."""
    sent = 0
    first = wire.sent(label)
    for frame in wire.frames[: first.index]:
        if frame.side == "client" and frame.type == "input_audio_buffer.append":
            sent += size(frame.event["audio"]) or 0
    return sent / MS


class TestTurn:
    """A second of silence, a spoken question, two seconds of silence: in 20 ms appends, then in appends of a second."""

    on = spoken_turns.asked("VAD-002 VAD-003 VAD-004 VAD-020 Q-SPEECH-STARTED-REPEATED")

    connections = 2

    async def talk(self, call):
        audio = fixtures.silence(LEAD_MS) + WEATHER + fixtures.silence(2000)
        await call(
            *configured(PATIENT),
            silence(LEAD_MS, packet_ms=20),
            quiet(),
            speak("weather", packet_ms=20),
            silence(2000, packet_ms=20),
            likely("response.done"),
            quiet(),
            close(1000),
        )
        await call.connect()
        await call(
            *configured(PATIENT),
            append(audio, packet_ms=1000, label="speech weather"),
            until(STOPPED),
            likely("response.done"),
            send("input_audio_buffer.append", label="two in one", audio=base64.b64encode(TWO).decode()),
            until(STOPPED),
            likely(STOPPED),
            likely("response.done"),
            close(1000),
        )

    @should("VAD-001")
    def test_silence_is_no_speech(self, wire):
        spoken = wire.sent("speech weather")
        early = [frame.event for frame in wire.received if frame.type == STARTED and frame.index < spoken.index]
        assert not early, f"{LEAD_MS} ms of zeros brought {early}"

    @should("VAD-002")
    def test_a_turn_has_its_four_events_in_order(self, wire):
        wanted = [STARTED, STOPPED, COMMITTED, "conversation.item.created"]
        item_id = wire.the(STARTED).get("item_id")
        own = [
            str(frame.type)
            for frame in wire.received
            if frame.type in wanted and item_id in {frame.event.get("item_id"), item_of(frame.event).get("id")}
        ]
        seen = list(dict.fromkeys(own))
        assert seen == wanted, f"the turn {item_id} had {seen}"

    @should("VAD-003")
    def test_a_start_tells_when_and_for_which_item(self, wire):
        event = wire.the(STARTED)
        assert type(event.get("audio_start_ms")) is int, f"`audio_start_ms` is {event.get('audio_start_ms')!r}"
        assert isinstance(event.get("item_id"), str), f"`item_id` is {event.get('item_id')!r}"
        assert event["item_id"]

    @should("VAD-004")
    def test_a_stop_tells_when_and_for_which_item(self, wire):
        event = wire.the(STOPPED)
        assert type(event.get("audio_end_ms")) is int, f"`audio_end_ms` is {event.get('audio_end_ms')!r}"
        assert isinstance(event.get("item_id"), str), f"`item_id` is {event.get('item_id')!r}"
        assert event["item_id"]

    @should("VAD-005")
    def test_the_start_is_where_the_speech_begins(self, wire):
        assert abs(start(wire) - LEAD_MS) <= 700, f"{start(wire)} ms; the speech begins at {LEAD_MS} ms"

    @should("VAD-006")
    def test_the_length_is_that_of_the_speech(self, wire):
        length = end(wire) - start(wire)
        low, high = 0.8 * WEATHER_MS, 1.2 * WEATHER_MS + 300 + 800
        assert low <= length <= high, f"{length} ms; the speech lasts {WEATHER_MS} ms"

    @should("VAD-010")
    def test_a_turn_gets_its_reply(self, wire):
        stop = wire.frame(STOPPED)
        assert "response.created" in [frame.type for frame in wire.after(stop)], "no response followed the turn"

    @should("VAD-014")
    def test_the_cut_of_the_audio_does_not_move_the_turn(self, wire):
        other_cut = wire.leg(1)
        moved = (start(wire) - start(other_cut), end(wire) - end(other_cut))
        assert all(abs(ms) <= 200 for ms in moved), f"20 ms appends are {moved} ms off those of one second"

    @should("VAD-024")
    def test_each_utterance_of_one_append_is_a_turn(self, wire):
        second = wire.leg(1)
        turns = {f.event.get("item_id") for f in second.after(second.sent("two in one")) if f.type == COMMITTED}
        assert len(turns) == 2, f"two utterances in one append gave {len(turns)} turns"

    @should("VAD-020")
    def test_the_item_of_the_turn_has_its_id(self, wire):
        item_id = wire.the(STARTED).get("item_id")
        # The reply to the utterance before may still be coming, with an item of its own.
        shown = [item_of(event) for event in wire.all("conversation.item.created")]
        mine = [item.get("id") for item in shown if item.get("role") != "assistant"]
        assert mine, "no conversation.item.created came"
        assert mine[0] == item_id, f"the item is {mine[0]}, the speech was {item_id}"

    @observe("Q-SPEECH-STARTED-REPEATED")
    def question_whether_voice_events_repeat(self, wire):
        counted = {kind: len(wire.all(kind)) for kind in (STARTED, STOPPED)}
        if not counted[STARTED]:
            wire.the(STARTED)
        items = {event.get("item_id") for event in wire.all(STARTED, STOPPED)}
        if len(items) > 1:
            raise Uncooperative(f"the question was heard as {len(items)} utterances")
        return Seen("once" if set(counted.values()) == {1} else "repeated", json.dumps(counted))

    @observe("Q-VAD-AUTO-RESPONSE")
    def question_whether_a_turn_is_answered_by_itself(self, wire):
        wire.the(COMMITTED)
        return "answers" if wire.has("response.created") else "silent"


def item_of(event):
    """The `item` of an event, empty where it has none."""
    found = event.get("item")
    return found if isinstance(found, dict) else {}


class TestManualSpeech:
    """Speech and silence with voice detection off, then the same with it on again."""

    script = [
        *configured({**PATIENT, "turn_detection": None}),
        speak("weather"),
        silence(2000),
        quiet(),
        send("input_audio_buffer.clear", label="clear"),
        either(until("input_audio_buffer.cleared"), until("error")),
        send("session.update", label="back to vad", session={"turn_detection": {"type": "server_vad"}}),
        updated,
        speak("weather", label="speech again"),
        silence(2000),
        likely("response.done", "error"),
        close(1000),
    ]

    @must("VAD-007")
    def test_nobody_listens_in_manual_mode(self, wire):
        heard = [frame.type for frame in wire.received if frame.index < wire.sent("clear").index]
        assert not {STARTED, STOPPED} & set(heard), f"{WEATHER_MS} ms of speech brought {heard}"

    @should("VAD-008")
    def test_nothing_is_committed_in_manual_mode(self, wire):
        seen = [frame.type for frame in wire.received if frame.index < wire.sent("clear").index]
        assert COMMITTED not in seen, "the server committed a turn by itself"

    @should("VAD-018")
    def test_a_session_back_in_vad_mode_hears_again(self, wire):
        if "session.updated" not in wire.answers_to("back to vad"):
            raise Blocked("session.updated after the return to VAD", "SES-002", str(wire.replies("back to vad")))
        later = [frame.type for frame in wire.after(wire.sent("speech again"))]
        assert STARTED in later, f"{WEATHER_MS} ms of speech brought {later or 'nothing'}"


class TestSettings:
    """Twice the same word: with short silence and no padding, then with long silence and a padding of half a second.

    Then twice the word at an eighth of its loudness: with a high threshold, then with a low one.
    """

    async def talk(self, call):
        # Long enough for an event that is due, too short for a detector that would count the waiting as silence.
        moment = min(500.0, call.target.deadlines.quiet)
        await call(
            *configured(detection(silence_duration_ms=200, prefix_padding_ms=0)),
            silence(LEAD_MS),
            speak("hello", label="speech, short silence"),
            silence(1000),
            likely(STOPPED),
            likely("response.done"),
            send("session.update", session=detection(silence_duration_ms=2000, prefix_padding_ms=500)),
            until("session.updated"),
            silence(LEAD_MS),
            speak("hello", label="speech, long silence"),
            silence(1000),
            maybe(STOPPED, within_ms=moment),
            send("input_audio_buffer.append", label="more silence", audio=base64.b64encode(bytes(20 * MS)).decode()),
            silence(1800),
            likely(STOPPED),
            likely("response.done"),
        )
        for label, threshold in THRESHOLDS.items():
            found = await call(
                send("session.update", session=detection(silence_duration_ms=200, threshold=threshold)),
                until("session.updated"),
                append(SOFT, label=label),
                silence(1000),
                maybe(STARTED, within_ms=moment),
            )
            if found is not None:
                await call(likely(STOPPED), likely("response.done"))
        await call(close(1000))

    @observe("Q-VAD-THRESHOLD")
    def question_whether_a_threshold_set_again_is_felt(self, wire):
        heard = {}
        for label, threshold in THRESHOLDS.items():
            sent = wire.sent(label).index
            end = next((one.index for one in wire.frames if one.type == "session.update" and one.index > sent), None)
            later = [one for one in wire.received if one.index > sent and (end is None or one.index < end)]
            heard[threshold] = STARTED in [one.type for one in later]
        high, low = heard.values()
        seen = (
            f"a word of {SOFT_DB} dB was {'heard' if high else 'not heard'} at 0.9, {'heard' if low else 'not'} at 0.1"
        )
        if high == low:
            return Seen("unfelt", seen)
        return Seen("felt" if low else "reversed", seen)

    @should("VAD-009")
    def test_a_longer_silence_ends_a_turn_later(self, wire):
        first, more = wire.sent("speech, long silence"), wire.sent("more silence")
        stops = [frame.index for frame in wire.received if frame.type == STOPPED]
        if not stops or all(index > first.index for index in stops):
            raise Blocked("speech_stopped with a silence of 200 ms", "GEN-050")
        early = [index for index in stops if first.index < index < more.index]
        assert not early, "one second of silence ended a turn that asks for two"

    @observe("Q-VAD-PREFIX-PADDING")
    def question_whether_the_start_includes_the_padding(self, wire):
        offsets = [
            start(wire, nth) - audio_before(wire, label)
            for nth, label in enumerate(("speech, short silence", "speech, long silence"))
        ]
        moved = offsets[0] - offsets[1]
        seen = f"the start lies {offsets[0]:.0f} ms off the speech without padding, {offsets[1]:.0f} ms with 500 ms"
        if abs(moved - 500) <= 150:
            return Seen("included", seen)
        return Seen("not-included", seen) if abs(moved) <= 150 else other(seen)


TRANSCRIBED = TRANSCRIPTION + "completed"
WORDS = {"model": "qwen3-asr-flash-realtime"}  # what the newer models' greetings and the samples have
SAID = [fixtures.utterance_text(name) for name in ("hello", "weather", "goodbye")]


class TestThreeUtterances:
    """Three utterances with two seconds of silence between them, the last after a second without any audio."""

    script = [
        *configured(PATIENT),
        speak("hello", label="speech 1"),
        silence(2000),
        likely("response.done"),
        speak("weather", label="speech 2"),
        silence(2000),
        likely("response.done"),
        pause(1000),
        send("session.update", label="one number", session={"turn_detection": {"prefix_padding_ms": 200}}),
        updated,
        send("session.update", label="words off", session={"input_audio_transcription": None}),
        updated,
        send("session.update", label="words on", session={"input_audio_transcription": WORDS}),
        updated,
        speak("goodbye", label="speech 3"),
        silence(2000),
        until(STOPPED),
        likely("response.done"),
        quiet(),
        close(1000),
    ]

    @should("VAD-027")
    def test_words_come_again_once_they_are_asked_for_again(self, wire):
        if {*wire.answers_to("words off"), *wire.answers_to("words on")} != {"session.updated"}:
            raise Inconclusive("transcription was not switched off and on")
        items = list(dict.fromkeys(event.get("item_id") for event in wire.all(COMMITTED)))
        told = {event.get("item_id") for event in wire.all(TRANSCRIBED, TRANSCRIPTION + "failed")}
        if len(items) != len(SAID) or not set(items[:2]) <= told:
            raise Inconclusive(f"of the utterances before {len(told & set(items[:2]))} of 2 were transcribed")
        assert items[2] in told, "nothing told the words of the utterance after transcription was switched on again"

    @should("VAD-015")
    def test_each_utterance_is_a_turn(self, wire):
        wire.sent("speech 3")
        items = [event.get("item_id") for event in wire.all(COMMITTED)]
        assert len(items) == 3, f"three utterances gave {len(items)} turns"
        assert len(set(items)) == 3, f"their items are {items}"

    @should("VAD-025")
    def test_an_update_of_one_number_leaves_it_listening(self, wire):
        if wire.answers_to("one number") != ["session.updated"]:
            raise Inconclusive("the update of one number was refused")
        heard = [frame for frame in wire.after(wire.sent("speech 3")) if frame.type == STARTED]
        assert heard, "nobody heard the speech after `prefix_padding_ms` alone was updated"

    @should("VAD-026")
    def test_each_turn_has_its_own_words(self, wire):
        items = list(dict.fromkeys(event.get("item_id") for event in wire.all(COMMITTED)))
        texts = {event.get("item_id"): str(event.get("transcript")) for event in wire.all(TRANSCRIBED)}
        if len(items) != len(SAID) or any(not texts.get(item) for item in items):
            raise Inconclusive(f"of {len(SAID)} utterances {len(texts)} have their words")
        told = [texts[item] for item in items]
        with wire.model_chose():
            swapped = [
                pair for pair in itertools.permutations(range(len(SAID)), 2) if alike(told[pair[0]], SAID[pair[1]])
            ]
            assert not swapped, f"utterance {swapped[0][0] + 1} has the words of utterance {swapped[0][1] + 1}: {told}"

    @should("VAD-016")
    def test_a_turn_starts_after_the_one_before(self, wire):
        for nth in (0, 1):
            assert start(wire, nth + 1) >= end(wire, nth), f"{start(wire, nth + 1)} ms after {end(wire, nth)} ms"

    @observe("Q-VAD-CLOCK")
    def question_whether_milliseconds_count_audio_or_time(self, wire):
        seen = start(wire, 2)
        audio = audio_before(wire, "speech 3")
        # On the wall clock, the speech lies where it was sent.
        wall = since_greeting(wire, "speech 3")
        off = {"audio": abs(seen - audio), "wall": abs(seen - wall)}
        told = f"audio_start_ms is {seen}; the speech lies at {audio:.0f} ms of the audio, {wall:.0f} ms of the session"
        if abs(audio - wall) < 700:
            raise Inconclusive(f"both clocks agree: {told}")
        nearest = min(off, key=off.__getitem__)
        return Seen(nearest, told) if off[nearest] <= 700 else other(told)


def alike(one, other):
    """Whether two texts are the same words, as far as a recogniser may be trusted."""
    return difflib.SequenceMatcher(None, one.lower(), other.lower()).ratio() > 0.8


def since_greeting(wire, label):
    """How long (ms) after `session.created` the first frame with this label was sent."""
    return wire.sent(label).at - wire.frame("session.created").at


class TestClear:
    """The client clears the buffer while the user speaks; then the user says all of it."""

    script = [
        *configured(PATIENT),
        append(WEATHER[: 900 * MS], label="speech, first half"),
        until(STARTED),
        send("input_audio_buffer.clear", label="clear"),
        either(until("input_audio_buffer.cleared"), until("error")),
        silence(2000),
        quiet(),
        speak("weather", label="speech after the clear"),
        silence(2000),
        likely(STOPPED),
        likely("response.done"),
        close(1000),
    ]

    @should("VAD-017")
    def test_speech_after_a_clear_is_heard(self, wire):
        before = wire.the(STARTED).get("item_id")
        later = [frame.event for frame in wire.after(wire.sent("speech after the clear")) if frame.type == STARTED]
        assert later, f"{WEATHER_MS} ms of speech after the clear brought no speech_started"
        assert later[0].get("item_id") != before, f"it bears the item of the speech that was cleared, {before}"

    @observe("Q-CLEAR-MID-SPEECH")
    def question_what_becomes_of_speech_that_is_cleared(self, wire):
        cleared, after = wire.sent("clear"), wire.sent("speech after the clear")
        between = [frame.type for frame in wire.after(cleared) if frame.index < after.index]
        seen = [str(kind) for kind in between if not is_unsolicited(kind)]
        told = ", ".join(seen)
        if COMMITTED in seen:
            return Seen("committed", told)
        if STOPPED in seen:
            return Seen("stopped", told)
        return "silent" if seen == ["input_audio_buffer.cleared"] else other(told)

    @observe("Q-VAD-CLOCK-AFTER-CLEAR")
    def question_whether_the_clock_goes_on_after_a_clear(self, wire):
        label = "speech after the clear"
        later = [frame.event for frame in wire.after(wire.sent(label)) if frame.type == STARTED]
        if not later:
            raise Blocked("speech_started after the clear", "VAD-017")
        seen = number(later[0], "audio_start_ms")
        whole = audio_before(wire, label)
        since = 2000  # ms of silence between the clear and the speech
        told = f"the speech lies {whole:.0f} ms into the audio, {since} ms after the clear; told is {seen} ms"
        if abs(seen - whole) <= 400:
            return Seen("continues", told)
        return Seen("restarts", told) if abs(seen - since) <= 400 else other(told)


class TestCommit:
    """The client commits in the middle of an utterance."""

    script = [
        *configured(PATIENT),
        append(WEATHER[: 900 * MS], label="speech, first half"),
        until(STARTED),
        send("input_audio_buffer.commit", label="commit"),
        maybe(COMMITTED, "error"),
        quiet(),
    ]

    @observe("Q-COMMIT-IN-VAD")
    def question_what_a_commit_does_in_vad_mode(self, wire):
        after = wire.after(wire.sent("commit"))
        errors = [frame.event.get("error") or {} for frame in after if frame.type == "error"]
        ending = wire.ending
        if ending.first == "server":
            told = f"closed with {ending.code_received} {ending.reason_received}; {errors}"
            return Seen("closed-1011", told) if ending.code_received == 1011 else other(told)
        if errors:
            told = json.dumps(errors[0], ensure_ascii=False)
            if "buffer" in str(errors[0].get("message")).lower():
                return Seen("empty-buffer-error", told)
            return Seen("server-error", told) if errors[0].get("type") == "server_error" else other(told)
        return "committed" if COMMITTED in [frame.type for frame in after] else other([frame.type for frame in after])


class TestCreateWhileSpeaking:
    """The client asks for a reply in the middle of an utterance."""

    script = [
        *configured(PATIENT),
        append(WEATHER[: 900 * MS], label="speech, first half"),
        until(STARTED),
        send("response.create", label="create"),
        maybe("response.created", "error"),
        quiet(),
        close(1000),
    ]

    @observe("Q-CREATE-WHILE-SPEAKING")
    def question_what_a_create_does_while_the_user_speaks(self, wire):
        said = [frame for frame in wire.after(wire.sent("create")) if frame.type in {"response.created", "error"}]
        if not said:
            return "silent"
        return Seen("error", str(said[0].event.get("error"))) if said[0].type == "error" else "honoured"


class TestModeSwitch:
    """The client turns voice detection off while half a second of speech waits, then commits."""

    script = [
        *configured(PATIENT),
        append(WEATHER[: 500 * MS], label="speech, half a second"),
        send("session.update", label="vad off", session={"turn_detection": None}),
        updated,
        quiet(),
        send("input_audio_buffer.commit", label="commit"),
        maybe(COMMITTED, "error"),
        close(1000),
    ]

    @observe("Q-MODE-SWITCH")
    def question_what_becomes_of_waiting_audio(self, wire):
        if "session.updated" not in wire.answers_to("vad off"):
            raise Inconclusive(f"the switch was refused: {wire.replies('vad off')}")
        if COMMITTED in wire.answers_to("vad off"):
            return "committed-by-switch"
        said = wire.replies("commit")
        if said and said[0]["type"] == "error":
            return Seen("cleared", str(said[0].get("error")))
        return "kept" if COMMITTED in wire.answers_to("commit") else other(said)


class TestSemantic:
    """A spoken question with `semantic_vad`."""

    script = [
        until("session.created"),
        send("session.update", label="semantic", session={**PATIENT, "turn_detection": {"type": "semantic_vad"}}),
        updated,
        speak("weather"),
        silence(3000),
        likely("response.created"),
        likely("response.done"),
        close(1000),
    ]

    @should("VAD-019")
    def test_semantic_vad_makes_a_turn_of_a_question(self, wire):
        if "session.updated" not in wire.answers_to("semantic"):
            raise Blocked("session.updated with semantic_vad", "SES-002", str(wire.replies("semantic")))
        assert wire.has(COMMITTED), f"the question became no turn: {listed(wire.types)}"
        assert wire.has("response.created"), f"the turn got no reply: {listed(wire.types)}"


class TestCreateResponseFalse:
    """The client asks the server to hold back the automatic reply."""

    script = [
        until("session.created"),
        send("session.update", label="hold back", session=detection(create_response=False)),
        updated,
        speak("hello"),
        silence(2000),
        maybe(COMMITTED),
        maybe("response.created"),
        quiet(),
        close(1000),
    ]

    @observe("Q-CREATE-RESPONSE-FALSE")
    def question_whether_the_reply_is_held_back(self, wire):
        said = wire.replies("hold back")
        if said and said[0]["type"] == "error":
            return Seen("error", str(said[0].get("error")))
        if not wire.has(COMMITTED):
            raise Uncooperative("the word became no turn")
        return "ignored" if wire.has("response.created") else "honoured"


class TestInterruptResponseFalse:
    """The client asks the server not to let a reply be interrupted, and speaks into one."""

    script = [
        until("session.created"),
        send(
            "session.update",
            label="hold on",
            session={
                "instructions": "Do what you are told.",
                "turn_detection": {"type": "server_vad", "interrupt_response": False},
                "max_tokens": 120,
            },
        ),
        updated,
        send("conversation.item.create", item=user("Count from 1 to 20, slowly, in words.")),
        until("conversation.item.created"),
        send("response.create"),
        until("response.audio.delta"),
        speak("goodbye", label="speech into the reply"),
        silence(1500),
        likely("response.done"),
        quiet(),
        close(1000),
    ]

    @observe("Q-INTERRUPT-RESPONSE-FALSE")
    def question_whether_the_reply_runs_on(self, wire):
        said = wire.replies("hold on")
        if said and said[0]["type"] == "error":
            return Seen("error", str(said[0].get("error")))
        response = wire.response()
        began = [frame for frame in wire.received if frame.type == STARTED]
        if not began:
            raise Uncooperative("the speech into the reply was not heard")
        done = [frame for frame in response.frames if frame.type == "response.done"]
        if done and done[0].index < began[0].index:
            raise Uncooperative("the reply had ended before the user spoke")
        status = done[0].event["response"].get("status") if done else "no response.done"
        return Seen("honoured" if status == "completed" else "ignored", f"it ended as {status}")


class TestBargeIn:
    """The user asks for a story aloud and speaks into it."""

    script = [
        *configured({"instructions": "Tell a long story when asked for one.", "max_tokens": 400}),
        append(STORY[2280 * MS : 3540 * MS], label="speech story"),
        silence(2000),
        until("response.audio.delta"),
        append(STORY[4640 * MS : 5660 * MS], label="speech enough"),
        silence(1500),
        likely(STOPPED),
        maybe("response.created"),
        likely("response.done"),
        quiet(),
        close(1000),
    ]

    @should("VAD-011")
    def test_speech_into_a_reply_is_announced(self, wire):
        later = [frame.type for frame in wire.after(wire.sent("speech enough"))]
        assert STARTED in later, f"a second of speech into the reply brought {sorted(set(later))}"

    @should("VAD-012")
    def test_speech_into_a_reply_ends_its_audio(self, wire):
        response, began = interrupted(wire)
        late = [frame.at - began.at for frame in response.frames if frame.type == "response.audio.delta"]
        if not late:
            raise Inconclusive("the reply has no audio")
        latest = max(late)
        assert latest <= 2000, f"audio of the reply came {latest:.0f} ms after the user began to speak"

    @should("VAD-013")
    def test_the_interrupting_turn_gets_its_reply(self, wire):
        interrupted(wire)
        if COMMITTED not in [frame.type for frame in wire.after(wire.sent("speech enough"))]:
            raise Blocked("committed after the second turn", "GEN-012")
        assert len(wire.responses) >= 2, "the turn that interrupted got no reply"

    @observe("Q-BARGE-IN-DONE")
    def question_how_an_interrupted_reply_ends(self, wire):
        response, _ = interrupted(wire)
        done = response.all("response.done")
        told = json.dumps(done[0]["response"].get("status_details")) if done else ", ".join(response.types[-3:])
        if not done:
            return Seen("no-done", told)
        status = done[0]["response"].get("status")
        known = {"incomplete", "cancelled", "completed"}
        return Seen(f"done-{status}", told) if status in known else other(status)

    @observe("Q-INTERRUPTED-USAGE")
    def question_does_an_interrupted_reply_report_usage(self, wire):
        response, began = interrupted(wire)
        closing = [str(frame.type) for frame in response.frames if frame.index > began.index]
        seen = ", ".join(kind for kind in closing if not kind.endswith(".delta")) or "nothing of it came after"
        done = response.all("response.done")
        found = done[0]["response"].get("usage") if done else None
        return Seen("present", json.dumps(found)) if found else Seen("absent", seen)


def interrupted(wire):
    """The first reply and the frame that announces the speech into it; inconclusive when it had ended before."""
    response = wire.response()
    spoken = wire.sent("speech enough")
    began = [frame for frame in wire.after(spoken) if frame.type == STARTED]
    if not began:
        raise Blocked("speech_started of the second turn", "VAD-011")
    done = [frame for frame in response.frames if frame.type == "response.done"]
    if done and done[0].index < began[0].index:
        raise Uncooperative("the reply had ended before the user spoke")
    return response, began[0]


class TestProactive:
    """The client has a spoken reply, then only streams silence until the model speaks by itself."""

    script = [
        until("session.created"),
        send(
            "session.update",
            label="patience",
            session={
                "instructions": BRIEF,
                "turn_detection": {"type": "server_vad", "idle_timeout_ms": 5000},
                "max_tokens": 32,
            },
        ),
        updated,
        send("conversation.item.create", item=user(BLUE_WHALE)),
        until("conversation.item.created"),
        send("response.create"),
        until("response.done"),
        silence(6000),
        maybe("response.created", within_ms=6000),
        likely("response.done"),
        close(1000),
    ]

    @observe("Q-IDLE-TIMEOUT-MS")
    def question_what_comes_when_the_user_stays_silent(self, wire):
        if "session.updated" not in wire.answers_to("patience"):
            return other(wire.replies("patience"))
        first = wire.frame("response.done")
        if len(wire.responses) < 2:
            return "nothing"
        users = [
            frame.event["item"]
            for frame in wire.after(first)
            if frame.type == "conversation.item.created" and item_of(frame.event).get("role") == "user"
        ]
        reply = wire.response(1)
        spoken = reply.joined("response.audio_transcript.delta") or reply.joined("response.text.delta")
        told = json.dumps({"reply": spoken, "user items": len(users)}, ensure_ascii=False)
        if users:
            return other(told)
        return Seen("spoken-reply" if spoken else "empty-response", told)

    @observe("Q-PROACTIVE-USAGE")
    def question_does_an_unasked_reply_report_usage(self, wire):
        wire.the("response.done")
        if len(wire.responses) < 2:
            return "no-reply"
        if "response.done" not in wire.response(1).types:
            raise Uncooperative("the reply did not end in time")
        found = wire.response(1).done.get("usage")
        return Seen("present", json.dumps(found)) if found else "absent"
