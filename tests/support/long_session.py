"""One long text session, to see how judging grows: typed questions with written answers, 14 frames each."""

from __future__ import annotations

import itertools
import json
from typing import Any

from conformance.wire.transcript import Ending, Frame, Handshake, Leg, Side, Transcript

MODEL = "qwen3.5-omni-flash-realtime"


def session(turns: int) -> Transcript:
    """A faithful session of this many turns."""
    return Transcript("long/Session", "2026-11-01T00:00:00Z", [_leg(turns)], model=MODEL)


def _leg(turns: int) -> Leg:
    frames: list[Frame] = []
    ids = itertools.count(1)

    def new(prefix: str) -> str:
        return f"{prefix}_{next(ids):021d}"

    def put(side: Side, kind: str, **fields: Any) -> None:
        event = {"event_id": new("event" if side == "server" else "client"), "type": kind, **fields}
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        frames.append(Frame(len(frames), side, len(frames) * 20.0, "text", text))

    greeting = {
        "id": new("sess"), "object": "realtime.session", "model": MODEL, "modalities": ["text", "audio"],
        "voice": "Tina", "input_audio_format": "pcm", "output_audio_format": "pcm",
        "input_audio_transcription": {"model": "qwen3-asr-flash-realtime"},
        "turn_detection": {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 800},
    }  # fmt: skip
    put("server", "session.created", session=greeting)
    put("client", "session.update", session={"modalities": ["text"]})
    put("server", "session.updated", session={**greeting, "modalities": ["text"]})
    conversation = new("conv")
    for turn in range(turns):
        question = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": f"Question {turn}."}]}
        put("client", "conversation.item.create", item=question)
        shown = {**question, "id": new("item"), "object": "realtime.item", "status": "completed"}
        put("server", "conversation.item.created", item=shown)
        put("client", "response.create")
        begun = {
            "id": new("resp"), "object": "realtime.response", "conversation_id": conversation,
            "status": "in_progress", "modalities": ["text"], "voice": "Tina", "output_audio_format": "pcm",
        }  # fmt: skip
        put("server", "response.created", response={**begun, "output": []})
        item = {"id": new("item"), "object": "realtime.item", "type": "message", "role": "assistant"}
        added = {**item, "status": "in_progress", "content": []}
        at = {"response_id": begun["id"], "item_id": item["id"], "output_index": 0, "content_index": 0}
        put("server", "response.output_item.added", response_id=begun["id"], output_index=0, item=added)
        put("server", "conversation.item.created", item=added)
        put("server", "response.content_part.added", **at, part={"type": "text", "text": ""})
        for piece in ("An ", "answer", "."):
            put("server", "response.text.delta", **at, delta=piece)
        put("server", "response.text.done", **at, text="An answer.")
        put("server", "response.content_part.done", **at, part={"type": "text", "text": "An answer."})
        done = {**item, "status": "completed", "content": [{"type": "text", "text": "An answer."}]}
        put("server", "response.output_item.done", response_id=begun["id"], output_index=0, item=done)
        usage = {
            "total_tokens": 309, "input_tokens": 300, "output_tokens": 9,
            "input_tokens_details": {"text_tokens": 300}, "output_tokens_details": {"text_tokens": 9},
        }  # fmt: skip
        put("server", "response.done", response={**begun, "status": "completed", "output": [done], "usage": usage})
    ending = Ending("client", 1000, "", 1000, "", clean=True, tcp="fin")
    return Leg("wss://example", handshake=Handshake(101, 5.0), frames=frames, ending=ending)
