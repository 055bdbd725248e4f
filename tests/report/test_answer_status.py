"""What to do where the platform told no status: what helps with a service does not help with the mock."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.judge.checks import load
from conformance.report.answer import MOST_WORDS, apart, said
from conformance.report.answer_status import LATER, LATER_MOCK, UNLISTED
from conformance.report.answers import in_words
from conformance.report.closing import close_paths, stopped, unfinished
from conformance.report.record import read
from conformance.report.summary import summary
from conformance.report.ways import TRIED
from conformance.wire.transcript import Stop
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


@pytest.mark.parametrize(
    ("path", "waiting_for", "walked"),
    [
        ("close-1000-idle", ("session.created",), False),  # it was never greeted
        ("close-1000-after-response", ("response.done",), True),
        ("finish-then-close", ("session.updated",), False),  # `session.finish` was never sent
        ("finish-then-close", None, True),
    ],
)
def test_a_way_that_was_not_begun_is_not_walked(path: str, waiting_for: tuple[str, ...] | None, walked: bool) -> None:
    transcript = records.transcript("closing/One", records.Stage().greet().close(), path=path)
    if waiting_for:
        transcript.stop = Stop(1, waiting_for, 300.0, "nothing came", "silence")
    told = " or ".join(f"`{name}` did not come" for name in waiting_for or ())
    assert unfinished(transcript) == ("" if walked else told)


def test_a_wait_in_vain_is_not_told_as_silence() -> None:
    waited = Stop(0, ("session.created",), 300.0, "nothing came while waiting for session.created", "silence")
    assert stopped(waited) == "`session.created` did not come"  # binary frames, for one, may have come
    ended = Stop(0, ("session.created",), 300.0, "the connection ended while waiting for session.created", "ended")
    assert stopped(ended) == ended.why


@pytest.mark.parametrize(
    ("number", "status", "says"),
    [
        (1, "failed_client", "The one way of closing tried counts as failed (client error)."),
        (2, "failed_client", "All 2 ways of closing tried count as failed (client error)."),
        (2, "unknown", "All 2 ways of closing tried are listed without a status."),
    ],
)
def test_ways_that_all_end_alike_are_counted(number: int, status: str, says: str, tmp_path: Path) -> None:
    (one,) = close_paths(records.usual(tmp_path))
    rows = [{**one, "path": f"close-{place}", "status": status} for place in range(number)]
    assert in_words([], rows)[1].text == says


@pytest.mark.parametrize(
    ("untried", "says"),
    [
        (0, "All 2 ways of closing tried count as failed (client error)."),
        (1, "Not known yet: all 2 ways of closing tried count as failed (client error); 1 more was not tried."),
        (20, "Not known yet: all 2 ways of closing tried count as failed (client error); 20 more were not tried."),
    ],
)
def test_ways_that_a_run_was_kept_from_are_counted(untried: int, says: str, tmp_path: Path) -> None:
    (one,) = close_paths(records.usual(tmp_path))
    rows = [{**one, "path": f"close-{place}", "status": "failed_client"} for place in range(2)]
    second = in_words([], rows, untried=untried)[1]
    assert (second.text, second.mark) == (says, "unknown" if untried else "no")
    assert second.todo.startswith("Run it again with room for the others, too") == bool(untried)
    assert len(said(second.to_json()).split()) <= MOST_WORDS


def test_a_success_is_one_however_many_were_not_tried_and_what_has_many_words_has_fewer(tmp_path: Path) -> None:
    (one,) = close_paths(records.usual(tmp_path))
    statuses = ("failed_client", "failed_server", "in_progress", "in_progress")
    rows = [
        {**one, "path": f"close-{code}", "client_code": code, "status": status, "finish": ""}
        for code, status in zip((1000, 4000, 1002, None), statuses, strict=True)
    ]
    second = in_words([], rows, untried=22)[1]
    assert second.text == "Not known yet: none of the 4 ways tried counts as a success; 22 more were not tried."
    rows[0]["status"] = "succeeded"
    assert in_words([], rows, untried=22)[1].mark == "yes"


def test_what_the_mock_lists_is_by_a_rule_of_its_own(tmp_path: Path) -> None:
    (one,) = close_paths(records.usual(tmp_path))
    rows = [{**one, "path": f"close-{place}", "status": "failed_client"} for place in range(2)]
    second = in_words([], rows, mock=True)[1]
    assert said(second.to_json()) == (
        "No: by the mock's own rule all 2 ways of closing tried count as failed (client error)."
    )
    first = {**one, "path": "close-1000-idle", "client_code": 1000, "status": "succeeded", "finish": ""}
    last = {**one, "path": "close-4000", "client_code": 4000, "status": "failed_client", "finish": ""}
    third = {**one, "path": "drop-rst", "client_code": None, "status": "cancelled", "finish": ""}
    long = in_words([], [first, last, third], mock=True)[1]
    assert len(said(long.to_json()).split()) <= MOST_WORDS


def test_ways_that_a_run_was_kept_from_are_told_of_a_long_sentence_too(tmp_path: Path) -> None:
    (one,) = close_paths(records.usual(tmp_path))
    rows = [
        {**one, "path": "close-1000-idle", "client_code": 1000, "status": "succeeded", "finish": ""},
        {**one, "path": "drop-rst", "client_code": None, "status": "cancelled", "finish": ""},
        {**one, "path": "close-4000", "client_code": 4000, "status": "failed_client", "finish": ""},
    ]
    second = in_words([], rows, untried=22)[1]
    assert "22" in second.text or second.todo.startswith("22 more were not tried. ")


def test_the_ways_of_a_whole_run_are_those_that_it_walks() -> None:
    checks = load()
    quick = {talk.path for talk in checks.conversations.values() if talk.path is not None and not talk.slow}
    assert quick == TRIED


def test_a_status_that_is_told_in_part_is_no_success_in_part(tmp_path: Path) -> None:
    (one,) = close_paths(records.usual(tmp_path))
    rows = [{**one, "path": f"close-{place}", "status": "failed_client"} for place in range(2)]
    untold = {**one, "path": "drop-rst", "status": "not_visible_yet", "status_why": ""}
    second = in_words([], [*rows, untold])[1]
    assert (second.mark, apart(second.to_json())[0]) == ("partly", "Partly known")
