"""What the sources know beside clauses and questions: errors, close codes, and what they say of the three questions."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance import data, kept
from conformance.spec.anchors import anchors


@dataclass(frozen=True)
class Fault:
    """An error of the protocol, or of the platform's error page.

    `type`, `code` and `param` are those of the `error` object, None where no source tells.  `way` is how it comes:
    `event`, `close`, `handshake`, or the name of another event.  `close` is the code of the close frame with it.
    """

    id: str
    happens: str
    way: str
    after: str
    source: tuple[str, ...]
    date: str
    anchor: str
    type: str | None = None
    code: str | None = None
    said: str = ""
    param: str | None = None
    note: str = ""
    close: int | None = None
    events: tuple[str, ...] = ()

    @property
    def judged_by(self) -> tuple[str, ...]:
        """Ids of the clauses and questions that answer for it."""
        return anchors()[self.anchor].covered_by


@dataclass(frozen=True)
class Sighting:
    """Where a close code was seen: `by` is who sent it, `reason` the text of the frame."""

    by: str
    reason: str
    when: str
    source: str
    date: str
    anchor: str


@dataclass(frozen=True)
class CloseCode:
    """A close code, what RFC 6455 means by it, and where the sources saw it.  `wire`: whether it may cross the line."""

    code: int
    means: str
    wire: bool
    seen: tuple[Sighting, ...]

    @property
    def judged_by(self) -> tuple[str, ...]:
        """Ids of the clauses and questions that answer for what was seen."""
        return tuple(dict.fromkeys(row for sighting in self.seen for row in anchors()[sighting.anchor].covered_by))


@dataclass(frozen=True)
class Sentence:
    """What a source says, and since when."""

    says: str
    source: str
    date: str


@dataclass(frozen=True)
class Known:
    """One of the three questions: what the sources say, and what only a run can tell (`observed` names its answers)."""

    id: str
    ask: str
    run: str
    observed: tuple[str, ...]
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class Size:
    """How much a model takes, keeps or may be asked; no `models`: it holds for all of them."""

    name: str
    says: str
    source: tuple[str, ...]
    date: str
    models: tuple[str, ...]


def _read(name: str) -> Any:
    return kept.table(data.package() / "spec" / name)


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}


@functools.cache
def faults() -> dict[str, Fault]:
    """All errors by id, in the order of the sources."""
    return {row["id"]: Fault(**_tuples(row)) for row in _read("errors.toml")["error"]}


@functools.cache
def close_codes() -> dict[int, CloseCode]:
    """All close codes, in order."""
    return {
        row["code"]: CloseCode(
            row["code"], row["means"], row.get("wire", True), tuple(Sighting(**item) for item in row.get("seen", ()))
        )
        for row in _read("close_codes.toml")["code"]
    }


@functools.cache
def sizes(model: str) -> tuple[Size, ...]:
    """What the sources say of the sizes of a model of MODELS, in the order of the file."""
    rows = (Size(**_tuples(row)) for row in _read("sizes.toml")["size"])
    return tuple(row for row in rows if not row.models or model in row.models)


@functools.cache
def known() -> tuple[Known, ...]:
    """The three questions."""
    return tuple(
        Known(
            row["id"], row["ask"], row["run"], tuple(row["observed"]), tuple(Sentence(**it) for it in row["sentence"])
        )
        for row in _read("known.toml")["question"]
    )
