"""Answers to open questions that weigh like a missed SHOULD: those that no source allows, and those that flip."""

from __future__ import annotations

from conformance.report.case import Case
from conformance.report.record import Record


def unexpected(case: Case, record: Record) -> str:
    """Why this answer is a finding, or nothing.  Records of versions that marked no outcome have none."""
    if case.verdict != "observed":
        return ""
    transcript = record.transcripts.get(case.conversation)
    before = transcript.otherwise.get(case.id) if transcript is not None else None
    if before is not None and before != case.outcome:
        return f"unstable: the attempt before it in this run was answered with `{before}`"
    rows = (row for row in record.catalogue["questions"] if row["id"] == case.id)
    outcomes = (one for row in rows for one in row.get("outcomes", ()) if one["id"] == case.outcome)
    return next((one.get("because", "") for one in outcomes if one.get("surprising")), "")
