"""§8  Responses: the life of a reply, in text and in speech."""

import base64
import binascii
import json
import re

from conformance.cases.shared import BLUE_WHALE, BRIEF, COUNT, user
from conformance.cut import listed
from conformance.judge.places import spoken_replies, typed_replies
from conformance.judge.schema import server_types
from conformance.judge.verdicts import Blocked, Inconclusive, Seen, Uncooperative, other
from conformance.spec import must, observe, should
from conformance.spec.profiles import SPOKEN_ONLY
from conformance.wire import close, either, maybe, quiet, send, speak, until
from conformance.wire.gaps import Elided

SENTENCE = "Answer with exactly eight words: the blue whale is a very big animal"
OUT = 24_000  # Hz of the output unless it is configured otherwise
ITEM_ADDED, ITEM_DONE = "response.output_item.added", "response.output_item.done"
PART_ADDED, PART_DONE = "response.content_part.added", "response.content_part.done"
WORD, WORDS_DONE = "response.audio_transcript.delta", "response.audio_transcript.done"
SOUND, SOUND_DONE = "response.audio.delta", "response.audio.done"
HEARD_WORDS = "conversation.item.input_audio_transcription.completed"
UNHEARD_WORDS = "conversation.item.input_audio_transcription.failed"
OPENING = ["response.created", ITEM_ADDED, "conversation.item.created", PART_ADDED]
CLOSING = [PART_DONE, ITEM_DONE, "response.done"]
CROSSING = 250  # ms in which an event and a request may pass each other
PADDED = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)")


def written(max_tokens, instructions=BRIEF):
    """A session that answers in text, in manual mode, in so many tokens at most."""
    return {
        "modalities": ["text"],
        "instructions": instructions,
        "turn_detection": None,
        "max_tokens": max_tokens,
    }


async def reply(call):
    """Wait for the reply to a `response.create` that may get none, however long the server thinks about it."""
    found = await call(maybe("response.created", "error")) or await call(quiet(), maybe("response.created", "error"))
    if found is not None and found.type == "response.created":
        await call(until("response.done"))


def at(value, *path):
    """What is under this path of keys and places, or None where the path leads nowhere."""
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def after_create(wire, label):
    """Server frames between this `response.create` and the client's next event."""
    found = []
    for frame in wire.frames[wire.sent(label).index + 1 :]:
        if frame.side == "client" and frame.opcode == "text":
            break
        if frame.side == "server" and frame.type is not None:
            found.append(frame)
    return found


def answers(wire, label):
    """Types of what may answer this `response.create`: an error, or events of a response."""
    kinds = [frame.type for frame in after_create(wire, label)]
    return [kind for kind in kinds if kind == "error" or kind.startswith("response.")]


def answer(wire, label):
    """The response that this `response.create` began; that it is accepted is the business of another check."""
    frames = after_create(wire, label)
    begun = [response for response in wire.responses if response.frames[0] in frames]
    if len(begun) > 1 and begun[0].types == ["response.created"]:
        raise Blocked(f"the events of {begun[0].id}", "GEN-042")
    if begun:
        return begun[0]
    if any(frame.type == "error" for frame in frames):
        raise Inconclusive(f"{label} was refused: {refusal(frames)}")
    if any(str(frame.type).startswith("response.") for frame in frames):
        raise Inconclusive(f"the events that answer {label} name no response of their own")
    raise Blocked(f"the response to {label}", "GEN-015")


def created(response):
    """The `response` object of `response.created`; that it precedes the rest is the business of a rule."""
    if "response.created" not in response.types:
        raise Blocked(f"response.created of {response.id}", "GEN-023")
    return response.the("response.created").get("response")


def refusal(frames):
    """The first error among frames, as JSON."""
    return next(json.dumps(frame.event.get("error"), ensure_ascii=False) for frame in frames if frame.type == "error")


def spoken(wire):
    """The spoken reply of a conversation; that it is spoken at all is the business of RSP-028."""
    response = answer(wire, "spoken")
    if not any(kind.startswith("response.audio") for kind in response.types):
        raise Inconclusive("the reply came without any audio event")
    return response


def text_of(response):
    """The text of `response.text.done`."""
    if not any(kind.startswith("response.text.") for kind in response.types):
        raise Blocked(f"any text event of {response.id}", "RSP-002")
    return response.the("response.text.done").get("text")


def course(wire, label):
    """Types of all server events from the first to the `response.done` of the response to this create."""
    response = answer(wire, label)
    first, ended = response.frames[0], response.the("response.done")
    kinds = []
    for frame in after_create(wire, label):
        if frame.index >= first.index and frame.type in server_types():  # the vendor may add events
            kinds.append(frame.type)
        if frame.event == ended:
            break
    return kinds


def said(response):
    """The words of a reply, written or spoken, in lower case without punctuation."""
    words = response.joined("response.text.delta") + response.joined(WORD)
    return " ".join(re.findall(r"\w+", words.lower()))


def sounds(response):
    """The decoded deltas of a spoken reply."""
    response.the(SOUND)
    try:
        return [base64.b64decode(event["delta"], validate=True) for event in response.all(SOUND)]
    except (KeyError, TypeError, binascii.Error, ValueError):
        raise Inconclusive("the audio is not in Base64, which RSP-035 judges") from None


def output(response):
    """The items in the output of `response.done`."""
    found = response.done.get("output")
    return found if isinstance(found, list) else []


def content(item):
    """The content parts of an item."""
    found = at(item, "content")
    return found if isinstance(found, list) else []


def completed(response):
    """The response, when it ran to its end."""
    status = response.done.get("status")
    if status != "completed":
        raise Uncooperative(f"the reply ended as {status}")
    return response


def output_tokens(response):
    """`output_tokens` of a response; that there is such a number is the business of another check."""
    count = at(response.done, "usage", "output_tokens")
    if not isinstance(count, int):
        raise Inconclusive("the response does not tell its `output_tokens`")
    return count


class TestTyped:
    """The client types, gets a written reply, asks again with other instructions, then types again."""

    on = typed_replies.asked(
        "RSP-001 RSP-002 RSP-003 RSP-004 RSP-005 RSP-006 RSP-007 RSP-008 RSP-009 RSP-010 RSP-011 RSP-012 RSP-013 "
        "RSP-014 RSP-015 RSP-016 RSP-018 RSP-019 RSP-020 RSP-021 RSP-056 Q-OUTPUT-ITEM-DONE-TEXT Q-STATUS-DETAILS",
        named=("first", "second"),
    )

    ready = True
    script = [
        until("session.created"),
        send("session.update", session=written(16)),
        until("session.updated"),
        send("conversation.item.create", item=user("My dog is called Bello.")),
        until("conversation.item.created"),
        send("response.create", label="first"),
        until("response.done"),
        send("session.update", session=written(16, "Tell the user in one word what their dog is called.")),
        until("session.updated"),
        send("response.create", label="again"),
        either(until("response.done"), until("error")),
        send("conversation.item.create", item=user(BLUE_WHALE)),
        until("conversation.item.created"),
        send("response.create", label="second"),
        until("response.done"),
        close(1000),
    ]

    @must("RSP-001")
    def test_a_bare_create_starts_a_response(self, wire):
        seen = answers(wire, "first")
        if seen[:1] == ["error"] and wire.profile.family in SPOKEN_ONLY:
            raise Inconclusive("text items without audio are proven on later families only (C12)")
        assert seen[:1] == ["response.created"], f"it was answered by {seen or 'nothing'}"

    @must("RSP-002")
    def test_a_text_reply_has_the_live_order(self, wire):
        kinds = course(wire, "second")
        deltas = kinds.count("response.text.delta")
        expected = [*OPENING, *["response.text.delta"] * max(1, deltas), "response.text.done", *CLOSING]
        assert kinds == expected, f"the order is {listed(kinds)}"

    @must("RSP-003")
    def test_it_begins_in_progress(self, wire):
        assert at(created(answer(wire, "first")), "status") == "in_progress"

    @must("RSP-004")
    def test_it_begins_empty(self, wire):
        assert at(created(answer(wire, "first")), "output") == []

    @must("RSP-005")
    def test_a_response_says_what_it_is(self, wire):
        response = answer(wire, "first")
        assert at(created(response), "object") == "realtime.response"
        assert response.done.get("object") == "realtime.response"

    @must("RSP-006")
    def test_a_response_has_an_id(self, wire):
        begun = [frame.event for frame in after_create(wire, "first") if frame.type == "response.created"]
        if not begun:
            raise Blocked("response.created", "RSP-001")
        found = at(begun[0], "response", "id")
        assert found, f"the id is {found!r}"
        assert isinstance(found, str)

    @should("RSP-007")
    def test_a_response_names_its_conversation(self, wire):
        found = at(created(answer(wire, "first")), "conversation_id")
        assert found, f"the conversation_id is {found!r}"

    @must("RSP-008")
    def test_a_response_shows_its_modalities(self, wire):
        assert at(created(answer(wire, "first")), "modalities") == ["text"]

    @should("RSP-009")
    def test_a_text_reply_shows_voice_and_format(self, wire):
        echo = wire.the("session.updated").get("session")
        begun = created(answer(wire, "first"))
        wanted = {name: at(echo, name) for name in ("voice", "output_audio_format")}
        if None in wanted.values():
            raise Inconclusive(f"the session shows {wanted}")
        assert {name: at(begun, name) for name in wanted} == wanted

    @must("RSP-010")
    def test_the_message_begins_empty(self, wire):
        item = answer(wire, "first").the(ITEM_ADDED).get("item")
        shown = [at(item, name) for name in ("type", "role", "status", "content")]
        assert shown == ["message", "assistant", "in_progress", []]

    @must("RSP-011")
    def test_the_conversation_gets_the_item_that_was_announced(self, wire):
        added = at(answer(wire, "first").the(ITEM_ADDED), "item", "id")
        items = [frame.event for frame in after_create(wire, "first") if frame.type == "conversation.item.created"]
        if not items:
            raise Blocked("conversation.item.created", "GEN-014")
        assert at(items[0], "item", "id") == added

    @must("RSP-056")
    def test_the_conversation_gets_the_item_as_it_was_announced(self, wire):
        added = answer(wire, "first").the(ITEM_ADDED).get("item") or {}
        items = [frame.event for frame in after_create(wire, "first") if frame.type == "conversation.item.created"]
        if not items:
            raise Blocked("conversation.item.created", "GEN-014")
        shown = {name: at(items[0], "item", name) for name in ("type", "role", "status", "content")}
        assert shown == {name: added.get(name) for name in shown}

    @must("RSP-012")
    def test_the_text_begins_empty(self, wire):
        part = answer(wire, "first").the(PART_ADDED).get("part")
        assert [at(part, "type"), at(part, "text")] == ["text", ""]

    @must("RSP-013")
    def test_numbering_begins_at_zero(self, wire):
        response = answer(wire, "first")
        for kind in (ITEM_ADDED, PART_ADDED):
            assert response.the(kind).get("output_index") == 0, kind
        assert response.the(PART_ADDED).get("content_index") == 0

    @must("RSP-014")
    def test_the_part_repeats_the_text(self, wire):
        response = answer(wire, "first")
        text = text_of(response)
        assert at(response.the(PART_DONE), "part", "text") == text

    @must("RSP-015")
    def test_the_response_repeats_the_text(self, wire):
        response = answer(wire, "first")
        text = text_of(response)
        assert at(response.done, "output", 0, "content", 0, "text") == text

    @must("RSP-016")
    def test_the_message_is_completed(self, wire):
        response = completed(answer(wire, "second"))
        assert at(response.the(ITEM_DONE), "item", "status") == "completed"

    @must("RSP-017")
    def test_the_reply_is_completed(self, wire):
        response = answer(wire, "second")
        status, words = response.done.get("status"), said(response)
        if status == "incomplete" and words != "blue whale":
            raise Uncooperative(f"the model said {words!r} and may have run into `max_tokens`")
        assert status == "completed"

    @must("RSP-018")
    def test_the_output_is_one_message(self, wire):
        assert [at(item, "type") for item in output(answer(wire, "second"))] == ["message"]

    @should("RSP-019")
    def test_the_model_says_something(self, wire):
        text = text_of(answer(wire, "second"))
        assert str(text or "").strip(), f"the text is {text!r}"

    @must("RSP-020")
    def test_the_message_holds_text(self, wire):
        kinds = [at(part, "type") for item in output(answer(wire, "second")) for part in content(item)]
        assert kinds == ["text"]

    @must("RSP-021")
    def test_the_items_are_completed(self, wire):
        items = output(completed(answer(wire, "second")))
        assert {at(item, "status") for item in items} == {"completed"}

    @should("RSP-022")
    def test_a_second_response_has_its_own_id(self, wire):
        begun = wire.all("response.created")
        if len(begun) < 2:
            raise Inconclusive("no second response was announced")
        ids = [at(event, "response", "id") for event in begun]
        assert len(set(ids)) == len(ids), f"the ids are {ids}"

    @should("RSP-023")
    def test_a_reply_knows_what_was_said_before(self, wire):
        words = said(answer(wire, "again"))
        if not words:
            raise Uncooperative("the model did not say anything when it was asked again")
        with wire.model_chose():
            assert "bello" in words, f"the dog is called Bello, the reply is {words!r}"

    @observe("Q-OUTPUT-ITEM-DONE-TEXT")
    def question_what_a_done_text_message_holds(self, wire):
        return content_of(answer(wire, "second"))

    @observe("Q-STATUS-DETAILS")
    def question_are_there_status_details(self, wire):
        wire.the("response.done")
        bodies = [event["response"] for event in wire.all("response.done")]
        found = [body["status_details"] for body in bodies if "status_details" in body]
        return Seen("present", json.dumps(found)) if found else "absent"


def content_of(response):
    """Under which key the message in `response.output_item.done` holds the words, if any."""
    part = at(response.the(ITEM_DONE), "item", "content", 0)
    if not isinstance(part, dict):
        return other(json.dumps(at(response.the(ITEM_DONE), "item", "content"), ensure_ascii=False))
    keys = sorted(part.keys() - {"type"})
    seen = json.dumps(part, ensure_ascii=False)
    if not keys:
        return Seen("bare", seen)
    return Seen(keys[0], seen) if keys in (["text"], ["transcript"]) else other(seen)


class TestInstructionsForOne:
    """The client sends `instructions` with a create: null as the Python SDK does, then its own, then none."""

    script = [
        until("session.created"),
        send("session.update", session=written(16, "Answer with exactly two words: black coffee")),
        until("session.updated"),
        send("conversation.item.create", item=user("I am thirsty.")),
        until("conversation.item.created"),
        send("response.create", label="null", response={"instructions": None}),
        either(until("response.done"), until("error")),
        send("conversation.item.create", item=user("I am thirsty again.")),
        until("conversation.item.created"),
        send("response.create", label="steered", response={"instructions": "Answer with exactly two words: green tea"}),
        either(until("response.done"), until("error")),
        send("conversation.item.create", item=user("I am still thirsty.")),
        until("conversation.item.created"),
        send("response.create", label="bare"),
        until("response.done"),
        close(1000),
    ]

    @must("RSP-024")
    def test_null_instructions_are_accepted(self, wire):
        seen = answers(wire, "null")
        assert seen[:1] == ["response.created"], f"it was answered by {seen or 'nothing'}"

    @should("RSP-025")
    def test_instructions_are_accepted(self, wire):
        seen = answers(wire, "steered")
        assert seen[:1] == ["response.created"], f"it was answered by {seen or 'nothing'}"

    @should("RSP-026")
    def test_instructions_steer_one_reply(self, wire):
        steered, bare = said(answer(wire, "steered")), said(answer(wire, "bare"))
        assert "black coffee" not in steered, "the session's instructions were followed"
        if "green tea" not in steered:
            raise Uncooperative(f"the model followed neither: {steered!r}")
        if "black coffee" not in bare and "green tea" not in bare:
            raise Uncooperative(f"without instructions of its own the reply was {bare!r}")
        assert "green tea" not in bare, "the instructions of one reply held for the next one too"


class TestSpoken:
    """In a session with audio the client asks for a written reply, then for a spoken one; then it changes the voice."""

    on = spoken_replies.asked(
        "RSP-034 RSP-035 RSP-036 RSP-037 RSP-038 RSP-039 RSP-040 RSP-041 RSP-042 RSP-043 RSP-044 RSP-045 RSP-046 "
        "RSP-055 Q-OUTPUT-ITEM-DONE-AUDIO Q-AUDIO-DELTA-SIZE Q-TRANSCRIPT-FIRST Q-AUDIO-DONE-ORDER",
        named=("spoken",),
    )

    async def talk(self, call):
        default = call.profile.default_voice
        voice = next(iter(sorted(call.profile.voices - {default})), "Ethan")
        call.note(voice=voice)
        await call(
            until("session.created"),
            send(
                "session.update",
                session={
                    "modalities": ["text", "audio"],
                    "instructions": "Answer in English.",
                    "turn_detection": None,
                    "max_tokens": 256,
                },
            ),
            until("session.updated"),
            send("conversation.item.create", item=user(BLUE_WHALE)),
            until("conversation.item.created"),
            send("response.create", label="text only", response={"modalities": ["text"]}),
            either(until("response.done"), until("error")),
            send("conversation.item.create", item=user(SENTENCE)),
            until("conversation.item.created"),
            send("response.create", label="spoken"),
            until("response.done"),
            send("session.update", label="voice", session={"voice": voice}),
            maybe("session.updated", "error"),
            quiet(),
            close(1000),
        )

    @should("RSP-027")
    def test_one_reply_can_be_written_only(self, wire):
        frames = after_create(wire, "text only")
        if any(frame.type == "error" for frame in frames):
            raise AssertionError(f"it was refused: {refusal(frames)}")
        kinds = answer(wire, "text only").types
        assert not [kind for kind in kinds if kind.startswith("response.audio")]
        assert "response.text.delta" in kinds

    @should("RSP-028")
    def test_the_next_reply_is_spoken_again(self, wire):
        answer(wire, "text only")
        kinds = answer(wire, "spoken").types
        assert SOUND in kinds, f"the next reply came as {listed(sorted(set(kinds)))}"

    @should("RSP-034")
    def test_a_spoken_reply_has_the_documented_order(self, wire):
        for kind in (WORD, WORDS_DONE, SOUND, SOUND_DONE):
            spoken(wire).the(kind)
        kinds = course(wire, "spoken")
        middle = kinds[len(OPENING) : -len(CLOSING)]
        assert kinds[: len(OPENING)] == OPENING, f"it begins with {listed(kinds[: len(OPENING)])}"
        assert kinds[-len(CLOSING) :] == CLOSING, f"it ends with {listed(kinds[-len(CLOSING) :])}"
        assert set(middle) == {WORD, WORDS_DONE, SOUND, SOUND_DONE}, f"in between: {sorted(set(middle))}"

    @must("RSP-035")
    def test_the_audio_is_padded_base64(self, wire):
        spoken(wire).the(SOUND)
        for event in spoken(wire).all(SOUND):
            delta = event.get("delta")
            assert isinstance(delta, str)
            if not isinstance(delta, Elided):  # what a recording leaves out was Base64 with its padding
                assert not delta or PADDED.fullmatch(delta), f"no padded Base64: {delta[:40]!r}…{delta[-8:]!r}"

    @must("RSP-036")
    def test_the_audio_is_whole_samples(self, wire):
        length = sum(map(len, sounds(completed(spoken(wire)))))
        assert length % 2 == 0, f"{length} bytes"

    @should("RSP-037")
    def test_audio_done_has_no_audio(self, wire):
        event = spoken(wire).the(SOUND_DONE)
        assert not [name for name in ("delta", "audio", "data") if event.get(name)]

    @should("RSP-038")
    def test_response_done_has_no_audio(self, wire):
        shown = json.dumps(spoken(wire).done)
        pieces = [str(event.get("delta")) for event in spoken(wire).all(SOUND)]
        assert not [piece for piece in pieces if len(piece) >= 64 and piece in shown], "it repeats the audio"
        parts = [part for item in output(spoken(wire)) for part in content(item)]
        assert not [name for name in ("delta", "audio", "data") for part in parts if at(part, name)]

    @should("RSP-039")
    def test_the_part_is_audio(self, wire):
        assert at(spoken(wire).the(PART_ADDED), "part", "type") == "audio"

    @should("RSP-040")
    def test_the_part_repeats_the_words(self, wire):
        part = spoken(wire).the(PART_DONE).get("part")
        words = spoken(wire).the(WORDS_DONE).get("transcript")
        assert words in (at(part, "text"), at(part, "transcript")), f"{part!r} is not about {words!r}"

    @should("RSP-041")
    def test_the_response_repeats_the_words(self, wire):
        part = at(spoken(wire).done, "output", 0, "content", 0)
        words = spoken(wire).the(WORDS_DONE).get("transcript")
        assert words in (at(part, "transcript"), at(part, "text")), f"{part!r} is not about {words!r}"

    @should("RSP-042")
    def test_a_spoken_reply_has_no_text_events(self, wire):
        spoken(wire).the(SOUND)
        assert not [kind for kind in spoken(wire).types if kind.startswith("response.text.")]

    @should("RSP-043")
    def test_no_audio_follows_its_end(self, wire):
        spoken(wire).the(SOUND_DONE)
        kinds = spoken(wire).types
        late = kinds[kinds.index(SOUND_DONE) :].count(SOUND)
        assert late == 0, f"{late} deltas came after response.audio.done"

    @should("RSP-044")
    def test_no_words_follow_their_end(self, wire):
        spoken(wire).the(WORDS_DONE)
        kinds = spoken(wire).types
        late = kinds[kinds.index(WORDS_DONE) :].count(WORD)
        assert late == 0, f"{late} deltas came after response.audio_transcript.done"

    @should("RSP-045")
    def test_the_audio_can_be_heard(self, wire):
        pcm = b"".join(sounds(spoken(wire)))
        seconds = len(pcm) / 2 / OUT
        assert seconds >= 0.2, f"{seconds:.2f} s"
        assert any(pcm), "digital silence"

    @should("RSP-046")
    def test_the_audio_has_no_header(self, wire):
        headed = [place for place, piece in enumerate(sounds(spoken(wire))) if piece[:4] == b"RIFF"]
        assert not headed, f"{len(headed)} deltas begin with RIFF"

    @should("RSP-047")
    def test_a_spoken_reply_is_completed(self, wire):
        status, words = spoken(wire).done.get("status"), said(spoken(wire))
        if status == "incomplete" and len(words.split()) > 12:
            raise Uncooperative(f"the model said {words!r} and may have run into `max_tokens`")
        assert status == "completed"

    @should("RSP-055")
    def test_each_delta_is_whole_samples(self, wire):
        lengths = [len(piece) for piece in sounds(spoken(wire))]
        assert not [length for length in lengths if length % 2], f"bytes: {lengths}"

    @observe("Q-OUTPUT-ITEM-DONE-AUDIO")
    def question_what_a_done_spoken_message_holds(self, wire):
        return content_of(spoken(wire))

    @observe("Q-AUDIO-DELTA-SIZE")
    def question_have_the_deltas_one_size(self, wire):
        lengths = [len(piece) for piece in sounds(spoken(wire))]
        if len(lengths) < 3:
            raise Uncooperative(f"too few deltas to tell: {lengths}")
        return Seen("even" if len(set(lengths[:-1])) == 1 else "uneven", str(lengths))

    @observe("Q-TRANSCRIPT-FIRST")
    def question_do_words_or_sounds_come_first(self, wire):
        spoken(wire).the(WORD)
        spoken(wire).the(SOUND)
        kinds = spoken(wire).types
        return "transcript-first" if kinds.index(WORD) < kinds.index(SOUND) else "audio-first"

    @observe("Q-AUDIO-DONE-ORDER")
    def question_are_words_or_sounds_done_first(self, wire):
        spoken(wire).the(WORDS_DONE)
        spoken(wire).the(SOUND_DONE)
        kinds = spoken(wire).types
        return "transcript-first" if kinds.index(WORDS_DONE) < kinds.index(SOUND_DONE) else "audio-first"

    @observe("Q-VOICE-AFTER-AUDIO")
    def question_may_the_voice_change_after_audio(self, wire):
        spoken(wire).the(SOUND)
        kinds, wanted = wire.answers_to("voice"), wire.notes["voice"]
        ending = wire.ending
        error = wire.error_to("voice") if "error" in kinds else {}
        seen = json.dumps(error, ensure_ascii=False)
        if "not supported" in seen:
            raise Inconclusive(f"the model does not have the voice {wanted}: {seen}")
        if ending.first == "server":
            return Seen("closed", f"{listed(kinds)}, then {ending.code_received} {ending.reason_received}")
        if error:
            return Seen("error", seen) if error.get("code") == "cannot_update_voice" else other(seen)
        if "session.updated" not in kinds:
            return other("nothing answered")
        shown = at(wire.replies("voice")[kinds.index("session.updated")], "session", "voice")
        if shown == wanted:
            return Seen("accepted", str(shown))
        before = at(wire.the("session.updated"), "session", "voice")
        return Seen("ignored", str(shown)) if shown == before else other(shown)


class TestManualTurns:
    """Three spoken turns; a reply is asked for after silence, with the commit, and again so without transcription."""

    async def talk(self, call):
        await call(
            until("session.created"),
            send("session.update", session=written(64, "Answer with at most five words.")),
            until("session.updated"),
            speak("weather"),
            send("input_audio_buffer.commit", label="commit"),
            until("input_audio_buffer.committed"),
            maybe(HEARD_WORDS, UNHEARD_WORDS),
            quiet(),
            send("response.create", label="create"),
        )
        await reply(call)
        await call(
            speak("weather", label="speech 2"),
            send("input_audio_buffer.commit", label="commit 2"),
            send("response.create", label="create at once"),
        )
        await reply(call)
        await call(
            quiet(),
            send("session.update", label="untranscribed", session={"input_audio_transcription": None}),
            either(until("session.updated"), until("error")),
            speak("weather", label="speech 3"),
            send("input_audio_buffer.commit", label="commit 3"),
            send("response.create", label="create untranscribed"),
        )
        await reply(call)
        await call(quiet(), close(1000))

    @should("RSP-049")
    def test_no_response_starts_by_itself(self, wire):
        asked = wire.sent("create").index
        early = [frame for frame in wire.after(wire.sent("commit")) if frame.index < asked]
        assert not [frame.type for frame in early if str(frame.type).startswith("response.")]

    @should("RSP-050")
    def test_a_transcribed_turn_gets_its_reply(self, wire):
        asked = wire.sent("create").index
        if not any(frame.type == HEARD_WORDS and frame.index < asked for frame in wire.received):
            raise Inconclusive("the transcription did not complete")
        seen = [frame.type for frame in after_create(wire, "create")]
        assert "response.created" in seen, f"it was answered by {seen or 'nothing'}"
        assert answer(wire, "create").done.get("status") in {"completed", "incomplete"}

    @observe("Q-CREATE-AFTER-COMMIT")
    def question_is_an_early_create_honoured(self, wire):
        return reception(wire, "create at once", nothing="dropped")

    @observe("Q-CREATE-NO-TRANSCRIPTION")
    def question_is_an_early_create_honoured_without_transcription(self, wire):
        refused = wire.sent("create untranscribed")
        if any(frame.type == HEARD_WORDS for frame in wire.after(refused)):
            raise Inconclusive("the server transcribed the turn all the same")
        return reception(wire, "create untranscribed", nothing="dropped")


class TestNothingSaid:
    """The client asks for a reply before anything was said."""

    async def talk(self, call):
        await call(
            until("session.created"),
            send("session.update", session=written(32)),
            until("session.updated"),
            send("response.create", label="create"),
        )
        await reply(call)
        await call(quiet(), close(1000))

    @observe("Q-CREATE-EMPTY")
    def question_what_answers_a_create_in_an_empty_conversation(self, wire):
        return reception(wire, "create", honoured="answers", nothing="silent")


def reception(wire, label, honoured="honoured", nothing="dropped"):
    """How this create was received; an `error` before it belongs to something else."""
    frames = after_create(wire, label)
    kinds = [frame.type for frame in frames]
    if "error" in kinds:
        said_first = "response.created" in kinds[: kinds.index("error")]
        return other(f"a response, then {refusal(frames)}") if said_first else Seen("error", refusal(frames))
    seen = ", ".join(dict.fromkeys(kinds)) or "nothing"
    if "response.created" in kinds:
        return Seen(honoured, seen)
    if wire.ending.first == "server":
        return other(f"closed with {wire.ending.code_received} {wire.ending.reason_received}")
    return Seen(nothing, seen)


class TestCreateWhileActive:
    """The client asks for a second reply while the first is under way, and for a third when it is over."""

    script = [
        until("session.created"),
        send("session.update", session=written(400, "Do what the user asks.")),
        until("session.updated"),
        send("conversation.item.create", item=user(COUNT)),
        until("conversation.item.created"),
        send("response.create", label="first"),
        until("response.text.delta"),
        send("response.create", label="second"),
        until("response.done"),
        quiet(),
        send("conversation.item.create", item=user(BLUE_WHALE)),
        until("conversation.item.created"),
        send("response.create", label="third"),
        until("response.done"),
        close(1000),
    ]

    @should("RSP-029")
    def test_a_second_create_is_refused(self, wire):
        overlap(wire)
        seen = [frame.type for frame in after_create(wire, "second")]
        assert "error" in seen, f"it was answered by {list(dict.fromkeys(seen)) or 'nothing'}"

    @should("RSP-030")
    def test_the_error_says_what_clients_look_for(self, wire):
        refused_second(wire)
        said_so = str(wire.error_to("second").get("message"))
        assert "Conversation already has an active response" in said_so, f"the message is {said_so!r}"

    @should("RSP-031")
    def test_the_first_reply_runs_to_its_end(self, wire):
        refused_second(wire)
        first = answer(wire, "first")
        status, words = first.done.get("status"), said(first)
        if status == "incomplete" and output_tokens(first) >= 400:
            raise Uncooperative("the reply ran into `max_tokens`")
        assert status == "completed", f"the reply ended as {status} after {words[-40:]!r}"

    @should("RSP-032")
    def test_no_second_response_begins(self, wire):
        refused_second(wire)
        assert "response.created" not in [frame.type for frame in after_create(wire, "second")]

    @should("RSP-033")
    def test_a_later_create_is_accepted(self, wire):
        refused_second(wire)
        seen = [frame.type for frame in after_create(wire, "third")]
        assert "response.created" in seen, f"it was answered by {seen or 'nothing'}"
        assert answer(wire, "third").done.get("status") == "completed"


def overlap(wire):
    """The second create met an active response; inconclusive when the first one had ended before."""
    asked = wire.sent("second").index
    if any(frame.type == "response.done" and frame.index < asked for frame in wire.received):
        raise Uncooperative("the first reply had ended before the second create was sent")
    frames = after_create(wire, "second")
    seen = [frame.type for frame in frames]
    ended = [frame for frame in frames if frame.type == "response.done"]
    # A create that takes its time to arrive may do so after the end: about as long as the handshake took.
    crossed = ended and ended[0].at - wire.sent("second").at < max(CROSSING, wire.handshake.ms)
    if "error" not in seen and crossed and "response.created" in seen[seen.index("response.done") :]:
        raise Uncooperative("the first reply ended while the second create was on its way")


def refused_second(wire):
    """The second create was refused, which is the business of RSP-029."""
    overlap(wire)
    if not any(frame.type == "error" for frame in after_create(wire, "second")):
        raise Blocked("the refusal of the second create", "RSP-029")


class TestLimits:
    """The client asks for more than `max_tokens` allows, then puts `max_tokens` and an unknown key into creates."""

    script = [
        until("session.created"),
        send("session.update", session=written(8, "Do what the user asks.")),
        until("session.updated"),
        send("conversation.item.create", item=user(COUNT)),
        until("conversation.item.created"),
        send("response.create", label="cut"),
        until("response.done"),
        send("session.update", session=written(400, "Do what the user asks.")),
        until("session.updated"),
        send("conversation.item.create", item=user(COUNT)),
        until("conversation.item.created"),
        send("response.create", label="override", response={"max_tokens": 1}),
        either(until("response.done"), until("error")),
        send("conversation.item.create", item=user(BLUE_WHALE)),
        until("conversation.item.created"),
        send("response.create", label="unknown key", response={"no_such_key": 1}),
        either(until("response.done"), until("error")),
        close(1000),
    ]

    @should("RSP-048")
    def test_max_tokens_cut_a_reply(self, wire):
        count = output_tokens(answer(wire, "cut"))
        assert count <= 8, f"{count} tokens, 8 were allowed: {said(answer(wire, 'cut'))[:80]!r}"

    @observe("Q-MAX-TOKENS-STATUS")
    def question_how_a_reply_ends_that_was_cut(self, wire):
        response = answer(wire, "cut")
        words, status = said(response), response.done.get("status")
        seen = f"{status} after {words[:80]!r}"
        if "40" in words.split():
            raise Inconclusive("the reply was not cut")
        if output_tokens(response) < 4:
            raise Uncooperative(f"the model had little to say: {words!r}")
        return Seen(status, seen) if status in {"incomplete", "completed"} else other(seen)

    @observe("Q-CREATE-OVERRIDES")
    def question_does_a_create_take_max_tokens(self, wire):
        frames = after_create(wire, "override")
        if any(frame.type == "error" for frame in frames):
            return Seen("error", refusal(frames))
        response = answer(wire, "override")
        words, count = said(response), output_tokens(response)
        if "40" in words.split():
            return Seen("ignored", f"{count} tokens")
        if count <= 4:
            return Seen("applied", f"{count} tokens: {words!r}")
        raise Uncooperative(f"the model did not count: {words[:80]!r}")

    @observe("Q-CREATE-UNKNOWN-KEY")
    def question_what_an_unknown_key_does(self, wire):
        frames = after_create(wire, "unknown key")
        if any(frame.type == "error" for frame in frames):
            return Seen("error", refusal(frames))
        return Seen("ignored", str(answer(wire, "unknown key").done.get("status")))


class TestOutputRate:
    """The same spoken reply twice, in a session of each rate."""

    connections = 2

    async def talk(self, call):
        for rate in (OUT, 8000):
            if rate != OUT:
                await call.connect()
            answered = await call(
                until("session.created"),
                send(
                    "session.update",
                    label="rate",
                    session={
                        "modalities": ["text", "audio"],
                        "instructions": "Answer in English.",
                        "turn_detection": None,
                        "audio": {"output": {"format": {"type": "pcm", "sample_rate": rate}}},
                    },
                ),
                either(until("session.updated"), until("error")),
            )
            if answered is not None and answered.type == "session.updated":
                await call(
                    send("conversation.item.create", item=user(SENTENCE)),
                    until("conversation.item.created"),
                    send("response.create", label="spoken"),
                    until("response.done"),
                )
            if call.alive:
                await call(close(1000))

    @observe("Q-OUTPUT-RATE")
    def question_can_the_output_rate_be_chosen(self, wire):
        low = wire.leg(1)
        if "error" in low.answers_to("rate"):
            return Seen("error", json.dumps(low.error_to("rate"), ensure_ascii=False))
        if "error" in wire.answers_to("rate"):
            raise Inconclusive("the documented default rate was refused")
        echoed = at(low.the("session.updated"), "session", "audio", "output", "format", "sample_rate")
        # Bytes for each letter: no two replies are sure to have the same words.
        high_share, low_share = bytes_per_letter(wire), bytes_per_letter(low)
        ratio = low_share / high_share
        seen = f"echo {echoed}; {low_share:.0f} bytes for each letter, {high_share:.0f} at {OUT} Hz"
        if 0.2 < ratio < 0.5:
            return Seen("applied", seen) if echoed == 8000 else other(seen)
        return Seen("ignored", seen) if 0.65 < ratio < 1.6 else other(seen)


def bytes_per_letter(wire):
    """How many bytes of audio a letter of the spoken words has."""
    letters = len(said(spoken(wire)))
    if letters < 10:
        raise Uncooperative(f"the model said {said(spoken(wire))!r}, too little to measure")
    heard = sum(map(len, sounds(spoken(wire))))
    if not heard:
        raise Inconclusive("the reply has no audio to measure")
    return heard / letters


class TestWavOutput:
    """The client asks for WAV."""

    async def talk(self, call):
        answered = await call(
            until("session.created"),
            send(
                "session.update",
                label="wav",
                session={
                    "modalities": ["text", "audio"],
                    "instructions": "Answer in English.",
                    "turn_detection": None,
                    "audio": {"output": {"format": {"type": "wav"}}},
                },
            ),
            either(until("session.updated"), until("error")),
        )
        if answered is not None and answered.type == "session.updated":
            await call(
                send("conversation.item.create", item=user(SENTENCE)),
                until("conversation.item.created"),
                send("response.create", label="spoken"),
                until("response.done"),
            )
        if call.alive:
            await call(close(1000))

    @observe("Q-WAV-OUTPUT")
    def question_where_the_headers_are(self, wire):
        if "error" in wire.answers_to("wav"):
            return other(f"refused: {json.dumps(wire.error_to('wav'), ensure_ascii=False)}")
        headed = [piece[:4] == b"RIFF" for piece in sounds(spoken(wire))]
        seen = f"{sum(headed)} headers in {len(headed)} deltas"
        if len(headed) < 2:
            raise Uncooperative(f"too few deltas to tell: {seen}")
        if all(headed):
            return Seen("header-per-delta", seen)
        if not any(headed):
            return Seen("no-header", seen)
        return Seen("one-header", seen) if headed[0] and sum(headed) == 1 else other(seen)


class TestSearch:
    """The client switches on web search with its sources and asks for news."""

    async def talk(self, call):
        answered = await call(
            until("session.created"),
            send(
                "session.update",
                label="search",
                session={
                    **written(128, "Search the web before you answer. Answer in one short sentence."),
                    "enable_search": True,
                    "search_options": {"enable_source": True},
                },
            ),
            either(until("session.updated"), until("error")),
        )
        if answered is not None and answered.type == "session.updated":
            await call(
                send("conversation.item.create", item=user("What is the most important news of today?")),
                until("conversation.item.created"),
                send("response.create", label="create"),
                either(until("response.done"), until("error")),
                quiet(),
            )
        if call.alive:
            await call(close(1000))

    @observe("Q-SEARCH-SOURCES")
    def question_where_sources_appear(self, wire):
        if "error" in wire.answers_to("search"):
            raise Inconclusive(f"search was refused: {json.dumps(wire.error_to('search'), ensure_ascii=False)}")
        body = answer(wire, "create").done
        kinds = {str(frame.type) for frame in after_create(wire, "create")}
        strange = sorted(kinds - {*OPENING, *CLOSING, "response.text.delta", "response.text.done"})
        if strange:
            return Seen("own-event", ", ".join(strange))
        items = [event.get("item") for event in answer(wire, "create").all(ITEM_ADDED, ITEM_DONE)]
        items += output(answer(wire, "create"))
        shown = json.dumps(items, ensure_ascii=False)
        keys = {key for item in items if isinstance(item, dict) for key in item}
        keys -= {"id", "object", "type", "status", "role", "content"}
        if keys or "http" in shown:
            return Seen("in-output", shown)
        searched = at(body, "usage", "plugins")
        return Seen("usage-only", json.dumps(searched)) if searched else "nowhere"
