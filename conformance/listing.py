"""What there is, a line each: `--list KIND [WORD]` of pytest, `list KIND [WORD]` of the command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from conformance.clients import mocking, scenarios
from conformance.judge.checks import load
from conformance.mock.quirks import REGISTRY
from conformance.report.html_text import one_line
from conformance.spec.catalogue import clauses, questions
from conformance.spec.profiles import MODELS, profile_for

LONGEST = 160  # characters of what a name means


def rows(kind: str, word: str = "") -> Iterator[str]:
    """Every name of a kind with what it means, those that hold this word (in either) alone."""
    if kind == "switches":
        yield from (line for line in mocking.listed("switches") if word.lower() in line.lower())
        return
    found = {name: one_line(means, LONGEST) for name, means in KINDS[kind]().items()}
    chosen = {name: means for name, means in found.items() if word.lower() in f"{name} {means}".lower()}
    width = max(map(len, chosen), default=0)
    yield from (f"{name:{width}}  {means}" for name, means in chosen.items())


def _checks() -> dict[str, str]:
    known = clauses()
    return {name: f"{known[name].level:6}  {known[name].sentence}" for name in load().checks if name in known}


def _questions() -> dict[str, str]:
    return {row.id: f"{row.ask} ({' | '.join(one.id for one in row.outcomes)})" for row in questions().values()}


def _quirks() -> dict[str, str]:
    return {name: quirk.lie for name, quirk in sorted(REGISTRY.items())}


def _paths() -> dict[str, str]:
    every = load().conversations.values()
    return {row.path: row.name for row in sorted(every, key=lambda one: one.path or "") if row.path is not None}


def _scenarios() -> dict[str, str]:
    return {name: row.says for name, row in scenarios.known().items()}


def _models() -> dict[str, str]:
    return {name: f"of the {profile_for(name).family} family" for name in MODELS}


KINDS: Mapping[str, Callable[[], dict[str, str]]] = {
    "checks": _checks,
    "questions": _questions,
    "quirks": _quirks,
    "switches": dict,
    "paths": _paths,
    "scenarios": _scenarios,
    "models": _models,
}
"""What can be listed, by name."""
