"""What a generated conversation is judged by: the rules that hold in any conversation, and three claims of its own.

No script foresees what a generated one should be answered, so nothing is compared with an expected answer.  What is
left open by the sources is left open here too: a rule that has nothing to say of a frame says nothing.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from conformance.fuzz.script import PROBE
from conformance.judge import rules
from conformance.judge.checks import applies, evidence
from conformance.judge.evidence.excused import exempt
from conformance.judge.finding import Finding
from conformance.judge.rules.base import Rule
from conformance.judge.view import Wire
from conformance.spec.catalogue import clauses
from conformance.spec.profiles import Profile
from conformance.wire.transcript import Transcript

MUST = frozenset({"MUST"})
ALL = frozenset({"MUST", "SHOULD", "MAY"})
ALIVE = "FUZZ-ALIVE"
NEXT = "FUZZ-NEXT"
BUSY = frozenset({401, 402, 403, 404, 407, 408, 429})


@dataclass(frozen=True)
class Breach:
    """One thing that went wrong: the clause (or claim of this module), its level, and what was seen."""

    id: str
    level: str
    says: str
    connection: int = 0
    frame: int | None = None
    """The frame that decides, as an index in its connection."""

    def __str__(self) -> str:
        return f"{self.id} ({self.level}): {self.says}"


@cache
def general_rules() -> tuple[Rule, ...]:
    """Every rule of `conformance.judge.rules`, by its clause."""
    found: dict[str, Rule] = {}
    for info in pkgutil.iter_modules(rules.__path__):
        module = importlib.import_module(f"{rules.__name__}.{info.name}")
        found |= {value.clause: value for value in vars(module).values() if isinstance(value, Rule)}
    return tuple(found[name] for name in sorted(found))


def breaches(transcript: Transcript, profile: Profile, levels: Collection[str] = MUST) -> list[Breach]:
    """What a conversation breaks, of the rules at these levels; empty when it breaks nothing.

    Infrastructure trouble is no breach, unless the first connection was held and the second met it.
    """
    return [*afterwards(transcript), *broken(evidence([transcript], profile), profile, levels)]


def broken(wires: Sequence[Wire], profile: Profile, levels: Collection[str] = MUST) -> list[Breach]:
    """What is broken while a conversation lasts, of these views of its connections."""
    found: list[Breach] = []
    for rule in general_rules():
        level = clauses()[rule.clause].level_for(profile.family)
        if level not in levels or applies(rule.clause, profile) is not None:
            continue
        for wire in wires:
            said = (one for one in rule(wire) if isinstance(one, Finding))
            found += [Breach(rule.clause, level, one.seen, one.connection, one.frame) for one in said]
    for wire in wires:
        found += _alive(wire)
    return found


def _alive(wire: Wire) -> Iterator[Breach]:
    """The closing question is answered: after whatever was sent, an open session still listens."""
    asked = [request for request in wire.requests if request.frame.label == PROBE]
    for request in asked:
        after = [frame for frame in wire.received if frame.index > request.frame.index]
        if not after and wire.ending.first != "server" and exempt(request, wire) is None:
            said = "the session is open, and the closing session.update met with silence"
            yield Breach(ALIVE, "MUST", said, frame=request.frame.index)


def afterwards(transcript: Transcript) -> Iterator[Breach]:
    """The next connection is healthy: its first event is `session.created`."""
    legs = transcript.legs
    if not legs or legs[0].handshake.status != 101 or "moves" not in transcript.notes:
        return
    for number, leg in enumerate(legs[1:], 1):  # it has none where it was interrupted
        if leg.handshake.status != 101:
            if leg.handshake.status not in BUSY:
                said = leg.handshake.problem or f"HTTP {leg.handshake.status}"
                yield Breach(NEXT, "SHOULD", f"the next connection was refused: {said}", connection=number)
            return
        first = next((frame.type for frame in leg.frames if frame.side == "server"), None)
        if first != "session.created" and transcript.trouble is None:
            said = f"the next connection began with {first or 'silence'}, not with session.created"
            yield Breach(NEXT, "SHOULD", said, connection=number)
