"""A voice turn where the server detects speech: the flow of the vendor's sample, written anew with its SDK.

    DASHSCOPE_API_KEY=… python examples/dashscope_vad.py [FILE.wav] [--pace 1.0]

`$REALTIME_ENDPOINT` names another endpoint than the SDK's own (without `?model=`).  What to look at is the end:
`end_session()` first, because a session that was finished is a success under every policy that is known.  Where the
server refuses it, or does not answer, the SDK has closed the connection before it raises, and there is nothing left to
do; where it is accepted, the SDK leaves the connection open, and `close()` is the client's.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import os
import queue
import sys
import time
import wave
from pathlib import Path
from typing import Any

from dashscope.audio.qwen_omni import MultiModality, OmniRealtimeCallback, OmniRealtimeConversation

MODEL = "qwen3.5-omni-flash-realtime"
SPEECH = Path(__file__).resolve().parents[1] / "fixtures" / "speech" / "weather.wav"
PACKET = 3200  # bytes: 100 ms of 16-bit samples at 16 kHz
PATIENCE = 6.0  # seconds without an event before we give up
FINISH = 3.0  # seconds for the answer to session.finish
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Inbox(OmniRealtimeCallback):  # type: ignore[misc]
    """Puts what comes into a queue; the last thing in it is how the connection ended."""

    def __init__(self) -> None:
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()

    def on_event(self, message: dict[str, Any]) -> None:
        """Take an event."""
        self.events.put(message)

    def on_close(self, code: int | None, reason: str | None) -> None:
        """Take the end: without a code the line was lost."""
        self.events.put({"type": "closed", "code": code, "reason": reason})


class Ended(Exception):  # noqa: N818
    """The server, or the line, has ended the session."""

    def __init__(self, code: int | None, reason: str | None) -> None:
        super().__init__(f"closed with {code}: {reason}" if code else "the line was lost")
        self.code = code


def event(inbox: Inbox, patience: float = PATIENCE) -> dict[str, Any]:
    """The next event.  Raises Ended, or queue.Empty when nothing comes."""
    found = inbox.events.get(timeout=patience)
    if found.get("type") == "closed":
        raise Ended(found["code"], found["reason"])
    if found.get("type") == "error":
        print("error:", found["error"].get("message"))  # most leave the session open: go on
    return found


def until(inbox: Inbox, *kinds: str) -> dict[str, Any]:
    """The next event of these types."""
    while (found := event(inbox)).get("type") not in kinds:
        pass
    return found


def speak(conversation: OmniRealtimeConversation, inbox: Inbox, pcm: bytes, pace: float) -> None:
    """Stream speech, and then silence until the server has heard its end: without silence a turn never ends."""
    limit = time.monotonic() + 30.0
    packets = iter([pcm[at : at + PACKET] for at in range(0, len(pcm), PACKET)])
    while time.monotonic() < limit:
        conversation.append_audio(base64.b64encode(next(packets, bytes(PACKET))).decode())
        time.sleep(0.1 * pace)
        with contextlib.suppress(queue.Empty):
            while True:
                if event(inbox, 0.001).get("type") == "input_audio_buffer.speech_stopped":
                    return


def listen(conversation: OmniRealtimeConversation, inbox: Inbox) -> bytes:
    """Take the reply, with the tools that it calls; returns its audio.  A reply that is interrupted is thrown away."""
    player, calls = bytearray(), []
    active = cut = None
    while True:
        found = event(inbox)
        kind = found.get("type")
        if kind == "response.created":
            active = found["response"]["id"]
        elif kind == "response.audio.delta" and found["response_id"] != cut:
            player += base64.b64decode(found["delta"])
        elif kind == "input_audio_buffer.speech_started":
            cut = active
            player.clear()
        elif kind == "response.function_call_arguments.done":
            calls.append(found)
        elif kind == "response.done" and found["response"]["id"] != cut:
            if not calls:
                return bytes(player)
            for call in calls:
                city = json.loads(call["arguments"]).get("city", "the city")
                output = json.dumps({"city": city, "weather": "sunny"})
                conversation.create_item({"type": "function_call_output", "call_id": call["call_id"], "output": output})
            calls = []
            conversation.create_response()


def leave(conversation: OmniRealtimeConversation) -> None:
    """Say goodbye in the order that leaves best."""
    try:
        conversation.end_session(timeout=FINISH)
    except RuntimeError as refused:  # the SDK has closed
        print("not finished:", refused)
    except TimeoutError:  # nor here is there anything left to close
        print("session.finish was not answered")
    else:
        conversation.close()


def talk(url: str | None, key: str, pcm: bytes, pace: float) -> int:
    """Hold one session; returns the exit code.  Raises Ended where it was lost, TimeoutError where none began."""
    inbox = Inbox()
    conversation = OmniRealtimeConversation(model=MODEL, callback=inbox, url=url, api_key=key)
    try:
        conversation.connect()
    except TimeoutError:  # also where the connection was gone before the SDK looked at it
        told = [found["message"] for found in inbox.events.queue if found.get("code") == "AccessDenied"]
        if told:
            print("denied:", told[0])
            return 1
        raise
    try:
        until(inbox, "session.created")
        conversation.update_session([MultiModality.AUDIO, MultiModality.TEXT], voice="Tina", tools=[WEATHER])
        until(inbox, "session.updated")
        speak(conversation, inbox, pcm, pace)
        print(f"a reply of {len(listen(conversation, inbox)) / 48000:.1f} s")
    except queue.Empty:
        print("the server fell silent")
        with contextlib.suppress(ConnectionError):
            conversation.cancel_response()
        conversation.close()
        return 1
    except ConnectionError:  # we were sending when it ended; why, is in the inbox
        with contextlib.suppress(queue.Empty):
            until(inbox, "closed")
        raise Ended(None, None) from None
    leave(conversation)
    return 0


def main() -> int:
    """Talk, and come back once when the line was lost or nobody let us in."""
    parser = argparse.ArgumentParser()
    parser.add_argument("speech", nargs="?", type=Path, default=SPEECH, help="16 kHz, 16 bit, mono")
    parser.add_argument("--pace", type=float, default=1.0, help="1.0: as it sounds")
    options = parser.parse_args()
    with wave.open(str(options.speech)) as file:
        pcm = file.readframes(file.getnframes())
    for attempt in (1, 2):
        try:
            return talk(os.environ.get("REALTIME_ENDPOINT"), os.environ["DASHSCOPE_API_KEY"], pcm, options.pace)
        except Ended as ended:
            print(ended)
            if ended.code is not None:
                return 1
        except TimeoutError as problem:
            print("not connected:", problem)
        if attempt == 1:
            time.sleep(1.5)
    return 1


if __name__ == "__main__":
    sys.exit(main())
