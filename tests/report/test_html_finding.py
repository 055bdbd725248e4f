"""How wide a finding is: every check of one cause counts, and a frame that two of them complain of counts once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from conformance.judge.finding import Finding as Told
from conformance.report.case import Case
from conformance.report.findings import Finding
from conformance.report.html_finding import shown
from support import records

FAILED = Case("CLO-007", "MUST", "fail", "no close frame came back", "closing/Idle", 0.0)
OTHER = replace(FAILED, id="CLO-008", conversation="closing/JavaTimeout")


def told(frame: int | None, seen: str = "it is 7") -> Told:
    return Told("CON-009", "acceptance/Family", 0, frame, "8", seen, "")


def test_checks_of_one_cause_are_seen_in_all_their_conversations(tmp_path: Path) -> None:
    record = records.usual(tmp_path)
    found = shown(Finding([FAILED, OTHER]), record, {})
    assert found.breadth == f"2 places in 2 conversations of {len(record.transcripts)}"
    assert [(one.times, one.conversations) for one in found.seen] == [(2, ("closing/Idle", "closing/JavaTimeout"))]
    assert shown(Finding([FAILED]), record, {}).breadth == f"in 1 conversation of {len(record.transcripts)}"


def test_a_frame_of_which_two_checks_complain_is_one_place(tmp_path: Path) -> None:
    record = records.usual(tmp_path)
    one = replace(FAILED, findings=(told(3), told(4)), places=2)
    both = replace(OTHER, findings=(told(3), told(5)), places=2)
    assert shown(Finding([one, both]), record, {}).breadth.startswith("3 places in 1 conversation ")


def test_places_that_were_not_kept_count(tmp_path: Path) -> None:
    case = replace(FAILED, findings=(told(3), told(None)), places=9)
    assert shown(Finding([case]), records.usual(tmp_path), {}).breadth.startswith("9 places in 1 conversation ")
