"""`session.update`: what is taken, what is refused, what the echo shows (§2.1, §3.2, §3.3 of the sources).

An update is read whole before any of it counts, so a refused one changes nothing.  It merges at the top level; an
object that is named is replaced, and what it leaves out has its default.  What a family does not support is dropped
without a word (WS-D); the echo tells.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.mock import defaults, detection, errors, formats, ranges, tools
from conformance.mock.encoding import copied
from conformance.mock.errors import Fault, Json, Refused
from conformance.mock.formats import AudioFormat, Situation
from conformance.mock.models import Model, UnknownModel, model_for
from conformance.mock.ranges import NUMBERS, WORDS, Bound
from conformance.mock.switches import Switches
from conformance.mock.taking import Ignored, Taking, modalities

_ORDER = (
    "id", "object", "model", "modalities", "instructions", "voice", "input_audio_format", "output_audio_format",
    "audio", "video", "input_audio_transcription", "turn_detection", "tools", "tool_choice", "enable_search",
    "search_options", "smooth_output", "max_tokens", "temperature", "top_p", "top_k", "repetition_penalty",
    "presence_penalty", "seed",
)  # fmt: skip


class Config:
    """The configuration in force, and how an update changes it."""

    def __init__(
        self,
        model: Model,
        switches: Switches,
        session_id: str,
        voices: tuple[str, ...] = (),
        *,
        lenient: bool = False,
    ) -> None:
        self.model = model
        self._switches = switches
        self._take = Taking(switches)
        self._more_voices = voices
        self._lenient = lenient
        self._defaults = defaults.configuration(model, switches, session_id)
        self.values: Json = copied(self._defaults)
        self.tool_choice: Any = "auto"
        self._coerced_detection: str | None = None
        self._turned_off: set[str] = set()  # null where the echo then has no key

    # -- what is in force

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)

    @property
    def turn_detection(self) -> Json | None:
        """The effective voice activity detection, None in manual mode."""
        shown = self.values.get("turn_detection")
        return {**defaults.detection(self._switches), **shown} if isinstance(shown, dict) else None

    @property
    def transcribes(self) -> bool:
        """Whether the user's speech is transcribed."""
        return self.values.get("input_audio_transcription") is not None

    @property
    def input(self) -> AudioFormat:
        """What the client sends; the nested form wins."""
        found = self._format("input")
        return AudioFormat(found.get("type", "pcm"), found.get("sample_rate", 16_000), found.get("channels", 1))

    @property
    def output(self) -> AudioFormat:
        """What the model speaks in."""
        found = self._format("output")
        rate = 24_000 if self._switches["output-rate"] == "ignored" else found.get("sample_rate", 24_000)
        return AudioFormat(found.get("type", "pcm"), rate)

    @property
    def voice(self) -> str:
        """The voice in force: the nested one outranks the flat one (CE)."""
        nested = (self.values.get("audio") or {}).get("output", {}).get("voice")
        return str(nested or self.values["voice"])

    @property
    def compact_video(self) -> bool:
        """Whether images cost a quarter."""
        video = self.values.get("video") or {}
        return bool(video.get("input", {}).get("representation_compact") == "normal")

    def _format(self, side: str) -> Json:
        found: Json = (self.values.get("audio") or {}).get(side, {}).get("format", {})
        return found

    def echo(self) -> Json:
        """The `session` of `session.created` and `session.updated`, in the service's order of keys."""
        shown = {name: self.values[name] for name in _ORDER if name in self.values}
        shown |= {name: value for name, value in self.values.items() if name not in shown}
        shown = {
            name: value for name, value in shown.items() if value is not None or name in {"top_k", "smooth_output"}
        }
        if "turn_detection" in self._turned_off and self._switches["null-turn-detection-echo"] != "missing":
            shown["turn_detection"] = None
        if self._coerced_detection is not None:
            shown["turn_detection"] = self._coerced_detection
        if "audio" in shown:
            if self._switches["audio-echo-flat"] == "flat-only":
                del shown["audio"]
            elif self._switches["audio-echo-flat"] == "absent":
                for side in ("input", "output"):
                    if "format" in shown["audio"].get(side, {}):
                        shown.pop(f"{side}_audio_format", None)
        if "tools" in shown:
            shown["tools"] = [tools.shown(entry) for entry in shown["tools"]]
        made: Json = copied(shown)
        return made

    # -- how it changes

    def update(self, patch: Json, situation: Situation) -> list[Fault]:
        """Apply an update and return nothing, or return why it was refused and apply nothing.

        (With update-atomic = partial the valid members count all the same.)
        """
        before = (copied(self.values), self.tool_choice, set(self._turned_off))
        faults: list[Fault] = []
        if self._switches["update-merge"] == "replace":
            self.values = copied(self._defaults)
            self._turned_off = set()
        for name, value in patch.items():
            try:
                self._set(name, value, situation)
            except Ignored:
                continue
            except Refused as refused:
                faults.append(refused.fault)
        if not faults:
            faults += tools.beside_search(self.values, patch, self._switches)
        if faults and self._switches["update-atomic"] == "atomic":
            self.values, self.tool_choice, self._turned_off = before
        return faults[:1]

    def _set(self, name: str, value: Any, situation: Situation) -> None:
        setter: Callable[[Any, Situation], None] | None = getattr(self, f"_set_{name}", None)
        if setter is None and name not in NUMBERS and name not in _BOOLEANS:
            self._unknown(name, value)
            return
        if value is None and name not in _NULLABLE:
            side = self._switches["null-field"]
            if side == "error":
                raise Refused(errors.wrong_type(f"session.{name}", "a value", value))
            if side == "reset":
                self.values.pop(name, None)
                if name in self._defaults:
                    self.values[name] = copied(self._defaults[name])
            return
        if setter is not None:
            setter(value, situation)
        elif name in NUMBERS:
            self._set_number(name, value)
        else:
            self._set_boolean(name, value)

    def _unknown(self, name: str, value: Any) -> None:
        side = self._switches["unknown-field"]
        if side == "error":
            text = f"Unknown parameter: 'session.{name}'."
            raise Refused(errors.not_allowed(text, f"session.{name}", "unknown_parameter"))
        if side == "echoed":
            self.values[name] = value

    # -- the members, in the order of the table of CE

    def _set_id(self, value: Any, situation: Situation) -> None:
        """`id` and `object` may come back in an update that was made of an echo; they can't change."""

    _set_object = _set_id

    def _set_model(self, value: Any, _situation: Situation) -> None:
        side = self._switches["session-model"]
        if side == "error" and value != self.model.name:
            raise Refused(errors.not_allowed("The model can't be changed.", "session.model"))
        if side == "switched":
            try:
                self.model = model_for(self._take.typed("session.model", value, str, "a string"))
            except UnknownModel as problem:
                raise Refused(errors.wrong_value("session.model", value, str(problem))) from None
            self.values["model"] = value

    def _set_modalities(self, value: Any, _situation: Situation) -> None:
        value = self._take.typed("session.modalities", value, list, "an array")
        self.values["modalities"] = modalities(value, "session.modalities")

    def _set_voice(self, value: Any, situation: Situation) -> None:
        if value is None:
            return  # the Python SDK sends null when the caller chose none
        value = self._take.typed("session.voice", value, str, "a string")
        self._check_voice(value, self.values["voice"], situation)
        self.values["voice"] = value
        nested = (self.values.get("audio") or {}).get("output", {})
        nested.pop("voice", None)  # set earlier; whoever names the flat one now means it

    def _check_voice(self, value: str, current: str, situation: Situation) -> None:
        if value == current:
            return
        if not value:
            side = self._switches["voice-empty"]
            if side == "accepted":
                raise Ignored
            fault = errors.voice_empty()
            close = 1007 if side == "closed" else None
            raise Refused(replace(fault, close=close))
        if situation.audio_heard:
            side = self._switches["voice-after-audio"]
            if side == "ignored":
                raise Ignored
            if side == "accepted":
                return
            fault = errors.VOICE_FIXED
            close = 1007 if side == "closed" else None
            raise Refused(replace(fault, close=close))
        if not self.has_voice(value) and self._switches["voice-unknown"] not in {"late", "accepted"}:
            raise Refused(errors.voice(value))

    def has_voice(self, value: str) -> bool:
        """Whether the model speaks with it.  The lists of our sources are short: `MockOptions.voices` adds names."""
        known = self.model.knows_voice(value)
        return value in self._more_voices or known is True or (self._lenient and known is None)

    def _set_input_audio_format(self, value: Any, _situation: Situation) -> None:
        self._flat("input_audio_format", value)

    def _set_output_audio_format(self, value: Any, _situation: Situation) -> None:
        self._flat("output_audio_format", value)

    def _flat(self, name: str, value: Any) -> None:
        allowed = WORDS[name]
        value = self._take.typed(f"session.{name}", value, str, "a string")
        names = self._switches["audio-format-names"]
        if value not in allowed:
            side = self._switches["audio-format-foreign"]
            if side == "ignored":
                raise Ignored
            if side != "echoed":
                fault = errors.wrong_value(f"session.{name}", value, f"Supported values are: {', '.join(allowed)}.")
                close = 1007 if side == "closed" else None
                raise Refused(replace(fault, close=close))
        elif value != "pcm" and names == "error":
            raise Refused(errors.wrong_value(f"session.{name}", value, "The supported value is: pcm."))
        self.values[name] = "pcm" if names == "normalised" and value in allowed else value

    def _set_audio(self, value: Any, situation: Situation) -> None:
        if not self.model.can("nested_audio"):
            return
        value = self._take.typed("session.audio", value, dict, "an object")
        made: Json = copied(self.values.get("audio") or {})
        for side in ("input", "output"):
            if side not in value:
                continue
            param = f"session.audio.{side}"
            given = self._take.typed(param, value[side], dict, "an object")
            if "format" in given:
                wanted = formats.read(self._take, self.model, self._switches, side, given["format"])
                old = made.get(side, {}).get("format")
                taken = formats.after_audio(self._switches, param, wanted, old, situation)
                if taken is not None:
                    made.setdefault(side, {})["format"] = taken
            if side == "output" and "voice" in given and self.model.family == "qwen3.8":
                voice = self._take.typed(f"{param}.voice", given["voice"], str, "a string")
                self._check_voice(voice, self.voice, situation)
                made.setdefault(side, {})["voice"] = voice
        if made:
            self.values["audio"] = made

    def _set_video(self, value: Any, situation: Situation) -> None:
        if not self.model.can("video_compact"):
            return
        param = "session.video.input"
        given = self._take.typed("session.video", value, dict, "an object").get("input", {})
        given = self._take.typed(param, given, dict, "an object")
        if "representation_compact" not in given:
            return
        wanted = self._take.typed(f"{param}.representation_compact", given["representation_compact"], str, "a string")
        choices = WORDS["video.input.representation_compact"]
        if wanted not in choices:
            why = f"Supported values are: {', '.join(choices)}."
            raise Refused(errors.wrong_value(f"{param}.representation_compact", wanted, why))
        if situation.audio_sent and wanted != ("normal" if self.compact_video else "none"):
            text = "representation_compact can't be changed after audio was sent."
            raise Refused(errors.not_allowed(text, f"{param}.representation_compact"))
        self.values["video"] = {"input": {"representation_compact": wanted}}

    def _set_instructions(self, value: Any, _situation: Situation) -> None:
        self.values["instructions"] = self._take.typed("session.instructions", value, str, "a string")

    def _set_input_audio_transcription(self, value: Any, _situation: Situation) -> None:
        if value is None:
            self.values["input_audio_transcription"] = None
            return
        value = self._take.typed("session.input_audio_transcription", value, dict, "an object")
        name = value.get("model")
        side = self._switches["transcription-model"]
        if side == "error" and name not in (None, defaults.TRANSCRIBER):
            why = f"The supported value is: {defaults.TRANSCRIBER}."
            raise Refused(errors.wrong_value("session.input_audio_transcription.model", name, why))
        self.values["input_audio_transcription"] = {
            "model": name if side == "as-sent" and name else defaults.TRANSCRIBER
        }

    def _set_turn_detection(self, value: Any, _situation: Situation) -> None:
        if value is None:
            self.values["turn_detection"] = None
            self._turned_off.add("turn_detection")
            return
        if self._switches["wrong-type"] == "coerced" and not isinstance(value, dict):
            self._coerced_detection = str(value)  # shows in the echo; there is nothing in it to obey
            return
        self._coerced_detection = None
        value = self._take.typed("session.turn_detection", value, dict, "an object")
        given = detection.read(self._take, self.model, self._switches, value)
        nested = self._switches["update-merge-nested"]
        if nested == "error" and "type" not in value:
            raise Refused(errors.missing("session.turn_detection.type"))
        if nested == "deep":
            given = {**(self.turn_detection or defaults.detection(self._switches)), **given}
        elif nested != "absent":
            given = {**defaults.detection(self._switches), **given}
        self.values["turn_detection"] = given
        self._turned_off.discard("turn_detection")

    def _set_tools(self, value: Any, situation: Situation) -> None:
        if not self.model.can("tools"):
            side = self._switches["old-model-tools"]
            if side == "error":
                raise Refused(errors.not_allowed("The model has no tools.", "session.tools"))
            if side == "echoed":
                self.values["tools"] = value if isinstance(value, list) else []
            return
        value = self._take.typed("session.tools", value, list, "an array")
        read = tools.read(value, mcp=self.model.can("mcp"), flat=self._switches["flat-tool"])
        if situation.response_active and any(entry.get("type") == "mcp" for entry in read):
            raise Refused(errors.not_allowed("MCP tools can't be changed while a response is active.", "session.tools"))
        self.values["tools"] = read

    def _set_tool_choice(self, value: Any, _situation: Situation) -> None:
        if not self.model.can("tools"):
            return
        side = self._switches["tool-choice"]
        if side == "error" or (value == "required" and self._switches["tool-choice-required"] == "refused"):
            raise Refused(errors.not_allowed("Unknown parameter: 'session.tool_choice'.", "session.tool_choice"))
        self.tool_choice = value if self._switches["tool-choice-required"] == "honoured" else "auto"
        if side == "echoed":
            self.values["tool_choice"] = value

    def _set_enable_search(self, value: Any, _situation: Situation) -> None:
        if self.model.can("search"):
            self.values["enable_search"] = self._take.typed("session.enable_search", value, bool, "a boolean")

    def _set_search_options(self, value: Any, _situation: Situation) -> None:
        if not self.model.can("search"):
            return
        given = self._take.typed("session.search_options", value, dict, "an object")
        wanted = given.get("enable_source")
        if wanted is not None:
            self._take.typed("session.search_options.enable_source", wanted, bool, "a boolean")
        self.values["search_options"] = {} if wanted is None else {"enable_source": wanted}

    def _set_boolean(self, name: str, value: Any) -> None:
        if self.model.can(_BOOLEANS[name]):
            self.values[name] = (
                value if value is None else self._take.typed(f"session.{name}", value, bool, "a boolean")
            )

    def _set_number(self, name: str, value: Any) -> None:
        if not self.model.can("sampling"):
            side = self._switches["turbo-sampling"]
            if side == "error":
                raise Refused(errors.not_allowed(f"'{name}' can't be changed for this model.", f"session.{name}"))
            if side == "ignored":
                return
        bound = ranges.number(name, self.model)
        if name == "seed" and value == -1 and self._switches["seed-minus-one"] == "accepted":
            bound = Bound(-1, None, whole=True)
        if name == "top_k" and value is None:
            self.values[name] = None
        else:
            self._take.number(self.values, name, f"session.{name}", value, bound)


_BOOLEANS = {"smooth_output": "smooth_output"}
_NULLABLE = frozenset({"voice", "turn_detection", "input_audio_transcription", "top_k", "smooth_output"})
