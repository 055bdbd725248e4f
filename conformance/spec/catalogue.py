"""The clause catalogue and the open questions, as the chapters and the report see them.

Rows live in `clauses/*.toml` (one file a chapter) and `questions.toml`; this module only reads and cross-checks them.
"""

from __future__ import annotations

import difflib
import functools
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from conformance import data, kept

Level = Literal["MUST", "SHOULD", "MAY"]
Row = TypeVar("Row")
Basis = Literal["protocol", "transport"]
LEVELS: tuple[Level, ...] = ("MUST", "SHOULD", "MAY")
TRANSPORT = "RFC6455"  # the source whose demands are those of any WebSocket, whatever is spoken over it


class CatalogueError(ValueError):
    """The catalogue contradicts itself, or something refers to a row that it doesn't hold."""


@dataclass(frozen=True)
class Clause:
    """One normative sentence.

    `why` argues the level, `source` names evidence keys, `date` the newest copy used, `models` the families it holds
    for (empty: all), `owns` the events whose arrival this clause answers for in any conversation, `exempt` the open
    questions it stays clear of, `fields` the members of `session` whose values it judges.  A clause that can't be
    tested has `excluded`: the reason.  `must_for` names the families of which alone a MUST is known (one recording is
    proof of one family): for every other it is a SHOULD.  `basis` says whose demand it is: of this protocol, or of the
    transport, which is what only RFC 6455 asks for.
    """

    id: str
    chapter: str
    level: Level
    why: str
    sentence: str
    source: tuple[str, ...]
    date: str
    models: tuple[str, ...] = ()
    owns: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    excluded: str | None = None
    must_for: tuple[str, ...] = ()
    basis: Basis = "protocol"

    def level_for(self, family: str) -> Level:
        """The level for the models of a family."""
        return "SHOULD" if self.must_for and family not in self.must_for else self.level


@dataclass(frozen=True)
class OutcomeOf:
    """One possible answer to an open question and the evidence for it.

    `sources` names the keys that stand in it, `surprising` marks one that no source allows; `because` says why.
    """

    id: str
    means: str
    evidence: str
    mock: bool = False
    surprising: bool = False
    because: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """A point where sources disagree or are silent: observed, never failed."""

    id: str
    contradiction: str
    chapter: str
    ask: str
    probe: str
    reach: Literal["probed", "slow", "by-hand"]
    outcomes: tuple[OutcomeOf, ...]
    how: str = ""
    models: tuple[str, ...] = ()

    @property
    def expected(self) -> str | None:
        """The outcome that the mock shows by default."""
        return next((outcome.id for outcome in self.outcomes if outcome.mock), None)


def _rows(name: str, table: str) -> list[dict[str, Any]]:
    rows = kept.table(data.package() / "spec" / name).get(table, [])
    assert isinstance(rows, list)
    return rows


def _tuple(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


@functools.cache
def clauses() -> dict[str, Clause]:
    """All clauses by id, in chapter order.  Raises CatalogueError on a duplicate id or a bad level."""
    found: dict[str, Clause] = {}
    for name in sorted(path.name for path in (data.package() / "spec" / "clauses").glob("*.toml")):
        for row in _rows(f"clauses/{name}", "clause"):
            _add(found, name, row, chapter=name[:2])
    return found


@functools.cache
def client_clauses() -> dict[str, Clause]:
    """The clauses that client programs are judged by, by id, in the order of the file."""
    found: dict[str, Clause] = {}
    for row in _rows("client_clauses.toml", "clause"):
        _add(found, "client_clauses.toml", row, chapter=row["chapter"])
    return found


def _add(found: dict[str, Clause], name: str, row: dict[str, Any], chapter: str) -> None:
    if row["id"] in found:
        raise CatalogueError(f"{name}: {row['id']} is there twice")
    if row["level"] not in LEVELS:
        raise CatalogueError(f"{name}: {row['id']} has the level {row['level']!r}")
    if row.get("must_for") and row["level"] != "MUST":
        raise CatalogueError(f"{name}: {row['id']} has `must_for` and is no MUST")
    names = ("source", "models", "owns", "exempt", "fields", "must_for")
    tuples = {key: _tuple(row.get(key)) for key in names}
    of_the_transport = set(tuples["source"]) == {TRANSPORT}
    found[row["id"]] = Clause(
        id=row["id"],
        chapter=chapter,
        level=row["level"],
        why=row["why"],
        sentence=row["sentence"],
        date=row["date"],
        excluded=row.get("excluded"),
        basis=row.get("basis", "transport" if of_the_transport else "protocol"),
        **tuples,
    )


@functools.cache
def questions() -> dict[str, Question]:
    """All open questions by id."""
    found: dict[str, Question] = {}
    for row in _rows("questions.toml", "question"):
        if row["id"] in found:
            raise CatalogueError(f"questions.toml: {row['id']} is there twice")
        found[row["id"]] = Question(
            id=row["id"],
            contradiction=str(row["contradiction"]),
            chapter=str(row["chapter"]),
            ask=row["ask"],
            probe=row["probe"],
            reach=row["reach"],
            how=row.get("how", ""),
            models=_tuple(row.get("models")),
            outcomes=tuple(_outcome(row["id"], item) for item in row["outcome"]),
        )
    return found


def _outcome(question_id: str, row: dict[str, Any]) -> OutcomeOf:
    if row.get("surprising", False) != bool(row.get("because")) or (row.get("surprising") and row.get("mock")):
        raise CatalogueError(f"{question_id}: {row['id']} is surprising without a reason, or for no reason")
    return OutcomeOf(**{**row, "sources": _tuple(row.get("sources"))})


def clause(clause_id: str) -> Clause:
    """The clause with this id; raises CatalogueError naming the nearest one."""
    return _known(clause_id, clauses())


def question(question_id: str) -> Question:
    """The open question with this id; raises CatalogueError naming the nearest one."""
    return _known(question_id, questions())


def _known(row_id: str, rows: dict[str, Row]) -> Row:
    if row_id in rows:
        return rows[row_id]
    near = difflib.get_close_matches(row_id, rows, 1)
    raise CatalogueError(f"there is no {row_id} in the catalogue" + (f"; did you mean {near[0]}?" if near else ""))


@functools.cache
def owners() -> dict[str, str]:
    """Which clause answers for the arrival of an event, by event type (and `connection`)."""
    found: dict[str, str] = {}
    for row in clauses().values():
        for event in row.owns:
            if event in found:
                raise CatalogueError(f"{event} is owned by {found[event]} and by {row.id}")
            found[event] = row.id
    return found
