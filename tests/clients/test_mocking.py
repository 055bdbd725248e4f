"""The mock as a tool: its names are listed, its frames told in lines, its answers read from a file."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from conformance import cli
from conformance.clients import mocking, serving
from conformance.clients.scenarios import known
from conformance.mock.options import MockOptions
from conformance.mock.quirks import REGISTRY
from conformance.mock.server import MockServer
from conformance.mock.switches import known as switches

MODEL = "?model=qwen3.5-omni-flash-realtime"


@pytest.mark.parametrize(
    ("kind", "names"), [("quirks", set(REGISTRY)), ("switches", set(switches())), ("scenarios", set(known()))]
)
def test_every_name_is_listed_with_its_meaning(kind: str, names: set[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["mock", "--list", kind]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {re.split("[ =]", line)[0] for line in lines} == names
    assert all(len(line.split()) > 2 for line in lines)


async def test_each_frame_is_a_readable_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-0123456789abcdef")
    lines: list[str] = []
    log = mocking.Log(lines.append)
    headers = {"Authorization": "Bearer sk-0123456789abcdef"}
    append = json.dumps({"type": "input_audio_buffer.append", "audio": "AAAA" * 800})
    update = json.dumps({"type": "session.update", "session": {"instructions": "sk-0123456789abcdef"}})
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(MockServer(MockOptions(), witness=log))
        socket = await stack.enter_async_context(connect(server.url + MODEL, additional_headers=headers))
        await socket.recv()
        for message in (append, update, "no\x1b[31m JSON"):
            await socket.send(message)
        for _ in range(2):
            await socket.recv()
    text = "\n".join(lines)
    assert re.match(r"\d\d:\d\d:\d\d\.\d{3} #1 - /api-ws/v1/realtime\?model=\S+ HTTP 101", lines[0])
    assert re.search(r"#1 < session\.created \{", text)
    assert '#1 > input_audio_buffer.append {"audio": "3200 characters of Base64"}' in text
    assert "#1 > no JSON: no [31m JSON" in text
    assert "#1 > close 1000" in text
    assert "#1 - TCP ended by the" in text
    assert "0123456789" not in text
    assert all(len(line) <= mocking.WIDTH for line in lines)


def test_what_is_chosen_reaches_the_mock(tmp_path: Path) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text('[[answers]]\nhears = "order"\nsay = "Monday."\n', encoding="utf-8")
    words = ["mock", "--voice", "Cherry", "--answers", str(answers), "--scenario", "finish-silent", "--path", "/v1/a"]
    made = serving.chosen(cli.parser("mock").parse_args(words))
    assert made.voices == ("Cherry",)
    assert made.path == "/v1/a"
    assert [line.say for line in made.answers] == ["Monday."]
    assert made.switches == {"finish": "silent"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--answers", "no-such.toml"], "no-such.toml: No such file"),
        (["--path", "v1/realtime"], "--path 'v1/realtime': the path of a URL, such as /v1/realtime"),
        (["--path", "/__status/calls"], "--path '/__status/calls': the path of a URL"),
        (["--path", "/v1/%72ealtime"], "the path of a URL"),
        (["--scenario", "dorp"], "no scenario 'dorp'; did you mean 'drop'?"),
    ],
)
def test_wrong_choices_are_wrong_usage(options: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["mock", "--port", "0", *options]) == 4
    assert says in capsys.readouterr().err
