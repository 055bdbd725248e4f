"""Which rows are a session's."""

import pytest

from conformance.status import base
from conformance.status.model import Session
from conformance.status.rows import understood

MINE = Session("sess_1", "close-1000", 1_790_000_000_000, 1_790_000_010_000)


def match(rows, session, **more):
    return base.match(understood(rows), session, **more)


def row(task=None, at=1_790_000_001_000, **more):
    named = {} if task is None else {"task_uuid": task}
    return {**named, "start_unix_timestamp": str(at), "status_code": "200", "client_ip": "9.9.9.9", **more}


def test_by_id():
    found = match(
        [row("sess_2"), row("sess_1", usage='{"total_tokens":3}')], MINE, reader="mock", now_ms=MINE.t_close + 2500
    )
    assert (found.status, found.attribution, found.reader) == ("succeeded", "exact_id", "mock")
    assert (found.usage, found.lag_s, found.observed_at) == ({"total_tokens": 3}, 2.5, MINE.t_close + 2500)
    assert len(found.rows) == 1
    assert "client_ip" not in found.rows[0]


def test_by_request_id():
    call = Session("r-9", "bad", 0, 1)
    assert match([row(request_id="r-9", status_code="400")], call).status == "failed_client"


def test_the_worst_of_several_rows_counts_and_their_usage_is_summed():
    rows = [
        row("sess_1", usage={"total_tokens": 3}),
        row("sess_1", status_code="400", error_code="E", usage={"total_tokens": 4}),
    ]
    found = match(rows, MINE)
    assert (found.status, found.usage, found.error, len(found.rows)) == ("failed_client", {"total_tokens": 7}, "E", 2)


def test_the_same_row_twice_is_one():
    found = match([row("sess_1", usage={"total_tokens": 3})] * 2, MINE)
    assert (found.usage, len(found.rows)) == ({"total_tokens": 3}, 1)


@pytest.mark.parametrize("rows", [[], [row()], [row("sess_2")]])
def test_no_row_is_no_reading(rows):
    assert match(rows, MINE) is None


def test_the_only_row_of_a_dedicated_key():
    found = match([row(), row(at=MINE.t_close + 60_000), row("sess_2")], MINE, dedicated=True)
    assert (found.status, found.attribution) == ("succeeded", "unique_in_window")


@pytest.mark.parametrize("at", [MINE.t_open - 60_000, MINE.t_close + 60_000])
def test_a_row_outside_of_the_window_is_nobodys(at):
    assert match([row(at=at)], MINE, dedicated=True) is None


def test_two_rows_without_an_id_are_ambiguous():
    found = match([row(), row(duration="3")], MINE, dedicated=True)
    assert (found.status, found.attribution, len(found.rows)) == ("ambiguous", "none", 2)


def test_an_id_is_better_than_a_time():
    assert match([row(), row(), row("sess_1", status_code="500")], MINE, dedicated=True).attribution == "exact_id"


def test_without_an_id_only_the_time_is_left():
    assert match([row("sess_2")], Session(None, "drop", MINE.t_open, MINE.t_close)) is None
