"""However much a faithful server says, what is made of it stays small, and says what it left out."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path

import pytest

from conformance.judge.checks import LONGEST_DETAIL, Outcome, raised
from conformance.judge.finding import LONGEST
from conformance.report import files, html_detail
from conformance.report.html_trace import PAYLOAD, Complaints, frames
from conformance.report.redact import Redactor
from support import records


def test_a_detail_is_cut_past_its_bound_and_says_so() -> None:
    assert Outcome("fail", "x" * LONGEST_DETAIL).detail == "x" * LONGEST_DETAIL
    found = raised("GEN-001", AssertionError("x" * 5_000_000)).detail
    assert found == "x" * LONGEST + "… (5000000 characters)"


@pytest.mark.parametrize("most", [PAYLOAD, html_detail.BRIEF])
def test_a_payload_is_cut_past_its_bound_and_says_so(most: int) -> None:
    stage = records.Stage().server("x", **{f"m{n}": "word " * 400 for n in range(100)})
    [shown] = [row["b"] for row in frames(records.transcript("a/B", stage.leg), Complaints(), most)]
    assert len(shown) < most + 100
    assert "cut here" in shown


def test_past_the_bound_of_the_page_only_beginnings_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    held = []
    for number in range(3):
        stage = records.Stage().server("x", text="word " * 150)
        held.append((records.transcript(f"a/C{number}", stage.leg), Complaints(), {}))

    def lengths() -> list[int]:
        groups, where = html_detail.traces(held, str)
        shown = [json.loads(zlib.decompress(base64.b64decode(group))) for group in groups]
        return [len(shown[where[f"c-a-C{number}"]][f"c-a-C{number}"]["frames"][0]["b"]) for number in range(3)]

    assert [length > 700 for length in lengths()] == [True, True, True]
    monkeypatch.setattr(html_detail, "TRACES", 500)
    assert [length > 700 for length in lengths()] == [True, False, False]
    monkeypatch.setattr(html_detail, "GROUP", 500)
    assert len(html_detail.traces(held, str)[0]) > 1


def test_five_megabytes_in_a_string_make_no_big_files(tmp_path: Path) -> None:
    stage = records.Stage().greet()
    for _ in range(3):
        stage.server("x", text="word " * 1_000_000)
    path = records.write(tmp_path, [records.transcript("a/B", stage.leg)], records.verdicts(records.USUAL))
    files.write_all(path, Redactor(None))
    sizes = {other.name: other.stat().st_size for other in tmp_path.iterdir() if other != path}
    assert path.stat().st_size > 15_000_000
    assert max(sizes.values()) < 5_000_000, sizes
