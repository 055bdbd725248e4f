"""A worker of pytest-xdist that is killed: nobody waits for it, nothing is lost, and the run says so."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from conformance.report.record import RecordWriter, holds
from conformance.report.redact import Redactor
from support import runs


def children(process: int) -> list[int]:
    """Its children, eldest first."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False)
    return sorted(map(int, listed.stdout.split()))


@pytest.mark.parametrize(
    ("when", "told"), [("conversation", "while the conversations were held"), ("verdict", "judging")]
)
def test_a_killed_worker_is_told(tmp_path: Path, when: str, told: str) -> None:
    process = subprocess.Popen(
        runs.command(tmp_path, "-n", "2"), cwd=runs.ROOT, env=runs.environment(),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    record, ends, seen, found = tmp_path / "record.jsonl", time.monotonic() + 120, 0, False
    try:
        while time.monotonic() < ends and process.poll() is None and not found:
            time.sleep(0.01)  # another process writes the file: there is no event of ours to wait for
            seen, found = holds(record, when, seen)
        os.kill(children(process.pid)[0], signal.SIGKILL)
        output, _ = process.communicate(timeout=120)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    done = runs.Finished(process.returncode, output, tmp_path)
    assert done.code == 3, output
    assert told in output
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
