"""The configuration of a session that nobody has configured yet."""

from __future__ import annotations

from conformance.mock import ranges
from conformance.mock.errors import Json
from conformance.mock.models import Model
from conformance.mock.switches import Switches

TRANSCRIBER = "qwen3-asr-flash-realtime"


def detection(switches: Switches) -> Json:
    """Return the voice detection of a new session."""
    made: Json = ranges.defaults("turn_detection")
    if switches["vad-threshold-default"] == "server-0-2":
        made["threshold"] = 0.2
    if switches["vad-threshold-default"] == "not-shown":
        del made["threshold"]
    return made


def greeting_voice(model: Model, switches: Switches) -> str:
    """The voice that a new session shows: qwen3.8's is one that it does not have (F9)."""
    refused = model.family == "qwen3.8" and switches["greeting-voice"] == "refused"
    return "Chelsie" if refused else model.default_voice


def configuration(model: Model, switches: Switches, session_id: str) -> Json:
    """Return the configuration of a new session.

    It is the recorded one (WS-REC); the format names of the older families are those of SE.
    """
    formats = {"qwen3": ("pcm16", "pcm24"), "turbo": ("pcm16", "pcm16")}.get(model.family, ("pcm", "pcm"))
    made: Json = {
        "object": "realtime.session",
        "model": model.name,
        "modalities": ["text", "audio"],
        "voice": greeting_voice(model, switches),
        "input_audio_format": formats[0],
        "output_audio_format": formats[1],
        "input_audio_transcription": {"model": TRANSCRIBER},
        "turn_detection": detection(switches),
        "id": session_id,
    }
    if switches["created-content"] != "short":
        made |= {"tools": [], "temperature": 0.8}
    if switches["created-content"] == "full":
        made |= {"enable_search": False, "search_options": {}, "tool_choice": "auto"}
    if switches["max-response-output-token"] == "shown":
        made["max_response_output_token"] = "inf"  # noqa: S105  (no password)
    return made
