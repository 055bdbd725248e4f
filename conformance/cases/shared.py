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
from conformance.wire import maybe, send, until
from conformance.wire.call import Broken

BRIEF = "Answer with exactly two words."
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


def configured(session):
    """The first steps of most conversations."""
    return until("session.created"), send("session.update", session=session), until("session.updated")


async def probe(call, step, *, session=MANUAL, before=()):
    """Send a labelled event and the update that proves what became of it; where the server has closed, dial anew.

    `session` configures a new connection; `before` are steps that the probe needs there and here.
    """
    if not call.alive:
        await call.connect()
        await call(*configured(session))
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
    there = leg_of(wire, label)
    probe = there.sent(label)
    later = (frame for frame in there.frames if frame.index > probe.index and frame.side == "client")
    asked = [probe, *itertools.islice((frame for frame in later if frame.opcode == "text"), 1)]
    there.answering(asked[-1])  # raises where an answer too many leaves the proof in doubt
    found = []
    for frame in there.after(probe):
        if not is_unsolicited(frame.type) and there.is_answer_to(frame, asked):
            found.append(frame.event)
            if frame.type == "session.updated":
                break
    return found


def errors_to(wire, label):
    """The `error` objects that a probe got."""
    return [event.get("error") for event in said_to(wire, label) if event["type"] == "error"]


def fate(wire, label):
    """What became of a probe: `ignored`, `error` or `closed` (whatever was said before), with the evidence."""
    there = leg_of(wire, label)
    said = [event["type"] for event in said_to(wire, label)]
    errors = errors_to(wire, label)
    if "session.updated" not in said:
        ending = there.ending
        if ending.first != "server":
            return Seen("other", f"no answer to the next update; {listed(said)} came")
        told = f"{json.dumps(errors[0], ensure_ascii=False)}, then " if errors else ""
        return Seen("closed", f"{told}closed with {ending.code_received} {ending.reason_received}".rstrip())
    if errors:
        return Seen("error", json.dumps(errors[0], ensure_ascii=False))
    return Seen("ignored", ", ".join(said[:-1]) or "nothing but the answer to the next update")
