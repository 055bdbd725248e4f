"""The sections of the page as plain data: what is asked, what came of it, what was never asked."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from statistics import median, quantiles
from typing import Any

from conformance.judge import acceptance, silence_cost
from conformance.judge.verdicts import Unjudged
from conformance.judge.view import Wire
from conformance.report import svg
from conformance.report.case import Case
from conformance.report.html_text import one_line
from conformance.report.html_trace import audio_of
from conformance.report.record import Record
from conformance.spec import sources
from conformance.spec.profiles import UnknownModel, profile_of
from conformance.wire.transcript import Frame, Leg, Transcript

_ID = re.compile(r"\b(?:resp|item|event|call)_\w{6,}")


# -- answers


@dataclass(frozen=True)
class Answer:
    """An open question with what this run says to it."""

    id: str
    question: dict[str, Any]
    case: Case | None
    why: str
    """Why there is no answer; empty when there is one."""
    reference: str | None
    """The outcome to compare with: the baseline's, or the mock's default."""

    @property
    def outcome(self) -> str | None:
        """The outcome's id, or None when the run has no evidence."""
        return self.case.outcome if self.case is not None and not self.why else None

    @property
    def means(self) -> str:
        """The outcome in words."""
        for row in self.question["outcomes"]:
            if row["id"] == self.outcome:
                return str(row["means"])
        return "Something that no source foresaw."

    @property
    def evidence(self) -> str:
        """What was seen, verbatim."""
        return self.case.detail if self.case is not None and not self.why else ""

    @property
    def agrees(self) -> bool:
        """Whether it is what the reference says."""
        return self.outcome == self.reference

    def documented(self, *, seen: bool) -> list[dict[str, Any]]:
        """The outcomes that the vendor documents: the one that was seen, or the others."""
        return [
            row
            for row in self.question["outcomes"]
            if (row["id"] == self.outcome) == seen and any(map(sources.documented, row.get("sources") or ()))
        ]

    @property
    def against(self) -> list[tuple[str, list[str]]]:
        """What is documented and was not seen, as (words, names of sources); empty where what was seen is."""
        if self.documented(seen=True):
            return []
        return [
            (str(row.get("means", "")), [sources.name(key) for key in row["sources"] if sources.documented(key)])
            for row in self.documented(seen=False)
        ]

    @property
    def standing(self) -> str:
        """How what was seen stands to what the sources say."""
        if self.documented(seen=True):
            return "as documented"
        if self.against:
            return "otherwise than documented"
        told: dict[str, Any] = next((row for row in self.question["outcomes"] if row["id"] == self.outcome), {})
        return "as reported" if told.get("sources") else "in no source"


NO_EVIDENCE = "not asked in this run"


def answers(record: Record, judged: Iterable[Case], made: dict[str, Any]) -> dict[str, Answer]:
    """Every open question of the catalogue, in its order."""
    by_id = {case.id: case for case in judged}
    expected = {row["id"]: row.get("expected") for row in made.get("observations") or ()}
    found = {}
    for row in record.catalogue["questions"]:
        case = by_id.get(row["id"])
        if case is not None and case.verdict == "observed":
            why = ""
        elif case is None and row.get("reach") == "by-hand":
            why = f"needs a person: {row.get('how') or 'no way to probe it is known'}"
        elif case is None:
            why = NO_EVIDENCE
        elif case.verdict == "not_run":
            why = f"{NO_EVIDENCE} ({case.detail})"
        else:
            why = f"{case.verdict}: {case.detail}"
        found[row["id"]] = Answer(row["id"], row, case, why, expected.get(row["id"], row.get("expected")))
    return found


# -- silence


def silence(record: Record, case: Case | None) -> list[silence_cost.Point]:
    """Points of the silence chart.

    A point for each session of it; `conformance.judge.silence_cost` says how they are read off.
    """
    transcript = record.transcripts.get(case.conversation) if case is not None else None
    if transcript is None:
        return []
    return [(round(seconds, 2), tokens) for seconds, tokens in silence_cost.points(transcript)]


def silence_chart(points: list[silence_cost.Point]) -> str:
    """The chart, or nothing when there is nothing to draw."""
    if not points:
        return ""
    return svg.scatter(
        [(seconds, float(tokens)) for seconds, tokens in points],
        x_name="seconds of silence before the speech",
        y_name="input audio tokens billed",
        label="Billed input audio tokens against seconds of streamed silence; the same figures are in the table",
    )


# -- what went over the line


def audio_seconds(record: Record) -> tuple[float, float]:
    """Seconds of audio sent and received."""
    sent = received = 0.0
    for transcript in record.transcripts.values():
        for leg in transcript.legs:
            for frame in leg.frames:
                sound = audio_of(frame)
                if sound is not None and sound.seconds is not None:
                    if frame.side == "client":
                        sent += sound.seconds
                    else:
                        received += sound.seconds
    return sent, received


def family(record: Record) -> list[dict[str, Any]]:
    """The acceptance table: what became of each client event of the protocol family."""
    transcript = record.transcripts.get(acceptance.CONVERSATION)
    if transcript is None:
        return []
    try:
        wire = Wire(transcript, profile_of(record.run["target"]))
        return acceptance.table(transcript, wire)
    except (Unjudged, UnknownModel, LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return []  # a conversation that met trouble, or a record from elsewhere: the section says that it is missing


def family_groups(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of that table that are alike, once; `types` are the events."""
    groups: dict[str, dict[str, Any]] = {}
    for row in found:
        error = row.get("error") or {}
        code = error.get("code") or error.get("type") or ""
        key = one_line(f"{row['fate']}/{row.get('close')}/{code}", 300)
        group = groups.setdefault(key, {**row, "code": one_line(code, 80), "types": [], "said": Counter()})
        group["types"].append(one_line(row["type"], 80))
        group["said"].update(dict.fromkeys(row["answers"], 1))
    return sorted(groups.values(), key=lambda group: -len(group["types"]))


FATE = {
    "accepted": ("pass", "✓"),
    "refused": ("missed", "△"),
    "refused as unknown": ("missed", "△"),
    "ignored": ("inconclusive", "?"),
    "fatal": ("fail", "✗"),
    "not reached": ("not_run", "·"),
}


# -- latency


@dataclass(frozen=True)
class Latency:
    """One kind of waiting, in ms."""

    name: str
    meaning: str
    values: list[float]

    @property
    def middle(self) -> float:
        """The median."""
        return median(self.values)

    @property
    def slow(self) -> float:
        """The 95th percentile, or the longest where there are too few for one."""
        return quantiles(self.values, n=20)[18] if len(self.values) >= 20 else max(self.values)


def latencies(record: Record) -> list[Latency]:
    """Time to `session.created`, to the first delta, and from commit to `response.created`."""
    created: list[float] = []
    first: list[float] = []
    committed: list[float] = []
    for transcript in record.transcripts.values():
        for number, leg in enumerate(transcript.legs):
            if number == 0:
                # Only the first connection begins when the conversation's clock does.
                at = next((f.at for f in leg.frames if f.side == "server" and f.type == "session.created"), None)
                created += [at] if at is not None else []
            first += _waits(leg, _asks, _is_first_delta)
            committed += _waits(
                leg, _commits, lambda frame: frame.side == "server" and frame.type == "response.created"
            )
    found = [
        Latency("To session.created", "from the first packet of the connection", created),
        Latency("To the first delta", "from response.create or the end of speech", first),
        Latency("Commit to response.created", "from the server's input_audio_buffer.committed", committed),
    ]
    return [item for item in found if item.values]


def _asks(frame: Frame) -> bool:
    return (frame.side == "client" and frame.type == "response.create") or (
        frame.side == "server" and frame.type == "input_audio_buffer.speech_stopped"
    )


def _is_first_delta(frame: Frame) -> bool:
    name = str(frame.type)
    return frame.side == "server" and name.startswith("response.") and name.endswith(".delta")


def _commits(frame: Frame) -> bool:
    return frame.side == "server" and frame.type == "input_audio_buffer.committed"


def _waits(leg: Leg, begins: Any, ends: Any) -> list[float]:
    """Spans from a beginning to the next end; a second beginning starts anew."""
    found: list[float] = []
    since: float | None = None
    for frame in leg.frames:
        if begins(frame):
            since = frame.at
        elif since is not None and ends(frame):
            found.append(frame.at - since)
            since = None
    return found


# -- coverage


@dataclass
class Coverage:
    """Clauses of one level: judged by a check, left out with a reason, or untested."""

    level: str
    total: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    excluded: list[dict[str, Any]] = field(default_factory=list)
    untested: list[dict[str, Any]] = field(default_factory=list)

    @property
    def checked(self) -> int:
        """Clauses that have a check."""
        return self.total - len(self.excluded) - len(self.untested)


def coverage(record: Record, judged: Iterable[Case]) -> list[Coverage]:
    """Coverage of the catalogue, by level."""
    verdicts = {case.id: case.verdict for case in judged}
    checks = record.catalogue["checks"]
    found = {level: Coverage(level) for level in ("MUST", "SHOULD", "MAY")}
    for row in record.catalogue["clauses"]:
        of = found.setdefault(row["level"], Coverage(row["level"]))
        of.total += 1
        if row["id"] in checks:
            of.verdicts[verdicts.get(row["id"], "not_run")] += 1
        elif row.get("excluded"):
            of.excluded.append(row)
        else:
            of.untested.append(row)
    return [item for item in found.values() if item.total]


@dataclass(frozen=True)
class Proof:
    """That checks can fail: which of them were seen to, for which deviations of the mock."""

    mortal: list[str]
    quirks: dict[str, list[str]]

    @property
    def killed(self) -> list[str]:
        """Checks that some deviation fails."""
        seen = {check for checks in self.quirks.values() for check in checks}
        return [check for check in self.mortal if check in seen]

    @property
    def unkilled(self) -> list[str]:
        """Checks that none does."""
        return sorted(set(self.mortal) - set(self.killed))


def proof(record: Record) -> Proof:
    """The kill matrix as the record has it."""
    mortal: list[str] = []
    quirks: dict[str, list[str]] = {}
    for check_id, check in record.catalogue["checks"].items():
        if check["level"] != "OBSERVE":
            mortal.append(check_id)
        for name in check.get("killed_by") or ():
            quirks.setdefault(name, []).append(check_id)
    return Proof(mortal, dict(sorted(quirks.items())))


# -- one check


def commands(case: Case, record: Record) -> tuple[str, str]:
    """The commands that hold this check's conversation again, and that judge the saved record again."""
    if record.run["target"]["kind"] == "client":
        told = str(record.run.get("command", ""))
        return one_line(told, 500), "realtime-conformance client --replay record.jsonl"
    named = shlex.quote(case.id)
    again = f"pytest conformance/ --case {named} {record.where}".rstrip()
    return one_line(again, 500), one_line(f"pytest conformance/ --replay record.jsonl --case {named}", 500)


def decisive(case: Case, transcript: Transcript) -> list[tuple[int, Frame]]:
    """The frames that a finding's words point at, as (connection from 1, frame); at most three, the last ones.

    A verdict does not carry its frame; the words of a failed check name the event types or labels that it is about.
    """
    if case.verdict not in {"fail", "blocked", "inconclusive", "error", "observed"}:
        return []
    words = case.detail[:2000]
    ids = set(_ID.findall(words))

    @cache  # a conversation has many frames and few types
    def told(name: str) -> bool:
        return len(name) > 4 and re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.]*\w)", words) is not None

    named = [
        (number + 1, frame)
        for number, leg in enumerate(transcript.legs)
        for frame in leg.frames
        if any(told(name) for name in (frame.type, frame.label) if name)
        or any(found in (frame.text or "") for found in ids)
    ]
    closing = [
        (number + 1, frame)
        for number, leg in enumerate(transcript.legs)
        for frame in leg.frames
        if frame.opcode == "close"
    ]
    by_server = [item for item in named if item[1].side == "server"]
    errors = [
        (number + 1, frame)
        for number, leg in enumerate(transcript.legs)
        for frame in leg.frames
        if frame.side == "server" and frame.type == "error"
    ]
    if not named and re.search(r"\bclose|\bTCP\b", words):
        return closing[-3:]
    return (by_server or named or errors)[-3:]
