"""Programs that are run: none survives, and what they said last is kept."""

from __future__ import annotations

import os
import sys

import pytest

from conformance.clients import program

DEAF = """
import signal
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
while True:
    signal.pause()
"""


async def run(code: str, limit: float | None = 30.0) -> program.Ran:
    return await program.run([sys.executable, "-c", code], dict(os.environ), limit, show=lambda line: None)


async def test_who_ignores_every_signal_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "GRACE", 0.05)
    ran = await run(DEAF, 0.5)
    assert (ran.code, ran.stopped, ran.timed_out) == (-9, "SIGKILL", True)


async def test_the_last_lines_are_kept() -> None:
    ran = await run(f"print('\\n'.join(map(str, range({program.LINES + 5}))))")
    assert ran.output == tuple(str(number) for number in range(5, program.LINES + 5))
    assert (ran.code, ran.stopped, ran.ended) == (0, None, "ended with exit code 0")


async def test_a_line_without_an_end_is_kept_and_cut() -> None:
    ran = await run("print('x' * 2000, end='')")
    assert ran.output == ("x" * program.LONGEST_LINE,)


async def test_what_the_program_left_behind_does_not_hold_us_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "FLUSH", 0.05)
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    ran = await run(code)
    assert ran.code == 0
    assert ran.seconds < 50
