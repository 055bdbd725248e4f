"""What to do where the platform told no status: what helps with a service does not help with the mock."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.report.answer_status import LATER, LATER_MOCK, UNLISTED
from conformance.report.answers import in_words
from conformance.report.closing import close_paths
from conformance.report.record import read
from conformance.report.summary import summary
from support import records


@pytest.mark.parametrize(("kind", "todo"), [("mock", LATER_MOCK), ("live", LATER)])
def test_an_interrupted_run_is_told_where_its_status_can_be_had(kind: str, todo: str, tmp_path: Path) -> None:
    record = read(records.write(tmp_path, records.conversations(), [], kind=kind))
    for transcript in record.transcripts.values():
        transcript.status = None
    second = summary(record)["answers"][1]
    assert second["text"] == "Not known: the platform told the status of no session of this run."
    assert second["todo"] == todo


@pytest.mark.parametrize(
    ("reading", "todo"),
    [
        ({"status": "not_observable", "status_why": "no_reader_configured: none was wanted"}, LATER_MOCK),
        ({"status": "not_observable", "status_why": "control_missing: no row"}, UNLISTED),
        ({"status": "not_visible_yet", "status_why": ""}, UNLISTED),
    ],
)
def test_a_list_of_the_mock_that_was_read_is_not_read_again(reading: dict[str, str], todo: str, tmp_path: Path) -> None:
    rows = [{**row, **reading} for row in close_paths(records.usual(tmp_path))]
    assert rows
    assert in_words([], rows, mock=True)[1].todo == todo
    assert in_words([], rows)[1].todo == LATER
