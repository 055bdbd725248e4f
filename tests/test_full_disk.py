"""What a run does when it can't write: it says so in a sentence, keeps what there is, and ends with 3."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance import cli
from conformance.report import files
from conformance.report.record import read
from conformance.report.redact import Redactor
from conformance.report.whole import write
from support import records, runs


def at_most(size: int) -> Callable[[], None]:
    """A disk on which no file gets larger than `size` bytes: what lies past it fails as on a full one."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@contextmanager
def little(size: int) -> Iterator[None]:
    """Such a disk for this process, within the block."""
    before, cached = resource.getrlimit(resource.RLIMIT_FSIZE), sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        sys.dont_write_bytecode = cached


def run(folder: Path, *options: str, size: int | None = None) -> runs.Finished:
    return runs.run(folder, "--case", "SES-002", *options, size=size)


@pytest.fixture(scope="module")
def unlimited(tmp_path_factory: pytest.TempPathFactory) -> runs.Finished:
    """A run on a disk that has room; only its baseline is to be written where there is no folder."""
    folder = tmp_path_factory.mktemp("unlimited")
    return run(folder / "out", "--update-baseline", "--baseline", str(folder / "no" / "known.json"))


def is_said(done: runs.Finished) -> None:
    assert "Traceback" not in done.output
    assert "INTERNALERROR" not in done.output
    assert not list(done.folder.glob(".*.part"))


def test_a_full_disk_is_said_and_what_there_is_is_kept(tmp_path: Path) -> None:
    path = records.write(tmp_path, records.conversations(), records.verdicts(records.USUAL))
    files.write_all(path, Redactor(None))
    made = {one.name: one.stat().st_size for one in tmp_path.iterdir() if one != path}
    largest = max(made, key=lambda name: made[name])
    for name in made:
        (tmp_path / name).unlink()
    told: list[str] = []
    with little(made[largest] - 1):
        files.write_all(path, Redactor(None), tell=told.append)
    assert told == [f"{largest} could not be written: File too large"]
    assert {one.name for one in tmp_path.iterdir()} == {path.name, *made} - {largest}


def test_a_disk_that_is_full_at_once_is_said(tmp_path: Path) -> None:
    done = run(tmp_path / "out", size=20_000)
    assert done.code in {3, 4}, done.output
    is_said(done)
    assert "File too large" in done.output
    assert not (done.folder / "report.html").exists()


def test_a_disk_that_fills_up_while_recording(tmp_path: Path) -> None:
    done = run(tmp_path / "out", "--case", "SES-*", size=600_000)
    assert done.code == 3, done.output
    assert "The record is incomplete: record.jsonl could not be written: File too large." in done.output
    assert read(tmp_path / "out" / "record.jsonl").transcripts


def test_a_folder_in_the_page_s_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    done = run(tmp_path)
    assert done.code == 3, done.output
    assert "report.html could not be written: Is a directory." in done.output
    assert "Report: " not in done.output
    assert done.summary["cases"]


def test_a_report_folder_that_is_a_file_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    done = run(tmp_path / "out")
    assert done.code == 4, done.output
    assert "Traceback" not in done.output
    assert (tmp_path / "out").read_text() == "mine"


def test_a_baseline_that_cannot_be_written_is_said(unlimited: runs.Finished) -> None:
    assert unlimited.code == 3, unlimited.output
    assert "--update-baseline: known.json could not be written: No such file or directory." in unlimited.output
    assert unlimited.summary["cases"]


@pytest.mark.parametrize("name", ["report", "compare", "history"])
def test_a_command_that_cannot_write_ends_with_3(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = records.write(tmp_path, records.conversations(), records.verdicts(records.USUAL))
    summary = tmp_path / "summary.json"
    files.write_all(path, Redactor(None))
    old = tmp_path / "h.jsonl"
    words = {
        "report": ["report", str(path)],
        "compare": ["compare", str(path), "-o", str(tmp_path / "c.html")],
        "history": ["history", "--file", str(old), str(summary)],
    }[name]
    with little(500):
        code = cli.main(words)
    said = capsys.readouterr().err
    assert code == 3, said
    assert "could not be written: File too large" in said
    assert len(said.splitlines()) == 1


def test_what_was_there_before_is_kept(tmp_path: Path) -> None:
    old = tmp_path / "history.jsonl"
    old.write_text("before")
    code = "import sys, pathlib as p, conformance.report.whole as w; print(w.write(p.Path(sys.argv[1]), 'x' * 999))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(old)], capture_output=True, text=True, check=False, preexec_fn=at_most(100)
    )
    assert done.stdout == "history.jsonl could not be written: File too large\n", done.stderr
    assert old.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["history.jsonl"]


def test_a_link_and_a_device_stay_what_they_are(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    link.symlink_to(real)
    assert write(link, "\ud800") is None
    assert link.is_symlink()
    assert real.read_text() == "\\ud800"
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    assert write(full, "x") == "full could not be written: No space left on device"
    assert Path("/dev/full").is_char_device()
