"""How chapter 3 asks for a change of the session, and how it reads what came of that."""

import contextlib
import json
from functools import partial
from typing import Any

from conformance.cases.shared import BRIEF, leg_of
from conformance.cut import listed
from conformance.judge.verdicts import Blocked, Inconclusive, Seen, other
from conformance.spec import bounds
from conformance.spec.bounds import Probe
from conformance.spec.catalogue import clauses, owners
from conformance.wire import either, maybe, send, until
from conformance.wire.call import Broken

# What every family accepts: what answers it shows whether the session is still there.
HARMLESS = {"modalities": ["text"]}
# Legal values that stand in examples and recordings instead of in a range.
SHOWN = [Probe("turn_detection.prefix_padding_ms", 500, legal=True), Probe("max_tokens", 128, legal=True)]
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}

answered = either(until("session.updated"), until("error"))
update = partial(send, "session.update")


# -- asking: an update whose answer may end the session


async def ask(call, label, /, reset=HARMLESS, **fields):
    """Send an update that may be refused, then one that can't be: a refusal must not decide the next question."""
    await offer(call, update(label=label, **fields))
    if call.alive:
        await offer(call, update(label=f"after {label}", session=reset))


async def offer(call, step):
    """Send an update and wait for its answer; where the server has closed, on a connection of its own.

    A server that has left one update unanswered is given less time for the next.
    """
    if not call.alive:
        await call.connect()
        await call(until("session.created"))
    waits = call.target.deadlines
    patience = waits.quiet if call.transcript.notes.get("unanswered") else waits.answer
    with contextlib.suppress(Broken):
        if await call(step, maybe("session.updated", "error", within_ms=patience)) is None:
            call.note(unanswered=step.label)


def judged_fields(profile, series):
    """The members of `session` that clauses of this series (`SES-1`, `SES-2`) judge for this model, in their order."""
    names = [
        name
        for row in clauses().values()
        if row.id.startswith(series) and (not row.models or profile.family in row.models)
        for name in row.fields
    ]
    return list(dict.fromkeys(names))


# -- reading the answers


def reaction(wire, label):
    """What an update got: `updated`, `error`, `closed` (whatever was said before), or `silent`."""
    there = leg_of(wire, label)
    said = there.answers_to(label)
    last = [frame.label for frame in there.frames if frame.side == "client" and frame.opcode == "text"][-1]
    ended = there.ending.first == "server"
    if ended and (last == label or (last == f"after {label}" and not there.answers_to(last))):
        return "closed"
    return "error" if "error" in said else "updated" if "session.updated" in said else "silent"


def words(wire, label):
    """What was said to an update, for the report."""
    there = leg_of(wire, label)
    errors = [event.get("error") for event in there.replies(label) if event["type"] == "error"]
    ending = there.ending
    closed = f"closed with {ending.code_received} {ending.reason_received}" if ending.first == "server" else ""
    return json.dumps(errors[0], ensure_ascii=False) if errors else closed or ", ".join(there.answers_to(label))


def confirmed(wire, label):
    """Assert that an update was answered by `session.updated`."""
    seen = reaction(wire, label)
    if seen == "silent":
        raise Blocked(f"the answer to {label}", owners().get("session.updated"))
    assert seen == "updated", f"{label}: {seen}, {words(wire, label)}"


def refused(wire, *labels):
    """Assert that updates were answered by `error`; what became of the connection is a question of its own."""
    for label in labels:
        said = leg_of(wire, label).answers_to(label)
        assert "error" in said, f"{label} was answered by {listed(said)}, not by error"


def echo(wire, label):
    """The `session` of the `session.updated` that answers an update; fails when the update was refused."""
    there = leg_of(wire, label)
    for event in there.replies(label):
        if event["type"] == "session.updated":
            session = event.get("session")
            assert isinstance(session, dict), f"`session` is {session!r}"
            return session
    assert "error" not in there.answers_to(label), f"{label} was refused: {words(wire, label)}"
    lost = "connection" if there.ending.first == "server" else "session.updated"
    raise Blocked(f"session.updated after {label}", owners().get(lost), words(wire, label))


def merged(wire, label):
    """An update kept what it did not name; where it replaces that (C18), an echo does not tell what came before it."""
    if echo(wire, label).get("instructions") != BRIEF:
        raise Inconclusive("an update replaces what it does not name, or does not show it (C18)")


def first_echo(wire):
    """The echo of the first update of all; that it is taken is the business of SES-001 and SES-002."""
    if reaction(wire, "first") != "updated":
        raise Blocked("the first echo", "SES-002", words(wire, "first"))
    return echo(wire, "first")


def accepted(wire, path, among=None):
    """Every legal value of a field (or those in `among`) was confirmed."""
    probes = [*bounds.legal(path, wire.profile), *(probe for probe in SHOWN if probe.path == path)]
    probes = [probe for probe in probes if among is None or probe.value in among]
    assert probes, f"the schema gives no value of {path} to try"
    for probe in probes:
        confirmed(wire, probe.label)


def not_accepted(wire, path):
    """Every value past the bounds of a field was answered by `error`."""
    probes = bounds.illegal(path, wire.profile)
    assert probes, f"the schema gives no value past the bounds of {path}"
    for probe in probes:
        refused(wire, probe.label)


def outcome(wire, label, otherwise, *, fatal=False):
    """`error` when that is what an update got, else what `otherwise` says of the echo.

    `fatal`: the question foresees that the connection is closed.
    """
    seen = reaction(wire, label)
    if seen == "updated":
        return otherwise(echo(wire, label))
    if seen == "error" or (seen == "closed" and fatal):
        return Seen(seen, words(wire, label))
    return other(f"{seen}: {words(wire, label)}")


def named(found, outcomes):
    """The outcome that belongs to a value, from pairs of value and outcome; `other` when none does."""
    return next((name for value, name in outcomes if value == found), None) or other(json.dumps(found))


def shown(key, sent):
    """For `outcome`: whether the echo has the value that was sent under this key."""
    return lambda session: "echoed" if session.get(key) == sent else Seen("ignored", str(session.get(key)))


def inside(session, path):
    """A member by its dotted path, None where any part is missing."""
    for name in path.split("."):
        session = session.get(name) if isinstance(session, dict) else None
    return session
