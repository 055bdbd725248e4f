"""Which clauses, questions and errors speak of an event or of a member: by what they name, and by the sources' rows."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator

from conformance.site.members import Event, Member, contradicted, events
from conformance.spec.anchors import SHAPE, anchors
from conformance.spec.catalogue import Clause, Question, clauses, client_clauses, questions
from conformance.spec.reference import Fault, faults

_CODE = re.compile(r"`([^`\n]+)`")
MOST = 6
"""Questions of one contradiction that are listed at a member where none of them names it."""


def words(row: Clause | Question) -> str:
    """Everything that a row says, as one text."""
    if isinstance(row, Clause):
        return " ".join((row.sentence, row.why, *row.exempt))
    return " ".join((row.ask, row.probe, row.how, *(outcome.means for outcome in row.outcomes)))


def _named(row: Clause | Question) -> set[str]:
    return {word for code in _CODE.findall(words(row)) for word in code.split() if word in events()}


@functools.cache
def _by_event() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {kind: [] for kind in events()}
    rows: list[Clause | Question] = [*clauses().values(), *client_clauses().values(), *questions().values()]
    for row in rows:
        kinds = _named(row)
        if isinstance(row, Clause):
            kinds |= set(row.owns) & found.keys()
        for kind in kinds:
            found[kind].append(row.id)
    for anchor in anchors().values():
        kind = anchor.schema.rpartition("/")[2].removesuffix(".json")
        if kind in found:
            found[kind] += anchor.covered_by
    for kind, event in events().items():
        found[kind] += [SHAPE] if event.side == "server" else []
        for key in event.contradictions:
            found[kind] += contradicted().get(key, ())
    return {kind: tuple(dict.fromkeys(ids)) for kind, ids in found.items()}


def clauses_of(event: Event) -> list[Clause]:
    """The clauses that speak of an event, server's first."""
    ids = set(_by_event()[event.type])
    return [row for row in (*clauses().values(), *client_clauses().values()) if row.id in ids]


def questions_of(event: Event) -> list[Question]:
    """The open questions that speak of an event."""
    ids = set(_by_event()[event.type])
    return [row for row in questions().values() if row.id in ids]


def faults_of(event: Event) -> list[Fault]:
    """The errors that may answer an event."""
    return [row for row in faults().values() if event.type in row.events or event.type == row.way]


def rows_of(event: Event, member: Member) -> list[str]:
    """Ids of the clauses that judge a member's values, and of the questions about it."""
    found = list(_asked(member))
    if event.type == "session.update":
        found += [row.id for row in clauses().values() if member.anchor in row.fields]
    return list(dict.fromkeys(found))


def _asked(member: Member) -> Iterator[str]:
    for key in member.contradictions:
        ids = contradicted().get(key, ())
        naming = [row_id for row_id in ids if f"`{member.name}" in words(questions()[row_id])]
        yield from naming or ids[:MOST]


def rows_for(model_family: str) -> list[str]:
    """Ids of the clauses and questions that hold for some families only, this one among them."""
    rows: Iterable[Clause | Question] = (*clauses().values(), *questions().values())
    return [row.id for row in rows if model_family in row.models]


def events_of(row: Clause | Question) -> list[str]:
    """The events that a clause or a question speaks of, in the order of the list of events."""
    return [kind for kind, ids in _by_event().items() if row.id in ids]
