"""How wide a finding is: every check of one cause counts, and a frame that two of them complain of counts once."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.judge.finding import Finding
from conformance.report import html, html_detail
from conformance.report.case import Case
from conformance.report.closing import row
from conformance.report.findings import Group
from conformance.report.html_finding import reckoned, shown
from conformance.report.html_trace import Complaints
from conformance.report.record import read
from conformance.report.summary import summary
from conformance.wire.transcript import Stop
from support import records

FAILED = Case("CLO-007", "MUST", "fail", "no close frame came back", "closing/Idle", 0.0)
OTHER = replace(FAILED, id="CLO-008", conversation="closing/JavaTimeout")


def told(frame: int | None, seen: str = "it is 7") -> Finding:
    return Finding("CON-009", "acceptance/Family", 0, frame, "8", seen, "")


def test_checks_of_one_cause_are_seen_in_all_their_conversations(tmp_path: Path) -> None:
    record = records.usual(tmp_path)
    found = shown(Group([FAILED, OTHER]), record, {})
    assert found.breadth == f"2 places in 2 conversations of {len(record.transcripts)}"
    assert [(one.times, one.conversations) for one in found.seen] == [(2, ("closing/Idle", "closing/JavaTimeout"))]
    assert shown(Group([FAILED]), record, {}).breadth == f"in 1 conversation of {len(record.transcripts)}"


def test_what_is_copied_from_the_page_names_the_command_that_makes_the_program(tmp_path: Path) -> None:
    copied = shown(Group([FAILED]), records.usual(tmp_path), {}).markdown
    assert "`realtime-conformance finding CLO-007 record.jsonl` writes a program" in copied


def test_a_frame_of_which_two_checks_complain_is_one_place(tmp_path: Path) -> None:
    record = records.usual(tmp_path)
    one = replace(FAILED, findings=(told(3), told(4)), places=2)
    both = replace(OTHER, findings=(told(3), told(5)), places=2)
    assert shown(Group([one, both]), record, {}).breadth.startswith("3 places in 1 conversation ")


def test_places_that_were_not_kept_count(tmp_path: Path) -> None:
    case = replace(FAILED, findings=(told(3), told(None)), places=9)
    assert shown(Group([case]), records.usual(tmp_path), {}).breadth.startswith("9 places in 1 conversation ")


def test_an_unexpected_answer_is_headed_by_what_it_means(tmp_path: Path) -> None:
    record = read(records.write(tmp_path, records.conversations(), records.verdicts({"Q-CANCEL-DONE": {}})))
    case = Case("Q-CANCEL-DONE", "OBSERVE", "observed", "`done-completed`: why not", "cancel/MidText", 0.0)
    case = replace(case, outcome="done-completed", unexpected="why not")
    assert shown(Group([case]), record, {}).heading == "`response.done` with status `completed`."
    flipped = replace(case, outcome="no-done", detail="unstable: `done-completed` before")
    assert shown(Group([flipped]), record, {}).heading.startswith("unstable: "), "and not what is allowed by itself"


def test_of_generated_conversations_the_shortest_heads_them_with_its_moves(tmp_path: Path) -> None:
    record = records.usual(tmp_path)
    long, short = ("it is 7\n  first\n  second\n  again: x\n", "it is 8\n  first\n  again: y\n")
    case = replace(FAILED, id="FUZ-001", findings=(told(3, long), told(4, short)), places=2)
    found = shown(Group([case]), record, {})
    assert (found.heading, found.texts) == ("It is 8", 1)
    assert [one.text for one in found.seen] == [short.strip(), long.strip()]
    other = shown(Group([replace(case, id="CON-009")]), record, {})
    assert (other.heading, other.texts) == ("It is 7", 4), "elsewhere in the order of the run"


def test_a_check_of_another_level_than_its_group_says_so(tmp_path: Path) -> None:
    said = {
        "verdict": "fail",
        "detail": "no close frame came back; the server ended TCP",
        "conversation": "closing/Idle",
    }
    held = records.verdicts({"CLO-001": said, "CLO-005": said})
    record = read(records.write(tmp_path, records.conversations(), held))
    page = html.render(record, summary(record))
    found = page[page.index("<h3><bdi>No close frame came back; the server ended TCP</bdi></h3>") :]
    assert "<strong>MUST fails, a rule of RFC 6455</strong>" in found
    assert re.search(
        r">CLO-005</a> A close [^<]*</p>\s*<p[^>]*><span[^>]*><a[^>]*>CLO-001</a> <span class=\"level\">SHOULD<", found
    )
    assert '<p class="lead">2 checks (1 MUST, 1 SHOULD) in 1 finding: one cause is told once.</p>' in page


@pytest.mark.parametrize(
    ("seen", "heading", "whole"),
    [
        (("no close frame came back",), "No close frame came back", True),
        (("session.update was answered twice",), "session.update was answered twice", True),
        (("resp_1: total_tokens 27",), "resp_1: total_tokens 27", True),
        (("x" * 200,), "x" * 159 + "…", False),
        (("a b", "a c"), "A b", False),
    ],
)
def test_a_finding_is_headed_by_what_was_seen(seen: tuple[str, ...], heading: str, whole: bool, tmp_path: Path) -> None:
    found = tuple(replace(told(number), seen=text) for number, text in enumerate(seen))
    made = shown(Group([replace(FAILED, findings=found, places=len(found))]), records.usual(tmp_path), {})
    assert (made.heading, made.told) == (heading, whole)


def test_checks_and_findings_are_counted_apart() -> None:
    pair, odd = Group([FAILED, OTHER]), Group([replace(FAILED, level="OBSERVE", verdict="observed")])
    assert reckoned([pair, odd]) == "3 checks (2 MUST, 1 question) in 2 findings: one cause is told once."
    hangs = Group([replace(FAILED, verdict="blocked")], cause="none of 3 was carried out")
    assert reckoned([pair, hangs]) == "", "as many as they seem"
    assert reckoned([]) == ""


def test_the_day_of_a_source_is_said_once(tmp_path: Path) -> None:
    record = records.usual(tmp_path)

    def after(*source: str) -> str:
        row = {"source": source, "date": "2026-10-04"}
        return str({fact[0]: fact[-1] for fact in html_detail.check(FAILED, record, row, None)["facts"]}["Sources"])

    assert after("WS-REC") == ""  # it has its day in its name
    assert after("SE", "WS-REC") == "as of 2026-10-04", "a page has its day from nowhere else"
    assert after() == "as of 2026-10-04"


def test_a_way_that_was_not_walked_to_the_end_has_no_outcome() -> None:
    walked = records.transcript("closing/Idle", records.Stage().greet().close(), path="close-1000-idle")
    shown = dict(html_detail.conversation(walked, Complaints(), [], row(walked))["close"])
    assert shown["What came of it"] == "the close was answered by 1000"
    walked.stop = Stop(0, ("session.created",), 300.0, "nothing came", "silence")
    cut = dict(html_detail.conversation(walked, Complaints(), [], row(walked))["close"])
    assert cut == {
        "Close path": "close 1000 on an idle session",
        "Not walked to the end": "`session.created` did not come",
    }
