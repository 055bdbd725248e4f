"""The workflows: valid, pinned, with as few rights as they need; and what their steps do, done here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.report import baseline, files
from conformance.report.history import extend, load, render
from conformance.report.redact import Redactor
from conformance.report.summary import summary
from conformance.spec.profiles import MODELS, profile_for
from support import records, runs

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
NIGHTLY = ROOT / ".github" / "nightly"


def test_the_workflows_are_valid_by_the_published_schema() -> None:
    whole = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    command = [*whole, *map(str, WORKFLOWS)]
    assert len(WORKFLOWS) > 1
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="needs actionlint")
def test_actionlint_finds_nothing() -> None:
    done = subprocess.run(["actionlint", *map(str, WORKFLOWS)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_and_rights_are_few(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    used = re.findall(r"uses: (\S+)(.*)", text)
    assert used
    for action, note in used:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), action
        assert re.search(r"# v\d", note), action
    assert re.search(r"^permissions:\n  contents: read$", text, re.MULTILINE)
    assert "pull_request_target" not in text
    assert "concurrency:" in text


def test_the_nightly_run_has_a_budget_and_none_on_forks() -> None:
    text = (ROOT / ".github/workflows/nightly.yml").read_text(encoding="utf-8")
    assert text.count("!github.event.repository.fork") == 2
    assert "--budget-sessions 130 --budget-tokens 60000" in (NIGHTLY / "judge.sh").read_text(encoding="utf-8")
    assert "secrets.DASHSCOPE_API_KEY" in text


@pytest.mark.parametrize("model", MODELS)
def test_a_model_that_leaves_is_not_judged_every_night(model: str) -> None:
    text = (ROOT / ".github/workflows/nightly.yml").read_text(encoding="utf-8")
    assert (f"- {model}\n" in text) != profile_for(model).leaving


@pytest.mark.parametrize("workspace", ["", "ws-1"])
def test_the_nightly_run_goes_through_the_workspace_where_one_is_set(tmp_path: Path, workspace: str) -> None:
    command = tmp_path / "realtime-conformance"
    command.write_text('#!/bin/sh\nprintf "%s " "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    told = {"DASHSCOPE_API_KEY": "k", "REGION": "beijing", "MODEL": "m", "TARGET": "t", "WORKSPACE": workspace}
    done = subprocess.run(
        ["bash", str(NIGHTLY / "judge.sh")],
        cwd=tmp_path, env=runs.environment(**told) | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert ("--workspace ws-1 " in done.stdout) == bool(workspace)
    assert done.stdout.startswith("run -q --endpoint beijing --model m ")


# -- the steps


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the nights leave: one target that fails, one that conforms."""
    made: Path = tmp_path_factory.mktemp("artifacts")
    for name, lines in (("record-beijing-m", records.USUAL), ("record-singapore-m", {})):
        folder = made / name
        folder.mkdir()
        path = records.write(folder, records.conversations(), records.verdicts(lines), endpoint=name.split("-")[1])
        files.write_all(path, Redactor(None))
    return made


@pytest.fixture
def workplace(artifacts: Path, tmp_path: Path) -> Path:
    """A folder as the job has it after the artifacts were fetched."""
    shutil.copytree(artifacts, tmp_path / "records")
    return tmp_path


def step(name: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    bin_folder = folder / "bin"
    bin_folder.mkdir(exist_ok=True)
    command = bin_folder / "realtime-conformance"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m conformance.cli "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    environment = runs.environment(**variables) | {
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        ["bash", str(NIGHTLY / f"{name}.sh")],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def fake_gh(folder: Path, open_issue: str) -> Path:
    """A `gh` that knows of this open issue ("": of none) and writes down what it is asked."""
    log = folder / "gh.log"
    program = folder / "bin" / "gh"
    program.parent.mkdir(exist_ok=True)
    program.write_text(
        f'#!/bin/sh\necho "$@" >> "{log}"\nif [ "$1 $2" = "issue list" ]; then echo "{open_issue}"; fi\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    return log


def test_a_failure_opens_one_issue(workplace: Path) -> None:
    log = fake_gh(workplace, "")
    done = step("tell", workplace, RUN_URL="https://example.invalid/runs/1")
    assert done.returncode == 0, done.stderr
    asked = log.read_text(encoding="utf-8")
    assert "issue create --title Nightly: 1 target(s) fail or have drifted --label nightly-conformance" in asked
    assert "issue edit" not in asked


def test_an_open_issue_is_brought_up_to_date(workplace: Path) -> None:
    log = fake_gh(workplace, "17")
    assert step("tell", workplace).returncode == 0
    asked = log.read_text(encoding="utf-8")
    assert "issue edit 17 --title" in asked
    assert "issue create" not in asked


@pytest.mark.parametrize("verdict", ["infrastructure", "incomplete", "conforms", "nothing_judged"])
def test_what_is_no_news_opens_none(verdict: str, workplace: Path) -> None:
    for path in workplace.glob("records/*/summary.json"):
        made = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**made, "verdict": verdict}), encoding="utf-8")
    log = fake_gh(workplace, "")
    done = step("tell", workplace)
    assert done.returncode == 0
    assert "Nothing new to tell." in done.stdout
    assert not log.exists()


def test_the_history_gets_a_line_for_each_target_and_the_site_its_pages(workplace: Path) -> None:
    """That the same lines come once, however often the step is done, is in the next test."""
    subprocess.run(["git", "init", "-q", str(workplace)], check=True)
    done = step("history", workplace, PUSH_HISTORY="no")
    assert done.returncode == 0, done.stderr
    kept = load(workplace / "history" / "history.jsonl")
    assert [(row["endpoint"], row["verdict"]) for row in kept] == [("beijing", "fails"), ("singapore", "conforms")]
    done = step("publish", workplace)
    assert done.returncode == 0, done.stderr
    site = {str(path.relative_to(workplace / "site")) for path in (workplace / "site").rglob("*") if path.is_file()}
    assert {"index.html", "trend.html", "beijing-m/report.html", "singapore-m/badge.json"} <= site
    assert {"protocol/index.html", "protocol/asyncapi.yaml", "protocol/questions/Q-FINISH/index.html"} <= site
    assert "beijing" in (workplace / "site" / "index.html").read_text(encoding="utf-8")


def test_the_history_is_pushed_as_one_file_on_a_branch_of_its_own(workplace: Path, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", str(remote)], check=True)
    subprocess.run(["git", "init", "-q", str(workplace)], check=True)
    subprocess.run(["git", "-C", str(workplace), "remote", "add", "origin", str(remote)], check=True)
    for _ in range(2):
        done = step("history", workplace)
        assert done.returncode == 0, done.stderr
    told = subprocess.run(
        ["git", "-C", str(remote), "log", "--format=%s", "--name-only", "history"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.count("Nightly of") == 2
    assert "history.jsonl" in told
    assert len(load(workplace / "history" / "history.jsonl")) == 2


def test_a_target_without_a_key_is_left_out(tmp_path: Path) -> None:
    done = step("judge", tmp_path, REGION="beijing", MODEL="qwen3.5-omni-flash-realtime", TARGET="t")
    assert done.returncode == 0
    assert "No key for beijing" in done.stdout


def test_the_endpoints_failure_is_not_the_jobs(tmp_path: Path) -> None:
    done = step(
        "judge", tmp_path, REGION="ws://127.0.0.1:9/x", MODEL="qwen3.5-omni-flash-realtime", TARGET="t",
        DASHSCOPE_API_KEY="sk-some-key",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    made = json.loads((tmp_path / "reports" / "t" / "summary.json").read_text(encoding="utf-8"))
    assert made["verdict"] == "infrastructure"


def test_the_trend_shows_what_changed(workplace: Path) -> None:
    path = workplace / "history.jsonl"
    extend(path, sorted(workplace.glob("records/*/summary.json")))
    held = load(path)
    later = {**held[0], "started": "2026-10-06T02:00:00Z", "answers": {**held[0]["answers"], "Q-FINISH": "error"}}
    page = render([*held, later])
    assert "(Q-FINISH)" in page
    assert "<svg" in page
    assert "No run yet." in render([])


def test_the_committed_baseline_of_the_mock_holds(green: runs.Finished) -> None:
    kept = baseline.load(ROOT / "baselines" / "mock.json").to_json()
    found = summary(replace(green.read_back, baseline=kept))
    assert (found["exit"], found["verdict"]) == (0, "conforms"), json.dumps(found["drift"], indent=1)
