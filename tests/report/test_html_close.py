"""The matrix of close paths: what was not walked to its end says nothing of how it would have ended."""

from __future__ import annotations

from pathlib import Path

from conformance.report.closing import close_paths
from conformance.report.html_close import matrix
from support import records


def test_what_was_not_walked_is_neither_clean_nor_quick(tmp_path: Path) -> None:
    (row, *_) = close_paths(records.usual(tmp_path))
    left = {**row, "complete": False, "stopped": "nothing came while waiting for session.created"}
    (walked, stopped) = [ways for _, found in matrix([row, left]) for ways in found]
    assert walked.walked
    assert not stopped.walked
    assert stopped.wire == "nothing came while waiting for session.created"
