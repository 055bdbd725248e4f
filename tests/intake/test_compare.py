"""Recordings side by side: what changed between two releases of a server."""

from __future__ import annotations

from pathlib import Path

from conformance import cli, data
from conformance.intake.judging import judged
from conformance.report.compare import columns

FOLDER = data.fixtures() / "recordings"


def test_two_recordings_differ_where_the_servers_did() -> None:
    old, new = columns([FOLDER / "chrome.har", FOLDER / "broken_server.har"], judged)
    differ = {
        name for name, case in old.judged.items() if case.verdict == "pass" and new.judged[name].verdict == "fail"
    }
    assert differ == {"GEN-039", "RSP-040", "RSP-041"}
    assert "HAR" in old.remarks


def test_the_command_takes_recordings(tmp_path: Path) -> None:
    page = tmp_path / "compare.html"
    assert cli.main(["compare", str(FOLDER / "chrome.har"), str(FOLDER / "broken_server.har"), "-o", str(page)]) == 0
    assert "RSP-040" in page.read_text()
    assert cli.main(["compare", str(FOLDER / "chrome.har"), str(FOLDER / "verdicts.json"), "-o", str(page)]) == 4
