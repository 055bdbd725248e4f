"""What the sources say: clauses, open questions, model profiles.  Chapters import how they are bound from here.

`@must("SES-002")` binds a check to its clause; the level is repeated so that a chapter reads by itself, and a
chapter that claims another level than the catalogue does not import.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from conformance.spec.catalogue import CatalogueError, Clause, Level, Question, clause, question

Function = TypeVar("Function", bound=Callable[..., Any])

__all__ = ["CatalogueError", "Clause", "Level", "Question", "may", "must", "observe", "should"]


def must(clause_id: str) -> Callable[[Function], Function]:
    """Bind a check to a MUST clause."""
    return _bound("MUST", clause_id)


def should(clause_id: str) -> Callable[[Function], Function]:
    """Bind a check to a SHOULD clause."""
    return _bound("SHOULD", clause_id)


def may(clause_id: str) -> Callable[[Function], Function]:
    """Bind a check to a MAY clause."""
    return _bound("MAY", clause_id)


def observe(question_id: str) -> Callable[[Function], Function]:
    """Bind a probe to an open question; the function returns the outcome's id, or `other("what was seen")`."""
    row = question(question_id)

    def bind(function: Function) -> Function:
        function.check_id = row.id  # type: ignore[attr-defined]
        function.check_level = "OBSERVE"  # type: ignore[attr-defined]
        return function

    return bind


def _bound(level: Level, clause_id: str) -> Callable[[Function], Function]:
    row = clause(clause_id)
    if row.level != level:
        raise CatalogueError(f"{clause_id} is a {row.level} in the catalogue and a {level} in its chapter")
    if row.excluded:
        raise CatalogueError(f"{clause_id} is excluded ({row.excluded}) and has a check all the same")

    def bind(function: Function) -> Function:
        function.check_id = row.id  # type: ignore[attr-defined]
        function.check_level = level  # type: ignore[attr-defined]
        return function

    return bind
