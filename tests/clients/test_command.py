"""The command `realtime-conformance client`: programs run, are stopped and are told of."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from conformance import cli
from support import runs

SDK = """
import os, sys
from dashscope.audio.qwen_omni import MultiModality, OmniRealtimeCallback, OmniRealtimeConversation

conversation = OmniRealtimeConversation(
    model="qwen3.5-omni-flash-realtime", callback=OmniRealtimeCallback(),
    url=os.environ["REALTIME_ENDPOINT"], api_key=os.environ["DASHSCOPE_API_KEY"],
)
conversation.connect()
conversation.update_session([MultiModality.TEXT])
if sys.argv[1] != "close":
    try:
        conversation.end_session(timeout=5)
    except RuntimeError:
        pass
if sys.argv[1] == "end_session, exit":
    os._exit(0)
conversation.close()
"""
RAW = """
import json, os, sys, signal
from websockets.sync.client import connect

address = os.environ["REALTIME_ENDPOINT"] + "?model=qwen3.5-omni-flash-realtime"
with connect(address, additional_headers={"Authorization": "Bearer " + os.environ["DASHSCOPE_API_KEY"]}) as socket:
    socket.recv()
    def until(kind):
        while json.loads(socket.recv())["type"] != kind:
            pass
    def send(kind, **members):
        socket.send(json.dumps({"type": kind, **members}))
"""


def command(*words: str, options: tuple[str, ...] = ()) -> list[str]:
    return [sys.executable, "-m", "conformance.cli", "client", *options, "--", *words]


def judged(*words: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """The command in this process; only what is about signals needs one of its own."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = cli.main(["client", *options, "--", *words])
        except SystemExit as ended:
            code = int(ended.code or 0)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


@pytest.fixture
def raw(tmp_path: Path) -> Iterator[Path]:
    """A program that connects; what it does then is appended."""
    path = tmp_path / "program.py"
    path.write_text(RAW, encoding="utf-8")
    return path


def does(program: Path, *lines: str) -> tuple[str, str]:
    with program.open("a", encoding="utf-8") as file:
        file.writelines(f"    {line}\n" for line in lines)
    return sys.executable, str(program)


@pytest.mark.parametrize(
    ("leaves", "finish", "told"),
    [
        ("end_session, exit", "finished", "accepted, then drop (idle); listed as succeeded under every policy"),
        ("end_session, close", "error", "`session.finish` was refused, then close-1000 (idle); listed as failed"),
    ],
)
def test_the_sdks_ways_of_leaving_are_told_apart(leaves: str, finish: str, told: str, tmp_path: Path) -> None:
    pytest.importorskip("dashscope")
    program = tmp_path / "program.py"
    program.write_text(SDK, encoding="utf-8")
    done = judged(sys.executable, str(program), leaves, options=("--switch", f"finish={finish}"))
    assert told in done.stdout, done.stdout + done.stderr


def test_what_a_client_gets_wrong_is_named(raw: Path) -> None:
    program = does(
        raw, "socket.send('[]')", "send('session.close')", "send('session.update', session={'modalities': 1})"
    )
    done = judged(*program)
    assert done.returncode == 1
    assert "! CLI-011 (MUST) Every message is a JSON object with a string `type`. client/plain: [] is no" in done.stdout
    assert "client/plain: session.close is no client event of this protocol" in done.stdout
    assert "! CLI-013 (MUST)" in done.stdout
    assert "client/plain: session.update: $.session.modalities: Expected an array" in done.stdout


def test_the_programs_output_is_kept_apart(raw: Path) -> None:
    done = judged(*does(raw, "print('hello')"))
    assert done.returncode == 0
    assert done.stderr == "| hello\n"
    assert "hello" not in done.stdout


def test_a_program_that_fails_by_itself_is_no_finding(raw: Path) -> None:
    done = judged(*does(raw, "sys.exit(3)"))
    assert done.returncode == 10
    assert "Not shown to conform, the program ended with exit code 3 where nothing went wrong: " in done.stdout


def test_a_drop_by_the_server_is_the_servers(raw: Path) -> None:
    lines = (
        "part = {'type': 'input_text', 'text': 'hello'}",
        "send('conversation.item.create', item={'type': 'message', 'role': 'user', 'content': [part]})",
        "send('response.create')",
        "until('response.done')",
        "try: until('nothing more')",
        "except Exception: pass",
    )
    done = judged(*does(raw, *lines), options=("--quirk", "drops-the-line"))
    assert "left: dropped by the server; listed as failed (server error)" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0


def test_defaults_of_real_clients_are_taken(raw: Path) -> None:
    text = raw.read_text(encoding="utf-8")
    text = text.replace('["REALTIME_ENDPOINT"] + "?model=', '["REALTIME_ENDPOINT"] + "/?model=')
    raw.write_text(text.replace("-realtime", "-realtime-latest"), encoding="utf-8")
    tool = "{'type': 'function', 'name': 'look', 'parameters': {'type': 'object', 'properties': {}}}"
    done = judged(
        *does(
            raw, f"send('session.update', session={{'voice': 'Ethan', 'tools': [{tool}]}})", "until('session.updated')"
        )
    )
    assert "session.update 1" in done.stdout, done.stdout + done.stderr
    assert "answered with an error" not in done.stdout
    assert "! CLI-003 (open)" in done.stdout
    assert "! CLI-013 (open)" in done.stdout
    assert done.returncode == 0


def test_a_program_that_opens_no_session_has_shown_nothing() -> None:
    done = judged(sys.executable, "-c", "pass")
    assert done.returncode == 5
    assert "does it connect to $REALTIME_ENDPOINT?" in done.stdout


def test_a_connection_that_is_refused_says_why(raw: Path) -> None:
    text = raw.read_text(encoding="utf-8").replace("?model=qwen3.5-omni-flash-realtime", "")
    raw.write_text(text, encoding="utf-8")
    done = judged(sys.executable, str(raw))
    assert done.returncode == 1
    assert "a connection was refused: HTTP 400: " in done.stdout
    assert "The parameter 'model' is missing." in done.stdout
    assert "! CLI-001 (MUST) A client names the model in its address (`?model=`)." in done.stdout


def test_a_program_that_is_not_there_is_a_usage_error() -> None:
    done = judged("no-such-program")
    assert done.returncode == 4
    assert "no-such-program: No such file or directory" in done.stderr


LEAVES_ON_SIGINT = (
    "try:",
    "    print('ready')",  # in here: who reads it may interrupt before the next line
    "    signal.pause()",
    "except KeyboardInterrupt:",
    "    send('session.finish')",
    "    until('session.finished')",
)
STAYS = ("signal.signal(signal.SIGINT, lambda *_: print('ready'))", "print('ready')", "while True: signal.pause()")


@pytest.mark.parametrize("to_group", [False, True])
def test_the_first_interrupt_is_the_programs(raw: Path, to_group: bool) -> None:
    whole = command(*does(raw, *LEAVES_ON_SIGINT), options=("--switch", "finish=finished"))
    with interactive(whole) as process:
        process.send_signal(signal.SIGINT) if not to_group else signal_group(process, signal.SIGINT)
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert "`session.finish` was accepted, then close-1000" in said
    assert "plain: the program ended with exit code 0\n" in said


def test_an_interrupt_ends_a_run_of_many_scenarios_when_its_program_has_ended(raw: Path) -> None:
    ends = (*LEAVES_ON_SIGINT[:4], "    pass")
    with interactive(command(*does(raw, *ends), options=("--scenario", "finish-accepted"))) as process:
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 2, said
    assert re.search("plain: the program (ended with|was killed by SIGINT)", said)
    assert "finish-accepted:" not in said


@pytest.mark.parametrize("twice", [False, True])
def test_the_report_comes_when_we_are_told_to_end(raw: Path, twice: bool) -> None:
    with interactive(command(*does(raw, *STAYS))) as process:
        if twice:
            process.send_signal(signal.SIGINT)
            ready(process)  # and it goes on
        process.send_signal(signal.SIGINT if twice else signal.SIGTERM)
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 2, said
    assert "plain: the program was killed by SIGTERM\n" in said
    assert "Interrupted: so far " in said


def test_a_program_that_does_not_end_is_ended(raw: Path) -> None:
    done = judged(*does(raw, *LEAVES_ON_SIGINT), options=("--timeout", "3", "--switch", "finish=finished"))
    assert done.returncode == 0, done.stdout + done.stderr
    # How long it took to be told is measured, and a loaded machine takes longer.
    assert re.search(r"was told to end after \d+ s \(SIGINT\) and ended with exit code 0", done.stdout)
    assert "Partial: in 1 of " in done.stdout


def test_a_timeout_that_is_no_number_is_wrong_usage() -> None:
    assert judged("true", options=("--timeout", "soon")).returncode == 4


class interactive:  # noqa: N801
    """A judge that runs until its program has said `ready`, in a process group of its own."""

    def __init__(self, words: list[str]) -> None:
        self.process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=runs.environment(),
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def __enter__(self) -> subprocess.Popen[str]:
        ready(self.process)
        return self.process

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            signal_group(self.process, signal.SIGKILL)
        self.process.wait()


def ready(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    assert any(line == "| ready\n" for line in process.stderr)


def signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    import os

    os.killpg(process.pid, number)


TURN = (
    "part = {'type': 'input_text', 'text': 'hello'}",
    "send('conversation.item.create', item={'type': 'message', 'role': 'user', 'content': [part]})",
    "send('response.create')",
    "until('response.done')",
)


def test_a_run_is_written_judged_again_and_held_to_a_baseline(raw: Path, tmp_path: Path) -> None:
    folder, known = tmp_path / "report", tmp_path / "known.json"
    program = does(raw, "send('session.close')", *TURN)
    options = ("--scenario", "unknown-event", "--report-dir", str(folder))
    done = judged(*program, options=(*options, "--baseline", str(known), "--update-baseline"))
    assert done.returncode == 1, done.stdout + done.stderr
    made = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert made["target"] == {"kind": "client", "endpoint": shlex.join(program), "model": "any model"}
    assert (made["exit"], made["sessions"], made["conversations"]) == (1, 2, 2)
    assert [row["scenario"] for row in made["client"]] == ["plain", "unknown-event"]
    assert made["answers"][0]["question"] == "Does the program end its sessions with a close frame?"
    assert {case["id"] for case in made["cases"] if case["verdict"] == "fail" and case["level"] == "MUST"} == {
        "CLI-012"
    }
    assert {path.name for path in folder.iterdir()} >= {"report.html", "junit.xml", "results.sarif", "badge.json"}
    schemas = [
        json.loads((runs.ROOT / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("record", "baseline")
    ]
    known_ones = Registry().with_resources((one["$id"], Resource.from_contents(one)) for one in schemas)
    validator = Draft202012Validator(schemas[0], registry=known_ones)
    for line in (folder / "record.jsonl").read_text(encoding="utf-8").splitlines():
        found = json.loads(line)
        assert not [error.message for error in validator.iter_errors(found)], found["kind"]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "What it did in each scenario" in page
    assert "Events come that no client can know yet" in page

    for record in (folder / "record.jsonl", folder / "again" / "record.jsonl"):
        asked = ["client", "--replay", str(record), "--baseline", str(known), "--report-dir", str(folder / "again")]
        assert cli.main(asked if record.parent == folder else asked[:5]) == 0
    again = json.loads((folder / "again" / "summary.json").read_text(encoding="utf-8"))
    assert again["headline"].startswith("Partial with 2 accepted exceptions: in 2 of ")
    assert {case["id"]: case["detail"] for case in again["cases"]} == {
        case["id"]: case["detail"] for case in made["cases"]
    }


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["client"], "give a COMMAND to run, or --replay RECORD"),
        (["client", "--replay", "r.jsonl", "--", "true"], "give a COMMAND to run, or --replay RECORD"),
        (["client", "--replay", "/no/such.jsonl"], "No such file"),
        (["client", "--scenario", "barge", "--", "true"], "no scenario 'barge'; did you mean 'barge-in'?"),
        (["client", "--update-baseline", "--", "true"], "--update-baseline needs --baseline FILE"),
        (["client", "--baseline", "/no/such.json", "--", "true"], "/no/such.json"),
        (["client", "--switch", "finish=maybe", "--", "true"], "switch 'finish' has no value 'maybe'"),
    ],
)
def test_wrong_usage(options: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(options) == 4
    assert says in capsys.readouterr().err
