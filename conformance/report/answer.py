"""What an answer is made of: its sentence, its mark, what to do, and how it is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from conformance.report.case import Case
from conformance.report.html_text import one_line
from conformance.spec import sources
from conformance.status.model import REASONS

Mark = Literal["yes", "no", "partly", "unknown"]
Basis = Literal["documented", "reported", "seen here", "but"]
"""Who says so; `but`: what this run saw against the answer."""

NOT_READ = "not_read"
"""The status of a session that nobody has looked up."""

Rows = dict[str, dict[str, Any]]

SHOWN = {
    "succeeded": "succeeded",
    "cancelled": "cancelled",
    "failed_client": "failed (client error)",
    "failed_throttled": "failed (throttled)",
    "failed_server": "failed (server error)",
    "failed_unspecified": "failed",
    "in_progress": "in progress",
    "absent": "not listed at all",
    "unknown": "listed without a status",
}
"""Statuses that the platform has told; every other one means that it is not known."""

MOST_WORDS = 20
VENDOR = "Ask the vendor"
"""How advice begins that is about a server."""
LONGEST = 300  # characters of a question or an answer on a terminal
CLOSING = 2  # the number of the question that the close paths answer


def advice(made: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """What leads in what follows from an answer: nobody should write a client, or to a vendor, for what the mock does.

    What else follows from an answer that is not known is about the run, whatever was judged.
    """
    played = made["mock"] and not made.get("client")  # a client is told of itself
    about = answer["mark"] != "unknown" or VENDOR in answer["todo"]
    return "What to do if the service answers like this" if played and about else "What to do"


WORDS = {"yes": "Yes", "no": "No", "partly": "Partly", "unknown": "Not known"}
"""What the mark of an answer is called."""
NOT_YET = "Not known yet"
"""What the mark `unknown` is called where a longer run would tell."""
KNOWN_IN_PART = "Partly known"
"""What the mark `partly` is called where it is the answer that has a gap, and no way that is a success at times."""


def apart(answer: Mapping[str, Any]) -> tuple[str, str]:
    """The word of an answer's mark, as a reader sees it, and the sentence that it begins."""
    word, colon, rest = str(answer["text"]).partition(": ")
    if colon and word in {*WORDS.values(), KNOWN_IN_PART, NOT_YET}:
        return word, rest
    return WORDS[answer["mark"]], after_mark(str(answer["text"]))


def said(answer: Mapping[str, Any]) -> str:
    """The sentence of an answer behind the word of its mark: the same on the page, on the terminal and in Markdown."""
    return ": ".join(apart(answer))


def lines(made: Mapping[str, Any]) -> Iterator[str]:
    """The three answers for a terminal, a line each; of a selection those alone that it asked for."""
    for number, answer in enumerate(made["answers"], 1):
        walked = number == CLOSING and made["close_paths"]  # asked, though nobody told a status
        if made.get("partial") and not made.get("client") and not answer["conversations"] and not walked:
            continue
        yield f"{number}. {one_line(answer['question'], LONGEST)} {one_line(said(answer), LONGEST)}"


def after_mark(text: str) -> str:
    """A sentence as it goes on after `No:`; what begins with a name stays as it is."""
    first = text.split(" ", 1)[0]
    return text[:1].lower() + text[1:] if first == first.capitalize() and first.isalpha() else text


@dataclass(frozen=True)
class Evidence:
    """One thing that is known, and who says so."""

    basis: Basis
    text: str
    sources: tuple[str, ...] = ()
    conversations: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The form of `summary.json`; sources by name and address."""
        return {
            "basis": self.basis,
            "text": self.text,
            "sources": [{"name": sources.name(key), "address": sources.address(key)} for key in self.sources],
            "conversations": list(self.conversations),
        }


@dataclass(frozen=True)
class InWords:
    """One answer.  `text` is one sentence; `todo` what follows from it for whoever writes a client."""

    question: str
    text: str
    unknown: str
    conversations: tuple[str, ...]
    code: str = ""
    """What to write tomorrow, where the answer is about that."""
    mark: Mark = "unknown"
    todo: str = ""
    how: tuple[Evidence, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The form of `summary.json`."""
        return {
            "question": self.question,
            "mark": self.mark,
            "text": self.text,
            "todo": self.todo,
            "how": [one.to_json() for one in self.how],
            "unknown": self.unknown,
            "conversations": list(self.conversations),
            **({"code": self.code} if self.code else {}),
        }


@dataclass(frozen=True)
class Known:
    """All that one run knows: verdicts and close paths by id, and what the sources say of each question."""

    cases: dict[str, Case]
    rows: Rows
    questions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    model: str = "this model"
    mock: bool = False
    """Whether the mock was judged: of its sessions no account knows anything."""
    untried: int = 0
    """Ways of closing that a run tries and that this one was kept from."""
    held_up: Mapping[str, str] = field(default_factory=dict)
    """What keeps checks and conversations, by their names, from showing anything, in words."""

    def outcome(self, question: str) -> str | None:
        """What was observed; None when nothing was."""
        case = self.cases.get(question)
        return case.outcome if case is not None and case.verdict == "observed" else None

    def detail(self, question: str) -> str:
        """What was seen, verbatim."""
        case = self.cases.get(question)
        return case.detail if case is not None else ""

    def failed(self, *clauses: str) -> list[Case]:
        """Those of these clauses that this run found broken."""
        return [case for key in clauses if (case := self.cases.get(key)) is not None and case.verdict == "fail"]

    def why(self, question: str) -> str:
        """Why there is no observation, in words."""
        case = self.cases.get(question)
        if question in self.held_up:
            return self.held_up[question]
        if case is None or case.verdict == "not_run":
            return "the run did not ask" + (f" ({case.detail})" if case is not None and case.detail else "")
        return case.detail or case.verdict.replace("_", " ")

    def conversation(self, question: str) -> tuple[str, ...]:
        """Where an observation was made."""
        case = self.cases.get(question)
        return (case.conversation,) if case is not None and case.conversation else ()

    def walked(self) -> Rows:
        """The close paths that were walked to their end: the only ones that say anything."""
        return {path: row for path, row in self.rows.items() if row.get("complete", True)}

    def left(self) -> dict[str, str]:
        """The conversations of close paths that were not walked to their end, and why not."""
        rows = [row for row in self.rows.values() if not row.get("complete", True)]
        names = [str(row["conversation"]) for row in rows]
        return {name: self.held_up.get(name, str(row.get("stopped"))) for name, row in zip(names, rows, strict=True)}

    def said(self, question: str) -> list[Evidence]:
        """What the sources say of a question: documented and reported apart."""
        found = []
        outcomes = self.questions.get(question, {}).get("outcomes", ())
        bases: tuple[Basis, Basis] = ("documented", "reported")
        for basis in bases:
            for outcome in outcomes:
                named = outcome.get("sources") or ()
                keys = tuple(key for key in named if sources.documented(key) == (basis == "documented"))
                if keys:
                    found.append(Evidence(basis, str(outcome.get("means", "")), keys))
        return found


def plain(why: str) -> str:
    """Why a status is not known, without the code before the words."""
    code, _, words = why.partition(": ")
    return (words or code.replace("_", " ")) if code in REASONS else why


def conversations(rows: Rows, paths: list[str]) -> tuple[str, ...]:
    """The conversations that walked these paths."""
    return tuple(rows[path]["conversation"] for path in paths if path in rows)
