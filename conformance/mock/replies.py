"""The model's turns: when a response starts, what it is made from, how it is cut short."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from conformance.mock import errors, tokens
from conformance.mock.billing import Tariff
from conformance.mock.brain import Brain
from conformance.mock.conversation import Conversation
from conformance.mock.core import Appointment, Billed, Core
from conformance.mock.defaults import greeting_voice
from conformance.mock.errors import Json, Refused
from conformance.mock.requests import Answer, Request
from conformance.mock.responding import Manner, Response
from conformance.mock.taking import modalities
from conformance.mock.turns import Turns

# What other dialects let a `response.create` override; which of them act here is unknown (Q-CREATE-OVERRIDES).
OVERRIDES = frozenset(
    {"voice", "tools", "tool_choice", "temperature", "max_tokens", "output_audio_format", "conversation", "input"}
)


class Replies:
    """The output side of one session."""

    def __init__(
        self, core: Core, conversation: Conversation, turns: Turns, brain: Brain, tariff: Callable[[], Tariff]
    ) -> None:
        self._core = core
        self._conversation = conversation
        self._turns = turns
        self._brain = brain
        self._tariff = tariff
        self._response: Response | None = None
        self._steps: Iterator[float] | None = None
        self._next: Appointment | None = None
        self._record: Billed | None = None
        self._idle: Appointment | None = None
        self._waiting: list[Callable[[], None]] = []
        self._owed = False  # a turn was committed while a reply ran that may not be interrupted
        self.last_ended = core.now

    @property
    def active(self) -> bool:
        """Whether a response is under way."""
        return self._response is not None

    # -- requests

    def create(self, event: Json) -> None:
        """`response.create`."""
        switches = self._core.switches
        overrides = event.get("response")
        if overrides is not None and not isinstance(overrides, dict):
            raise Refused(errors.wrong_type("response", "an object", overrides))
        overrides = self._read(overrides or {})
        if self.active:
            raise Refused(errors.already_active())
        if self._turns.speaking and switches["create-while-speaking"] != "honoured":
            if switches["create-while-speaking"] == "error":
                raise Refused(errors.while_speaking())
            return
        if self._too_early():
            return
        self._turns.tell()
        if not self._conversation.items and switches["create-empty"] != "answers":
            if switches["create-empty"] == "error":
                raise Refused(errors.not_allowed("The conversation is empty.", "response.create"))
            return
        self._start(overrides)

    def _read(self, given: Json) -> Json:
        switches = self._core.switches
        made: Json = {}
        for name, value in given.items():
            if name == "instructions":
                if value is not None and not isinstance(value, str):
                    raise Refused(errors.wrong_type("response.instructions", "a string", value))
                made[name] = value
            elif name == "modalities":
                if value is not None:
                    made[name] = modalities(value, "response.modalities")
            elif name in OVERRIDES:
                side = switches["create-overrides"]
                if side == "error":
                    text = f"Unknown parameter: 'response.{name}'."
                    raise Refused(errors.not_allowed(text, f"response.{name}", "unknown_parameter"))
                if side == "applied":
                    made[name] = value
            elif switches["create-unknown-key"] == "error":
                text = f"Unknown parameter: 'response.{name}'."
                raise Refused(errors.not_allowed(text, f"response.{name}", "unknown_parameter"))
        return made

    def _too_early(self) -> bool:
        """Whether a create right after a commit is dropped (C15); refuses it where that is the side chosen."""
        last = self._conversation.items[-1] if self._conversation.items else None
        if last is None or not last.spoken:
            return False
        switch = "create-after-commit" if self._core.config.transcribes else "create-no-transcription"
        if switch == "create-after-commit" and not self._turns.transcribing:
            return False
        side = self._core.switches[switch]
        if side == "error":
            raise Refused(errors.not_allowed("The user's turn has not been transcribed yet.", "response.create"))
        return side == "dropped"

    def cancel(self, _event: Json) -> None:
        """`response.cancel`."""
        code = {"empty": "", "common-error": "COMMON_ERROR", "snake-case": "no_active_response"}
        refusal = errors.none_active(code[self._core.switches["error-code"]])
        if self._response is None:
            raise Refused(refusal)
        pending = not self._response.output
        if pending and self._core.switches["cancel-pending"] == "error-and-completes":
            raise Refused(refusal)
        status = self._core.switches["cancel-done"].removeprefix("done-")
        side = self._core.switches["cancelled-usage"]
        if side != "absent" and self._core.switches.chosen("cancel-done") is None:
            status = "cancelled"  # a usage needs a `response.done` to stand in
        self._stop(None if status == "no-done" else status, with_usage=side != "absent", zero=side == "zero")

    # -- what the user's speech does

    def user_starts(self) -> None:
        """The user speaks: a running reply is interrupted, the wait for the user is over."""
        self._no_idle()
        vad = self._core.config.turn_detection or {}
        holds = vad.get("interrupt_response") is False
        if self.active and not (holds and self._core.switches["interrupt-response-false"] == "honoured"):
            status = self._core.switches["barge-in-done"].removeprefix("done-")
            present = self._core.switches["interrupted-usage"] == "present"
            self._stop(None if status == "no-done" else status, with_usage=present)

    def turn_ends(self) -> None:
        """Voice detection has committed a turn: the reply is automatic, unless it was switched off."""
        vad = self._core.config.turn_detection or {}
        held = vad.get("create_response") is False and self._core.switches["create-response-false"] == "honoured"
        silent = self._core.config.model.family == "qwen3.8" and self._core.switches["vad-auto-response"] == "silent"
        if held or silent:
            return
        if self.active:
            self._owed = True
        else:
            self._start({})

    def tools_answered(self) -> None:
        """All calls have results, in VAD mode."""
        if self._core.switches["create-after-tool"] == "answers-itself" and not self.active:
            self._start({})

    def when_idle(self, action: Callable[[], None]) -> None:
        """Do something when no response is under way: at once, or after the one that is."""
        if self.active:
            self._waiting.append(action)
        else:
            action()

    def abandon(self) -> None:
        """Cut a response off without a word (the session is over)."""
        if self._response is not None:
            self._forget()

    # -- a response

    def _start(self, overrides: Json, *, proactive: bool = False) -> None:
        core = self._core
        self._no_idle()
        made = core.config
        modalities = tuple(overrides.get("modalities") or made["modalities"])
        instructions = (
            made["instructions"] or "" if overrides.get("instructions") is None else overrides["instructions"]
        )
        tools = overrides.get("tools", made["tools"]) or []
        history = self._conversation.history()
        voice = str(overrides.get("voice") or made.voice)
        greeted = made.voice == greeting_voice(made.model, core.switches)
        if not made.has_voice(made.voice) and (greeted or core.switches["voice-unknown"] == "late"):
            core.fail(errors.voice(made.voice))
            return
        most = overrides.get("max_tokens", made["max_tokens"])
        request = Request(
            history=[one.item for one in history],
            instructions=instructions,
            tools=tools if isinstance(tools, list) else [],
            tool_choice=overrides.get("tool_choice", made.tool_choice),
            modalities=modalities,
            voice=voice,
            output_rate=made.output.rate,
            max_tokens=most if isinstance(most, int) else None,
            proactive=proactive,
        )
        request = core.quirks.request(request, core.whole)
        empty = proactive and core.switches["idle-timeout-ms"] == "empty-response"
        answer = Answer("") if empty else core.quirks.answer(self._brain.answer(request), core.whole)
        spoken = "audio" in modalities and bool(answer.text)
        tariff = self._tariff()
        asked = tokens.Usage(
            input_text=tariff.asked(request.history, request.instructions, request.tools),
            input_audio=sum(one.audio_tokens for one in history) + self.unclaimed(),
            input_image=sum(one.image_tokens for one in history),
        )
        shortest, longest = core.pace.first
        wait = shortest + (longest - shortest) * (core.ids.fraction() if longest > shortest else 0.0)
        self._response = Response(
            emit=self._emit,
            announce=self._conversation.announce,
            ids=core.ids,
            switches=core.switches,
            manner=Manner(
                modalities=modalities,
                voice=voice,
                output_audio_format=str(made["output_audio_format"]),
                output=made.output,
                input_tokens=asked,
                proactive=proactive,
                searched=bool(made["enable_search"]),
            ),
            answer=answer,
            speech=self._brain.synthesise(answer.text, request.voice, request.output_rate) if spoken else b"",
            pace=core.pace,
            billed=tariff.spoken,
            first_wait=wait,
            conversation_id=self._conversation.id,
        )
        core.response_active = True
        self._record = Billed(started=core.now)
        core.billed.append(self._record)
        self._steps = self._response.run()
        self._step()

    def _emit(self, kind: str, **fields: Any) -> None:
        if self._record is not None and self._record.first_output is None and kind.endswith(".delta"):
            self._record.first_output = self._core.now
        if kind == "response.audio.delta":
            self._core.audio_heard = True
        self._core.emit(kind, **fields)

    def _step(self) -> None:
        assert self._steps is not None
        try:
            wait = next(self._steps)
        except StopIteration:
            self._end()
        else:
            self._next = self._core.after(wait, self._step)

    def unclaimed(self) -> int:
        """Tokens of what was streamed and became no turn."""
        buffer = self._turns.buffer
        return self._tariff().idle(buffer.idle_seconds, detecting=buffer.listening)

    def _stop(self, status: str | None, *, with_usage: bool, zero: bool = False) -> None:
        """End a running response early."""
        assert self._response is not None
        if self._next is not None:
            self._next.cancelled = True
        self._response.stop(status, with_usage=with_usage, zero_usage=zero)
        self._end()

    def _end(self) -> None:
        self._forget()
        core = self._core
        self.last_ended = core.now
        self._wait_for_user()
        self._turns.response_ended()
        waiting, self._waiting = self._waiting, []
        for action in waiting:
            action()
        if self._owed and not self.active:
            self._owed = False
            self._start({})

    def _forget(self) -> None:
        assert self._response is not None
        if self._record is not None:
            self._record.ended = self._core.now
            self._record.status = self._response.status
            # What was made is billed, whether it was heard to the end or not (APIYI).
            self._record.usage = self._response.usage().to_dict() if self._response.started else None
        if self._next is not None:
            self._next.cancelled = True
        self._response = self._steps = self._next = self._record = None
        self._core.response_active = False

    # -- the model speaks unasked

    def _wait_for_user(self) -> None:
        """Start the clock of `idle_timeout_ms` at the end of a reply."""
        self._no_idle()
        vad = self._core.config.turn_detection or {}
        limit = vad.get("idle_timeout_ms")
        mute = (
            self._core.switches["idle-timeout-ms"] == "nothing" or self._core.switches["proactive-usage"] == "no-reply"
        )
        if limit is not None and not mute:
            self._idle = self._core.after(limit / 1000 * self._core.pace.idle, self._proactive)

    def _no_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancelled = True
            self._idle = None

    def _proactive(self) -> None:
        self._idle = None
        still = self._core.config.turn_detection
        if still is not None and "idle_timeout_ms" in still and not self.active and not self._turns.speaking:
            self._start({}, proactive=True)
