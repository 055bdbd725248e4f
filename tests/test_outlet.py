"""Whoever closes our output ends nothing: every command goes on, says no traceback, and leaves its files."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.outlet import Unbroken, unbroken
from support import records, runs


class Gone(io.StringIO):
    """A stream whose reader has gone away."""

    tries = 0

    def write(self, text: str) -> int:
        self.tries += 1
        raise BrokenPipeError(text)


def test_a_reader_that_is_there_gets_everything() -> None:
    stream = io.StringIO()
    outlet = Unbroken(stream)
    outlet.writelines(["a", "b"])
    outlet.flush()
    assert outlet.getvalue() == "ab"


def test_after_a_reader_has_gone_nothing_is_tried_again() -> None:
    stream = Gone()
    outlet = Unbroken(stream)
    assert outlet.write("abc") == 3
    assert outlet.write("d") == 1
    outlet.flush()
    assert stream.tries == 1


def test_the_streams_are_given_back() -> None:
    before = sys.stdout, sys.stderr
    with unbroken():
        assert sys.stdout is not before[0]
    assert (sys.stdout, sys.stderr) == before
    with unbroken():
        sys.stdout = before[0]  # somebody took ours away himself
    assert sys.stdout is before[0]


def closed(*command: str, folder: Path) -> tuple[int, str]:
    """Run a command whose output nobody reads; its exit code, and what it said on standard error."""
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        env=runs.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    return process.wait(60), said


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return records.write(tmp_path_factory.mktemp("piped"), records.conversations(), records.verdicts(records.USUAL))


@pytest.mark.parametrize(
    ("words", "leaves"),
    [
        (["report", "{record}"], "{folder}/report.html"),  # a command, and all have the same two streams
        (["--version"], "."),
        (["run", "--help"], "."),
    ],
)
def test_a_command_ends_as_ever(words: list[str], leaves: str, record: Path, tmp_path: Path) -> None:
    given = [word.format(record=record) for word in words]
    code, said = closed("-m", "conformance.cli", *given, folder=tmp_path)
    assert code == 0, said
    assert "Traceback" not in said
    assert "BrokenPipe" not in said
    assert (tmp_path / leaves.format(folder=record.parent)).exists()


def test_a_run_writes_its_report(tmp_path: Path) -> None:
    command = runs.command(tmp_path / "out", "--case", "SES-002")[1:]
    code, said = closed(*command, folder=runs.ROOT)
    assert code == 0, said
    assert "BrokenPipe" not in said
    assert (tmp_path / "out" / "report.html").exists()
