"""Model profiles: what each model can do, its defaults, limits and token rates.

Where no source gives a value it is None, never a guess; where a value is our reading, the field's comment says so.
The mock has a table of its own (`conformance/mock/models.py`), and a test compares the two.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

SOURCES = {
    "default_voice": "CE (Sep-Oct 2026), `voice`; VOICE",
    "voices": "VOICE (Sep-Oct 2026), FLOW for the second voice of qwen3.8",
    "voices_complete": "VOICE (Sep-Oct 2026)",
    "capabilities": "CE (Sep-Oct 2026), FLOW, VOICE; WS-D for what qwen3 drops silently",
    "sampling": "CE (Sep-Oct 2026), RT (2025 and 2026): documented defaults",
    "max_tokens_limit": "CE (Sep-Oct 2026), RT (2025)",
    "audio_turns": "RT (2026), limits of use",
    "audio_in_rate": "RT (2025 and 2026), token rates",
    "audio_out_rate": "RT (2025 and 2026), token rates; stated nowhere for qwen3.8",
    "audio_min_seconds": "RT (2025 and 2026), token rates",
    "multichannel_factor": "CE (Sep-Oct 2026), `channels`",
    "image_side": "RT (2025 and 2026), token rules of images",
    "image_min_tokens": "RT (2025 and 2026), token rules of images",
    "image_max_tokens": "RT (2025 and 2026), token rules of images",
    "named_voice": "F9 (2026-09-21 and 2026-09-23)",
    "leaving": "F12 (2026-09-23)",
}
"""Where each field of a profile is from; `model` and `family` are names."""

FAMILIES = ("qwen3.8", "qwen3.5", "qwen3", "turbo")

CAPABILITIES = frozenset(
    {
        "server_vad",
        "semantic_vad",  # turn_detection.type
        "idle_timeout",  # turn_detection.idle_timeout_ms, with server_vad only
        "tools",  # function tools; a family without them drops them silently
        "mcp",
        "search",  # enable_search, never together with tools
        "nested_audio",  # audio.input.format / audio.output.format
        "multichannel",  # 2 and 4 input channels
        "video_compact",  # video.input.representation_compact
        "smooth_output",
        "sampling",  # temperature and its relatives may be changed
        "voice_clone",
    }
)


class UnknownModel(ValueError):  # noqa: N818  (reads as what it says at the call: `except UnknownModel`)
    """No profile for this name; the message names the nearest known model."""


@dataclass(frozen=True)
class Profile:
    """One model, by the name that stands in the URL.

    Rates are tokens a second.
    """

    model: str
    family: str
    default_voice: str
    voices: frozenset[str]
    """The voices that our sources name."""
    voices_complete: bool
    """Whether `voices` is the whole list; if not, a voice outside it may still be valid."""
    capabilities: frozenset[str]
    sampling: Mapping[str, float]
    """Documented defaults of the sampling parameters (CE, RT).  Live echoes leave them out (WS-REC)."""
    max_tokens_limit: int | None
    """Largest `max_tokens`; None: no figure found."""
    audio_turns: int | None
    """Remembered audio turns; older ones are dropped silently (RT)."""
    audio_in_rate: float
    audio_out_rate: float
    image_side: int
    """Pixels along one side of the square that makes a token."""
    image_min_tokens: int = 4
    image_max_tokens: int = 1280
    audio_min_seconds: float = 1.0
    """Shorter audio counts as this much (RT)."""
    multichannel_factor: int = 1
    """Input audio tokens are multiplied by this with 2 or 4 channels (CE)."""
    named_voice: str | None = None
    """The voice that a client has to name before anything is answered, because the greeting's own is refused (F9)."""
    leaving: bool = False
    """Whether the vendor has announced that it will be taken out of service (F12, 2026-09-23)."""

    def can(self, capability: str) -> bool:
        """Tell whether the model has a capability; a misspelt one is an error."""
        if capability not in CAPABILITIES:
            raise ValueError(f"no capability {capability!r}; there are {', '.join(sorted(CAPABILITIES))}")
        return capability in self.capabilities

    def knows_voice(self, voice: str) -> bool | None:
        """Tell whether a built-in voice belongs to the model; None: our list is too short to tell."""
        if voice in self.voices:
            return True
        return False if self.voices_complete else None


def _sampling(
    temperature: float, top_p: float, top_k: int, repetition_penalty: float, presence_penalty: float
) -> Mapping[str, float]:
    # seed -1 means "unset", outside its own documented range (CE).
    return MappingProxyType(
        {
            "temperature": temperature,
            "top_p": top_p,
            "top_k": top_k,
            "repetition_penalty": repetition_penalty,
            "presence_penalty": presence_penalty,
            "seed": -1,
        }
    )


def _qwen38(model: str) -> Profile:
    """Return the profile of qwen3.8: CE (Sep-Oct 2026), FLOW, VOICE.

    `idle_timeout_ms` isn't listed for it, voice cloning and remembered turns are stated nowhere.  The output
    rate is stated nowhere either; 12.5 is the neighbouring families' figure.  Live it greets with `Chelsie`, which it
    does not have, and answers nothing until another voice is named (F9, 2026-09-21 and 2026-09-23).
    """
    return Profile(
        model=model,
        family="qwen3.8",
        default_voice="Tina",
        voices=frozenset({"Tina", "longanlingxin"}),
        voices_complete=False,
        capabilities=frozenset(
            {
                "server_vad",
                "semantic_vad",
                "tools",
                "mcp",
                "search",
                "nested_audio",
                "multichannel",
                "video_compact",
                "sampling",
            }
        ),
        sampling=_sampling(0.6, 0.95, 20, 0, 1),
        max_tokens_limit=65_536,
        audio_turns=None,
        audio_in_rate=7,
        audio_out_rate=12.5,
        image_side=32,
        multichannel_factor=2,
        named_voice="Tina",
    )


def _qwen35(model: str, audio_turns: int) -> Profile:
    """Return a profile of qwen3.5: CE (Sep-Oct 2026), RT (2026, limits of use), VOICE.

    VOICE lists 47 multilingual and 8 dialect voices, and for qwen3 17 or 49 by the snapshot; only the defaults'
    names are in our sources.  The largest `max_tokens` is "the model's maximum output" without a figure.
    """
    return Profile(
        model=model,
        family="qwen3.5",
        default_voice="Tina",
        voices=frozenset({"Tina"}),
        voices_complete=False,
        capabilities=frozenset(
            {
                "server_vad",
                "semantic_vad",
                "idle_timeout",
                "tools",
                "search",
                "nested_audio",
                "sampling",
                "voice_clone",
            }
        ),
        sampling=_sampling(0.7, 0.8, 20, 1.0, 1.5),
        max_tokens_limit=None,
        audio_turns=audio_turns,
        audio_in_rate=7,
        audio_out_rate=12.5,
        image_side=32,
    )


def _qwen3(model: str) -> Profile:
    """Return a profile of qwen3: CE, RT (2025), VOICE.  It drops tools and nested audio silently (WS-D)."""
    return Profile(
        model=model,
        family="qwen3",
        default_voice="Cherry",
        voices=frozenset({"Cherry"}),
        voices_complete=False,
        capabilities=frozenset({"server_vad", "smooth_output", "sampling"}),
        sampling=_sampling(0.9, 1.0, 50, 1.05, 0.0),
        max_tokens_limit=16_384,
        audio_turns=8,
        audio_in_rate=12.5,
        audio_out_rate=12.5,
        image_side=32,
        leaving=True,
    )


def _turbo(model: str) -> Profile:
    """Return the profile of the legacy turbo family: RT (2025), VOICE.  Its sampling parameters are fixed."""
    return Profile(
        model=model,
        family="turbo",
        default_voice="Chelsie",
        voices=frozenset({"Cherry", "Serena", "Ethan", "Chelsie"}),
        voices_complete=True,
        capabilities=frozenset({"server_vad"}),
        sampling=_sampling(1.0, 0.01, 20, 1.05, 0.0),
        max_tokens_limit=2_048,
        audio_turns=None,
        audio_in_rate=25,
        audio_out_rate=25,
        image_side=28,
        leaving=True,
    )


_PROFILES = {
    profile.model: profile
    for profile in (
        _qwen38("qwen3.8-omni-flash-realtime"),
        _qwen35("qwen3.5-omni-plus-realtime", audio_turns=100),
        _qwen35("qwen3.5-omni-flash-realtime", audio_turns=80),
        _qwen3("qwen3-omni-flash-realtime"),
        _turbo("qwen-omni-turbo-realtime"),
    )
}
MODELS = tuple(_PROFILES)
DEFAULT_MODEL = "qwen3.5-omni-flash-realtime"
SPOKEN_ONLY = frozenset({"qwen3", "turbo"})  # families of which no source shows a turn without audio (C12)

_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def profile_for(model: str, family: str = "") -> Profile:
    """Return the profile of a model; a dated snapshot (`…-2025-12-01`) has its family's.

    A `family` of FAMILIES that is named decides by whose rules a model of any name is judged: those of the usual model
    of that family, of which nothing is announced.  The profile's `model` is always the name that was asked for.
    """
    base = _PROFILES.get(_DATED.sub("", model))
    if family and (base is None or base.family != family):
        usual = _PROFILES[DEFAULT_MODEL]
        if usual.family != family:
            usual = next(one for one in _PROFILES.values() if one.family == family)
        return replace(usual, model=model, leaving=False)
    if base is None:
        nearest = difflib.get_close_matches(model, MODELS, n=1, cutoff=0)[0]
        raise UnknownModel(f"no profile for model {model!r}; did you mean {nearest!r}?")
    return base if base.model == model else replace(base, model=model)


def profile_of(target: Mapping[str, Any]) -> Profile:
    """Return the profile of the `target` of a record's `run` line.  Raises UnknownModel."""
    family = target.get("profile")
    return profile_for(str(target["model"]), family if family in FAMILIES else "")


def told_by_name(profile: Profile) -> bool:
    """Whether the model's name alone says that it is of this family; else somebody named the family."""
    try:
        return profile_for(profile.model).family == profile.family
    except UnknownModel:
        return False
