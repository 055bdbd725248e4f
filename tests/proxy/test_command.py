"""`realtime-conformance proxy`: what is wrong usage, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.sync.client import connect

from conformance import cli
from support.mocks import serving


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--upstream", "https://x"], "is no ws:// or wss:// address"),
        (["--upstream", "wss://x", "--key-from-env"], "$DASHSCOPE_API_KEY is not set"),
        (["--upstream", "ws://x", "--header", "X-Tenant:t-0123456789"], "--header sends a header over wss:// only"),
        (["--upstream", "wss://x", "--header", "X-Tenant:t-0123456789", "--host", "::"], "only with --host 127.0.0.1"),
        (["--upstream", "wss://x", "--header", "X-Tenant:ok"], "the value of --header X-Tenant"),
    ],
)
def test_what_cannot_be_is_told(options: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["proxy", *options]) == 4
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--upstream", "ws://example.invalid"], "over wss:// only"),
        (["--upstream", "wss://x", "--host", "0.0.0.0"], "only with --host 127.0.0.1"),  # refused
    ],
)
def test_a_key_is_lent_with_care(
    options: list[str], words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-0123456789abcdef0123456789abcdef")
    assert cli.main(["proxy", "--key-from-env", *options]) == 4
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_of_it_ends_open_sessions_and_leaves_a_report(sent: signal.Signals, tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DASHSCOPE_", "PYTEST_"))}
    with serving() as mock:
        command = ["proxy", "--upstream", mock.url, "--port", "0", "-o", str(tmp_path)]
        process = subprocess.Popen(
            [sys.executable, "-m", "conformance.cli", *command], stdout=subprocess.PIPE, text=True, env=kept,
            start_new_session=True,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            found = re.match(r"(ws://\S+) passes on", process.stdout.readline())
            assert found is not None
            url = f"{found[1]}/api-ws/v1/realtime?model=qwen3.5-omni-flash-realtime"
            with connect(url, additional_headers={"Authorization": "Bearer k"}) as socket:
                socket.recv()
                os.killpg(process.pid, sent)  # as a terminal does, and `timeout`
                said, _ = process.communicate(timeout=60)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == 0
    assert "session-0001, " in said
    assert "1 session, 1 judged. Server: " in said
    assert (tmp_path / "report.html").is_file()
