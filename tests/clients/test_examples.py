"""The examples break no clause in any scenario: what a reader copies leaves well."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import inspect
import io
import sys
from pathlib import Path
from types import ModuleType

import pytest

from conformance.clients.judging import judge
from conformance.clients.recording import Recording
from conformance.clients.running import KEY, noted, options_for
from conformance.clients.scenarios import known
from conformance.mock.options import MockOptions
from conformance.mock.server import MockServer
from conformance.wire.transcript import Transcript

FOLDER = Path(__file__).resolve().parents[2] / "examples"
# The SDK's warnings are its own
pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.usefixtures("swept")]
# The SDK takes five seconds to say that nobody let it in, whatever happens; CI runs it as a program in every scenario.
SLOW = {("dashscope_vad", "unauthorised"), ("dashscope_vad", "throttled")}
WAITS = {"stall", "slow", "finish-silent"}
"""Scenarios of seconds: one example each shows them."""


def cases() -> list[tuple[str, str]]:
    names = sorted(path.stem for path in FOLDER.glob("*.py"))
    found = [(name, scenario) for name in names for scenario in known() if (name, scenario) not in SLOW]
    return [case for case in found if case[1] not in WAITS or case[0] == "dashscope_vad"]


def module(name: str) -> ModuleType:
    pytest.importorskip("dashscope")  # brings websocket-client, too
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


async def play(name: str, scenario: str, monkeypatch: pytest.MonkeyPatch) -> Transcript:
    """Run an example in this process, in a thread where it blocks."""
    example, out = module(name), io.StringIO()
    options = options_for(known()[scenario].options(MockOptions()))
    recording = Recording()
    async with MockServer(options, witness=recording) as server:
        monkeypatch.setenv("REALTIME_ENDPOINT", server.url)
        monkeypatch.setenv("DASHSCOPE_API_KEY", KEY)
        monkeypatch.setattr(sys, "argv", [name, "--pace", "0.02"])
        with contextlib.redirect_stdout(out):
            if inspect.iscoroutinefunction(example.main):
                code = await example.main(example.SPEECH)
            else:
                code = await asyncio.to_thread(example.main)
        await recording.settled(5)
    ran = {
        "code": code, "seconds": 0.0, "output": out.getvalue().splitlines(), "timed_out": False, "stopped": None,
        "interrupted": False, "ended": f"ended with {code}",
    }  # fmt: skip
    return noted(recording, options, known()[scenario], ran)


@pytest.mark.parametrize(("name", "scenario"), cases())
async def test_an_example_breaks_nothing(name: str, scenario: str, monkeypatch: pytest.MonkeyPatch) -> None:
    played = await play(name, scenario, monkeypatch)
    outcomes = judge([played])
    assert {clause: one.detail for clause, one in outcomes.items() if one.verdict not in {"pass", "skipped"}} == {}
    if scenario == "finish-accepted":
        assert set(played.notes["listed"][-1].values()) == {"succeeded"}  # whatever the policy


def test_there_are_three_examples() -> None:
    assert len({name for name, _ in cases()}) == 3
