"""Every line of a record is what the published schema says."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema_rs import Draft202012Validator as Validator  # a run has thousands of frames
from jsonschema_rs import Registry

from conformance.report import badge
from conformance.report.baseline import made
from conformance.report.summary import cases, summary
from support import records, runs

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


@functools.cache
def validator(name: str) -> Validator:
    known = Registry([(schema(each)["$id"], schema(each)) for each in ("record", "baseline")])
    return Validator(schema(name), registry=known)


def test_every_line_of_a_run_is_valid(green: runs.Finished) -> None:
    check = validator("record")
    whole = green.read_back
    kinds = set()
    for line in [*green.record, {"kind": "baseline", "content": made(whole, cases(whole)).to_json()}]:
        kinds.add(line["kind"])
        wrong = [f"{error.instance_path}: {error.message[:200]}" for error in check.iter_errors(line)]
        assert not wrong, f"{line['kind']}: {wrong[:3]}"
    assert kinds == {
        "run",
        "catalogue",
        "baseline",
        "payloads",
        "conversation",
        "status",
        "recorded",
        "verdict",
        "footer",
    }


@pytest.mark.parametrize("name", ["record", "baseline"])
def test_the_schema_is_one_and_its_examples_fit(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))
    for example in schema(name)["examples"]:
        validator(name).validate(example)


@pytest.mark.parametrize(
    "line",
    [
        {"kind": "footer"},
        {"kind": "footer", "interrupted": False, "seconds": 1, "more": 1},
        {"kind": "verdict", "id": "SES-002", "level": "MUST", "verdict": "green", "detail": "", "outcome": None,
         "owner": None, "seconds": 0},
        {"kind": "note"},
    ],
)  # fmt: skip
def test_other_lines_are_not_valid(line: dict[str, Any]) -> None:
    assert not validator("record").is_valid(line)


def test_a_badge_says_the_verdict(tmp_path: Path) -> None:
    record = records.usual(tmp_path)
    shown = json.loads(badge.render(summary(record)))
    assert shown == {
        "schemaVersion": 1,
        "label": "conformance qwen3.5-omni-flash-realtime",
        "message": "2 MUST fail",
        "color": "red",
    }
