"""What the mock takes for the facts of each model: its own reading of the sources, shared with nobody.

The judge has another (`conformance/spec/profiles.py` and the schemas).  A number that is wrong in one of the two shows
as a failed run, and a test that compares them names the source of both.  So nothing here is imported from there.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from dataclasses import dataclass

SOURCES = {
    "default_voice": "CE (Sep-Oct 2026), the column of defaults of `voice`",
    "voices": "VOICE (Sep-Oct 2026): the four of turbo by name, of the others those that an example names",
    "voices_complete": "VOICE (Sep-Oct 2026): only the four of turbo are a whole list in our copies",
    "capabilities": "CE (Sep-Oct 2026), who has which parameter; FLOW for qwen3.8; WS-D for what qwen3 drops",
    "max_tokens_limit": "CE (Sep-Oct 2026) for qwen3.8; RT (2025), largest output, for qwen3 and turbo",
    "audio_turns": "RT (2026), limits of use",
    "audio_in_rate": "RT (2025 and 2026), audio to tokens",
    "audio_out_rate": "RT (2025 and 2026), audio to tokens; of qwen3.8 nothing is said, and it has its neighbour's",
    "audio_min_seconds": "RT (2025 and 2026), audio to tokens: less than a second counts as one",
    "multichannel_factor": "CE (Sep-Oct 2026), `channels`: twice the tokens with 2 or 4",
    "image_side": "RT (2025 and 2026), images to tokens",
    "image_min_tokens": "RT (2025 and 2026), images to tokens",
    "image_max_tokens": "RT (2025 and 2026), images to tokens",
}
"""Where each field of `Model` is from."""


class UnknownModel(ValueError):  # noqa: N818  # reads as what it says where it is caught
    """The mock serves no model of this name; the message names the nearest one."""


@dataclass(frozen=True)
class Model:
    """One model by the name that stands in the address.  Rates are tokens a second, sides are pixels."""

    name: str
    family: str
    default_voice: str
    voices: frozenset[str]
    capabilities: frozenset[str]
    audio_in_rate: float
    audio_out_rate: float
    image_side: int
    max_tokens_limit: int | None = None
    """None: no figure is known, and none is enforced."""
    audio_turns: int | None = None
    """How many audio turns are remembered; None: all."""
    voices_complete: bool = False
    multichannel_factor: int = 1
    audio_min_seconds: float = 1.0
    image_min_tokens: int = 4
    image_max_tokens: int = 1280

    def can(self, capability: str) -> bool:
        """Whether the model has a capability."""
        assert capability in _CAPABILITIES, capability
        return capability in self.capabilities

    def knows_voice(self, voice: str) -> bool | None:
        """Whether the voice is one of the model's; None: the list is too short to tell."""
        return True if voice in self.voices else False if self.voices_complete else None


_WORDS = """
server_vad semantic_vad idle_timeout tools mcp search nested_audio multichannel video_compact smooth_output sampling
voice_clone
"""
_CAPABILITIES = frozenset(_WORDS.split())


def _able(words: str) -> frozenset[str]:
    found = frozenset(words.split())
    assert found <= _CAPABILITIES, found - _CAPABILITIES
    return found


_QWEN38 = Model(
    "qwen3.8-omni-flash-realtime",
    "qwen3.8",
    "Tina",
    frozenset({"Tina", "longanlingxin"}),
    _able("server_vad semantic_vad tools mcp search nested_audio multichannel video_compact sampling"),
    audio_in_rate=7,
    audio_out_rate=12.5,
    image_side=32,
    max_tokens_limit=65536,
    multichannel_factor=2,
)
_PLUS = Model(
    "qwen3.5-omni-plus-realtime",
    "qwen3.5",
    "Tina",
    frozenset({"Tina"}),
    _able("server_vad semantic_vad idle_timeout tools search nested_audio sampling voice_clone"),
    audio_in_rate=7,
    audio_out_rate=12.5,
    image_side=32,
    audio_turns=100,
)
_FLASH = dataclasses.replace(_PLUS, name="qwen3.5-omni-flash-realtime", audio_turns=80)
_QWEN3 = Model(
    "qwen3-omni-flash-realtime",
    "qwen3",
    "Cherry",
    frozenset({"Cherry"}),
    _able("server_vad smooth_output sampling"),
    audio_in_rate=12.5,
    audio_out_rate=12.5,
    image_side=32,
    max_tokens_limit=16384,
    audio_turns=8,
)
_TURBO = Model(
    "qwen-omni-turbo-realtime",
    "turbo",
    "Chelsie",
    frozenset({"Chelsie", "Cherry", "Ethan", "Serena"}),
    _able("server_vad"),
    audio_in_rate=25,
    audio_out_rate=25,
    image_side=28,
    max_tokens_limit=2048,
    voices_complete=True,
)

_TABLE = {model.name: model for model in (_QWEN38, _PLUS, _FLASH, _QWEN3, _TURBO)}
MODELS = tuple(_TABLE)
USUAL = _FLASH.name
"""The model of who asks for none that there is."""

_SNAPSHOT = re.compile(r"-\d{4}-\d\d-\d\d$")


def model_for(name: str) -> Model:
    """The model of a name, also of a dated snapshot.  Raises UnknownModel."""
    found = _TABLE.get(_SNAPSHOT.sub("", name))
    if found is None:
        (nearest,) = difflib.get_close_matches(name, MODELS, n=1, cutoff=0)
        raise UnknownModel(f"no model {name!r}; did you mean {nearest!r}?")
    return dataclasses.replace(found, name=name)


def model_of(families: tuple[str, ...]) -> Model:
    """A model of one of these families: the usual one where it may be (none named: any family may)."""
    usual = _TABLE[USUAL]
    if not families or usual.family in families:
        return usual
    return next(model for model in _TABLE.values() if model.family in families)
