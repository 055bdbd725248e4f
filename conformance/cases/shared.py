"""What several chapters say and read in the same way.

A *probe* is an event whose fate is the question: it may be ignored, refused, or end the connection.  An update that
nobody refuses follows it at once.  Answers keep the order of requests, so what comes before its `session.updated`
belongs to the probe and "nothing comes" is known without waiting for it.
"""

import contextlib
import itertools
import json

from conformance.cut import listed
from conformance.judge.acceptance import leg_with
from conformance.judge.verdicts import Seen
from conformance.spec.unsolicited import is_unsolicited
from conformance.wire import either, maybe, send, until
from conformance.wire.call import Broken

BRIEF = "Answer with exactly two words."
BLUE_WHALE = "Answer with exactly two words: blue whale"
COUNT = "Count to 40."
MANUAL = {"modalities": ["text"], "instructions": BRIEF, "turn_detection": None, "max_tokens": 16}


def user(text):
    """A message of the user."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def greeting(wire):
    """The `session` of `session.created`; an empty one where it has none."""
    found = wire.the("session.created").get("session")
    return found if isinstance(found, dict) else {}


def heard():
    """Wait for the words of a committed turn: before they are there `response.create` may be ignored (C15)."""
    return maybe(
        "conversation.item.input_audio_transcription.completed",
        "conversation.item.input_audio_transcription.failed",
    )


def configured(session, *, needed=True):
    """The first steps of most conversations; where the configuration is not `needed`, they go on when it is refused."""
    answer = until("session.updated") if needed else either(until("session.updated"), until("error"))
    return until("session.created"), send("session.update", session=session), answer


async def probe(call, step, *, session=MANUAL, before=()):
    """Send a labelled event and the update that proves what became of it; where the server has closed, dial anew.

    `session` configures a new connection; `before` are steps that the probe needs there and here.
    """
    if not call.alive:
        await call.connect()
        await call(*configured(session, needed=False))
    patience = call.target.deadlines.answer
    with contextlib.suppress(Broken):
        proof = send("session.update", label=f"proof of {step.label}", session={"instructions": BRIEF})
        await call(*before, step, proof, maybe("session.updated", within_ms=patience))


def leg_of(wire, label):
    """The connection on which a labelled frame was sent; the first one where none was."""
    return leg_with(wire, label) or wire


def said_to(wire, label):
    """The events between a probe and the `session.updated` that proves what became of it, that one included.

    What comes unasked is left out.
    """
    said, proof = proven(wire, label)
    return [*said, proof] if proof is not None and proof["type"] == "session.updated" else said


def proven(wire, label):
    """The events that answer a probe, and the one that answers the update after it; None where that is not known.

    Where a server takes no update at all, the words with which it refuses them are that answer.
    """
    there = leg_of(wire, label)
    probe = there.sent(label)
    later = (frame for frame in there.frames if frame.index > probe.index and frame.side == "client")
    asked = [probe, *itertools.islice((frame for frame in later if frame.opcode == "text"), 1)]
    there.answering(asked[-1])  # raises where an answer too many leaves the proof in doubt
    mine = [
        frame.event
        for frame in there.after(probe)
        if not is_unsolicited(frame.type) and there.is_answer_to(frame, asked)
    ]
    kinds = [event["type"] for event in mine]
    if "session.updated" in kinds:
        at = kinds.index("session.updated")
        return mine[:at], mine[at]
    words = refusal(there)
    last = next((frame.index for frame in later if frame.opcode in {"text", "binary"}), len(there.frames))
    answers = [frame.event for frame in there.after(probe) if frame.index < last and not is_unsolicited(frame.type)]
    refused = [event for event in answers if words is not None and said_in(event) == words]
    if probe.type == "session.update" or not refused:
        return mine, None
    return answers[: answers.index(refused[-1])], refused[-1]


def refusal(there):
    """The words with which a session's first update was refused, or None."""
    first = next((one for one in there.requests if one.type == "session.update"), None)
    return said_in(first.errors[0].event) if first is not None and first.errors and not first.answers else None


def said_in(event):
    """What an error says, but for its own id."""
    return event.get("error") if event["type"] == "error" else None


def errors_to(wire, label):
    """The `error` objects that a probe got."""
    return [event.get("error") for event in proven(wire, label)[0] if event["type"] == "error"]


def fate(wire, label):
    """What became of a probe: `ignored`, `error` or `closed` (whatever was said before), with the evidence."""
    there = leg_of(wire, label)
    events, proof = proven(wire, label)
    said, errors = [event["type"] for event in events], errors_to(wire, label)
    if proof is None:
        ending = there.ending
        if ending.first != "server":
            return Seen("other", f"no answer to the next update; {listed(said)} came")
        told = f"{json.dumps(errors[0], ensure_ascii=False)}, then " if errors else ""
        return Seen("closed", f"{told}closed with {ending.code_received} {ending.reason_received}".rstrip())
    if errors:
        return Seen("error", json.dumps(errors[0], ensure_ascii=False))
    return Seen("ignored", ", ".join(said) or "nothing but the answer to the next update")
