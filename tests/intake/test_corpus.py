"""The public recordings are judged as their verdicts say; what a gap hides is skipped and never failed."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance import data
from conformance.intake import connections
from conformance.judge.checks import Outcome, load
from conformance.judge.tally import Tally
from conformance.spec.profiles import profile_for

FOLDER = data.fixtures() / "recordings"
WANTED: dict[str, dict[str, Any]] = json.loads((FOLDER / "verdicts.json").read_text(encoding="utf-8"))
WHOLE = "json_lines.jsonl"


@cache
def judged(name: str) -> tuple[tuple[str, ...], dict[str, Outcome]]:
    tally = Tally(load().checks.values(), profile_for("qwen3.5-omni-flash-realtime"))
    (transcript,) = connections(FOLDER / name)
    tally.add(transcript)
    return transcript.gaps, tally.outcomes()


@pytest.mark.parametrize("name", WANTED)
def test_a_recording_is_judged_as_it_was(name: str) -> None:
    gaps, outcomes = judged(name)
    assert list(gaps) == WANTED[name]["gaps"]
    told = {key: outcome.verdict for key, outcome in outcomes.items()}
    # A check that is new may pass, too; what passed, failed or was answered before says the same.
    assert sorted(key for key, verdict in told.items() if verdict == "fail") == WANTED[name]["fail"]
    assert [key for key in WANTED[name]["pass"] if told.get(key) != "pass"] == []
    assert {key: outcomes[key].outcome for key in WANTED[name]["observed"]} == WANTED[name]["observed"]
    assert "error" not in told.values()


@pytest.mark.parametrize("name", [name for name in WANTED if name.startswith("without_")])
def test_what_is_missing_is_skipped(name: str) -> None:
    (_, whole), (_, part) = judged(WHOLE), judged(name)
    assert {key: said for key, said in part.items() if said.verdict not in {whole[key].verdict, "skipped"}} == {}
    assert any(said.verdict == "skipped" and whole[key].verdict == "pass" for key, said in part.items())


def test_every_recording_has_its_verdicts() -> None:
    assert sorted(WANTED) == sorted(path.name for path in Path(FOLDER).iterdir() if path.name != "verdicts.json")
