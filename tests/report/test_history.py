"""The history: one line for each run of a target, and a page that shows the trend."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from conformance.report.history import HistoryError, _since, extend, load, render
from conformance.report.record import read
from conformance.report.summary import summary
from support import records


@pytest.fixture
def made(tmp_path: Path) -> dict[str, Any]:
    return summary(read(records.write(tmp_path, records.conversations(), records.verdicts(records.USUAL))))


def written(folder: Path, name: str, made: dict[str, Any], **changes: Any) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps({**made, **changes}), encoding="utf-8")
    return path


def test_a_run_is_added_once(tmp_path: Path, made: dict[str, Any]) -> None:
    first = written(tmp_path, "first", made)
    second = written(tmp_path, "second", made, started="2027-01-01T00:00:00Z")
    path = tmp_path / "history.jsonl"
    assert extend(path, [second, first]) == 2
    assert extend(path, [first]) == 0
    assert [row["started"] for row in load(path)] == [made["started"], "2027-01-01T00:00:00Z"]


def test_a_record_that_was_judged_again_is_no_further_run(tmp_path: Path, made: dict[str, Any]) -> None:
    again = written(tmp_path, "again", made, target={**made["target"], "kind": "replay"}, started="2027")
    assert extend(tmp_path / "history.jsonl", [again]) == 0


def test_a_run_of_the_mock_says_so_on_the_page(tmp_path: Path, made: dict[str, Any]) -> None:
    path = tmp_path / "history.jsonl"
    extend(path, [written(tmp_path, "live", made)])
    assert "nothing about the live service" not in render(load(path))
    mock = {**made["target"], "kind": "mock", "endpoint": "mock"}
    extend(path, [written(tmp_path, "mock", made, mock=True, target=mock)])
    assert render(load(path)).count("nothing about the live service") == 1


def test_a_run_that_was_broken_off_is_no_point_of_the_drawing(tmp_path: Path, made: dict[str, Any]) -> None:
    path = tmp_path / "history.jsonl"
    starts = [f"2027-01-0{day}T00:00:00Z" for day in range(1, 5)]
    extend(path, [written(tmp_path, start[:10], made, started=start) for start in starts[:3]])
    before = render(load(path)).count("<circle")
    extend(path, [written(tmp_path, "cut", made, started=starts[3], verdict="interrupted")])
    assert render(load(path)).count("<circle") == before > 0


def test_what_is_no_summary_is_said_in_words(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(HistoryError, match=r"x\.json: this is no summary of a run: `levels` is missing"):
        extend(tmp_path / "history.jsonl", [path])


def test_the_axis_has_dates_and_a_new_version_is_marked(tmp_path: Path, made: dict[str, Any]) -> None:
    path = tmp_path / "history.jsonl"
    runs = {"2027-01-01T00:00:00Z": "1.0", "2027-01-02T00:00:00Z": "1.0", "2027-01-11T00:00:00Z": "1.1"}
    extend(
        path,
        [written(tmp_path, at[:10], made, started=at, suite={"version": suite}) for at, suite in runs.items()],
    )
    page = render(load(path))
    assert ">2027-01-01</text>" in page
    assert ">2027-01-11</text>" in page
    assert page.count(">suite 1.1</") == 3, "a mark, its title, and the row"
    assert "MUST that fail</text>" in page
    assert "SHOULD that are missed</text>" in page
    dots = [float(part.split('"')[0]) for part in page.split('<circle cx="')[1:4]]
    assert dots[2] - dots[1] == pytest.approx(9 * (dots[1] - dots[0]), rel=0.01), "days, not runs"


@pytest.mark.parametrize(
    ("key", "before", "now", "says"),
    [
        (
            "Q-FINISH",
            "finished",
            "error",
            "An `error` event answers it. Before: `session.finished` answers it. (Q-FINISH)",
        ),
        ("Q-FINISH", "sings", "error", "Before: Something that no source foresaw (`sings`). (Q-FINISH)"),
        ("Q-OF-A-LATER-VERSION", "a", "b", "Q-OF-A-LATER-VERSION: a, now b"),
    ],
)
def test_a_changed_answer_is_told_in_words(
    key: str, before: str, now: str, says: str, tmp_path: Path, made: dict[str, Any]
) -> None:
    path = tmp_path / "history.jsonl"
    for day, outcome in enumerate((before, now), 1):
        seen = [{"id": key, "outcome": outcome}]
        extend(path, [written(tmp_path, str(day), made, started=f"2027-01-0{day}T00:00:00Z", observations=seen)])
    text = re.sub(r"</?code>", "`", render(load(path)))
    assert says in text


def test_times_and_counts_are_written_as_people_read_them(tmp_path: Path, made: dict[str, Any]) -> None:
    path = tmp_path / "history.jsonl"
    extend(path, [written(tmp_path, "one", made, started="2026-10-25T02:00:00Z", usage={"input_tokens": 8623})])
    page = render(load(path))
    assert "2026-10-25 02:00:00 UTC" in page
    assert "8,623" in page


def test_what_fails_is_told_since_when(tmp_path: Path, made: dict[str, Any]) -> None:
    def day(number: int, *others: str, verdict_of: str = "pass", **changes: Any) -> Path:
        cases = [{**row, "verdict": verdict_of} if row["id"] in others else row for row in made["cases"]]
        return written(tmp_path, f"d{number}", made, started=f"2027-01-0{number}T00:00:00Z", cases=cases, **changes)

    path = tmp_path / "history.jsonl"
    unsaid = day(2, "CLO-006", verdict_of="blocked")  # what was not judged has not held
    extend(path, [day(1), unsaid, day(3, "CLO-005"), day(4, verdict="interrupted"), day(5)])
    held = load(path)
    assert {"CLO-005", "CLO-006"} <= held[0]["failing"].keys()
    since = {row[1]: row[0][:10] for row in _since(held)}
    assert (since["CLO-006"], since["CLO-005"]) == ("2027-01-01", "2027-01-05")
    page = render(held)
    assert "What does not hold, since when" in page
    assert page.index("CLO-006") < page.index("CLO-005"), "what has been so for longest comes first"

    del held[0]["failing"], held[1]["failing"]  # lines of an older version
    assert {row[1]: row[0][:10] for row in _since(held)}["CLO-006"] == "2027-01-03"
    assert _since([row for row in held if "failing" not in row]) == []
    assert "since when" not in render([{**row, "failing": {}} for row in held])


def test_changes_of_a_run_are_folded(tmp_path: Path, made: dict[str, Any]) -> None:
    path = tmp_path / "history.jsonl"
    other = [{**row, "outcome": "other"} for row in made["observations"]]
    extend(path, [written(tmp_path, "a", made),
                  written(tmp_path, "b", made, started="2027-01-02T00:00:00Z", observations=other)])  # fmt: skip
    page = render(load(path))
    changed = sum(row["outcome"] != "other" for row in made["observations"])
    assert f"<summary>{changed} answer" in page
    assert page.count('<span class="muted">the first run</span>') == 1
    assert '<span class="muted">nothing</span>' not in page
