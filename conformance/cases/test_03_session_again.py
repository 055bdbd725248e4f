"""§3  Session configuration, changed again: what an update sets is in force, and not only what the first one set."""

from conformance.cases.shared import BRIEF, user
from conformance.cases.test_03_session_voices import sample
from conformance.cases.updates import TOOL, answered, reaction, update, words
from conformance.guarded import object_at
from conformance.judge.verdicts import Inconclusive, NotApplicable, Seen, Uncooperative
from conformance.judge.verdicts import other as other_than
from conformance.spec import observe, should
from conformance.wire import close, quiet, send, until

FIRST, SECOND = "black coffee", "green tea"
THIRSTY = "I am thirsty."
COUNT_TO_20 = "Count from 1 to 20."
WEATHER = "What is the weather in Hangzhou?"
CALLS = "Call the functions for every question about weather or time. Answer with at most six words."


def change(**session):
    """An update and its answer."""
    return update(session=session), until("session.updated")


def turn(words, label):
    """A typed turn with its reply."""
    return (
        send("conversation.item.create", item=user(words)),
        until("conversation.item.created"),
        send("response.create", label=label),
        until("response.done"),
    )


def asked_for(two):
    """Instructions that leave the model no choice."""
    return f"Answer with exactly two words: {two}"


def said(response):
    """The words of a text reply."""
    return "".join(event.get("text", "") for event in response.all("response.text.done")).lower()


def reply_to(wire, label):
    """The reply that a labelled `response.create` began."""
    asked = wire.sent(label).index
    later = [one for one in wire.responses if one.frames[0].index > asked]
    if not later:
        wire.response(len(wire.responses))  # blocked, by who answers for it
    return later[0]


class TestUpdateDuringResponse:
    """The instructions are changed while a reply runs; then settings are set, set again, and felt in later turns.

    Each goes to one value, to another, and some of them back.
    """

    @staticmethod
    def script(profile):
        one, other = [*sample(profile), None][:2]
        return [
            until("session.created"),
            *change(modalities=["text"], turn_detection=None),
            send("conversation.item.create", item=user("Count to 30.")),
            until("conversation.item.created"),
            send("response.create"),
            until("response.text.delta", "response.audio_transcript.delta"),
            update(label="meanwhile", session={"instructions": BRIEF}),
            until("response.done"),
            quiet(),
            *change(max_tokens=16, instructions=asked_for(FIRST)),
            *turn(THIRSTY, "first words"),
            *change(instructions=asked_for(SECOND)),
            *turn(THIRSTY, "second words"),
            *change(instructions=asked_for(FIRST)),
            *turn(THIRSTY, "words again"),
            *change(instructions="Do what the user asks.", max_tokens=8),
            *turn(COUNT_TO_20, "few tokens"),
            *change(max_tokens=200),
            *turn(COUNT_TO_20, "many tokens"),
            *change(instructions=CALLS, tools=[TOOL], max_tokens=64),
            *change(instructions=asked_for(FIRST), tools=[]),
            *turn(WEATHER, "no tools"),
            *change(modalities=["text", "audio"]),
            *([update(label="another voice", session={"voice": other}), answered] if other else []),
            *([update(label="first voice", session={"voice": one}), answered] if other else []),
            *turn(THIRSTY, "spoken"),
            *change(modalities=["text"]),
            *turn(THIRSTY, "written again"),
            close(1000),
        ]

    @observe("Q-UPDATE-DURING-RESPONSE")
    def question_whether_an_update_is_taken_while_a_response_runs(self, wire):
        later = [frame.type for frame in wire.after(wire.sent("meanwhile"))]
        if "response.done" not in later:
            raise Uncooperative("the reply had ended before the update was sent")
        if "error" in later:
            return Seen("error", words(wire, "meanwhile"))
        if "session.updated" not in later:
            return other_than("no answer")
        return "accepted" if later.index("session.updated") < later.index("response.done") else "deferred"

    @should("SES-063")
    def test_the_last_instructions_are_followed(self, wire):
        told = {label: said(reply_to(wire, label)) for label in ("first words", "second words", "words again")}
        if FIRST not in told["first words"]:
            raise Inconclusive(f"the model did not follow its first instructions: {told['first words']!r}")
        with wire.model_chose():
            assert FIRST not in told["second words"], f"asked for {SECOND!r}, the reply is {told['second words']!r}"
            assert SECOND not in told["words again"], f"asked for {FIRST!r} again, the reply is {told['words again']!r}"
        if SECOND not in told["second words"] or FIRST not in told["words again"]:
            raise Uncooperative(f"the replies follow neither instruction: {sorted(told.values())}")

    @should("SES-064")
    def test_the_last_max_tokens_holds(self, wire):
        few, many = said(reply_to(wire, "few tokens")), said(reply_to(wire, "many tokens"))
        if len(few.split()) >= 20:
            raise Inconclusive(f"`max_tokens` of 8 cut nothing off: {few!r}")
        with wire.model_chose():
            assert len(many.split()) > len(few.split()), f"with 200 tokens the reply is {many!r}, with 8 it was {few!r}"

    @should("SES-065")
    def test_tools_that_were_taken_away_are_not_called(self, wire):
        calls = reply_to(wire, "no tools").all("response.function_call_arguments.done")
        assert not calls, f"{calls[0].get('name')} was called, and `tools` is empty"

    @should("SES-067")
    def test_the_last_voice_speaks(self, wire):
        one, other = [*sample(wire.profile), None][:2]
        if other is None:
            raise NotApplicable("the sources name one voice of this model")
        if {reaction(wire, "another voice"), reaction(wire, "first voice")} != {"updated"}:
            raise Inconclusive("a listed voice was not taken, which is SES-125's business")
        shown = object_at(reply_to(wire, "spoken").the("response.created"), "response").get("voice")
        if shown is None:
            raise Inconclusive("`response.created` does not tell its voice")
        assert shown != other, f"{other!r} was set, then {one!r}, and the reply has {shown!r}"

    @should("SES-066")
    def test_the_last_modalities_hold(self, wire):
        sound, text = "response.audio.delta", "response.text.delta"
        assert sound in reply_to(wire, "spoken").types, f"the reply had {sorted(set(reply_to(wire, 'spoken').types))}"
        written = reply_to(wire, "written again").types
        assert (text in written, sound in written) == (True, False), f"the reply had {sorted(set(written))}"
