"""`RealtimeMock`, what a developer's own tests use: in tests that block, in coroutines, and from an installed wheel."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from conformance.mock.options import OptionError
from conformance.testing import RealtimeMock
from support import runs

ROOT = Path(__file__).resolve().parents[2]


def opened(mock: RealtimeMock) -> ClientConnection:
    return connect(mock.model_url, additional_headers={"Authorization": f"Bearer {mock.key}"})


def turn(socket: ClientConnection, text: str, tools: list[Any] | None = None) -> list[dict[str, Any]]:
    """Ask in text; the events up to the end of the reply."""
    part = {"type": "input_text", "text": text}
    for event in (
        {"type": "session.update", "session": {"modalities": ["text"], "tools": tools or []}},
        {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [part]}},
    ):
        socket.send(json.dumps(event))
        until(socket, "session.updated", "conversation.item.created")
    socket.send('{"type":"response.create"}')
    return until(socket, "response.done")


def until(socket: ClientConnection, *kinds: str) -> list[dict[str, Any]]:
    events = [json.loads(socket.recv(60))]
    while events[-1]["type"] not in kinds:
        events.append(json.loads(socket.recv(60)))
    return events


def said(events: list[dict[str, Any]]) -> str:
    return "".join(event["delta"] for event in events if event["type"] == "response.text.delta")


def test_a_test_that_blocks() -> None:
    with RealtimeMock() as mock:
        mock.say("It ships on Monday.", hears="order")
        with opened(mock) as socket:
            assert said(turn(socket, "Where is my order?")) == "It ships on Monday."
            assert said(turn(socket, "hello")) == "You said: hello"
        (session,) = mock.sessions
        assert session.types == ["session.update", "conversation.item.create", "response.create"] * 2
        assert session.left == "close-1000"
        assert session.listed["clean_close_ok"] == "succeeded"
        mock.assert_conformant()


async def test_a_test_that_is_a_coroutine() -> None:
    with RealtimeMock() as mock:
        headers = {"Authorization": f"Bearer {mock.key}"}
        async with connect_async(mock.model_url, additional_headers=headers) as socket:
            assert json.loads(await socket.recv())["type"] == "session.created"
        mock.assert_conformant()
        assert len(mock.record.legs) == 1


def test_faults_are_set_while_it_serves() -> None:
    with RealtimeMock() as mock:
        with opened(mock) as socket:
            assert turn(socket, "hello")[-1]["type"] == "response.done"
        mock.closes(1011, "broken").call_tool("look", {"at": "me"}, hears="look").switch("finish", "finished")
        with opened(mock) as socket:
            called = turn(socket, "look here", [{"type": "function", "function": {"name": "look"}}])
            assert [event["name"] for event in called if event["type"].endswith("arguments.done")] == ["look"]
        assert mock.sessions[1].left == "closed by the server with 1011"
        mock.weather(rpm=1)
        with opened(mock) as socket:
            until(socket, "session.created")
        with pytest.raises(InvalidStatus), opened(mock):
            pass


def test_a_scenario_and_a_quirk_by_name() -> None:
    with RealtimeMock() as mock:
        mock.scenario("finish-accepted").quirk("duplicate-event-id")
        with opened(mock) as socket:
            socket.send('{"type":"session.finish"}')
            ids = {event["event_id"] for event in until(socket, "session.finished")}
        assert len(ids) == 1
        with pytest.raises(OptionError, match="no scenario"):
            mock.scenario("no-such")
        with pytest.raises(OptionError, match="no quirk"):
            mock.quirk("no-such")


def test_what_is_wrong_is_told_and_may_be_ignored() -> None:
    with RealtimeMock() as mock:
        with pytest.raises(AssertionError, match="no session was opened"):
            mock.assert_conformant()
        with opened(mock) as socket:
            socket.send('{"type":"session.close"}')
            until(socket, "error")
        with pytest.raises(AssertionError, match=r"CLI-012 \(MUST\) Every event is of a type"):
            mock.assert_conformant()
        mock.assert_conformant(ignore=["CLI-01*"])
        assert mock.findings(ignore=["MUST"]) == []


APP_TESTS = """
import json
from websockets.sync.client import connect

def test_app(realtime_mock):
    headers = {"Authorization": "Bearer " + realtime_mock.key}
    with connect(realtime_mock.model_url, additional_headers=headers) as socket:
        assert json.loads(socket.recv())["type"] == "session.created"
    realtime_mock.assert_conformant()
    assert len(realtime_mock.sessions) == 1

def test_nothing():
    import sys
    assert not [name for name in sys.modules if name.startswith("conformance")]
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the wheel installs."""
    if importlib.util.find_spec("hatchling") is None:
        assert "CI" not in os.environ, "hatchling is missing: pip install -e '.[dev]'"
        pytest.skip("needs hatchling: pip install hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    # What `python -m build` asks for in three processes more; CI builds with it.
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder / "dist")]
    subprocess.run(build, check=True, capture_output=True, env=runs.environment(), cwd=ROOT)
    (wheel,) = (folder / "dist").glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")  # its files and entry points: all that is used of it
    return folder / "site"


def pytest_of(folder: Path, site: Path | None, *options: str) -> subprocess.CompletedProcess[str]:
    """A run of somebody's project; without `site`, of one that never heard of the suite."""
    changes = {"PYTHONPATH": str(site)} if site is not None else {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *runs.UNASKED, *options],
        cwd=folder, env=runs.environment(**changes), capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_an_applications_own_tests_use_the_fixture_of_an_installed_wheel(installed: Path, tmp_path: Path) -> None:
    # `test_nothing` runs first: until the fixture is used, the suite is not imported.
    (tmp_path / "test_app.py").write_text(APP_TESTS, encoding="utf-8")
    (tmp_path / "conformance").mkdir()  # a folder of the project's own stands in nobody's way
    order = ("test_app.py::test_nothing", "test_app.py::test_app")
    done = pytest_of(tmp_path, installed, "-q", *order)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_other_projects_runs_are_unchanged_by_it(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text("def test_x(request): print(request.config.pluginmanager.list_name_plugin())")
    with_it = pytest_of(tmp_path, installed, "--help", "-p", "no:xdist")
    without = pytest_of(tmp_path, installed, "--help", "-p", "no:xdist", "-p", "no:qwen_realtime")
    assert with_it.stdout == without.stdout
    assert "realtime" not in with_it.stdout
    listed = pytest_of(tmp_path, installed, "--fixtures")
    assert "realtime_mock" in listed.stdout


def test_the_entry_points_module_has_fixtures_and_no_hook() -> None:
    """No option, no marker, no report can come of it: each needs a hook."""
    spec = importlib.util.spec_from_file_location("qwen_realtime_pytest", ROOT / "qwen_realtime_pytest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    own = [name for name in vars(module) if not name.startswith("_")]
    assert [name for name in own if name.startswith("pytest_")] == []
    assert "realtime_mock" in own
