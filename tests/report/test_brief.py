"""The page of an interrupted run: everything but the frames, and how to get those."""

from __future__ import annotations

from pathlib import Path

from conformance.report import brief, files
from conformance.report.redact import Redactor
from conformance.report.summary import summary
from conformance.wire.transcript import INTERRUPTED, Stop
from support import records


def test_it_says_what_was_found_and_recorded_and_how_to_see_more(tmp_path: Path) -> None:
    stage = records.Stage().greet().server("x", text="<b>a word of the server</b>")
    held = records.transcript("a/B", stage.leg)
    held.stop = Stop(0, (), 0.0, INTERRUPTED)
    read = records.read(records.write(tmp_path, [held], records.verdicts(records.USUAL)))
    made = summary(read)
    page = brief.render(read, made, brief.INTERRUPTED)
    assert made["headline"] in page
    assert "realtime-conformance report record.jsonl" in page
    failed = [case for case in made["cases"] if case["verdict"] == "fail"]
    assert failed
    assert all(case["id"] in page for case in failed)
    assert "a/B" in page
    assert INTERRUPTED in page
    assert "a word of the server" not in page


def test_what_the_server_said_is_escaped(tmp_path: Path) -> None:
    held = records.transcript("a/B", records.Stage().greet().leg)
    held.trouble = "<script>alert(1)</script>\x1b[31m"
    page = brief.render(read := records.read(records.write(tmp_path, [held], [])), summary(read), brief.FAULTY)
    assert "<script" not in page
    assert "\x1b" not in page


def test_the_whole_page_takes_its_place(tmp_path: Path) -> None:
    path = records.write(tmp_path, records.conversations(), records.verdicts(records.USUAL))
    outputs = files.Outputs(path, Redactor(None))
    outputs.write()
    outputs.write_brief_page(brief.FAULTY)
    assert "This page is brief" in (tmp_path / "report.html").read_text(encoding="utf-8")
    files.write_all(path, Redactor(None))
    assert "This page is brief" not in (tmp_path / "report.html").read_text(encoding="utf-8")
