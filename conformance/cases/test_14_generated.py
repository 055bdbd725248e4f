"""§14  Generated conversations: what holds whatever a client sends."""

import json

from conformance.fuzz import SHORT, breaches
from conformance.fuzz.oracle import NEXT
from conformance.judge.verdicts import NotHeld
from conformance.spec import must, should


def generated(wires):
    """The generated conversations of the run, in order; those that were shortened take the place of the long ones."""
    found = {}
    for wire in wires:
        transcript = wire.transcript
        if transcript.generated:
            found[transcript.conversation.removesuffix(SHORT)] = (transcript, wire.profile)
    if not found:
        raise NotHeld("no generated conversation was held: --fuzz-examples, or a budget")
    return list(found.values())


def told(wires, mine):
    """Every breach with the moves that lead to it and the command that makes them again."""
    lines = []
    for transcript, profile in generated(wires):
        found = [str(breach) for breach in breaches(transcript, profile) if mine(breach)]
        if found:
            moves = "\n  ".join(json.dumps(move, ensure_ascii=False)[:300] for move in transcript.notes["moves"])
            seed, number = transcript.conversation.removesuffix(SHORT).removeprefix("fuzz/").split("-")
            again = f"pytest conformance/ --case 'FUZ-*' --fuzz-seed {seed} --fuzz-examples {number}"
            again = " ".join(filter(None, (again, transcript.notes.get("where"))))
            lines.append(f"{transcript.conversation}: {'; '.join(found[:3])}\n  {moves}\n  again: {again}")
    return "\n".join(lines)


class TestGenerated:
    """Events from a seed, valid and broken ones in any order; after each conversation a new connection."""

    @must("FUZ-001")
    def test_no_rule_is_broken(self, wires):
        seen = told(wires, lambda breach: breach.id != NEXT)
        assert not seen, seen

    @should("FUZ-002")
    def test_the_next_connection_is_greeted(self, wires):
        seen = told(wires, lambda breach: breach.id == NEXT)
        assert not seen, seen
