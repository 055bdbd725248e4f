"""What was found wrong, as data: which clause, where, what it asks for, and what crossed instead.

Rules yield findings and checks raise them (`Failed`).  A finding travels as it is through the verdict line of a record
and `summary.json` to every output; its texts are for people, and nothing reads them again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from conformance.guarded import shortened
from conformance.wire.transcript import Frame

MOST = 20
"""Findings of one check that are kept; how many there were is kept beside them."""
TOLD = 5
"""Findings that the plain words of a check tell."""
LONGEST = 4000
"""Characters of one text: a server's own word may have megabytes."""


@dataclass(frozen=True)
class Finding:
    """One breach.

    `connection` counts the conversation's connections from 0; `frame` is the index, in that connection, of the frame
    that decides, None where it is no frame (a handshake, a row of the platform's log).  `expected` is what the clause
    asks for and `seen` what was there instead, a sentence each.  `cause` is what two
    failures have in common that are one (the words without figures), empty for one that stands for itself.

    No finding names an excuse.  Where one applies there is no finding, and the check counts it; which one would have
    applied had things been a little different is a guess that no frame decides.
    """

    clause: str
    conversation: str
    connection: int
    frame: int | None
    expected: str
    seen: str
    cause: str = ""

    def to_json(self) -> dict[str, Any]:
        """The form in a record and in `summary.json`."""
        return asdict(self.short())

    @classmethod
    def from_json(cls, line: dict[str, Any]) -> Finding:
        """Read that form back, members of other versions left out; raises TypeError where one is missing."""
        return cls(**{name: line[name] for name in _NAMES if name in line})

    @property
    def where(self) -> str:
        """`vad/OneTurn`, `usage/Silence (connection 2)`: the place in words."""
        return f"{self.conversation} (connection {self.connection + 1})" if self.connection else self.conversation

    def short(self) -> Finding:
        """The same with texts of bounded length."""
        if max(len(self.expected), len(self.seen), len(self.cause)) <= LONGEST:
            return self
        return replace(
            self,
            expected=shortened(self.expected, LONGEST),
            seen=shortened(self.seen, LONGEST),
            cause=shortened(self.cause, LONGEST),
        )


@dataclass(frozen=True)
class Breach:
    """What a rule says of one connection: the frame that decides, what was seen, and what was expected in its place.

    `expected` is empty where the clause's own sentence says it.
    """

    frame: Frame | None
    seen: str
    expected: str = ""


_NAMES = tuple(one.name for one in fields(Finding))


class Failed(AssertionError):  # noqa: N818  # it is an outcome, not an error
    """What a check raises that fails: its findings, and how many there were in all."""

    def __init__(self, findings: Iterable[Finding], *, named: bool = True) -> None:
        every = list(findings)
        self.places = len(every)
        self.findings = tuple(finding.short() for finding in every[:MOST])
        super().__init__(told(self.findings, self.places, named=named))


def told(findings: Iterable[Finding], places: int, *, named: bool = True) -> str:
    """Findings in plain words; `named`: each behind its conversation."""
    shown = list(findings)[:TOLD]
    words = [f"{one.conversation}: {one.seen}" if named and one.conversation else one.seen for one in shown]
    more = f" (and {places - len(shown)} more)" if places > len(shown) else ""
    return "; ".join(words) + more
