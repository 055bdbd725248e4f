"""Client programs against the mock: what they send, and which close path they walk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
import os, sys
from websockets.sync.client import connect

with connect(os.environ["REALTIME_ENDPOINT"] + "?model=qwen3.5-omni-flash-realtime",
             additional_headers={"Authorization": "Bearer " + os.environ["DASHSCOPE_API_KEY"]}) as socket:
    socket.recv()
    for message in sys.argv[1:]:
        socket.send(message)
        socket.recv()
"""


def judged(*command: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    whole = [sys.executable, "-m", "conformance.cli", "client", *options, "--", *command]
    return subprocess.run(whole, capture_output=True, text=True, timeout=60, check=False, env=runs.environment())


@pytest.mark.parametrize(
    ("leaves", "finish", "path", "status", "code"),
    [
        ("close", "error", "close-1000-idle", "failed client", 0),
        ("close", "finished", "close-1000-idle", "failed client", 0),
        ("end_session, exit", "finished", "finish-then-drop", "succeeded", 0),
        ("end_session, close", "finished", "finish-then-close", "succeeded", 0),
        ("end_session, exit", "error", "finish-then-close", "failed client", 1),  # the SDK closes when it is refused
        ("end_session, close", "error", "finish-then-close", "failed client", 1),
    ],
)
def test_the_sdks_ways_of_leaving_are_the_paths_they_are(
    leaves: str, finish: str, path: str, status: str, code: int, tmp_path: Path
) -> None:
    pytest.importorskip("dashscope")
    program = tmp_path / "program.py"
    program.write_text(SDK, encoding="utf-8")
    done = judged(sys.executable, str(program), leaves, options=("--switch", f"finish={finish}"))
    assert f"ended: {path}; the mock lists it as {status}\n" in done.stdout, done.stdout + done.stderr
    assert done.returncode == code, done.stdout


def test_what_a_client_gets_wrong_is_named(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(RAW, encoding="utf-8")
    wrong = '{"type":"session.update","session":{"modalities":"text"}}'
    done = judged(sys.executable, str(program), "[]", '{"type":"session.close"}', wrong)
    assert done.returncode == 1
    assert "! a message is no JSON object with a `type`" in done.stdout
    assert "! session.close is no client event of this protocol" in done.stdout
    assert "! session.update: $.session.modalities" in done.stdout
    assert "after session.close the mock answered with an error: Invalid event type" in done.stdout


def test_a_program_that_opens_no_session_has_shown_nothing() -> None:
    done = judged(sys.executable, "-c", "pass")
    assert done.returncode == 1
    assert "does it connect to $REALTIME_ENDPOINT?" in done.stdout


def test_a_connection_that_is_refused_says_why(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(RAW.replace("?model=qwen3.5-omni-flash-realtime", ""), encoding="utf-8")
    done = judged(sys.executable, str(program))
    assert done.returncode == 1
    assert "! a connection was refused: HTTP 400: The parameter 'model' is missing." in done.stdout
    assert "$REALTIME_ENDPOINT?model=NAME" in done.stdout


def test_a_program_that_is_not_there_is_a_usage_error() -> None:
    done = judged("no-such-program")
    assert done.returncode == 4
    assert "no-such-program: No such file or directory" in done.stderr
