"""The platform's status in a run: read, not read, read by a person, and never in the run's way."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from support import runs
from support.mocks import serving

CASES = ("--case", "Q-CLOSE-STATUS", "--case", "Q-RST-STATUS", "--case", "Q-FINISHED-STATUS")


def paths(finished: runs.Finished) -> dict[str, dict[str, Any]]:
    return {row["path"]: row for row in finished.summary["close_paths"]}


def seen(finished: runs.Finished) -> dict[str, str]:
    return {row["id"]: row["outcome"] for row in finished.summary["observations"]}


def test_the_embedded_mock_lists_every_path_by_its_id(tmp_path: Path) -> None:
    done = runs.run(tmp_path, "--case", "CLO-*", *CASES)
    assert done.code == 0
    rows = paths(done)
    assert len(rows) >= 12
    assert {row["attribution"] for row in rows.values()} == {"exact_id"}
    assert {row["status"] for row in rows.values()} == {"failed_client"}
    assert seen(done) == {"Q-CLOSE-STATUS": "finish-required", "Q-RST-STATUS": "failed"}
    assert not (tmp_path / "status-form.jsonl").exists()


@pytest.mark.parametrize(
    ("source", "variables", "why"),
    [
        ("bl", {}, "no_reader_configured: the program bl is not installed"),
        ("prometheus", {"BAILIAN_PROMETHEUS_URL": "http://127.0.0.1:9"}, "unreachable"),
    ],
)
def test_what_can_not_be_read_is_said_and_breaks_nothing(
    source: str, variables: dict[str, str], why: str, tmp_path: Path
) -> None:
    done = runs.run(tmp_path, *CASES, "--status-source", source, "--status-wait", "0", **variables)
    assert done.code in {0, 5}  # nothing but these three is asked, and none of them can be answered
    row = paths(done)["close-1000-after-response"]
    assert row["status"] == "not_observable"
    assert why in row["status_why"]
    assert done.verdicts["Q-CLOSE-STATUS"] == "inconclusive"
    assert "the platform told the status of no session" in done.summary["answers"][1]["text"]


def test_a_person_reads_the_console_and_the_record_is_judged_again(tmp_path: Path) -> None:
    with serving() as server:
        endpoint = server.url.partition("?")[0]
        first = runs.run(tmp_path / "first", *CASES, "--endpoint", endpoint, "--status-source", "none")
        opened = server.sessions_opened
        form = tmp_path / "first" / "status-form.jsonl"
        lines = [json.loads(line) for line in form.read_text(encoding="utf-8").splitlines()]
        assert {line["path"] for line in lines} == {"close-1000-after-response", "drop-rst", "finish-then-close"}
        now = datetime.now(UTC).isoformat()
        for line in lines:
            shown = "Cancelled" if line["path"] == "drop-rst" else "Failed"
            line.update(shown=shown, seen_at=now, by="somebody")
        filled = tmp_path / "filled.jsonl"
        filled.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        record = str(first.folder / "record.jsonl")
        again = runs.run(tmp_path / "again", *CASES, "--replay", record, "--status-source", f"file:{filled}")
        assert server.sessions_opened == opened
    assert seen(again) == {"Q-CLOSE-STATUS": "finish-required", "Q-RST-STATUS": "cancelled"}
    assert paths(again)["drop-rst"]["attribution"] == "human"
    third = runs.run(tmp_path / "third", *CASES, "--replay", str(again.folder / "record.jsonl"))
    assert seen(third) == seen(again), "what was read once is kept in the record"
