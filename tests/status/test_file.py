"""A form that a person completes."""

import json

import pytest

from conformance.status.file import FileReader, write_form
from conformance.status.model import NotObservable, Session
from conformance.status.poll import observe

CLOSED = 1_790_000_010_500
ONE = Session("sess_1", "good", 1_790_000_000_000, CLOSED)
TWO = Session("sess_2", "close-1000", 1_790_000_000_000, CLOSED)
CALL = Session(None, "bad", 1_790_000_000_000, CLOSED)
ALL = [ONE, TWO, CALL]
SEEN = {"seen_at": "2026-10-04T12:30:00+08:00", "by": "xy"}


@pytest.fixture
def form(tmp_path):
    path = tmp_path / "form.jsonl"
    write_form(path, ALL)
    return path


def fill(form, number, **values):
    lines = form.read_text().splitlines()
    lines[number] = json.dumps({**json.loads(lines[number]), **SEEN, **values}, ensure_ascii=False)
    form.write_text("\n".join(lines) + "\n\n")


def looked(path, sessions=ALL):
    return observe(FileReader(path), sessions, good="good", bad="bad", wait_s=0)


def refused(path):
    with pytest.raises(NotObservable) as raised:
        FileReader(path, ALL).rows(0, 0)
    assert raised.value.reason == "malformed"
    return raised.value.words


def test_the_form_names_all_that_is_asked(form):
    assert json.loads(form.read_text().splitlines()[0]) == {
        "session_id": "sess_1",
        "path": "good",
        "t_open": ONE.t_open,
        "t_close": CLOSED,
        "began": "2026-09-21 14:13:20 UTC",
        "ended": "2026-09-21 14:13:30 UTC",
        "tokens_of_replies": 0,
        "id_of_handshake": "",
        "shown": "",
        "code": "",
        "error": "",
        "request_id": "",
        "tokens": None,
        "console": "",
        "seen_at": "",
        "by": "",
    }


def test_what_was_filled_in_is_not_written_over(form):
    with pytest.raises(FileExistsError):
        write_form(form, ALL)


def test_an_empty_form_has_no_rows(form):
    assert FileReader(form).rows(0, 0) == []


@pytest.mark.parametrize(
    ("shown", "code", "status"),
    [
        ("Succeeded", "", "succeeded"),
        ("success", "200", "succeeded"),
        ("成功", "", "succeeded"),
        ("Failed", "", "failed_unspecified"),
        ("失败", "", "failed_unspecified"),
        ("Failed", "400", "failed_client"),
        ("Failed", 429, "failed_throttled"),
        ("Failed", "500", "failed_server"),
        ("Failed", "ClientDisconnect", "failed_unspecified"),
        ("Cancelled", "", "cancelled"),
        ("Canceled", "400", "cancelled"),
        ("取消", "", "cancelled"),
        ("In progress", "", "in_progress"),
        ("Running", "", "in_progress"),
        ("进行中", "", "in_progress"),
        ("not listed", "", "absent"),
        ("Somehow", "", "unknown"),
    ],
)
def test_words_of_the_console(form, shown, code, status):
    fill(form, 0, shown="Succeeded")
    fill(form, 1, shown=shown, code=code, tokens=123, error="because")
    found = looked(form)["close-1000"]
    assert (found.status, found.attribution, found.reader) == (status, "human", "file")
    assert (found.usage, found.error, found.rows[0]["shown"]) == ({"total_tokens": 123}, "because", shown)


def test_a_line_that_nobody_filled_in_is_not_an_absent_session(form):
    fill(form, 0, shown="Succeeded")
    assert looked(form)["close-1000"].status == "not_visible_yet"


def test_a_call_without_an_id_is_known_by_its_line(form):
    fill(form, 2, shown="Failed", code="400")
    assert looked(form)["bad"].status == "failed_client"


def test_a_control_that_the_console_does_not_list_is_missing(form):
    fill(form, 0, shown="not listed")
    fill(form, 1, shown="Failed")
    assert {one.status for one in looked(form).values()} == {"not_observable"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"session_id": "sess_9"}, "no session sess_9"),
        ({"path": "other"}, "no session sess_2"),
        ({"session_id": 7}, "missing"),
        ({"t_close": None}, "missing"),
        ({"seen_at": ""}, "seen_at is no time"),
        ({"seen_at": "yesterday"}, "seen_at is no time"),
        ({"seen_at": "2026-10-04T12:30:00"}, "seen_at is no time"),
        ({"seen_at": "2026-09-21T14:13:29Z"}, "before the session was closed"),
        ({"shown": "Succeeded", "code": "400"}, "contradict"),
        ({"shown": "Failed", "code": "200"}, "contradict"),
    ],
)
def test_a_line_that_can_not_be_is_refused_by_its_number(form, values, words):
    fill(form, 1, **{"shown": "Failed", **values})
    said = refused(form)
    assert "line 2: " in said
    assert words in said


def test_seen_within_the_second_of_the_close(form):
    fill(form, 1, shown="Failed", seen_at="2026-09-21T14:13:30Z")
    assert len(FileReader(form, ALL).rows(0, 0)) == 1


@pytest.mark.parametrize("line", ["{", "[]", "Failed"])
def test_a_line_that_is_no_object(form, line):
    form.write_text(form.read_text() + line + "\n")
    assert "line 4: " in refused(form)


def test_two_lines_about_one_session(form):
    fill(form, 1, shown="Failed")
    form.write_text(form.read_text() + form.read_text().splitlines()[1])
    assert "two lines are about sess_2" in refused(form)


def test_a_text_editors_mark_is_no_fault(form):
    fill(form, 0, shown="Succeeded")
    form.write_bytes(b"\xef\xbb\xbf" + form.read_bytes())
    assert len(FileReader(form).rows(0, 0)) == 1


def test_no_file(tmp_path):
    found = looked(tmp_path / "none.jsonl")
    assert found["good"].why.startswith("no_reader_configured: ")


def test_not_text(form):
    form.write_bytes(b"\xff\xfe")
    assert "UTF-8" in refused(form)
