"""The vendor's own Python SDK, unchanged, against the mock: what it sends is accepted, what it expects comes."""

from __future__ import annotations

import base64
import json
import queue
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from conformance import data, fixtures
from support.mocks import serving

# The SDK's warnings are its own
pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.usefixtures("swept")]

MODEL = "qwen3.5-omni-flash-realtime"
SPOKEN, TYPED = ("audio", "text"), ("text",)
DEADLINE = 60.0  # seconds
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Inbox:
    """Keeps what the SDK hands over: an `OmniRealtimeCallback` by its methods, so that collecting imports no SDK."""

    def __init__(self) -> None:
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()
        self.seen: list[dict[str, Any]] = []
        self.left = threading.Event()

    def on_open(self) -> None:
        """Nothing is to be done."""

    def on_close(self, code: Any, reason: Any) -> None:
        """Nothing is to be done."""

    def on_event(self, message: Any) -> None:
        self.events.put(message)

    def until(self, kind: str) -> dict[str, Any]:
        while True:
            event = self.events.get(timeout=DEADLINE)
            self.seen.append(event)
            if event["type"] == kind:
                return event

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.seen]


Talk = tuple[Any, Inbox]


@pytest.fixture
def talk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Talk]:
    sdk = pytest.importorskip("dashscope.audio.qwen_omni")  # here: every worker collects this file, and one runs it
    with serving(**getattr(request, "param", {})) as server:
        inbox = Inbox()
        note = server.ledger.record
        monkeypatch.setattr(server.ledger, "record", lambda call: (note(call), inbox.left.set()))
        url = server.url.partition("?")[0]
        conversation = sdk.OmniRealtimeConversation(model=MODEL, callback=inbox, url=url, api_key="any-key")
        conversation.connect()
        try:
            yield conversation, inbox
        finally:
            conversation.close()
            conversation.thread.join(60)


def update(conversation: Any, modalities: tuple[str, ...], **options: Any) -> None:
    from dashscope.audio.qwen_omni import MultiModality

    conversation.update_session([MultiModality(name) for name in modalities], **options)


def say(conversation: Any, utterance: str, silence_ms: int = 0) -> None:
    for packet in fixtures.packets(fixtures.wav(utterance) + fixtures.silence(silence_ms)):
        conversation.append_audio(base64.b64encode(packet).decode())


def test_it_connects_and_learns_its_session(talk: Talk) -> None:
    _, inbox = talk
    created = inbox.until("session.created")
    assert created["session"]["id"].startswith("sess_")


def test_its_default_update_is_confirmed(talk: Talk) -> None:
    conversation, inbox = talk
    update(conversation, SPOKEN)
    echo = inbox.until("session.updated")["session"]
    assert set(echo["modalities"]) == {"text", "audio"}
    assert echo["turn_detection"]["threshold"] == 0.2
    assert "error" not in inbox.types


def test_speech_is_detected_and_answered_in_speech(talk: Talk) -> None:
    conversation, inbox = talk
    update(conversation, SPOKEN, voice="Tina")
    inbox.until("session.updated")
    say(conversation, "hello", silence_ms=2000)
    done = inbox.until("response.done")["response"]
    assert done["status"] == "completed"
    spoken = [event for event in inbox.seen if event["type"] == "response.audio.delta"]
    pcm = b"".join(base64.b64decode(event["delta"]) for event in spoken)
    assert fixtures.pcm_ms(pcm, rate=24000) > 200
    for kind in ("speech_started", "speech_stopped", "committed"):
        assert f"input_audio_buffer.{kind}" in inbox.types
    assert conversation.get_last_response_id() == done["id"]
    assert done["usage"]["input_tokens_details"]["audio_tokens"] > 0


def test_a_manual_turn(talk: Talk) -> None:
    conversation, inbox = talk
    update(conversation, TYPED, enable_turn_detection=False)
    inbox.until("session.updated")
    say(conversation, "weather")
    conversation.commit()
    transcript = inbox.until("conversation.item.input_audio_transcription.completed")["transcript"]
    assert transcript == fixtures.utterance_text("weather")
    conversation.create_response()
    assert inbox.until("response.done")["response"]["status"] == "completed"


def test_a_tool_makes_its_round_trip(talk: Talk) -> None:
    conversation, inbox = talk
    update(conversation, TYPED, enable_turn_detection=False, tools=[WEATHER])
    inbox.until("session.updated")
    say(conversation, "weather")
    conversation.commit()
    inbox.until("conversation.item.input_audio_transcription.completed")
    conversation.create_response()
    call = inbox.until("response.function_call_arguments.done")
    assert json.loads(call["arguments"]) == {"city": "Hangzhou"}
    inbox.until("response.done")
    conversation.create_item(
        {"type": "function_call_output", "call_id": call["call_id"], "output": '{"weather":"sunny"}'}
    )
    inbox.until("conversation.item.created")
    conversation.create_response()
    done = inbox.until("response.done")["response"]
    assert "sunny" in json.dumps(done["output"])


def test_a_response_is_cancelled(talk: Talk) -> None:
    conversation, inbox = talk
    update(conversation, TYPED)
    inbox.until("session.updated")
    conversation.create_item(
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Count to 40."}]}
    )
    conversation.create_response()
    inbox.until("response.text.delta")
    conversation.cancel_response()
    inbox.until("response.output_item.done")
    assert "error" not in inbox.types


def test_end_session_raises_where_finish_is_refused(talk: Talk) -> None:
    conversation, inbox = talk
    inbox.until("session.created")
    with pytest.raises(RuntimeError, match="Session ended with error"):
        conversation.end_session(timeout=60)
    assert inbox.left.wait(DEADLINE)  # it closes by itself, as the server sees it


@pytest.mark.parametrize("talk", [{"switches": {"finish": "finished"}}], indirect=True)
def test_end_session_returns_where_finish_is_accepted(talk: Talk) -> None:
    conversation, inbox = talk
    inbox.until("session.created")
    conversation.end_session(timeout=60)
    inbox.until("session.finished")


def test_close_ends_the_session(talk: Talk) -> None:
    conversation, inbox = talk
    inbox.until("session.created")
    conversation.close()
    assert inbox.left.wait(DEADLINE)


CAPTURED = sorted((data.fixtures() / "sdk").glob("*.jsonl"))


@pytest.mark.parametrize("path", CAPTURED, ids=lambda path: path.stem)
async def test_captured_frames_of_every_release_are_accepted(path: Any) -> None:
    from websockets.asyncio.client import connect

    from conformance.mock.options import MockOptions
    from conformance.mock.server import MockServer

    frames = [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    wanted = [text for text in frames if json.loads(text)["type"] in {"session.update", "input_audio_buffer.append"}]
    async with (
        MockServer(MockOptions()) as server,
        connect(
            f"{server.url.partition('?')[0]}?model={MODEL}", additional_headers={"Authorization": "Bearer k"}
        ) as socket,
    ):
        for text in wanted:
            await socket.send(text)
        updates = sum(json.loads(text)["type"] == "session.update" for text in wanted)
        seen: list[dict[str, Any]] = []
        while sum(event["type"] == "session.updated" for event in seen) < updates:
            seen.append(json.loads(await socket.recv()))
            assert seen[-1]["type"] != "error", seen[-1]
