"""A voice turn where the server detects speech, with `websocket-client` and one thread.

    DASHSCOPE_API_KEY=… python examples/websocket_client_vad.py [FILE.wav] [--pace 1.0]

`$REALTIME_ENDPOINT` names another endpoint than the shared one in Beijing (without `?model=`).  The socket is read
between packets, so that pings are answered and a kill is seen while the client speaks.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
import time
import uuid
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import websocket

ENDPOINT = "wss://dashscope.aliyuncs.com/api-ws/v1/realtime"
MODEL = "qwen3.5-omni-flash-realtime"
SPEECH = Path(__file__).resolve().parents[1] / "fixtures" / "speech" / "weather.wav"
PACKET = 3200  # bytes: 100 ms
PATIENCE = 6.0  # seconds without an event before we give up
FINISH = 3.0  # seconds for the answer to session.finish


class Ended(Exception):  # noqa: N818
    """The session is over; `code` None: without a close frame."""

    def __init__(self, code: int | None, reason: str) -> None:
        super().__init__(f"closed with {code}: {reason}" if code else reason)
        self.code = code


class Session:
    """A connection, and the events on it."""

    def __init__(self, url: str, key: str) -> None:
        header = [f"Authorization: Bearer {key}"]
        self.socket = websocket.create_connection(f"{url}?model={MODEL}", header=header, timeout=PATIENCE)

    def send(self, kind: str, **members: Any) -> None:
        """Send an event."""
        try:
            self.socket.send(json.dumps({"event_id": f"event_{uuid.uuid4().hex}", "type": kind, **members}))
        except (OSError, websocket.WebSocketException):
            raise Ended(None, "the line was lost") from None

    def event(self, patience: float = PATIENCE) -> dict[str, Any] | None:
        """The next event; None when none comes.  Raises Ended."""
        self.socket.settimeout(patience)
        try:
            opcode, data = self.socket.recv_data()  # answers pings, and the server's close frame
        except websocket.WebSocketTimeoutException:
            return None
        except (OSError, websocket.WebSocketException):
            raise Ended(None, "the line was lost") from None
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            raise Ended(int.from_bytes(data[:2], "big"), data[2:].decode("utf-8", "replace"))
        found: dict[str, Any] = json.loads(data)
        if found.get("type") == "error":
            print("error:", found["error"].get("message"))
        return found

    def until(self, *kinds: str, patience: float = PATIENCE) -> dict[str, Any]:
        """The next event of these types.  Raises TimeoutError."""
        while True:
            found = self.event(patience)
            if found is None:
                raise TimeoutError
            if found.get("type") in kinds:
                return found

    def speak(self, packets: Iterator[bytes], pace: float) -> None:
        """Stream speech, and then silence until the server has heard its end: without silence a turn never ends."""
        limit = time.monotonic() + 30.0
        while time.monotonic() < limit:
            self.send("input_audio_buffer.append", audio=base64.b64encode(next(packets, bytes(PACKET))).decode())
            until = time.monotonic() + 0.1 * pace
            while (found := self.event(max(0.001, until - time.monotonic()))) is not None:
                if found.get("type") == "input_audio_buffer.speech_stopped":
                    return

    def listen(self) -> bytes:
        """Take the reply; returns its audio.  What was interrupted is thrown away."""
        player = bytearray()
        active = cut = None
        kinds = ("response.created", "response.audio.delta", "input_audio_buffer.speech_started", "response.done")
        while True:
            found = self.until(*kinds)
            if found["type"] == "response.created":
                active = found["response"]["id"]
            elif found["type"] == "input_audio_buffer.speech_started":
                cut = active
                player.clear()
            elif found["type"] == "response.audio.delta" and found["response_id"] != cut:
                player += base64.b64decode(found["delta"])
            elif found["type"] == "response.done" and found["response"]["id"] != cut:
                return bytes(player)

    def leave(self) -> None:
        """Offer `session.finish`; whatever comes of it, a close frame follows."""
        self.send("session.finish")
        try:
            self.until("session.finished", "error", patience=FINISH)
        except TimeoutError:
            print("session.finish was not answered")
        self.socket.close()


def talk(url: str, key: str, pcm: bytes, pace: float) -> int:
    """Hold one session; returns the exit code."""
    session = Session(url, key)
    try:
        session.until("session.created")
        session.send("session.update", session={"modalities": ["text", "audio"], "voice": "Tina"})
        session.until("session.updated")
        session.speak((pcm[at : at + PACKET] for at in range(0, len(pcm), PACKET)), pace)
        print(f"a reply of {len(session.listen()) / 48000:.1f} s")
    except TimeoutError:
        print("the server fell silent")
        session.send("response.cancel")
        session.socket.close()
        return 1
    session.leave()
    return 0


def main() -> int:
    """Talk, and come back once when the line was lost or there is no room."""
    parser = argparse.ArgumentParser()
    parser.add_argument("speech", nargs="?", type=Path, default=SPEECH, help="16 kHz, 16 bit, mono")
    parser.add_argument("--pace", type=float, default=1.0, help="1.0: as it sounds")
    options = parser.parse_args()
    with wave.open(str(options.speech)) as file:
        pcm = file.readframes(file.getnframes())
    for attempt in (1, 2):
        try:
            return talk(
                os.environ.get("REALTIME_ENDPOINT", ENDPOINT), os.environ["DASHSCOPE_API_KEY"], pcm, options.pace
            )
        except websocket.WebSocketBadStatusException as refused:
            print("refused with HTTP", refused.status_code)
            if refused.status_code != 429:
                return 1
        except Ended as ended:
            print(ended)
            if ended.code is not None:
                return 1
        if attempt == 1:
            time.sleep(1.5)
    return 1


if __name__ == "__main__":
    sys.exit(main())
