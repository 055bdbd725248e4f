"""Rules that hold in any conversation, each a small state machine over one connection's frames.

A rule takes a `Wire` and yields one entry for each thing it judged: a `Finding` for a breach, None for what was in
order, or an `Unjudged` (blocked, inconclusive) for an event that a script waited for in vain through no breach of this
rule.  It stays clear of what the sources leave open; the `exempt` list of its clause says which open questions those
are.
"""

from __future__ import annotations

from collections.abc import Iterable

from conformance.judge.evidence import Evidence
from conformance.judge.finding import Failed, Finding
from conformance.judge.rules.base import Rule, Said
from conformance.judge.verdicts import NotApplicable, Unjudged
from conformance.wire.gaps import Unshown


def holds(rule: Rule, wires: Iterable[Evidence]) -> None:
    """Raises Failed with every breach of a rule; nothing where it holds everywhere.

    Raises what kept the rule from judging a script that broke off, when there is no breach; and NotApplicable when no
    conversation held anything to judge.
    """
    found: list[Finding] = []
    kept: list[Unjudged] = []
    unshown: list[Unshown] = []
    judged = 0
    for wire in wires:
        if wire.transcript.generated:
            continue  # what nobody wrote is judged in a chapter of its own
        said: list[Said] = []
        try:
            said.extend(rule(wire))
        except Unshown as problem:
            # A breach that was found without what is not shown stands; what else there was may be only a part.
            unshown.append(problem)
            said = [one for one in said if isinstance(one, Finding)]
        judged += len(said)
        found += [one for one in said if isinstance(one, Finding)]
        kept += [one for one in said if isinstance(one, Unjudged)]
    if found:
        raise Failed(found)
    if kept:
        raise kept[0]
    if unshown and not judged:
        raise unshown[0]
    if not judged:
        raise NotApplicable(f"no conversation holds {rule.subject}")


__all__ = ["Rule", "holds"]
