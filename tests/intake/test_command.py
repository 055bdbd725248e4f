"""`realtime-conformance import`, and the record that it makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance import cli
from conformance.intake import export
from conformance.report.record import read
from support import recordings


def test_recordings_become_one_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, out = tmp_path / "a.har", tmp_path / "b.txt", tmp_path / "record.jsonl"
    first.write_text(export.har([recordings.call()]))
    second.write_text(recordings.terminal())
    assert cli.main(["import", str(first), str(second), "-o", str(out)]) == 0
    said = capsys.readouterr().out
    assert f"{out}: 2 conversations" in said
    assert "1 of 2: the recording has no times" in said
    assert "2 of 2: audio was left out of the recording" in said
    record = read(out)
    assert list(record.transcripts) == ["a.har/1", "b.txt/1"]
    assert (record.truncated, record.damage) == (False, [])
    assert cli.main(["import", str(out), "-o", str(tmp_path / "again.jsonl"), "--keep-audio"]) == 0
    assert read(tmp_path / "again.jsonl").transcripts == record.transcripts


def test_what_cannot_be_read_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad, out = tmp_path / "notes.md", tmp_path / "record.jsonl"
    bad.write_text("# Notes\n")
    assert cli.main(["import", str(bad), "-o", str(out)]) == 4
    assert "notes.md: line 1: this fits no form" in capsys.readouterr().err
    assert not out.exists()
    assert cli.main(["import", str(tmp_path / "none"), "-o", str(out)]) == 4
    assert "No such file" in capsys.readouterr().err


def test_a_model_that_nobody_knows_is_not_judged_as_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call, out = tmp_path / "call.txt", tmp_path / "record.jsonl"
    call.write_text(recordings.terminal().replace("qwen3.5-omni-flash-realtime", "somebody-elses-model"))
    assert cli.main(["import", str(call), "-o", str(out)]) == 4
    assert "no profile for model 'somebody-elses-model'" in capsys.readouterr().err
    assert cli.main(["import", str(call), "-o", str(out), "--model", "qwen3.5-omni-flash-realtime"]) == 0
    assert read(out).run["target"]["model"] == "qwen3.5-omni-flash-realtime"


def test_a_recording_is_not_written_over_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "call.har"
    path.write_text(export.har([recordings.call()]))
    assert cli.main(["import", str(path), "-o", str(path)]) == 4
    assert "over itself" in capsys.readouterr().err
    assert cli.main(["import", str(path), "-o", str(tmp_path / "no" / "record.jsonl")]) == 4
