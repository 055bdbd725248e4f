"""The second target of a run: held, judged, written beside, compared, and what a generated script shows shortened."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.against import page, words
from conformance.against.rival import FOLDER, Rival
from conformance.judge.checks import load
from conformance.mock.options import MockOptions
from conformance.report.record import read
from conformance.report.redact import Redactor
from conformance.report.summary import summary
from conformance.runner import Run
from conformance.spec.profiles import DEFAULT_MODEL, profile_for
from conformance.wire.target import resolve
from support import records

KEY = "the-key-of-the-second-target"


def compared(folder: Path, quirk: str, *checks: str, examples: int = 0, quiet: float = 150.0) -> dict[str, Any]:
    """What a run of these checks on an honest mock tells of one that lies."""
    target, chapters = resolve("mock", model=DEFAULT_MODEL, key=None, workspace=None), load()
    target = replace(target, deadlines=replace(target.deadlines, quiet=quiet))
    here = Run(target, profile_for(DEFAULT_MODEL), chapters, mock=MockOptions(), fuzz_examples=examples)
    there = replace(here, target=replace(target, name=f"ws://there/{KEY}"), mock=MockOptions(seed=7, quirks=(quirk,)))
    chosen = [chapters.checks[name] for name in checks]
    rival = Rival(there, folder, Redactor(KEY))
    held = here.hold(chosen)
    return rival.compare(here, held.recording, chosen, say=lambda words: None, watch=lambda recorder: None)


def test_a_lie_is_one_cause_with_the_verdicts_that_follow(tmp_path: Path) -> None:
    made = compared(tmp_path, "echo-without-model", "SES-002", "GEN-011")
    (cause,) = made["causes"]
    assert "`session.model`" in cause["words"]
    assert made["verdicts"] == []
    check = json.loads((Path(__file__).parents[2] / "schemas" / "record.json").read_text(encoding="utf-8"))
    wrong = [one.message for one in Draft202012Validator(check).iter_errors({"kind": "against", **made})]
    assert wrong == []
    assert ["session.updated" in lines[-1] for lines in cause["shown"]] == [True, True]
    beside = read(tmp_path / FOLDER / "record.jsonl")
    assert {line["id"] for line in beside.verdicts} == {"SES-002", "GEN-011"}
    assert KEY not in (tmp_path / FOLDER / "record.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize(("causes", "code"), [([], 0), (["a cause"], 1)])
def test_a_difference_fails_a_run_that_conforms(tmp_path: Path, causes: list[str], code: int) -> None:
    shown = {
        "words": "x",
        "conversation": "a/B",
        "conversations": [],
        "follow": [],
        "checks": [],
        "moves": [],
        "shown": [[], []],
    }
    line = {
        "kind": "against", "target": {"endpoint": "ws://there", "model": DEFAULT_MODEL}, "conversations": 1,
        "generated": 0, "passing": 0, "unsure": False, "infrastructure": None,
        "causes": [{**shown, "words": said} for said in causes], "verdicts": [],
    }  # fmt: skip
    path = records.write(tmp_path, records.conversations(), records.verdicts({}))
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:-1], json.dumps(line), lines[-1]]) + "\n", encoding="utf-8")
    made = summary(read(path))
    assert (made["verdict"], made["exit"]) == ("conforms", code)
    assert len(made["against"]["causes"]) == len(causes)


def test_what_is_masked_is_told_by_the_checks_that_see_it(tmp_path: Path) -> None:
    made = compared(tmp_path, "usage-does-not-add-up", "GEN-057", "SES-002", "USE-001")
    assert made["causes"] == []
    assert [(row["id"], row["here"], row["there"]) for row in made["verdicts"]] == [("GEN-057", "pass", "fail")]


def test_a_generated_script_is_shortened_to_what_shows_it(tmp_path: Path) -> None:
    made = compared(tmp_path, "update-resets-siblings", examples=2, quiet=30.0)
    (cause,) = made["causes"]
    assert "session.modalities" in cause["words"]
    assert len(cause["moves"]) <= 3
    assert cause["conversation"].endswith("-short")


def test_the_page_shows_both_sides_and_nothing_of_the_servers_is_markup() -> None:
    told = "after `x`: `<b>` here, nothing there"
    cause = {
        "words": told, "conversation": "a/B", "conversations": ["a/B", "a/C"], "follow": ["x"], "checks": ["GEN-001"],
        "moves": [{"do": "wait"}], "shown": [["→ <script>"], ["← {}"]],
    }  # fmt: skip
    row = {"id": "GEN-057", "here": "pass", "there": "fail", "detail": "<i>"}
    made = {
        "target": {"endpoint": "ws://there"}, "conversations": 2, "generated": 0, "passing": 1, "unsure": False,
        "infrastructure": None, "causes": [cause], "verdicts": [row],
    }  # fmt: skip
    shown = page.render(made)
    assert "→ &lt;script&gt;" in shown
    assert not any(tag in shown for tag in ("<script>", "<b>", "<i>"))
    assert json.dumps({"do": "wait"}).replace('"', "&#34;") in shown
    assert list(words.words(made)) == [
        "2 differences from ws://there in 2 conversations.",
        f"  {told} (2 conversations, 1 difference that follows, 1 verdict)",
        "  GEN-057: pass here, fail there",
    ]
    assert words.headline({**made, "causes": [], "verdicts": []}) == "No difference from ws://there in 2 conversations."
