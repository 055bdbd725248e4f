"""§2.1  Session configuration: voices that a model has, and one that it has not."""

import contextlib
import json

from conformance.cases.shared import BRIEF, user
from conformance.cases.updates import ask, confirmed, echo, inside, outcome, update
from conformance.judge.verdicts import Seen, other
from conformance.spec import must, observe, should
from conformance.wire import maybe, quiet, send, until
from conformance.wire.call import Broken


class TestVoices:
    """The client sets voices that the model has, then an empty one."""

    async def talk(self, call):
        await call(until("session.created"))
        for voice in sample(call.profile):
            await ask(call, f"voice {voice}", session={"voice": voice})
        if call.profile.family == "qwen3.8":
            both = {"voice": "Tina", "audio": {"output": {"voice": "longanlingxin"}}}
            await ask(call, "two voices", session=both)
        await ask(call, "no voice", session={"voice": ""}, reset={"voice": call.profile.default_voice})

    @should("SES-003")
    def test_the_voice_is_echoed(self, wire):
        voice = sample(wire.profile)[-1]
        assert echo(wire, f"voice {voice}").get("voice") == voice

    @must("SES-126")
    def test_the_default_voice_is_accepted(self, wire):
        confirmed(wire, f"voice {wire.profile.default_voice}")

    @should("SES-125")
    def test_listed_voices_are_accepted(self, wire):
        for voice in sample(wire.profile):
            confirmed(wire, f"voice {voice}")

    @should("SES-045")
    def test_the_nested_voice_wins(self, wire):
        session = echo(wire, "two voices")
        assert (inside(session, "audio.output.voice") or session.get("voice")) == "longanlingxin"

    @observe("Q-VOICE-EMPTY")
    def question_what_an_empty_voice_gets(self, wire):
        seen = outcome(wire, "no voice", lambda session: Seen("accepted", str(session.get("voice"))), fatal=True)
        return Seen("error-open", seen.evidence) if seen.outcome == "error" else seen


def sample(profile):
    """The voices that the sources name for a model, its default first, at most four."""
    return [profile.default_voice, *sorted(profile.voices - {profile.default_voice})][:4]


class TestUnknownVoice:
    """The client sets a voice that no model has and, where it is confirmed, asks for a spoken reply."""

    path = "fatal-error"  # the mistake that most surely ends a session (C39)

    async def talk(self, call):
        patience = call.target.deadlines.answer
        unknown = {"voice": "no-such-voice-0000", "instructions": BRIEF}
        answer = await call(
            until("session.created"),
            update(label="unknown voice", session=unknown),
            maybe("session.updated", "error", within_ms=patience),
        )
        await call(quiet())
        if call.alive and answer is not None and answer.type == "session.updated":
            with contextlib.suppress(Broken):
                await call(
                    send("conversation.item.create", item=user("Say hello.")),
                    maybe("conversation.item.created", "error", within_ms=patience),
                    send("response.create"),
                    maybe("response.done", "error", within_ms=patience),
                    quiet(),
                )

    @observe("Q-VOICE-UNKNOWN")
    def question_what_an_unknown_voice_gets(self, wire):
        said, ending = wire.answers_to("unknown voice"), wire.ending
        errors = [event.get("error") for event in wire.all("error")]
        verbatim = f"{json.dumps(errors, ensure_ascii=False)}, {ending.code_received} {ending.reason_received}"
        ended = ending.first == "server"
        if "session.updated" in said:
            return "accepted" if not ended and not errors else Seen("late", verbatim)
        if ended and ending.code_received == 1007:
            return Seen("error-then-1007" if errors else "close-1007-only", verbatim)
        return Seen("error-open", verbatim) if errors and not ended else other(verbatim)
