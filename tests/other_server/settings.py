"""The session's configuration: what may be set, to which values, and how an update changes what is in force."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .ways import Json, Ways

VOICES = {"Tina", "Ethan", "Serena", "Cherry", "Chelsie"}
FLAT = {"pcm", "pcm16", "pcm24", "wav"}
RATES = {8000, 16000, 24000, 48000}
DETECTION: Json = {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 800,
                   "create_response": True, "interrupt_response": True}  # fmt: skip
REPLIES = (["text"], ["text", "audio"], ["audio", "text"])
NEVER_NULL = {"modalities", "instructions", "tools", "enable_search"}


@dataclass(frozen=True)
class Family:
    """What one family of models can do; rates in tokens a second of audio."""

    voice: str = "Tina"
    audio_in: float = 7
    audio_out: float = 12.5
    tools: bool = True
    semantic: bool = True
    sampling: bool = True
    side: int = 32
    most: int = 262_144


FAMILIES = {
    "qwen3.8-omni-flash-realtime": Family(),
    "qwen3.5-omni-plus-realtime": Family(),
    "qwen3.5-omni-flash-realtime": Family(),
    "qwen3-omni-flash-realtime": Family("Cherry", 12.5, 12.5, tools=False, semantic=False, most=16_384),
    "qwen-omni-turbo-realtime": Family(
        "Chelsie", 25, 25, tools=False, semantic=False, sampling=False, side=28, most=2048
    ),
}


@dataclass(frozen=True)
class RefusedError(Exception):
    """Why an update is refused, by which member; `fatal`: the backend found it."""

    message: str
    param: str
    fatal: bool = False


def whole(low: float, high: float) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def between(low: float, high: float, *, low_out: bool = False, high_out: bool = False) -> Callable[[Any], bool]:
    def fits(value: Any) -> bool:
        if not isinstance(value, int | float) or isinstance(value, bool):
            return False
        return low <= value <= high and not (low_out and value == low) and not (high_out and value == high)

    return fits


def kind(*types: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, types)


FITS: dict[str, Callable[[Any], bool]] = {
    "modalities": lambda value: value in REPLIES,
    "instructions": kind(str),
    "voice": kind(str),
    "input_audio_format": lambda value: value in FLAT,
    "output_audio_format": lambda value: value in FLAT,
    "input_audio_transcription": kind(dict),
    "turn_detection": kind(dict),
    "tools": lambda value: isinstance(value, list) and all(map(_tool, value)),
    "tool_choice": kind(str, dict),
    "enable_search": kind(bool),
    "search_options": kind(dict),
    "temperature": between(0, 2, high_out=True),
    "top_p": between(0, 1, low_out=True),
    "top_k": whole(0, 1 << 31),
    "max_tokens": whole(1, 1 << 20),
    "repetition_penalty": between(0, 100, low_out=True),
    "presence_penalty": between(-2, 2),
    "seed": whole(-1, (1 << 31) - 1),
    "audio": kind(dict),
    "smooth_output": kind(bool),
}
SAMPLING = ("temperature", "top_p", "top_k", "repetition_penalty", "presence_penalty", "seed", "max_tokens")
DETECTOR: dict[str, Callable[[Any], bool]] = {
    "type": lambda value: value in {"server_vad", "semantic_vad"},
    "threshold": between(-1, 1),
    "silence_duration_ms": whole(200, 6000),
    "prefix_padding_ms": whole(0, 10_000),
    "idle_timeout_ms": whole(5000, 30_000),
    "create_response": kind(bool),
    "interrupt_response": kind(bool),
}


def _tool(value: Any) -> bool:
    if not isinstance(value, dict) or value.get("type") != "function" or not isinstance(value.get("function"), dict):
        return False
    function = value["function"]
    parameters = function.get("parameters", {"type": "object"})
    return isinstance(function.get("name"), str) and parameters.get("type") == "object"


def greeting(model: str, ways: Ways) -> Json:
    """What is in force before the client has set anything."""
    family = FAMILIES[model]
    found: Json = {
        "modalities": ["text", "audio"], "voice": family.voice, "input_audio_format": "pcm",
        "output_audio_format": "pcm", "input_audio_transcription": {"model": "qwen3-asr-flash-realtime"},
        "turn_detection": copy.deepcopy(DETECTION),
    }  # fmt: skip
    if ways.greeting == "docs":
        found |= {"tools": [], "temperature": 0.8, "enable_search": False, "search_options": {}}
    return found


def changed(now: Json, asked: Json, model: str, ways: Ways) -> Json:
    """The configuration after an update; raises RefusedError, and then nothing is changed."""
    family, after = FAMILIES[model], copy.deepcopy(now)
    for name, value in asked.items():
        if name not in FITS:
            continue
        if name in SAMPLING and not family.sampling:
            continue
        if name in {"tools", "audio", "enable_search", "search_options"} and not family.tools:
            continue
        if value is None and name not in NEVER_NULL:
            _nulled(after, name, family)
            continue
        if not FITS[name](value):
            raise RefusedError(_words(name, value), f"session.{name}")
        if name == "voice" and value not in VOICES:
            raise RefusedError(f"<400> InternalError.Algo.InvalidParameter: Voice '{value}' is not supported.",
                          "session.voice", fatal=bool(value))  # fmt: skip
        if name == "turn_detection":
            after[name] = _detection(after.get(name), value, family, ways)
        elif name == "audio":
            after[name] = _nested(after.get(name) or {}, value)
        elif name == "input_audio_transcription":
            after[name] = {"model": "qwen3-asr-flash-realtime"}
        else:
            after[name] = copy.deepcopy(value)
    if after.get("tools") and after.get("enable_search"):
        raise RefusedError("tools and enable_search cannot be used together.", "session.tools")
    if after.get("max_tokens", 1) > family.most:
        raise RefusedError(_words("max_tokens", after["max_tokens"]), "session.max_tokens")
    return after


def _nulled(after: Json, name: str, family: Family) -> None:
    if name == "voice":
        after[name] = family.voice
    elif name in {"turn_detection", "input_audio_transcription"}:
        after[name] = None
    elif name in {"tool_choice", *SAMPLING, "audio", "search_options", "smooth_output"}:
        after.pop(name, None)


def _words(name: str, value: Any) -> str:
    if name == "modalities":
        return f"Invalid modalities: {value!r}. Supported combinations are: ['text'] and ['audio', 'text']."
    return f"Invalid value for session.{name}: {value!r}."


def _detection(now: Json | None, asked: Json, family: Family, ways: Ways) -> Json:
    for name, value in asked.items():
        if name in DETECTOR and value is not None and not DETECTOR[name](value):
            raise RefusedError(f"Invalid value: {value!r}.", f"session.turn_detection.{name}")
    if asked.get("type") == "semantic_vad" and not family.semantic:
        raise RefusedError("semantic_vad is not supported by this model.", "session.turn_detection.type")
    base = now if now and ways.merge == "deep" else DETECTION
    return {**base, **{name: value for name, value in asked.items() if name in DETECTOR and value is not None}}


def _nested(now: Json, asked: Json) -> Json:
    after = copy.deepcopy(now)
    for side in ("input", "output"):
        given = asked.get(side)
        if given is None:
            continue
        shape = given.get("format") if isinstance(given, dict) else None
        if not isinstance(shape, dict):
            raise RefusedError("Invalid audio format.", f"session.audio.{side}")
        if shape.get("type", "pcm") not in {"pcm", "wav"}:
            raise RefusedError("Invalid audio format.", f"session.audio.{side}.format.type")
        if shape.get("sample_rate", 16000) not in RATES:
            raise RefusedError("Invalid sample rate.", f"session.audio.{side}.format.sample_rate")
        before = after.setdefault(side, {}).setdefault("format", {})
        before |= {name: shape[name] for name in ("type", "sample_rate") if name in shape}
    return after


def form(config: Json, side: str, default: int) -> tuple[str, int]:
    """Type and rate of the audio on this side."""
    nested = ((config.get("audio") or {}).get(side) or {}).get("format") or {}
    flat = "wav" if config.get(f"{side}_audio_format") == "wav" else "pcm"
    return nested.get("type", flat), nested.get("sample_rate", default)
