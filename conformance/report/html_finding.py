"""A finding as the page shows it: what was expected and seen, the frame that decides, how many places of how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from conformance.cut import listed
from conformance.report import html_views, paper
from conformance.report.case import Case
from conformance.report.findings import GENERATED, Group, places
from conformance.report.html_text import one_line, plural, told
from conformance.report.html_trace import kind, payload
from conformance.report.record import Record
from conformance.wire.transcript import Frame

MOST = 12
"""Findings that are drawn in full; of the others the page has a line each."""

WHOLE = 5
"""Of these, findings that stand there open; so the page of a bad day is no longer than that of a good one."""

TEXTS = 4
"""Different texts of a finding that it shows."""

HEADING = 160
"""Characters of a finding's heading."""

MOST_TEXTS = 3
"""Checks of one cause that its text tells in full."""

PROGRAM = "`realtime-conformance finding {id} record.jsonl` writes a program that shows it."


@dataclass(frozen=True)
class Seen:
    """Equal words, how often, and where."""

    text: str
    times: int
    conversations: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """One finding."""

    finding: Group
    expected: str
    seen: list[Seen]
    breadth: str
    scene: str
    frame: tuple[int, Frame] | None
    """The connection, from 1, and the frame that decides."""
    markdown: str
    answer: str = ""
    """What an answer that no source allows means, in the catalogue's words."""

    @property
    def heading(self) -> str:
        """What happened, in one sentence; the most frequent of what was seen, cut."""
        seen = self.seen[0].text.partition("\n")[0] if self.seen else ""
        text = one_line(self.finding.cause or self.answer or seen, HEADING)
        first = text.split(" ", 1)[0]
        return text[:1].upper() + text[1:] if first.isalpha() and first.islower() else text

    @property
    def told(self) -> bool:
        """Whether the heading and the sentence of the rule say all that was seen and expected."""
        return not self.answer and len(self.seen) == 1 and self.seen[0].text == one_line(self.seen[0].text, HEADING)

    @property
    def texts(self) -> int:
        """How many of the texts are shown; of generated conversations the shortest tells most, and brings its moves."""
        return 1 if self.finding.first.id.startswith(GENERATED) else TEXTS

    @property
    def frame_kind(self) -> str:
        """What the frame is called."""
        return kind(self.frame[1]) if self.frame else ""

    @property
    def frame_payload(self) -> str:
        """What it holds."""
        return payload(self.frame[1]) if self.frame else ""


def shown(finding: Group, record: Record, sentences: dict[str, str]) -> Shown:
    """What there is to show of a finding; a record without findings as data is told by its words."""
    first = finding.first
    seen = _seen([first] if finding.cause else finding.cases)
    names = list(dict.fromkeys(name for one in seen for name in one.conversations)) or finding.conversations
    expected = next((one.expected for one in first.findings if one.expected), "") or sentences.get(first.id, "")
    if finding.cause:
        names = finding.conversations or names
    unkept = sum(max(0, case.places - len(case.findings)) for case in finding.cases)
    count = 1 if finding.cause else sum(one.times for one in seen) + unkept
    held = len(record.transcripts)
    where = f"in {plural(len(names), 'conversation')} of {held}" if names else finding.breadth
    scene, frame = _frame(first, names, record)
    return Shown(
        finding=finding,
        expected=expected,
        seen=seen,
        breadth=f"{plural(count, 'place')} {where}" if count > 1 else where,
        scene=scene,
        frame=frame,
        markdown="\n\n".join(
            paper.text(case, record, paper.place_of(case, record), paper.Program(missing=PROGRAM.format(id=case.id)))
            for case in finding.cases[:MOST_TEXTS]
        ),
        answer=_answer(first, record) if first.unexpected else "",
    )


def _answer(case: Case, record: Record) -> str:
    rows = (row for row in record.catalogue["questions"] if row["id"] == case.id)
    outcomes = (one for row in rows for one in row.get("outcomes", ()) if one["id"] == case.outcome)
    return next((str(one.get("means", "")) for one in outcomes if one.get("surprising")), "")


LEVELS = {"MUST": ("MUST", "MUST"), "SHOULD": ("SHOULD", "SHOULD"), "MAY": ("MAY", "MAY"),
          "OBSERVE": ("question", "questions")}  # fmt: skip
COUNTED = frozenset({"fail", "accepted", "error", "observed"})
"""Verdicts by which a check stands behind a finding; one without a verdict of its own may hang on the same cause."""


def room(*, changes: bool) -> tuple[int, int]:
    """How many findings are drawn, and how many of these open; fewer where what is new stands above them already."""
    return (MOST // 2, WHOLE // 2) if changes else (MOST, WHOLE)


def reckoned(findings: Iterable[Group]) -> str:
    """How many checks stand behind so many findings, in words: what shares a cause is one."""
    findings = list(findings)
    cases = [case for one in findings for case in one.cases if case.verdict in COUNTED]
    levels = Counter(case.level for case in cases)
    if len(cases) == len(findings) or not cases:
        return ""
    told = listed(plural(levels[level], *words) for level, words in LEVELS.items() if levels[level])
    return f"{plural(len(cases), 'check')} ({told}) in {plural(len(findings), 'finding')}: one cause is told once."


def _seen(cases: list[Case]) -> list[Seen]:
    """Equal findings once, the most frequent and of these the shortest first; one frame counts as one."""
    generated = cases[0].id.startswith(GENERATED)
    said = list(dict.fromkeys(one for case in cases for one in _said(case)))
    counted = Counter(text for text, *_ in said)
    return [
        Seen(text, times, tuple(dict.fromkeys(name for other, name, _ in said if other == text and name)))
        for text, times in sorted(counted.items(), key=lambda one: (-one[1], len(one[0]) if generated else 0))
    ]


def _said(case: Case) -> list[tuple[str, str, object]]:
    """What was seen, in which conversation, and what tells one place in it from another."""
    if case.findings:
        return [
            (one.seen.strip(), one.conversation, number if one.frame is None else (one.connection, one.frame))
            for number, one in enumerate(case.findings)
        ]
    if where := places(case):
        return [(text, name, number) for number, (name, text) in enumerate(where)]
    return [(told(case.detail)[0], case.conversation, case.id)]


def _frame(case: Case, names: list[str], record: Record) -> tuple[str, tuple[int, Frame] | None]:
    for one in case.findings:
        transcript = record.transcripts.get(one.conversation)
        if transcript is None or one.frame is None or not 0 <= one.connection < len(transcript.legs):
            continue
        frames = transcript.legs[one.connection].frames
        if 0 <= one.frame < len(frames):
            return one.conversation, (one.connection + 1, frames[one.frame])
    scene = next((name for name in (case.conversation, *names) if name in record.transcripts), "")
    if not scene or case.findings:
        return scene, None
    found: list[tuple[int, Any]] = html_views.decisive(case, record.transcripts[scene])
    return scene, found[-1] if found else None
