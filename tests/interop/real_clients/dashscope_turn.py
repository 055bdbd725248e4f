"""A manual turn with the vendor's SDK, left by `close`, `end_session`, or `both`."""

from __future__ import annotations

import base64
import os
import queue
import sys
import wave
from pathlib import Path

from dashscope.audio.qwen_omni import MultiModality, OmniRealtimeCallback, OmniRealtimeConversation

SPEECH = Path(__file__).resolve().parents[3] / "fixtures" / "speech" / "hello.wav"
events: queue.Queue = queue.Queue()


class Inbox(OmniRealtimeCallback):
    def on_event(self, message):
        events.put(message)


def until(kind):
    while events.get(timeout=10)["type"] != kind:
        pass


conversation = OmniRealtimeConversation(
    model="qwen3.5-omni-flash-realtime", callback=Inbox(), url=os.environ["REALTIME_ENDPOINT"],
    api_key=os.environ["DASHSCOPE_API_KEY"],
)  # fmt: skip
conversation.connect()
conversation.update_session([MultiModality.TEXT], voice="Tina", enable_turn_detection=False)
until("session.updated")
with wave.open(str(SPEECH)) as file:
    pcm = file.readframes(file.getnframes())
for at in range(0, len(pcm), 3200):
    conversation.append_audio(base64.b64encode(pcm[at : at + 3200]).decode())
conversation.commit()
until("conversation.item.input_audio_transcription.completed")
conversation.create_response()
until("response.done")
if sys.argv[1] in {"end_session", "both"}:
    conversation.end_session(timeout=3)
if sys.argv[1] in {"close", "both"}:
    conversation.close()
