"""The badge says in three words what the summary says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from conformance.report import badge, files
from conformance.report.headline import RunVerdict
from conformance.report.redact import Redactor
from conformance.report.summary import summary
from support import records


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return summary(records.usual(tmp_path_factory.mktemp("usual")))


@pytest.mark.parametrize("verdict", get_args(RunVerdict))
def test_every_verdict_has_a_badge_that_shields_can_read(verdict: str, made: dict[str, Any]) -> None:
    shown = json.loads(badge.render({**made, "verdict": verdict}))
    assert set(shown) == {"schemaVersion", "label", "message", "color"}
    assert shown["schemaVersion"] == 1
    assert shown["label"] == f"conformance {records.MODEL}"
    assert shown["message"]
    assert (shown["color"] == "brightgreen") is (verdict == "conforms")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"verdict": "conforms", "levels": {"MUST": {"pass": 141}}, "counts": {}}, "141 MUST hold"),
        (
            {"verdict": "conforms", "levels": {"MUST": {"pass": 9}}, "counts": {"accepted": 2}},
            "9 MUST hold, 2 accepted",
        ),
        ({"verdict": "fails", "levels": {"MUST": {"fail": 2}}, "counts": {}}, "2 MUST fail"),
        ({"verdict": "fails", "levels": {"MUST": {"pass": 9}}, "counts": {}}, "drifted"),
        ({"verdict": "conforms", "levels": {"MUST": {}}, "counts": {}}, "no MUST judged"),
        ({"verdict": "nothing_judged", "levels": {"MUST": {}}, "counts": {}}, "nothing judged"),
    ],
)
def test_the_message_is_the_verdict(change: dict[str, Any], message: str, made: dict[str, Any]) -> None:
    assert json.loads(badge.render({**made, **change}))["message"] == message


def test_an_incomplete_run_is_grey(made: dict[str, Any]) -> None:
    shown = json.loads(badge.render({**made, "verdict": "incomplete"}))
    assert (shown["message"], shown["color"]) == ("incomplete", "lightgrey")


def test_a_selection_is_partial_and_not_green(made: dict[str, Any]) -> None:
    change = {"verdict": "conforms", "levels": {"MUST": {"pass": 8}}, "counts": {}, "partial": True}
    shown = json.loads(badge.render({**made, **change}))
    assert (shown["message"], shown["color"]) == ("partial: 8 MUST hold", "lightgrey")


def test_a_mock_s_badge_names_the_mock_and_no_model(made: dict[str, Any]) -> None:
    shown = json.loads(badge.render({**made, "mock": True}))
    assert shown["label"] == "mock conformance"


def test_it_is_written_beside_the_record(tmp_path: Path) -> None:
    path = records.write(tmp_path, records.conversations(), records.verdicts(records.USUAL))
    made = files.write_all(path, Redactor(None))
    assert (tmp_path / "badge.json").read_text(encoding="utf-8") == badge.render(made)
