"""The command: the mock by hand, and records rendered again."""

from __future__ import annotations

import argparse
import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import test_house

from conformance import cli
from support import runs

CLI = [sys.executable, "-m", "conformance.cli"]


@contextmanager
def mock(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A mock started by hand, and its URL as it prints it."""
    process = subprocess.Popen(
        [*CLI, "mock", "--port", "0", *options],
        env=runs.environment(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = ""
        while not (found := re.search(r"ws://\S+", said)):
            line = process.stdout.readline()
            assert line, said
            said += line
        yield process, found[0]
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_a_command_imports_what_it_needs_alone() -> None:
    """All of it took three quarters of a second before a record was rendered."""
    code = (
        "import sys; from conformance import cli; cli.parser('report');"
        "print(*(name for name in sys.modules if name.startswith(('conformance.', 'pytest'))))"
    )
    found = subprocess.check_output([sys.executable, "-c", code], env=runs.environment(), text=True).split()
    assert {name.split(".")[-1] for name in found} <= {"cli", *test_house.GROUPS["tools"]}


def test_every_command_has_its_options_and_something_that_runs_it() -> None:
    assert set(cli.COMMANDS) == {*cli.DECLARED, "run", "answers"}
    for name, declare in cli.DECLARED.items():
        command = argparse.ArgumentParser(name)
        assert callable(declare(command))
        assert "--help" in command.format_help()


def test_a_mock_started_by_hand_gives_the_same_verdicts(green: runs.Finished, tmp_path: Path) -> None:
    """Of chapters that speak, type, interrupt and close; the rest would be the embedded mock's run once more."""
    chosen = [word for chapter in ("RSP", "CAN", "CLO", "Q-CLOSE") for word in ("--case", f"{chapter}-*")]
    with mock() as (_, url):
        by_hand = runs.run(tmp_path / "by-hand", "--endpoint", url, *chosen)
    assert by_hand.code == 0, by_hand.output
    assert runs.differing(by_hand, green) == {}
    assert sum(verdict != "not_run" for verdict in by_hand.verdicts.values()) > 40
    # A server that says it is the mock is never shown as the service, whatever address it has.
    assert by_hand.summary["target"]["kind"] == "mock"
    assert "It tells nothing about the live service" in by_hand.output


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_the_mock_ends_cleanly(by: signal.Signals) -> None:
    with mock() as (process, _):
        process.send_signal(by)
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert "Traceback" not in output


def test_the_mock_serves_its_ledger_on_the_same_port() -> None:
    with mock() as (_, url):
        base = url.replace("ws://", "http://").partition("/api-ws")[0]
        with urllib.request.urlopen(f"{base}/__status/calls?from=0&to=99999999999999", timeout=60) as answer:
            assert json.load(answer) == {"rows": []}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--switch", "finsh=error"], "finish"),
        (["--switch", "finish"], "NAME=VALUE"),
        (["--switch", "finish=maybe"], "finish"),
        (["--quirk", "silent-updat"], "silent-update"),
        (["--host", "no.such.host.invalid"], "no.such.host.invalid"),
        (["--port", "99999"], "no port from 0 to 65535"),
        (["--latency", "slow"], "invalid choice"),
        (["--weather", "snow"], "invalid choice"),
        (["--drops", "1.1"], "no share from 0 to 1"),
        (["--rpm", "0"], "not a whole number from 1 on"),
        (["--tls", "cert.pem", "key.pem"], "No such file"),
    ],
)
def test_a_wrong_option_of_the_mock_is_a_usage_error(
    options: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = cli.main(["mock", "--port", "0", *options])
    except SystemExit as ended:
        code = ended.code
    assert code == 4
    assert says in capsys.readouterr().err


def test_a_taken_port_is_a_usage_error() -> None:
    with mock() as (_, url):
        port = re.search(r":(\d+)/", url)
        assert port is not None
        done = subprocess.run([*CLI, "mock", "--port", port[1]], capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "Traceback" not in done.stderr
    assert "--port 0 picks a free one" in done.stderr


def test_what_is_no_record_is_said_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.jsonl").write_text("hello\n")
    assert cli.main(["report", str(tmp_path / "x.jsonl")]) == 4
    assert "this is not a record" in capsys.readouterr().err
