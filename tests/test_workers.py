"""A worker of pytest-xdist that is killed: nobody waits for it, nothing is lost, and the run says so."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from conformance.report.record import RecordWriter
from conformance.report.redact import Redactor
from support import runs


@pytest.mark.parametrize(("stage", "told"), [("held", "while the conversations were held"), ("judging", "judging")])
def test_a_killed_worker_is_told(tmp_path: Path, stage: str, told: str) -> None:
    done = runs.signalled(tmp_path, signal.SIGKILL, stage, "-n", "2", "--case", "SES-00*")
    assert done.code == 3, done.output
    assert told in done.output
    assert done.summary["verdict"] != "conforms"
    assert done.record[-1]["kind"] == "footer"


def test_half_a_line_is_taken_away(tmp_path: Path) -> None:
    writer = RecordWriter(tmp_path / "record.jsonl", Redactor(None))
    writer.write("run", format=1)
    whole = writer.path.read_bytes()
    writer.path.write_bytes(whole + b'{"kind":"conver')
    writer.mend()
    assert writer.path.read_bytes() == whole
    writer.mend()
    assert writer.path.read_bytes() == whole
    writer.path.write_bytes(b"half")
    writer.mend()
    assert writer.path.read_bytes() == b""
    assert writer.problem is None
