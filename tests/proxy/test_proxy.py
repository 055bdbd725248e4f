"""Clients of others through the proxy: they notice nothing, and what they did is judged, both sides of it."""

from __future__ import annotations

import base64
import json
import queue
import threading
import time
import urllib.error
import urllib.request
from typing import Any

import pytest
from websockets.sync.client import connect

from conformance import fixtures
from conformance.report.record import read
from support.proxies import Between, between

# The SDK's warnings are its own
pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.usefixtures("swept")]

MODEL = "qwen3.5-omni-flash-realtime"
DEADLINE = 20.0  # seconds
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
        self.gone = threading.Event()

    def on_open(self) -> None:
        """Nothing is to be done."""

    def on_event(self, message: Any) -> None:
        self.events.put(message)

    def on_close(self, close_status_code: Any, close_msg: Any) -> None:
        self.gone.set()

    def until(self, kind: str) -> dict[str, Any]:
        while (event := self.events.get(timeout=DEADLINE))["type"] != kind:
            assert event["type"] != "error", event
        return event


def sdk(here: Between) -> tuple[Any, Inbox]:
    omni = pytest.importorskip("dashscope.audio.qwen_omni")  # here: every worker collects this file, and one runs it
    inbox, key = Inbox(), "sk-0123456789abcdef0123456789"
    made = omni.OmniRealtimeConversation(model=MODEL, callback=inbox, url=here.url, api_key=key)
    made.connect()
    return made, inbox


def update(talk: Any, *modalities: str, **options: Any) -> None:
    from dashscope.audio.qwen_omni import MultiModality

    talk.update_session([MultiModality(name) for name in modalities], **options)


def say(talk: Any, utterance: str, silence_ms: int = 0) -> None:
    for packet in fixtures.packets(fixtures.wav(utterance) + fixtures.silence(silence_ms)):
        talk.append_audio(base64.b64encode(packet).decode())


def spoken_turn(here: Between) -> None:
    talk, inbox = sdk(here)
    update(talk, "audio", "text", voice="Tina")
    inbox.until("session.updated")
    say(talk, "hello", silence_ms=2000)
    inbox.until("response.done")
    talk.close()
    talk.thread.join(60)


def tool_round_trip(here: Between) -> None:
    talk, inbox = sdk(here)
    update(talk, "text", enable_turn_detection=False, tools=[WEATHER])
    inbox.until("session.updated")
    say(talk, "weather")
    talk.commit()
    inbox.until("conversation.item.input_audio_transcription.completed")
    talk.create_response()
    call = inbox.until("response.function_call_arguments.done")
    inbox.until("response.done")
    talk.create_item({"type": "function_call_output", "call_id": call["call_id"], "output": '{"weather":"sunny"}'})
    inbox.until("conversation.item.created")
    talk.create_response()
    assert "sunny" in json.dumps(inbox.until("response.done"))
    with pytest.raises(RuntimeError, match="Session ended with error"):
        talk.end_session(timeout=60)
    talk.thread.join(60)


def finished(here: Between) -> None:
    talk, inbox = sdk(here)
    inbox.until("session.created")
    talk.end_session(timeout=60)
    inbox.until("session.finished")
    talk.close()
    talk.thread.join(60)


def typed(here: Between) -> None:
    """A plain client that makes a mistake of its own: an event that nobody knows."""
    with connect(f"{here.url}?model={MODEL}", additional_headers={"Authorization": "Bearer k"}) as socket:
        assert json.loads(socket.recv())["type"] == "session.created"
        socket.send(json.dumps({"type": "conversation.no_such_event", "event_id": "event_1"}))
        assert json.loads(socket.recv())["type"] == "error"


def looked_at(here: Between, path: str, **headers: str) -> tuple[int, str]:
    """What the window shows."""
    asked = urllib.request.Request(f"{here.window}{path}", headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code, problem.read().decode()


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Between, dict[str, Any], str]:
    """All of them one after the other, and the live page before the end."""
    with between(tmp_path_factory.mktemp("proxy")) as here:
        # A page of somebody else's, which the browser was told lies on this machine, is shown nothing.
        assert looked_at(here, "/", Host="evil.example:80")[0] == 403
        assert looked_at(here, "/report")[0] == 404
        spoken_turn(here)
        tool_round_trip(here)
        typed(here)
        here.mocked(switches={"finish": "finished"})
        finished(here)
        until = time.monotonic() + 30
        # A client is gone before the proxy has judged what it did: the window says so of itself.
        while "not over" in (page := looked_at(here, "/")[1]) and time.monotonic() < until:
            pass
    summary = json.loads((here.directory / "summary.json").read_text())
    return here, summary, page


def test_what_the_server_did_is_judged(seen: tuple[Between, dict[str, Any], str]) -> None:
    here, summary, _ = seen
    verdicts = {case["id"]: (case["verdict"], case["detail"]) for case in summary["cases"]}
    assert here.made["exit"] == 0, [case for case in summary["cases"] if case["verdict"] == "fail"]
    assert verdicts["VAD-002"] == ("pass", "held in 1 of 1 spoken turns")
    assert verdicts["ITM-015"] == ("pass", "held in 1 of 1 tool round trips")
    assert verdicts["CON-001"] == ("pass", "held in 4 of 4 greetings")
    assert verdicts["GEN-060"][0] == "pass"
    assert verdicts["Q-FINISH"] == ("observed", "error: 1, finished: 1")


def test_what_the_clients_did_is_judged(seen: tuple[Between, dict[str, Any], str]) -> None:
    here, _, _ = seen
    assert here.made["client"]
    mistaken = next(line for line in here.said if line.startswith("session-0003"))
    assert "client: CLI-" in mistaken


def test_each_session_has_its_line(seen: tuple[Between, dict[str, Any], str]) -> None:
    here, _, _ = seen
    assert sorted(line.partition(",")[0] for line in here.said) == [f"session-{number:04d}" for number in (1, 2, 3, 4)]
    assert all("closed by the client (1000)" in line for line in here.said)
    assert all("server: nothing found" in line for line in here.said)


def test_the_record_keeps_no_key_and_no_audio(seen: tuple[Between, dict[str, Any], str]) -> None:
    here, _, _ = seen
    text = (here.directory / "record.jsonl").read_text()
    assert "0123456789abcdef" not in text
    record = read(here.directory / "record.jsonl")
    assert all(one.gaps in {(), ("audio",)} for one in record.transcripts.values())
    assert "audio" in record.transcripts["session-0001"].gaps
    assert list((here.directory / "sessions").iterdir()) == []


def test_the_live_page_lists_the_sessions(seen: tuple[Between, dict[str, Any], str]) -> None:
    _, _, page = seen
    assert all(f"session-{number:04d}" in page for number in (1, 2, 3, 4))
    assert "CLI-" in page
