"""§4  Audio input in manual mode: append, commit, clear, and what a turn becomes."""

import base64
import contextlib
import io
import json
import re
import wave

from conformance import fixtures
from conformance.cases.shared import (
    BRIEF,
    MANUAL,
    configured,
    errors_to,
    fate,
    heard,
    leg_of,
    probe,
    said_to,
    user,
)
from conformance.cut import listed
from conformance.judge.verdicts import Blocked, Inconclusive, NotApplicable, Seen, Uncooperative, other
from conformance.spec import must, observe, should
from conformance.spec.unsolicited import PREVIEW, TRANSCRIPTION, is_unsolicited
from conformance.wire import append, close, either, likely, maybe, pause, quiet, send, silence, sized, speak, until
from conformance.wire.call import Broken

MS = 32  # bytes of a millisecond at 16 kHz
ODD = 3201  # bytes of a first append after which all that follow begin within a sample
WEATHER = fixtures.wav("weather")
TURNS = fixtures.wav("three_utterances")
COMPLETED = TRANSCRIPTION + "completed"
EMOTIONS = {"surprised", "neutral", "happy", "sad", "disgusted", "angry", "fearful"}
STOPPED = "input_audio_buffer.speech_stopped"
commit_answer = either(until("input_audio_buffer.committed"), until("error"))


def base64_of(data):
    """Base64 in one line."""
    return base64.b64encode(data).decode()


def chunk(data, label, **fields):
    """One append, sent as it stands and not paced."""
    return send("input_audio_buffer.append", label=label, audio=base64_of(data), **fields)


def burst(pcm, ms, label):
    """Audio in appends of `ms`, all at once."""
    return [chunk(packet, label) for packet in fixtures.packets(pcm, ms=ms)]


def wav_file(pcm, rate):
    """A WAV file of s16le mono samples."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return content.getvalue()


def committed(wire, label, nth=0):
    """Assert that a commit got `input_audio_buffer.committed`."""
    said = wire.answers_to(label, nth)
    if not said:
        raise Blocked(f"the answer to {label}", "GEN-012")
    assert "input_audio_buffer.committed" in said, f"{label} was answered by {listed(said)}: {wire.replies(label)[0]}"


def cleared(wire, label):
    """A clear has its one answer."""
    said = wire.answers_to(label)
    assert said == ["input_audio_buffer.cleared"], f"{label} was answered by {listed(said)}"


def empty_buffer(wire, label):
    """The error that a commit of an empty buffer got; fails when the commit got anything else."""
    if not wire.answers_to(label):
        raise Blocked(f"the answer to {label}", "GEN-012")
    return wire.error_to(label)


def input_audio_tokens(wire, nth):
    """`audio_tokens` of the input of the `nth` response; inconclusive when the details do not tell."""
    details = (wire.response(nth).done.get("usage") or {}).get("input_tokens_details") or {}
    if not isinstance(details.get("audio_tokens"), int):
        raise Inconclusive(f"the usage of response {nth + 1} does not tell `audio_tokens`, which USE-006 judges")
    return details["audio_tokens"]


class TestManual:
    """Two turns of the same words: in one append, and in appends of 20 ms, both faster than they can be spoken."""

    script = [
        *configured(MANUAL),
        chunk(WEATHER, "one append"),
        quiet(),
        send("input_audio_buffer.commit", label="first commit"),
        until("input_audio_buffer.committed"),
        quiet(),
        send("response.create", label="first create"),
        until("response.done"),
        *burst(WEATHER, 20, "small appends"),
        send("input_audio_buffer.commit", label="second commit"),
        until("input_audio_buffer.committed"),
        quiet(),
        send("response.create"),
        until("response.done"),
        # Two turns of two seconds, of which every half has a reason to be lost: nothing is waited for in between.
        chunk(WEATHER, "thrown away"),
        send("input_audio_buffer.clear"),
        chunk(TURNS[: 1000 * MS], "after a clear"),
        chunk(b"", "nothing between"),
        chunk(TURNS[1000 * MS : 2000 * MS], "after nothing"),
        send("input_audio_buffer.commit", label="third commit"),
        chunk(TURNS[2000 * MS : 3000 * MS], "after a commit"),
        chunk(TURNS[3000 * MS : 4000 * MS], "to the end"),
        send("input_audio_buffer.commit", label="fourth commit"),
        until("input_audio_buffer.committed", count=2),
        heard(),
        send("response.create"),
        until("response.done"),
        close(1000),
    ]

    @should("AUD-027")
    def test_a_turn_holds_what_was_sent_for_it(self, wire):
        cost = input_audio_tokens(wire, 2) - input_audio_tokens(wire, 1)
        expected = 4 * wire.profile.audio_in_rate
        assert abs(cost - expected) <= expected / 10 + 2, f"4 s in two turns cost {cost} tokens, not {expected:.0f}"

    @must("AUD-001")
    def test_an_append_has_no_answer(self, wire):
        assert wire.answers_to("one append") == []

    @must("AUD-002")
    def test_a_commit_is_answered_by_committed(self, wire):
        committed(wire, "first commit")

    @should("AUD-003")
    def test_committed_names_its_item(self, wire):
        item_id = wire.the("input_audio_buffer.committed").get("item_id")
        assert isinstance(item_id, str), f"`item_id` is {item_id!r}"
        assert item_id

    @should("AUD-004")
    def test_the_turn_is_a_message_with_audio(self, wire):
        item = turn_item(wire)
        kinds = [part.get("type") for part in item.get("content") or []]
        assert item.get("type") == "message", f"an item of the type {item.get('type')!r}"
        assert "input_audio" in kinds, f"its parts are {listed(kinds)}"

    @should("AUD-015")
    def test_the_cut_of_the_audio_does_not_change_its_cost(self, wire):
        whole = input_audio_tokens(wire, 0)
        pieces = input_audio_tokens(wire, 1) - whole
        assert abs(whole - pieces) <= 1, f"{whole} tokens in one append, {pieces} in appends of 20 ms"

    @should("AUD-016")
    def test_audio_may_come_faster_than_it_sounds(self, wire):
        assert "error" not in wire.answers_to("small appends", 40), wire.replies("small appends", 40)
        committed(wire, "second commit")

    @should("AUD-022")
    def test_turns_have_different_items(self, wire):
        first, second = (wire.the("input_audio_buffer.committed", nth).get("item_id") for nth in (0, 1))
        if first is None or second is None:
            raise Blocked("`item_id` of a committed turn", "AUD-003")
        assert first != second, f"both are {first}"

    @observe("Q-USER-AUDIO-ROLE")
    def question_which_role_the_turn_has(self, wire):
        role = turn_item(wire).get("role")
        return role if role in {"user", "assistant"} else other(role)

    @observe("Q-MANUAL-ITEM-CREATED")
    def question_when_the_turn_shows_as_an_item(self, wire):
        created = [frame for frame in wire.received if frame.type == "conversation.item.created"]
        asked, over = wire.sent("first create"), wire.sent("small appends")
        name = wire.the("input_audio_buffer.committed").get("item_id")
        mine = [
            frame for frame in created if frame.event.get("item", {}).get("id") == name and frame.index < over.index
        ]
        if not mine:
            return Seen("never", f"no conversation.item.created bears {name}")
        return "on-commit" if mine[0].index < asked.index else "after-create"

    @observe("Q-MANUAL-TRANSCRIPTION")
    def question_whether_a_manual_turn_is_transcribed(self, wire):
        wire.sent("small appends")  # the whole quiet window after the commit, and a reply, have passed
        ends = wire.all(COMPLETED, "conversation.item.input_audio_transcription.failed")
        if not ends:
            return "not-sent"
        return Seen("sent", str(ends[0].get("transcript"))) if ends[0]["type"] == COMPLETED else other(ends[0])

    @observe("Q-MANUAL-PREVIEW")
    def question_whether_waiting_audio_is_previewed(self, wire):
        commit = wire.sent("first commit")
        early = [frame.event for frame in wire.received if frame.type == PREVIEW and frame.index < commit.index]
        return Seen("while-appending", str(early[0])) if early else "after-commit"


def turn_item(wire):
    """The item of the first committed turn."""
    name = wire.the("input_audio_buffer.committed").get("item_id")
    items = [event.get("item") or {} for event in wire.all("conversation.item.created")]
    mine = [item for item in items if item.get("id") == name]
    if not mine:
        raise Blocked("conversation.item.created of the turn", "GEN-014")
    return mine[0]


class TestHeard:
    """One spoken question in VAD mode, for what is told about its words."""

    script = [
        *configured({"modalities": ["text"], "instructions": BRIEF, "max_tokens": 16}),
        speak("weather"),
        silence(2000),
        likely("response.done"),
        append(WEATHER[:ODD], packet_ms=ODD // MS + 1, label="cut samples"),
        append(WEATHER[ODD:], label="cut samples"),
        silence(2000),
        likely("response.done"),
        quiet(),
        close(1000),
    ]

    @observe("Q-APPEND-CUT-SAMPLE")
    def question_what_becomes_of_samples_cut_in_two(self, wire):
        sent, first = wire.sent("cut samples"), wire.the(COMPLETED)
        later = wire.after(sent)
        errors = [frame.event.get("error") for frame in later if frame.type == "error"]
        if wire.ending.first == "server":
            return Seen("closed", f"{wire.ending.code_received} {wire.ending.reason_received}; errors {errors}")
        if errors:
            return Seen("error", json.dumps(errors[0], ensure_ascii=False))
        words_of_it = words(str(first.get("transcript")))
        told = [str(frame.event.get("transcript")) for frame in later if frame.type == COMPLETED]
        if not words_of_it or (not told and "input_audio_buffer.committed" in [frame.type for frame in later]):
            raise Uncooperative("the words of an utterance were not told")
        shared = words_of_it & words(" ".join(told))
        seen = f"the words were {first['transcript']!r}, and cut in odd places {told or 'nothing was heard'}"
        if shared and len(shared) <= len(words_of_it) / 2:
            raise Uncooperative(seen)
        return Seen("joined" if shared else "garbled", seen)

    @should("AUD-017")
    def test_the_transcript_names_its_item(self, wire):
        done = wire.the(COMPLETED)
        assert done.get("item_id"), f"`item_id` is {done.get('item_id')!r}"
        assert done.get("content_index") == 0, f"`content_index` is {done.get('content_index')!r}"
        assert isinstance(done.get("transcript"), str), f"`transcript` is {done.get('transcript')!r}"

    @should("AUD-018")
    def test_the_transcript_has_the_words(self, wire):
        said, got = (words(text) for text in (fixtures.utterance_text("weather"), wire.the(COMPLETED)["transcript"]))
        shared = said & got
        if shared and len(shared) <= len(said) / 2:
            raise Uncooperative(f"the recogniser understood only {listed(sorted(shared))} of {listed(sorted(said))}")
        with wire.model_chose():
            assert shared, f"not one word of {listed(sorted(said))} is in {listed(sorted(got))}"

    @should("AUD-019")
    def test_the_emotion_is_a_documented_one(self, wire):
        told = [event["emotion"] for event in wire.all(PREVIEW, COMPLETED) if event.get("emotion") is not None]
        if not told:
            raise Inconclusive("no event tells an emotion")
        assert set(told) <= EMOTIONS, f"told: {sorted(set(map(str, told)) - EMOTIONS)}"

    @observe("Q-TRANSCRIPTION-PREVIEW")
    def question_how_the_preview_grows(self, wire):
        wire.the(COMPLETED)
        previews = wire.all(PREVIEW)
        seen = "; ".join(f"text {event.get('text')!r} stash {event.get('stash')!r}" for event in previews)[:400]
        if not previews:
            return "none"
        if any(event.get("text") for event in previews):
            return Seen("text-grows", seen)
        return Seen("stash-only", seen) if any(event.get("stash") for event in previews) else other(seen)


def words(text):
    """The words of a sentence, for comparison."""
    return set(re.findall(r"\w+", text.lower()))


class TestCommitAndClear:
    """Commits with and without audio, and clears; nobody asks for a reply."""

    script = [
        *configured(MANUAL),
        send("input_audio_buffer.commit", label="commit of nothing"),
        commit_answer,
        chunk(WEATHER, "audio after the error"),
        send("input_audio_buffer.commit", label="commit after the error"),
        commit_answer,
        heard(),
        send("input_audio_buffer.commit", label="commit of the same again"),
        commit_answer,
        chunk(WEATHER, "audio to clear"),
        send("input_audio_buffer.clear", label="clear"),
        either(until("input_audio_buffer.cleared"), until("error")),
        send("input_audio_buffer.commit", label="commit after clear"),
        commit_answer,
        send("input_audio_buffer.clear", label="clear of nothing"),
        either(until("input_audio_buffer.cleared"), until("error")),
        close(1000),
    ]

    @should("AUD-005")
    def test_the_error_for_nothing_has_its_type(self, wire):
        assert empty_buffer(wire, "commit of nothing").get("type") == "invalid_request_error"

    @should("AUD-006")
    def test_the_error_for_nothing_says_so(self, wire):
        message = str(empty_buffer(wire, "commit of nothing").get("message"))
        assert "buffer too small, or have no audio" in message.lower(), message

    @should("AUD-007")
    def test_a_session_goes_on_after_an_empty_commit(self, wire):
        empty_buffer(wire, "commit of nothing")
        committed(wire, "commit after the error")

    @must("AUD-008")
    def test_a_clear_is_answered_by_cleared(self, wire):
        cleared(wire, "clear")

    @should("AUD-009")
    def test_a_clear_of_nothing_is_answered_by_cleared(self, wire):
        cleared(wire, "clear of nothing")

    @should("AUD-010")
    def test_nothing_is_left_after_a_clear(self, wire):
        empty_buffer(wire, "commit after clear")

    @should("AUD-011")
    def test_a_turn_is_committed_once(self, wire):
        committed(wire, "commit after the error")
        empty_buffer(wire, "commit of the same again")


class TestCommitMinimum:
    """Commits of 50, 150 and 600 ms, each from an empty buffer; then a change of the rate with audio in the buffer."""

    async def talk(self, call):
        await call(*configured(MANUAL))
        for ms in (50, 150, 600):
            if not call.alive:
                await call.connect()
                await call(*configured(MANUAL))
            await call(
                send("input_audio_buffer.clear"),
                either(until("input_audio_buffer.cleared"), until("error")),
                chunk(WEATHER[200 * MS : (200 + ms) * MS], f"{ms} ms of audio"),
                send("input_audio_buffer.commit", label=f"commit of {ms} ms"),
                commit_answer,
                heard(),
            )
        change = {"audio": {"input": {"format": {"type": "pcm", "sample_rate": 8000}}}}
        await probe(
            call,
            send("session.update", label="change of rate", session=change),
            before=(chunk(WEATHER[: 500 * MS], "audio before the change"),),
        )

    @observe("Q-COMMIT-MINIMUM")
    def question_how_much_a_commit_needs(self, wire):
        taken = [ms for ms in (50, 150, 600) if "input_audio_buffer.committed" in wire.answers_to(f"commit of {ms} ms")]
        outcomes = {(50, 150, 600): "any", (150, 600): "ms-100", (600,): "ms-500"}
        seen = f"of 50, 150 and 600 ms it took {taken or 'none'}"
        return Seen(outcomes[tuple(taken)], seen) if tuple(taken) in outcomes else other(seen)

    @observe("Q-FORMAT-AFTER-AUDIO")
    def question_what_a_change_of_rate_does(self, wire):
        if errors_to(wire, "change of rate"):
            return Seen("error", str(errors_to(wire, "change of rate")[0]))
        there = leg_of(wire, "change of rate")
        before = input_rate(there.the("session.updated")["session"])
        told = [event["session"] for event in said_to(wire, "change of rate") if event["type"] == "session.updated"]
        if not told:
            raise Blocked("session.updated", "SES-002")
        after = input_rate(told[0])
        if after == 8000:
            return "accepted"
        return Seen("ignored", f"the echo tells {after}") if after == before else other(f"the echo tells {after}")


class TestPayloads:
    """Appends whose payload is unusual or wrong, each followed by an update that shows what became of it."""

    async def talk(self, call):
        await call(*configured(MANUAL, needed=False))
        good = base64_of(bytes(range(240, 256)) * 20)
        both = base64_of(b"\xfb\xef\xbe\xff\xfe" + b"\xfb" * 3)  # its Base64 has both `+` and `/`, and padding
        wrapped = "\r\n".join(good[at : at + 76] for at in range(0, len(good), 76))
        for label, audio in {
            "plus and slash": both,
            "wrong padding": good.rstrip("=")[:-1],
            "wrong alphabet": "*" * 40,
            "line breaks": wrapped,
            "odd": base64_of(b"\x01\x02\x03"),
            "empty": "",
        }.items():
            await probe(call, send("input_audio_buffer.append", label=label, audio=audio))
        await probe(call, send("input_audio_buffer.append", label="no audio"))

    @must("AUD-025")
    def test_padded_base64_with_its_whole_alphabet(self, wire):
        seen = fate(wire, "plus and slash")
        assert seen.outcome == "ignored", seen.evidence

    @should("AUD-012")
    def test_wrong_padding_is_refused(self, wire):
        assert errors_to(wire, "wrong padding"), fate(wire, "wrong padding").evidence

    @should("AUD-013")
    def test_a_wrong_alphabet_is_refused(self, wire):
        assert errors_to(wire, "wrong alphabet"), fate(wire, "wrong alphabet").evidence

    @should("AUD-014")
    def test_a_session_goes_on_after_what_is_not_base64(self, wire):
        for label in ("wrong padding", "wrong alphabet"):
            seen = fate(wire, label)
            assert seen.outcome in {"error", "ignored"}, f"{label}: {seen.evidence}"

    @observe("Q-BASE64-LINE-BREAKS")
    def question_what_line_breaks_do(self, wire):
        seen = fate(wire, "line breaks")
        named = {"error": "error-open", "closed": "error-closed", "ignored": "accepted"}
        if seen.outcome == "closed" and not errors_to(wire, "line breaks"):
            return other(seen.evidence)
        return Seen(named.get(seen.outcome, "other"), seen.evidence)

    @observe("Q-APPEND-ODD")
    def question_what_an_odd_number_of_bytes_does(self, wire):
        return fate(wire, "odd")

    @observe("Q-APPEND-EMPTY")
    def question_what_an_empty_append_does(self, wire):
        return fate(wire, "empty")

    @observe("Q-APPEND-MISSING-AUDIO")
    def question_what_an_append_without_audio_does(self, wire):
        return fate(wire, "no audio")


class TestWav:
    """A WAV file as raw samples."""

    script = [
        *configured(MANUAL),
        chunk(wav_file(WEATHER, 16000), "file as pcm"),
        send("input_audio_buffer.commit", label="commit of a file as pcm"),
        commit_answer,
        close(1000),
    ]

    @observe("Q-WAV-HEADER-IN-PCM")
    def question_what_a_header_among_samples_does(self, wire):
        return committed_or_error(wire, "file as pcm", "commit of a file as pcm")


class TestDeclaredWav:
    """WAV files, once they are declared: one that is as was said, and one of another rate."""

    async def talk(self, call):
        declared = {"input": {"format": {"type": "wav", "sample_rate": 16000}}}
        await call(
            until("session.created"),
            send("session.update", label="declare wav", session={**MANUAL, "audio": declared}),
            either(until("session.updated"), until("error")),
            chunk(wav_file(WEATHER, 16000), "file"),
            send("input_audio_buffer.commit", label="commit of a file"),
            commit_answer,
            heard(),
        )
        if call.alive:
            await call(
                chunk(wav_file(fixtures.resample(WEATHER, 16000, 8000), 8000), "slow file"),
                send("input_audio_buffer.commit", label="commit of a slow file"),
                commit_answer,
            )

    @should("AUD-020")
    def test_a_wav_file_is_committed_once_declared(self, wire):
        assert "session.updated" in wire.answers_to("declare wav"), wire.replies("declare wav")
        assert "error" not in wire.answers_to("file"), wire.replies("file")
        committed(wire, "commit of a file")

    @observe("Q-WAV-INPUT-RATE")
    def question_what_another_rate_in_the_header_does(self, wire):
        return committed_or_error(wire, "slow file", "commit of a slow file")


def committed_or_error(wire, audio, commit):
    """`accepted` when the commit went through without any error, `error` when one came, wherever."""
    said = wire.replies(audio) + wire.replies(commit)
    errors = [event.get("error") for event in said if event["type"] == "error"]
    if errors:
        return Seen("error", str(errors[0]))
    return "accepted" if "input_audio_buffer.committed" in wire.answers_to(commit) else other(said)


def input_rate(session):
    """The input's sample rate that an echo tells, or None."""
    return (((session.get("audio") or {}).get("input") or {}).get("format") or {}).get("sample_rate")


class TestRates:
    """The same four seconds at 8000 Hz and, in a second session, at 48000 Hz, each after another rate was set."""

    connections = 2

    async def talk(self, call):
        pcm = TURNS[: 4000 * MS]
        for number, rate in enumerate((8000, 48000)):
            if number:
                await call.connect()
            declared = {"audio": {"input": {"format": {"type": "pcm", "sample_rate": rate}}}}
            before = {"audio": {"input": {"format": {"type": "pcm", "sample_rate": 24000}}}}
            await call(
                *configured({**MANUAL, **before}),  # what counts is the last one
                send("session.update", session=declared),
                until("session.updated"),
                append(fixtures.resample(pcm, 16000, rate), rate=rate, packet_ms=500, label=f"speech at {rate} Hz"),
                send("input_audio_buffer.commit"),
                until("input_audio_buffer.committed"),
                heard(),
                send("response.create"),
                until("response.done"),
                close(1000),
            )

    @should("AUD-021")
    def test_a_second_is_a_second_at_any_rate(self, wire):
        expected = 4 * wire.profile.audio_in_rate
        for number, rate in enumerate((8000, 48000)):
            cost = input_audio_tokens(wire.leg(number), 0)
            assert abs(cost - expected) <= expected / 4, f"4 s at {rate} Hz cost {cost} tokens, not {expected:.0f}"


LAYOUTS = {2: "raw_mic_array", 4: "foa_ambix"}


class TestChannels:
    """A second of audio in two channels and, in a second session, in four."""

    connections = 2

    async def talk(self, call):
        mono = fixtures.to_samples(WEATHER[: 1000 * MS])
        for number, (channels, name) in enumerate(LAYOUTS.items()):
            if number:
                await call.connect()
            layout = {"sample_rate": 16000, "channels": channels, "channel_layout": name}
            pcm = fixtures.to_pcm(sample for sample in mono for _ in range(channels))
            await call(
                *configured({**MANUAL, "audio": {"input": {"format": layout}}}),
                chunk(pcm, f"speech in {channels} channels"),
                send("input_audio_buffer.commit", label=f"commit of {channels} channels"),
                commit_answer,
                close(1000),
            )

    @should("AUD-023")
    def test_several_channels_are_taken_once_declared(self, wire):
        if not wire.profile.can("multichannel"):
            raise NotApplicable("this model takes one channel")
        for number, channels in enumerate(LAYOUTS):
            committed(wire.leg(number), f"commit of {channels} channels")


class TestCommitDuringResponse:
    """The client commits audio while the model writes."""

    script = [
        *configured({**MANUAL, "instructions": "Do what you are told.", "max_tokens": 120}),
        send("conversation.item.create", item=user("Count from 1 to 40.")),
        until("conversation.item.created"),
        send("response.create"),
        until("response.text.delta"),
        chunk(WEATHER, "audio into the reply"),
        send("input_audio_buffer.commit", label="commit into the reply"),
        until("response.done"),
        quiet(),
        close(1000),
    ]

    @observe("Q-COMMIT-DURING-RESPONSE")
    def question_what_a_commit_into_a_reply_does(self, wire):
        mark = wire.sent("commit into the reply")
        later = wire.after(mark)
        done = next((frame.index for frame in later if frame.type == "response.done"), None)
        if done is None:
            raise Uncooperative("the reply had ended before the commit, or never ended")
        found = next((frame for frame in later if frame.type in {"input_audio_buffer.committed", "error"}), None)
        if found is None:
            return other("neither committed nor error came")
        if found.type == "error":
            return Seen("error", str(found.event.get("error")))
        return "committed" if found.index < done else "deferred"


KIB = 1024
LADDER = [size * KIB for size in (64, 128, 256, 512, 1024, 2048, 4096)]  # F8: close 1009 above 256 KiB, on a sibling
STEADY = 2000  # bytes a millisecond, under what F8 calls too fast, so that only the size of a frame is asked about
FAST = 24  # frames of a second and a half of silence


def rung(size):
    """The label of a frame of this size."""
    return f"frame of {size} bytes"


class TestOddTimes:
    """The client appends before it has read the greeting, then faster than anybody speaks, then in ever larger frames.

    A clear follows each large frame: its answer shows that the frame was taken.
    """

    async def talk(self, call):
        session = {"modalities": ["text"], "instructions": BRIEF, "max_tokens": 16}
        heard_out = maybe(STOPPED, "error", within_ms=call.target.deadlines.answer), likely("response.done")
        early = chunk(WEATHER, "early append"), *configured(session), silence(2000), *heard_out
        silent = [sized(64_000, label="fast silence") for _ in range(FAST)]
        fast = *silent, *burst(WEATHER, 100, "fast speech"), *silent[:2], *heard_out
        for steps in (early, fast):
            with contextlib.suppress(Broken):
                await call(*steps)
            if not call.alive:  # a new session where the server has ended the one before
                await call.connect()
                await call(*configured(session))
        for size in LADDER:
            clear = send("input_audio_buffer.clear", label=f"clear after {size}")
            taken = maybe("input_audio_buffer.cleared", within_ms=call.target.deadlines.answer)
            with contextlib.suppress(Broken):
                await call(sized(size, label=rung(size)), clear, taken)
            if not call.alive:
                return
            if call.target.pace:
                await call(pause(size / STEADY))
        await call(close(1000))

    @observe("Q-EARLY-APPEND")
    def question_what_becomes_of_audio_before_the_greeting(self, wire):
        leg = leg_of(wire, "early append")
        return taken(leg, leg.sent("early append").index, "fast silence")

    @observe("Q-FAST-AUDIO")
    def question_is_audio_taken_faster_than_it_sounds(self, wire):
        leg = leg_of(wire, "fast silence")
        return taken(leg, leg.sent("fast silence").index, rung(LADDER[0]))

    @observe("Q-FRAME-SIZE")
    def question_how_large_a_frame_may_be(self, wire):
        leg = leg_of(wire, rung(LADDER[0]))
        last = 0
        for size in LADDER:
            sent = leg.sent(rung(size))
            after = [frame for frame in leg.after(sent) if not is_unsolicited(frame.type)]
            first = after[0] if after else None
            if first is not None and first.type == "input_audio_buffer.cleared":
                last = size
                continue
            told = f"{last or 'none'} bytes were taken, {size} not"
            if first is not None and first.type == "error":
                return Seen("error", f"{told}: {first.event.get('error')}")
            if leg.ending.first == "server":
                code = leg.ending.code_received
                kind = "dropped" if code is None else "close-1009" if code == 1009 else "closed"
                return Seen(kind, f"{told}: {code} {leg.ending.reason_received}".rstrip())
            return other(f"{told}: nothing answered the clear after it")
        return Seen("accepted", f"{last} bytes were taken")


def taken(leg, index, until_label):
    """What became of audio sent out of time: heard, ignored, refused or the end; up to the frame with this label."""
    end = next((frame.index for frame in leg.frames if frame.label == until_label and frame.index > index), None)
    later = [frame for frame in leg.received if frame.index > index and (end is None or frame.index < end)]
    kinds = [frame.type for frame in later]
    errors = [frame.event.get("error") for frame in later if frame.type == "error"]
    if end is None and leg.ending.first == "server":
        return Seen("closed", f"{leg.ending.code_received} {leg.ending.reason_received}; errors {errors}")
    if errors:
        return Seen("error", str(errors[0]))
    return Seen("heard" if STOPPED in kinds else "dropped", listed(dict.fromkeys(map(str, kinds))))


class TestLargeAppend:
    """The client appends 16 MiB of Base64 at once."""

    slow = True

    async def talk(self, call):
        await call(*configured(MANUAL))
        await probe(call, sized(16 * 2**20 + 200, label="large"))

    @observe("Q-APPEND-LIMIT")
    def question_what_a_very_large_append_does(self, wire):
        seen = fate(wire, "large")
        if seen.outcome == "closed":
            return Seen("close-1009", seen.evidence) if wire.ending.code_received == 1009 else other(seen.evidence)
        return Seen({"ignored": "accepted"}.get(seen.outcome, seen.outcome), seen.evidence)
