"""The matrix of close paths: what was not walked to its end says nothing of how it would have ended."""

from __future__ import annotations

from pathlib import Path

from conformance.judge.checks import load
from conformance.report.closing import close_paths, row
from conformance.report.html_close import matrix
from conformance.report.ways import WAYS, way
from support import records


def test_what_was_not_walked_is_neither_clean_nor_quick(tmp_path: Path) -> None:
    (one, *_) = close_paths(records.usual(tmp_path))
    left = {**one, "complete": False, "stopped": "nothing came while waiting for session.created"}
    (walked, stopped) = [ways for _, found in matrix([one, left]) for ways in found]
    assert walked.walked
    assert not stopped.walked
    assert stopped.wire == "nothing came while waiting for session.created"


def test_every_close_path_has_a_name_for_people() -> None:
    paths = {held.path for held in load().conversations.values() if held.path is not None}
    recorded = {"drop", "closed by the server", "left open"}  # of what somebody else recorded
    assert paths | recorded == WAYS.keys()
    assert len(set(WAYS.values())) == len(WAYS)
    assert all(way(path) == words for path, words in WAYS.items())
    assert way("close-4321") == "close-4321", "what nobody has named is called as it is"


def test_a_row_has_the_name_and_a_program_s_its_scenario(tmp_path: Path) -> None:
    record = records.usual(tmp_path)
    assert [row["way"] for row in close_paths(record)] == [way(row["path"]) for row in close_paths(record)]
    transcript = records.transcript("client/stall", records.Stage().greet().close())
    transcript.path, transcript.notes = "stall: close-1000 idle", {"scenario": "stall"}
    assert row(transcript)["way"] == "stall: close 1000 on an idle session"
