"""The checks of the general rules, each to be run on connections written by hand."""

from __future__ import annotations

from collections.abc import Callable

from conformance.cases import test_00_rules as chapter
from conformance.judge.checks import Outcome, load, run
from conformance.judge.finding import Failed
from conformance.judge.view import Wire

CHECKS = {
    function.check_id: (owner, function)
    for owner in vars(chapter).values()
    if isinstance(owner, type)
    for function in vars(owner).values()
    if hasattr(function, "check_id")
}


def verdict(clause: str, *wires: Wire) -> Outcome:
    """What one rule says about these connections, as one check."""
    owner, function = CHECKS[clause]
    held = load().checks[clause].takes == "held"
    return run(clause, function, owner(), [wire.transcript for wire in wires] if held else list(wires))


def failure(judge: Callable[..., None], *given: object) -> str:
    """What a judge says that raises `Failed`; empty where it raises nothing."""
    try:
        judge(*given)
    except Failed as problem:
        return str(problem)
    return ""
