"""What the vendor's SDKs really send, call by call, breaks no rule that holds for every conversation."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import data
from conformance.judge.checks import judge, load
from conformance.mock.options import MockOptions
from conformance.mock.server import MockServer
from conformance.spec.profiles import DEFAULT_MODEL, profile_for
from conformance.wire import close, likely, quiet, text, until
from conformance.wire.conversation import Conversation
from conformance.wire.holding import hold
from conformance.wire.target import resolve
from conformance.wire.transcript import Transcript

CAPTURED = sorted((data.fixtures() / "sdk").glob("*.jsonl"))
ANSWERS = {
    "session.update": ("session.updated", "error"),
    "input_audio_buffer.commit": ("input_audio_buffer.committed", "error"),
    "input_audio_buffer.clear": ("input_audio_buffer.cleared", "error"),
    "conversation.item.create": ("conversation.item.created", "error"),
    "response.create": ("response.done", "error"),
    "session.finish": ("session.finished", "error"),
}


def replayed(path: Path) -> Transcript:
    frames = [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    script = [until("session.created")]
    for frame in frames:
        script.append(text(frame))
        kind = json.loads(frame)["type"]
        if kind in ANSWERS:
            script.append(likely(*ANSWERS[kind]))
    script += [quiet(), close(1000)]

    async def talk() -> Transcript:
        async with MockServer(MockOptions()) as server:
            target = replace(resolve("mock", model=DEFAULT_MODEL, key=None, workspace=None), url=server.url)
            return await hold(Conversation("sdk/Frames", script=lambda _: script), target, profile_for(DEFAULT_MODEL))

    return asyncio.run(talk())


@pytest.mark.parametrize("path", CAPTURED, ids=lambda path: path.stem)
def test_frames_of_the_sdk_break_no_rule(path: Path) -> None:
    transcript = replayed(path)
    assert transcript.stop is None
    rules = [check for check in load().checks.values() if check.conversation is None]
    outcomes = judge(rules, {transcript.conversation: transcript}, profile_for(DEFAULT_MODEL))
    wrong = {check: outcome for check, outcome in outcomes.items() if outcome.verdict in {"fail", "error"}}
    assert wrong == {}
    assert sum(outcome.verdict == "pass" for outcome in outcomes.values()) >= 20
