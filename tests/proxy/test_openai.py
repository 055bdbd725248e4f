"""The `openai` package, unchanged, through the proxy: what it did is judged from what was written down."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.intake import connections
from conformance.judge.checks import load
from conformance.judge.tally import Tally
from conformance.spec.profiles import profile_for
from support.proxies import Passing

# The package's warnings are its own
pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.usefixtures("swept")]

MODEL = "qwen3.5-omni-flash-realtime"


def test_a_typed_turn(tmp_path: Path) -> None:
    openai = pytest.importorskip("openai")  # here: it takes a second, and every worker collects this file
    with Passing(tmp_path) as here:
        url = f"ws://127.0.0.1:{here.port}/api-ws/v1"
        client = openai.OpenAI(api_key="sk-0123456789abcdef0123456789", websocket_base_url=url)
        with client.realtime.connect(model=MODEL) as talk:
            assert talk.recv().type == "session.created"
            talk.session.update(session={"modalities": ["text"], "turn_detection": None})
            assert talk.recv().type == "session.updated"
            said = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Say yes."}]}
            talk.conversation.item.create(item=said)
            assert talk.recv().type == "conversation.item.created"
            talk.response.create()
            seen = [talk.recv().type]
            while seen[-1] != "response.done":
                seen.append(talk.recv().type)
        assert here.over.wait(60)
    (found,) = connections(tmp_path / "session.jsonl")
    assert found.gaps == ()
    shown = [frame.type for frame in found.legs[0].frames if frame.side == "server" and frame.opcode == "text"]
    assert shown[3:] == seen
    assert "sk-0123456789" not in (tmp_path / "session.jsonl").read_text()
    tally = Tally(load().checks.values(), profile_for(MODEL))
    assert tally.add(found) == []
    assert tally.outcomes()["RSP-002"].detail == "held in 1 of 1 typed replies"
    client.close()
