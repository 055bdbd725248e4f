"""Judging what client programs did: `judge(transcripts)` gives an outcome for each client clause.

`judge` is what everything that holds a client's transcripts calls: the command `client`, an import, a proxy, a
developer's test.  It opens nothing, and needs no more than transcripts (`conformance.wire.transcript`): frames of both
sides, and the endings as the client's side has them.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from conformance.clients.rules import RULES, Rule
from conformance.clients.view import Played, Told
from conformance.judge.checks import Outcome
from conformance.judge.finding import MOST, TOLD, Finding
from conformance.judge.verdicts import Unjudged
from conformance.spec.catalogue import Clause, client_clauses
from conformance.wire.gaps import Unshown
from conformance.wire.transcript import Transcript


def judge(transcripts: Iterable[Transcript]) -> dict[str, Outcome]:
    """The outcome of every client clause (`CLI-001` …), over all runs of one program.

    `pass`: it held wherever it could be judged.  `fail`: the detail names each breach behind its conversation.
    `inconclusive`: what the client does is neither right nor wrong as long as the sources leave it open.  `skipped`:
    nothing was there to judge, or the recording does not show it; the detail says which.  `error`: our own judge broke.
    """
    played = [Played(transcript) for transcript in sorted(transcripts, key=lambda one: one.conversation)]
    usual = next((run for run in played if run.scenario == "plain"), None)
    for run in played:
        run.usual, run.runs = usual, played
    return {clause: _outcome(RULES[clause], played) for clause in clauses() if clause in RULES}


def _outcome(rule: Rule, played: list[Played]) -> Outcome:
    breaches: dict[tuple[str, str], Finding] = {}
    expected = clauses()[rule.clause].sentence
    open_ones: list[Unjudged] = []
    unshown: list[str] = []
    judged = 0
    scenes: dict[str, None] = {}
    for run in played:
        try:
            for finding in rule.judge(run):
                judged += 1
                scenes[run.transcript.conversation] = None
                if isinstance(finding, str):
                    place = (finding.connection, finding.frame) if isinstance(finding, Told) else (0, None)
                    name = run.transcript.conversation
                    one = Finding(rule.clause, name, *place, expected, str(finding), cause=rule.clause)
                    breaches.setdefault((run.name, finding), one)
                elif finding is not None:
                    open_ones.append(finding)
        except Unshown as gap:
            unshown.append(str(gap))
        except Exception as problem:  # noqa: BLE001  # whatever a judge raises is its verdict, and ours to mend
            return Outcome("error", f"{run.name}: {type(problem).__name__}: {problem}")
    if breaches:
        shown = [f"{name}: {said}" for name, said in breaches][:TOLD]
        more = f" (and {len(breaches) - TOLD} more)" if len(breaches) > TOLD else ""
        findings = tuple(breaches.values())[:MOST]
        return Outcome("fail", "; ".join(shown) + more, findings=findings, places=len(breaches))
    if open_ones:
        return Outcome(open_ones[0].verdict, str(open_ones[0]))
    if not judged and unshown:
        return Outcome("skipped", unshown[0])
    if not judged:
        return Outcome("skipped", f"the program {rule.absent}")
    return Outcome("pass", f"held {_often(judged)}", scenes=tuple(scenes))


def _often(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


@cache
def clauses() -> dict[str, Clause]:
    """The client clauses by id."""
    return client_clauses()


def where(clause: str) -> str:
    """The file and line of a clause's judge."""
    code = inspect.unwrap(RULES[clause].judge).__code__
    return f"{'/'.join(Path(code.co_filename).parts[-4:])}:{code.co_firstlineno}"
