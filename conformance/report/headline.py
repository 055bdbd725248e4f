"""A run in one sentence and one table: how many checks of each level got which verdict."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from conformance.report import client_runs
from conformance.report import drift as told
from conformance.report.baseline import Drift
from conformance.report.case import Case
from conformance.report.html_text import plural
from conformance.report.naming import UNJUDGED
from conformance.report.reach import Reach, reach
from conformance.report.record import Record

RunVerdict = Literal[
    "conforms", "fails", "infrastructure", "incomplete", "nothing_judged", "inconsistent", "interrupted"
]
LEVELS = ("MUST", "SHOULD", "MAY", "OBSERVE")
HEADS = {"pass": "hold", "observed": "answered", "not_run": "not run"}
"""Verdicts as the lines of the chapters call them."""
ORDER = ("pass", "observed", "fail", "accepted", "error", "blocked", "inconclusive", "skipped", "not_run")


def levels(judged: list[Case]) -> dict[str, dict[str, int]]:
    """How many checks of each level got each verdict; every check is counted once."""
    counted = Counter((case.level, case.verdict) for case in judged)
    return {
        level: {verdict: counted[level, verdict] for verdict in ORDER if counted[level, verdict]} for level in LEVELS
    }


def transport(judged: list[Case]) -> dict[str, int]:
    """The verdicts of the MUST that only RFC 6455 asks for: any WebSocket server owes them, whatever it speaks."""
    counted = Counter(case.verdict for case in judged if case.level == "MUST" and case.basis == "transport")
    return {verdict: counted[verdict] for verdict in ORDER if counted[verdict]}


def transport_words(counted: dict[str, int]) -> str:
    """`transport` as a sentence."""
    told = ", ".join(f"{number} {HEADS.get(verdict, verdict)}" for verdict, number in counted.items())
    return f"Of the MUST, {sum(counted.values())} are the transport's (RFC 6455), not this protocol's: {told}."


def table(counted: dict[str, dict[str, int]]) -> list[str]:
    """`levels` as lines of text; rows and columns with their totals."""
    used = [verdict for verdict in ORDER if any(row.get(verdict) for row in counted.values())]
    names = {level: "questions" if level == "OBSERVE" else level for level in counted}
    rows = [["", *(HEADS.get(verdict, verdict) for verdict in used), "in all"]]
    for level, row in counted.items():
        rows.append([names[level], *(str(row.get(verdict, 0)) for verdict in used), str(sum(row.values()))])
    sums = [sum(row.get(verdict, 0) for row in counted.values()) for verdict in used]
    rows.append(["in all", *map(str, sums), str(sum(sums))])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            text.ljust(width) if not column else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def headline(record: Record, judged: list[Case], result: RunVerdict, changed: Drift) -> str:
    """One sentence for the title of every output."""
    held = [case for case in judged if case.level == "MUST" and case.verdict == "pass"]
    failed = [case for case in judged if case.counts_against]
    blocked = [case for case in judged if case.level == "MUST" and case.verdict == "blocked"]
    missed = [case for case in judged if case.level in {"SHOULD", "MAY"} and case.verdict == "fail"]
    counts = Counter(case.verdict for case in judged)
    open_ones = sum(counts[verdict] for verdict in UNJUDGED) - len(blocked)
    carried = sum(case.basis == "transport" for case in failed)
    share = "" if len(failed) == 1 else "all " if carried == len(failed) else f"{carried} "
    of_them = f" ({share}of the transport)" if carried else ""
    body = f"{len(held)} MUST hold, {len(failed)} fail{of_them}, {len(blocked)} blocked; {len(missed)} SHOULD missed"
    if counts["observed"]:
        body += f"; {plural(counts['observed'], 'question')} answered"
        odd = sum(bool(case.unexpected) for case in judged)
        body += f", {odd} in a way that no source allows" if odd else ""
    if open_ones:
        body += f"; {open_ones} not judged"
    exceptions = f" with {plural(counts['accepted'], 'accepted exception')}" if counts["accepted"] else ""
    if changed.fails:
        body += f"; {told.headline(changed.to_json())}"
    reached = reach(record, judged)
    partial = reached.partial and bool(reached.musts) and result in {"conforms", "fails"}
    if partial and client_runs.of_client(record):
        opening = "Partial, and does not conform" if failed else f"Partial{exceptions}"
        return f"{opening}: {client_runs.reached(record)} {body}."
    if partial:
        return _partial(
            reached, {"hold": len(held), "fail": len(failed), "blocked": len(blocked)}, len(missed), exceptions, of_them
        )
    match result:
        case "conforms" if not held:
            return f"Nothing was found wrong{exceptions}, and no MUST was judged: {body}."
        case "conforms":
            return f"Conforms{exceptions}: {body}."
        case "fails" if reached.incomplete:
            return f"Does not conform, and {reached.words}: {body}."
        case "fails":
            return f"Does not conform: {body}."
        case "infrastructure" if client_runs.of_client(record) and record.recorded:
            return f"Not shown to conform, {record.recorded['infrastructure']}: {body}."
        case "infrastructure":
            return f"Nothing can be said: {record.recorded['infrastructure']}." if record.recorded else ""
        case "incomplete":
            return f"Incomplete: {len(held)} of {reached.musts} MUST that apply judged and hold; {reached.words}."
        case "nothing_judged":
            return "Nothing was judged."
        case "interrupted":
            return f"Interrupted: so far {body}."
        case "inconsistent":
            return f"The suite contradicts itself in {plural(counts['error'], 'check')}: {body}."


def _partial(reached: Reach, musts: dict[str, int], missed: int, exceptions: str, of_them: str) -> str:
    """The sentence of a run that judged a selection.

    `musts` counts what became of its MUST checks, `of_them` says how many of those that failed are the transport's.
    """
    said = f"{musts['hold']} of {reached.musts} selected MUST hold{exceptions}"
    tails = {"fail": of_them, "blocked": ""}
    said += "".join(f", {musts[word]} {word}{tail}" for word, tail in tails.items() if musts[word])
    if missed:
        said += f"; {missed} SHOULD missed"
    if reached.incomplete:
        said += f"; {reached.words}"
    opening = "Partial, and does not conform" if musts["fail"] else "Partial"
    return f"{opening}: {said}; {reached.unselected} not selected."
