"""What a rule is, and the small readers that all rules share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.judge import schema
from conformance.judge.evidence import Evidence, Response
from conformance.judge.evidence.missing import culprit
from conformance.judge.evidence.waiting import stop_of
from conformance.judge.finding import Breach, Finding
from conformance.judge.verdicts import Blocked, Inconclusive, Unjudged
from conformance.spec.catalogue import clauses, owners

Said = Finding | Unjudged | None
Judge = Callable[[Evidence], Iterator[Breach | None]]


@dataclass(frozen=True)
class Rule:
    """A clause, the function that judges one connection by it, and what it needs to have anything to judge."""

    clause: str
    subject: str
    judge: Judge
    alone: bool = False
    """Whether it looks at each frame for itself: then it can judge a recording that begins within a session."""

    def __call__(self, wire: Evidence) -> Iterator[Said]:
        """What it says of each thing on one connection; nothing when the upgrade did not succeed."""
        if not wire.opened:
            return
        if not self.alone:
            wire.needs("start")
        try:
            for said in self.judge(wire):
                yield None if said is None else self._found(wire, said)
            for unanswered in _unanswered(self.clause, wire):
                yield self._found(wire, unanswered) if isinstance(unanswered, Breach) else unanswered
        except (TypeError, ValueError, AttributeError, KeyError):
            # Rules follow events of the documented shapes; whether the shapes are right is GEN-010's business.
            odd = odd_event(wire)
            if odd is None:
                raise
            yield Inconclusive(f"{odd} has a shape that this rule can't follow")

    def _found(self, wire: Evidence, breach: Breach) -> Finding:
        connection, frame = wire.place_of(breach.frame)
        expected = breach.expected or clauses()[self.clause].sentence
        name = wire.transcript.conversation
        return Finding(self.clause, name, connection, frame, expected, breach.seen, cause=self.clause)


def _unanswered(clause: str, wire: Evidence) -> Iterator[Breach | Unjudged]:
    """What a clause has to say of the place where this connection's script broke off."""
    stop = stop_of(wire)
    if stop is None:
        return
    found = culprit(wire)
    if found is None:
        return
    owned = [event for event in stop.waiting_for if owners().get(event) == clause]
    if found.clause == clause:
        if stop.refused is not None:
            return  # a refusal is an outcome like any other
        frame = found.frame or wire.last()
        yield Breach(frame, found.says) if found.breach else Inconclusive(found.says)
    elif owned:
        yield Blocked(owned[0], found.clause, found.says)


def odd_event(wire: Evidence) -> str | None:
    """The type of the first event, of either side, that is not valid by its schema."""
    for frame in wire.frames:
        if frame.side == "server" and frame.type in schema.server_types():
            valid = schema.is_valid("server", frame.event)
        else:
            known = frame.side == "client" and frame.type in schema.client_types()
            valid = schema.is_valid("client", frame.event) if known else frame.opcode != "text" or not frame.event
        if not valid:
            return frame.type or "an event without type"
    return None


def rule(clause: str, subject: str, *, alone: bool = False) -> Callable[[Judge], Rule]:
    """Make a rule of a function; `subject` completes "no conversation holds …"."""

    def make(judge: Judge) -> Rule:
        return Rule(clause, subject, judge, alone)

    return make


def body(event: Any, name: str) -> dict[str, Any]:
    """An object member of an event; empty when it is missing or something else."""
    found = event.get(name) if isinstance(event, dict) else None
    return found if isinstance(found, dict) else {}


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in what should be a list of objects."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def final(response: Response) -> dict[str, Any] | None:
    """The `response` object of its first `response.done`."""
    done = response.all("response.done")
    return body(done[0], "response") if done else None


def completed(response: Response) -> dict[str, Any] | None:
    """Like `final`, for a response that completed."""
    found = final(response)
    return found if found is not None and found.get("status") == "completed" else None
