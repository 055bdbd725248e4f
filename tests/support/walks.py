"""The flips of the mock's switches: what a walk through all of them visits."""

from __future__ import annotations

from conformance.judge.checks import load
from conformance.mock.switches import NOT_SWITCHABLE, known
from conformance.spec.catalogue import questions
from conformance.spec.profiles import DEFAULT_MODEL, MODELS, profile_for
from conformance.trial import alone, failures, needed

__all__ = ["failures", "flips", "judged", "model_for", "needed"]

judged = alone


def flips() -> list[tuple[str, str]]:
    """Every (question, outcome) that a switch of the mock can be turned to, the default outcome left out."""
    checks, found = load().checks, []
    for row in questions().values():
        name = row.id.lower().removeprefix("q-")
        if name in NOT_SWITCHABLE or name not in known() or row.id not in checks:
            continue
        found += [
            (row.id, outcome.id)
            for outcome in row.outcomes
            if not outcome.mock and f"{name}={outcome.id}" not in NOT_SWITCHABLE
        ]
    return found


def model_for(question: str) -> str:
    """A model that the question is asked of; the default one where it can be."""
    families = questions()[question].models
    if not families or profile_for(DEFAULT_MODEL).family in families:
        return DEFAULT_MODEL
    return next(model for model in MODELS if profile_for(model).family in families)
