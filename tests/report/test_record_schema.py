"""Every line of a record is what the published schema says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from conformance.report import badge
from conformance.report.baseline import dump, made
from conformance.report.record import read
from conformance.report.summary import cases, summary
from support import records, runs

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def validator(name: str) -> Draft202012Validator:
    known = Registry().with_resources(
        (schema(each)["$id"], Resource.from_contents(schema(each))) for each in ("record", "baseline")
    )
    return Draft202012Validator(schema(name), registry=known)


@pytest.fixture(scope="module")
def done(green: runs.Finished, tmp_path_factory: pytest.TempPathFactory) -> runs.Finished:
    folder = tmp_path_factory.mktemp("record")
    read_back = read(green.folder / "record.jsonl")
    known = folder / "known.json"
    known.write_text(dump(made(read_back, cases(read_back))), encoding="utf-8")
    chosen = ("--case", "CLO-*", "--case", "FUZ-*", "--fuzz-examples", "3")
    return runs.run(folder / "second", *chosen, "--baseline", str(known))


def test_every_line_of_a_run_is_valid(done: runs.Finished) -> None:
    check = validator("record")
    kinds = set()
    for line in done.record:
        kinds.add(line["kind"])
        wrong = [f"{error.json_path}: {error.message[:200]}" for error in check.iter_errors(line)]
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
