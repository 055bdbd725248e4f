"""§14  Generated conversations: what holds whatever a client sends."""

import json

from conformance.fuzz import SHORT
from conformance.fuzz.oracle import afterwards, broken
from conformance.judge.finding import Failed, Finding
from conformance.judge.verdicts import NotHeld
from conformance.judge.view import Wire
from conformance.spec import must, should
from conformance.spec.catalogue import clauses


def generated(wires):
    """The generated conversations of the run, in order, each as views of its connections.

    Those that were shortened take the place of the long ones.  What excuses an absence in them is no clause's to tell.
    """
    found: dict[str, list[Wire]] = {}
    for wire in wires:
        if wire.transcript.generated:
            found.setdefault(wire.transcript.conversation, []).append(wire.again())
    if not found:
        raise NotHeld("no generated conversation was held: --fuzz-examples, or a budget")
    return list({name.removesuffix(SHORT): views for name, views in found.items()}.values())


def breaks_nothing(clause, wires, breaches):
    """Raises Failed with each conversation that breaks something, its moves and the command that makes them again."""
    failed = []
    for views in generated(wires):
        transcript = views[0].transcript
        found = list(breaches(views))
        if found:
            moves = "\n  ".join(json.dumps(move, ensure_ascii=False)[:300] for move in transcript.notes["moves"])
            seed, number = transcript.conversation.removesuffix(SHORT).removeprefix("fuzz/").split("-")
            again = f"pytest conformance/ --case 'FUZ-*' --fuzz-seed {seed} --fuzz-examples {number}"
            again = " ".join(filter(None, (again, transcript.notes.get("where"))))
            said = f"{'; '.join(list(dict.fromkeys(map(str, found)))[:3])}\n  {moves}\n  again: {again}\n"
            at = found[0]
            expected = clauses()[clause].sentence
            failed.append(
                Finding(clause, transcript.conversation, at.connection, at.frame, expected, said, cause=at.id)
            )
    if failed:
        raise Failed(failed)


class TestGenerated:
    """Events from a seed, valid and broken ones in any order; after each conversation a new connection."""

    @must("FUZ-001")
    def test_no_rule_is_broken(self, wires):
        breaks_nothing("FUZ-001", wires, lambda views: broken(views, views[0].profile))

    @should("FUZ-002")
    def test_the_next_connection_is_greeted(self, wires):
        breaks_nothing("FUZ-002", wires, lambda views: afterwards(views[0].transcript))
