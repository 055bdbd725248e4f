"""What is known of a target: failures that are accepted, answers to open questions, shapes of events.

A failure is accepted only as long as a check fails *in that way*: its words, figures and ids aside, are part of the
entry.  Everything else that differs is named: a new failure, one that fails in another way, a check that passes
although its failure is accepted, an entry about a check that there is not, a changed answer, a changed shape.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance import guarded
from conformance.report.case import Case
from conformance.report.drift import fails
from conformance.report.html_text import one_line, plural, told
from conformance.report.record import Record
from conformance.report.shapes import Shapes, changes, joined, shapes

FORMAT = 1
PARTS = ("accepted", "answers", "shapes")
_ID = re.compile(r"\b(?:sess|item|resp|event|call|conv)_[A-Za-z0-9]{4,}")
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
LONGEST = 300  # characters of a reason


class BaselineError(ValueError):
    """A baseline can't be read; the message names the file, the place in it and, where it was read, the line."""

    def __init__(self, says: str, *keys: str) -> None:
        super().__init__(says)
        self.keys = keys
        """The way down to what is wrong: `("accepted", "CLO-001")`."""


@dataclass(frozen=True)
class Baseline:
    """A baseline as it stands in its file."""

    model: str = ""
    accepted: Mapping[str, dict[str, str]] = field(default_factory=dict)
    """Check id → `reason` (how it fails), `note` (why that is accepted) and, where it is known, `since` (a date)."""
    answers: Mapping[str, str] = field(default_factory=dict)
    shapes: Shapes = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The form of the file, in a stable order."""
        return {
            "format": FORMAT,
            "model": self.model,
            "accepted": {key: dict(self.accepted[key]) for key in sorted(self.accepted)},
            "answers": {key: self.answers[key] for key in sorted(self.answers)},
            "shapes": self.shapes,
        }

    @classmethod
    def from_json(cls, value: Any, where: str = "the baseline") -> Baseline:
        """Read the form of the file; raises BaselineError."""
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise BaselineError(f"{where} is no baseline of format {FORMAT}", "format")
        for name in sorted(value.keys() - {"format", "model", *PARTS}):
            raise BaselineError(f"{where}: `{name}` is no part of a baseline", name)
        parts = {name: value.get(name, {}) for name in PARTS}
        for name, part in parts.items():
            if not isinstance(part, dict):
                raise BaselineError(f"{where}: `{name}` is no object", name)
        for key, entry in parts["accepted"].items():
            if not isinstance(entry, dict) or not isinstance(entry.get("reason"), str):
                raise BaselineError(f"{where}: `accepted.{key}` has no `reason`", "accepted", key)
            if not entry["reason"].strip("* "):
                raise BaselineError(f"{where}: `accepted.{key}` has a `reason` that fits any failure", "accepted", key)
            if "since" in entry and not (isinstance(entry["since"], str) and _DATE.fullmatch(entry["since"])):
                raise BaselineError(f"{where}: `accepted.{key}` has a `since` that is no date", "accepted", key)
        for key, outcome in parts["answers"].items():
            if not isinstance(outcome, str):
                raise BaselineError(f"{where}: `answers.{key}` is no text", "answers", key)
        for key, paths in parts["shapes"].items():
            if not isinstance(paths, dict) or not all(isinstance(types, str) for types in paths.values()):
                raise BaselineError(f"{where}: `shapes.{key}` does not map paths to types", "shapes", key)
        return cls(str(value.get("model", "")), **parts)

    def accepts(self, check_id: str, detail: str) -> bool:
        """Whether a failure is accepted: it is listed, and fails in the way that is written there."""
        entry = self.accepted.get(check_id)
        return entry is not None and fits(entry["reason"], detail)


def load(path: Path) -> Baseline:
    """Read a baseline; raises BaselineError."""
    try:
        text = path.read_text(encoding="utf-8")
        return Baseline.from_json(guarded.parse(text, _once), str(path))
    except OSError as problem:
        raise BaselineError(f"{path}: {problem.strerror or problem}") from None
    except BaselineError as problem:
        line = _line(text, problem.keys)
        says = str(problem) if str(path) in str(problem) else f"{path}: {problem}"
        raise BaselineError(f"{says} (line {line})" if line else says, *problem.keys) from None
    except ValueError as problem:  # also text that is not UTF-8
        raise BaselineError(f"{path}: this is no JSON: {problem}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; two entries of one name would leave the first without effect, and nobody would see it."""
    made = guarded.Members(pairs)
    if len(made) < len(pairs):
        twice = next(key for number, (key, _) in enumerate(pairs) if key in dict(pairs[:number]))
        raise BaselineError(f"`{twice}` is there twice", twice)
    return made


def _line(text: str, keys: tuple[str, ...]) -> int | None:
    """The line on which a way down ends; of a name that is there twice, the last one."""
    at = 0
    for key in keys:
        found = [at + match.start() for match in re.finditer(rf"{re.escape(json.dumps(key))}\s*:", text[at:])]
        if not found:
            return None
        at = found[-1] if len(keys) == 1 else found[0]
    return text.count("\n", 0, at) + 1 if keys else None


def dump(baseline: Baseline) -> str:
    """The file's content: one entry a line, so that a change can be reviewed."""
    return json.dumps(baseline.to_json(), ensure_ascii=False, indent=1) + "\n"


def way(detail: str) -> str:
    """The way in which a check fails: its words without figures and ids."""
    words = " ".join(told(detail)[0].split())[: LONGEST * 2]
    return _FIGURE.sub("#", _ID.sub("<id>", words))[:LONGEST]


def fits(reason: str, detail: str) -> bool:
    """Whether a check fails in the way that is written down; a `*` stands for any words."""
    seen = way(detail)
    return reason == seen or re.fullmatch(".*".join(map(re.escape, reason.split("*"))), seen, re.DOTALL) is not None


def made(record: Record, judged: Iterable[Case], before: Baseline | None = None) -> Baseline:
    """The baseline that a run would meet; notes and dates of failures that are still the same are kept.

    What this run did not judge stays as it was.  An entry that came without a date gets none: when such a failure was
    seen first, nobody wrote down.
    """
    before = before or Baseline()
    day = _day(record)
    cases = list(judged)
    seen = {case.id for case in cases if case.verdict in {"pass", "fail", "accepted", "observed"}}
    known = {case.id for case in cases}
    accepted = {key: dict(entry) for key, entry in before.accepted.items() if key not in seen and key in known}
    for case in cases:
        if case.verdict in {"fail", "accepted"}:
            entry = before.accepted.get(case.id)
            same = entry is not None and fits(entry["reason"], case.detail)
            kept = entry if same and entry else {"reason": way(case.detail), **({"since": day} if day else {})}
            accepted[case.id] = {"note": "", **kept}
    clear = {case.id: case.outcome for case in cases if case.verdict == "observed" and case.outcome and not case.hides}
    vague = {case.id: (case.outcome, case.hides) for case in cases if case.hides}
    answers = {
        key: said
        for key, said in before.answers.items()
        if (key not in seen and key in known) or said in vague.get(key, ())
    }
    answers |= clear
    slow = {row["id"] for row in record.catalogue["questions"] if row["reach"] == "slow"}
    # A part of the conversations shows a part of the members: it adds to what is known and takes nothing from it.
    partial = any(case.verdict == "not_run" and case.conversation and case.id not in slow for case in cases)
    seen_now = shapes(record)
    known_now = joined(before.shapes, seen_now) if partial else {**before.shapes, **seen_now}
    return Baseline(record.run["target"]["model"], accepted, answers, known_now)


def _day(record: Record) -> str:
    """The date (UTC) on which the conversations were held; empty where the record does not say."""
    told = (record.run.get("replayed") or record.run).get("started")
    found = _DATE.match(told) if isinstance(told, str) else None
    return found[0] if found else ""


@dataclass(frozen=True)
class Drift:
    """How a run differs from its baseline; every entry is a sentence."""

    new_failures: list[str] = field(default_factory=list)
    failed_in_another_way: list[str] = field(default_factory=list)
    unexpected_passes: list[str] = field(default_factory=list)
    stale_entries: list[str] = field(default_factory=list)
    changed_answers: list[str] = field(default_factory=list)
    changed_shapes: list[str] = field(default_factory=list)
    not_judged: list[str] = field(default_factory=list)
    new_missed: list[str] = field(default_factory=list)

    @property
    def fails(self) -> bool:
        """Whether the run fails for it; what was not judged, and a SHOULD that is newly missed, do not count."""
        return fails(self.to_json())

    def to_json(self) -> dict[str, list[str]]:
        """Every kind of difference with its entries, empty kinds too."""
        return {name: list(entries) for name, entries in vars(self).items()}


def compare(baseline: Baseline, record: Record, judged: Iterable[Case]) -> Drift:
    """How a run's cases, `accepted` already among their verdicts, differ from the baseline."""
    drift = Drift()
    cases = {case.id: case for case in judged}
    questions = {row["id"]: row for row in record.catalogue["questions"]}
    for key in baseline.accepted.keys() | baseline.answers.keys():
        if key not in cases:
            drift.stale_entries.append(f"{key} is in the baseline, and there is no such check")
    for case in cases.values():
        entry = baseline.accepted.get(case.id)
        if case.verdict == "fail":
            _failed(drift, case, entry)
        elif entry is not None and case.verdict == "pass":
            drift.unexpected_passes.append(f"{case.id} passes; its failure was {_accepted(entry)}")
        elif entry is not None and case.verdict != "accepted":
            drift.not_judged.append(f"{case.id}: its accepted failure was not judged ({case.verdict})")
        before = baseline.answers.get(case.id)
        if before is not None and case.hides == before:
            drift.not_judged.append(f"{case.id}: whether its answer is still the known one can't be told by this run")
        elif before is not None and case.verdict == "observed" and case.outcome != before:
            was, now = (_means(questions.get(case.id), outcome) for outcome in (before, case.outcome))
            shown = one_line(told(case.detail)[0], 200)
            drift.changed_answers.append(f"{case.id} was: {was}; and is: {now}" + (f" ({shown})" if shown else ""))
        elif before is not None and case.verdict not in {"observed", "not_run"}:
            drift.not_judged.append(f"{case.id}: its answer was not seen ({case.verdict})")
    drift.changed_shapes.extend(changes(baseline.shapes, shapes(record)))
    drift.stale_entries.sort()
    return drift


def _means(question: Mapping[str, Any] | None, outcome: str | None) -> str:
    """An outcome in the catalogue's words, as a part of a sentence; one that it does not foresee is told as that."""
    rows = (question or {}).get("outcomes", ())
    means = next((str(row["means"]) for row in rows if row.get("id") == outcome and row.get("means")), "")
    return means.rstrip(".") or f"something that no source foresaw (`{outcome}`)"


def _accepted(entry: Mapping[str, str]) -> str:
    """`accepted since 2026-10-05 as: closed with #`."""
    since = f" since {entry['since']}" if entry.get("since") else ""
    return f"accepted{since} as: {entry['reason']}"


def _seen(case: Case) -> str:
    """What was seen: the first of its findings, and in how many places more."""
    if not case.findings:
        return one_line(told(case.detail)[0], 200)
    more = max(case.places, len(case.findings)) - 1
    beside = f" (and in {plural(more, 'more place')})" if more else ""
    return one_line(case.findings[0].seen.strip().partition("\n")[0], 200) + beside


def _failed(drift: Drift, case: Case, entry: Mapping[str, str] | None) -> None:
    words = _seen(case)
    if entry is not None:
        drift.failed_in_another_way.append(f"{case.id}: {words}; another failure was {_accepted(entry)}")
    elif case.level == "MUST":
        drift.new_failures.append(f"{case.id}: {words}")
    else:
        drift.new_missed.append(f"{case.id} ({case.level}): {words}")
