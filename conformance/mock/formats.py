"""Audio formats: what they are on the wire, which are taken, and until when they may change (CE)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance.mock import errors, ranges
from conformance.mock.errors import Json, Refused
from conformance.mock.models import Model
from conformance.mock.ranges import LAYOUTS, WORDS
from conformance.mock.switches import Switches
from conformance.mock.taking import Taking


@dataclass(frozen=True)
class Situation:
    """What decides whether a member may still change."""

    audio_sent: bool = False
    audio_heard: bool = False
    """Whether the model has produced audio."""
    response_active: bool = False


@dataclass(frozen=True)
class AudioFormat:
    """Samples on the wire: s16le in `container` (`pcm` or `wav`), `rate` in Hz, `channels` interleaved."""

    container: str = "pcm"
    rate: int = 16_000
    channels: int = 1

    @property
    def bytes_per_second(self) -> int:
        """Of all channels together."""
        return self.rate * 2 * self.channels


def read(take: Taking, model: Model, switches: Switches, side: str, value: Any) -> Json:
    """Return a format with its defaults filled in; absent means default, null is not allowed (CE)."""
    param = f"session.audio.{side}.format"
    value = take.typed(param, value, dict, "an object")
    many = side == "input" and model.can("multichannel")
    usual = ranges.defaults(f"audio.{side}.format")
    made: Json = {name: usual[name] for name in ("type", "sample_rate")}
    for name in usual if many else made.copy():
        if name not in value:
            continue
        choices = WORDS[f"audio.{side}.format.{name}"]
        given = value[name]
        kind, expected = (int, "an integer") if name in {"sample_rate", "channels"} else (str, "a string")
        if given is None:
            raise Refused(errors.wrong_type(f"{param}.{name}", expected, given))
        given = take.typed(f"{param}.{name}", given, kind, expected)
        if given not in choices and _bad_choice(switches, side, name):
            listed = ", ".join(map(str, choices))
            raise Refused(errors.wrong_value(f"{param}.{name}", given, f"Supported values are: {listed}."))
        if given in choices or switches["sample-rate"] == "accepted":
            made[name] = given
    channels = made.get("channels", 1)
    if made.get("channel_layout", LAYOUTS[channels]) != LAYOUTS[channels]:
        why = f"It does not match {channels} channel(s)."
        raise Refused(errors.wrong_value(f"{param}.channel_layout", made["channel_layout"], why))
    if channels > 1 and (made["type"], made["sample_rate"]) != ("pcm", 16_000):
        raise Refused(errors.wrong_value(param, made, "Several channels need pcm at 16000 Hz."))
    if side == "output" and switches["output-rate"] == "error" and made["sample_rate"] != 24_000:
        raise Refused(errors.wrong_value(f"{param}.sample_rate", made["sample_rate"], "It is fixed at 24000."))
    return made


def after_audio(switches: Switches, param: str, new: Json, old: Json | None, situation: Situation) -> Json | None:
    """The format in force when another is asked for, which may be too late."""
    in_force = {**ranges.defaults(f"{param.removeprefix('session.')}.format"), **(old or {})}
    same = all(new[key] == in_force[key] for key in new)
    late = situation.audio_sent or situation.audio_heard
    side = switches["format-after-audio"]
    if not late or same or side == "accepted":
        return new
    if side == "ignored":
        return old
    raise Refused(errors.not_allowed("The audio format can't be changed after audio was sent.", f"{param}.format"))


def _bad_choice(switches: Switches, side: str, name: str) -> bool:
    return name != "sample_rate" or side == "output" or switches["sample-rate"] == "error"
