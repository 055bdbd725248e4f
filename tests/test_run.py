"""The suite as a command: options, exit codes, and what is left behind however a run ends."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from websockets.asyncio.server import ServerConnection, serve

from conformance import cli, collecting, plugin
from conformance.judge.checks import load
from support import runs


@contextmanager
def served(handler, **options) -> Iterator[int]:
    """An endpoint in a thread of its own."""
    ready: list[int] = []
    started = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def main() -> None:
        async with serve(handler, "127.0.0.1", 0, **options) as server:
            ready.append(next(iter(server.sockets)).getsockname()[1])
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    assert started.wait(60)
    try:
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)
        loop.close()


SOME = ("--case", "SES-00*", "--case", "GEN-0*")
"""Enough for what is about the run and not about its checks: it costs a quarter of a whole one."""


def judged(run: runs.Finished) -> dict[str, str]:
    """The verdicts of a run of some of the checks."""
    return {key: verdict for key, verdict in run.verdicts.items() if verdict != "not_run"}


async def mute(connection: ServerConnection) -> None:
    await connection.wait_closed()


async def greeting(connection: ServerConnection) -> None:
    """Greets the first session; answers nothing else."""
    await connection.send(json.dumps({"type": "session.created", "event_id": "e", "session": {"id": "sess_1"}}))
    await connection.wait_closed()


def test_on_the_mock_nothing_fails_and_the_run_says_what_it_judged(green: runs.Finished) -> None:
    bad = {
        case["id"]: case["detail"]
        for case in green.summary["cases"]
        if case["verdict"] in {"fail", "error", "blocked", "not_run"} and "--slow" not in case["detail"]
    }
    assert not bad
    assert green.code == 0
    assert "judged the embedded mock. It tells nothing about the live service" in green.output


def test_what_is_no_check_is_run_as_pytest_runs_it() -> None:
    assert collecting.pytest_runtest_protocol(SimpleNamespace(), None) is None


def test_every_hook_of_collecting_is_one_of_the_plugin() -> None:
    hooks = {name for name in vars(collecting) if name.startswith("pytest_")}
    assert hooks == set(plugin.__all__)
    assert all(getattr(plugin, name) is getattr(collecting, name) for name in hooks)


def test_chapters_are_looked_for_where_they_are_and_other_projects_as_pytest_does(tmp_path: Path) -> None:
    ignored = collecting.pytest_ignore_collect
    assert [ignored(collecting.PACKAGE / name) for name in ("mock", "cli.py")] == [True, True]
    chapter = collecting.CHAPTERS / "test_01_connection.py"
    for path in (collecting.PACKAGE, collecting.CHAPTERS, chapter, tmp_path, tmp_path / "test_x.py"):
        assert ignored(path) is None


def test_a_fault_in_the_page_costs_its_frames_and_nothing_else(tmp_path: Path) -> None:
    done = runs.run(tmp_path, "--case", "SES-001", "-p", "support.faulty")
    assert done.code == 3
    assert "report.html shows no frame, by a fault of the suite: please report it (UnicodeEncodeError: " in done.output
    assert "Traceback" not in done.output
    assert done.summary["verdict"] == "conforms"
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "This page is brief, for the whole one could not be made, by a fault of the suite" in page


def test_the_debugger_opens_where_a_check_fails_and_nowhere_else(tmp_path: Path) -> None:
    """A check is called without pytest's own protocol, which is what asks for the debugger."""
    chosen = ("--case", "SES-001", "--case", "SES-002", "--quirk", "silent-update", "--pdb")
    failed = runs.run(tmp_path, *chosen)
    assert failed.output.count("entering PDB") == sum(verdict == "fail" for verdict in failed.verdicts.values()) > 0


def test_the_totals_add_up(green: runs.Finished) -> None:
    summary = green.summary
    assert set(green.verdicts) == set(load().checks)
    assert len(summary["cases"]) == len(green.verdicts) == sum(summary["counts"].values())
    assert summary["verdict"] == "conforms"


def test_as_many_sessions_as_the_conversations_declare(green: runs.Finished) -> None:
    held = [line for line in green.record if line["kind"] == "conversation"]
    known = load().conversations
    declared = sum(known[line["conversation"]].connections if line["conversation"] in known else 2 for line in held)
    assert green.summary["sessions"] == declared == sum(len(line["legs"]) for line in held)


def test_the_record_has_its_lines_in_order_and_a_footer(green: runs.Finished) -> None:
    kinds = list(dict.fromkeys(line["kind"] for line in green.record))
    assert kinds == ["run", "catalogue", "conversation", "payloads", "status", "recorded", "verdict", "footer"]


def test_a_replay_gives_the_same_verdicts_and_opens_nothing(green: runs.Finished, tmp_path: Path) -> None:
    again = runs.run(tmp_path, "--replay", str(green.folder / "record.jsonl"))
    assert again.verdicts == green.verdicts
    assert again.summary["sessions"] == 0
    assert again.code == green.code


def test_workers_share_one_recording(green: runs.Finished, tmp_path: Path) -> None:
    split = runs.run(tmp_path, "-n", "2", "--case", "SES-*", "--case", "CLO-*", "--case", "Q-CLOSE-*")
    assert split.code == 0
    assert runs.differing(split, green) == {}
    assert len(judged(split)) > 30
    held = [line for line in split.record if line["kind"] == "conversation"]
    first = [line["conversation"] for line in held if line["attempt"] == 1]
    assert len(first) == len(set(first))
    assert split.summary["sessions"] == sum(len(line["legs"]) for line in held)


def test_a_filter_holds_only_what_it_needs(tmp_path: Path) -> None:
    done = runs.run(tmp_path, "--case", "SES-016")
    assert done.code == 0
    assert done.summary["conversations"] == 2
    assert {key for key, verdict in done.verdicts.items() if verdict != "not_run"} == {"SES-016"}


def test_a_budget_leaves_the_rest_unjudged(tmp_path: Path) -> None:
    done = runs.run(tmp_path, "--budget-sessions", "2", *SOME)
    assert done.summary["sessions"] == 2
    assert any("budget of 2 sessions" in case["detail"] for case in done.summary["cases"])


def test_a_wrong_option_is_a_usage_error(tmp_path: Path) -> None:
    """Which ones are wrong is asked in test_options.py, where no process has to start."""
    done = runs.run(tmp_path / "out", "--endpoint", "hangzhou")
    assert done.code == 4, done.output
    assert "neither one of mock, beijing, singapore" in done.output
    assert "Traceback" not in done.output


def test_a_record_that_was_cut_short_is_judged_as_far_as_it_goes(green: runs.Finished, tmp_path: Path) -> None:
    whole = (green.folder / "record.jsonl").read_bytes()
    (tmp_path / "cut.jsonl").write_bytes(whole[: len(whole) // 8])
    done = runs.run(tmp_path / "out", "--replay", str(tmp_path / "cut.jsonl"))
    assert (done.code, done.summary["verdict"]) == (10, "incomplete"), done.output
    assert "The saved record is not whole: it is cut short." in done.output
    assert "it tells nothing about the live service" in done.output
    assert done.summary["counts"].keys().isdisjoint({"fail", "error", "blocked"})
    again = runs.run(tmp_path / "again", "--replay", str(tmp_path / "out" / "record.jsonl"))
    assert again.summary["caveats"] == done.summary["caveats"]


def test_the_record_of_an_interrupted_run_is_judged_without_what_was_broken_off(tmp_path: Path) -> None:
    broken = runs.signalled(tmp_path / "broken", signal.SIGINT, "held", *SOME)
    assert "To judge what was recorded: pytest conformance/ --replay" in broken.output
    done = runs.run(tmp_path / "again", "--replay", str(tmp_path / "broken" / "record.jsonl"))
    assert (done.code, done.summary["verdict"]) == (10, "incomplete"), done.output
    assert done.summary["counts"].keys().isdisjoint({"fail", "error", "blocked"})


def test_an_unreachable_endpoint_is_infrastructure(tmp_path: Path) -> None:
    done = runs.run(tmp_path, "--endpoint", "ws://127.0.0.1:9/x", *SOME)
    assert done.code == 10
    assert done.summary["verdict"] == "infrastructure"
    assert "cannot reach 127.0.0.1:9" in done.output
    assert done.record[-1]["kind"] == "footer"
    assert done.summary["sessions"] == 1


def test_a_refused_key_is_infrastructure(tmp_path: Path) -> None:
    key = "sk-0123456789abcdefghij"

    def refuse(connection, request):
        return connection.respond(401, json.dumps({"code": "InvalidApiKey", "message": "Invalid API-key provided."}))

    with served(mute, process_request=refuse) as port:
        done = runs.run(tmp_path, "--endpoint", f"ws://127.0.0.1:{port}/x", *SOME, DASHSCOPE_API_KEY=key)
    assert done.code == 10
    assert "HTTP 401" in done.output
    assert done.summary["sessions"] == 1
    for path in tmp_path.iterdir():
        assert key not in path.read_text(encoding="utf-8"), path.name


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_of_a_worker_leaves_its_record(by: signal.Signals, tmp_path: Path) -> None:
    with served(greeting) as port:
        worker = ("--endpoint", f"ws://127.0.0.1:{port}/x", "-n", "1", *SOME)
        done = runs.signalled(tmp_path, by, "held", *worker, to="controller")
    assert done.code == 2, done.output
    assert done.summary["verdict"] == "interrupted"
    assert done.record[-1] == {**done.record[-1], "kind": "footer", "interrupted": True}
    assert set(done.verdicts) == set(load().checks)


def test_after_sigkill_every_complete_line_is_readable(tmp_path: Path) -> None:
    with served(greeting) as port:
        runs.signalled(tmp_path, signal.SIGKILL, "held", "--endpoint", f"ws://127.0.0.1:{port}/x", *SOME)
    lines = (tmp_path / "record.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0])["kind"] == "run"
    assert cli.main(["report", str(tmp_path / "record.jsonl")]) == 0
    assert "cut short" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_other_projects_do_not_see_the_options(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text("def test_x(): pass\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "--status-source" not in done.stdout
    assert "--endpoint" not in done.stdout


def test_the_installed_command_gives_the_same_verdicts_in_an_empty_folder(green: runs.Finished, tmp_path: Path) -> None:
    # Speech, pictures, schemas and what is generated of them; CI runs the whole of the wheel.
    chosen = ("--case", "AUD-00[1-9]", "--case", "IMG-*", "--case", "FUZ-*")
    done = subprocess.run(
        [sys.executable, "-m", "conformance.cli", "run", "-q", "--report-dir", "out", *chosen],
        cwd=tmp_path,
        env=runs.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "arning" not in done.stdout + done.stderr, "a folder without a configuration is no fault of who runs it"
    installed = runs.Finished(0, "", tmp_path / "out")
    assert runs.differing(installed, green) == {}
    assert len(judged(installed)) > 20
