"""Deliberate deviations of the mock: each a lie with a name, a few lines in one place.

A quirk is a function, registered under its name for one hook; a lie that needs several hooks registers several
functions under the same name.  Hooks, with what they get and return:

* `emit(event, session)` → the events to send instead (`[]`: none), or None to leave it.
* `receive(event, session)` → the event to handle instead, or None to swallow it.
* `configure(before, patch, after, session)` → the configuration in force after an accepted update.
* `request(request, session)` → the Request that the model gets.
* `answer(answer, session)` → the Answer that it gives.
* `admit(path, headers)` → (HTTP status, code, message) to refuse an upgrade, or None; before every other check.
* `upgraded(headers)` → nothing; may change the headers of the 101.
* `frame(opcode, data)` → the frames (opcode, data) to send instead of any but a close frame, or None to leave it.
* `control(opcode, session)` → nothing; a ping or pong has come.
* `pieces(frames, pinged)` → whether to lose a message that came in so many frames, with a ping between them or not.
* `reason(reason, key)` → the reason of the server's close frame; `key` is what the client came with.
* `close_frame(code, reason)` → (code, reason) of the server's close frame, or None to send none.
* `at_close(frames)` → the frames (opcode, data) to send instead of those with which the server closes.
* `hold()` → (seconds that the close frame is kept back, seconds that TCP stays open after it).
* `row(row, call)` → the ledger's row of a session that has ended, or None to lose it.

`session.memory` is theirs to remember things in, `session.shared` the same for all sessions of a server;
`session.emit` inside a hook is subject to all hooks again, and
`session.after(seconds, lambda: session.put(SendEvent(event)))` sends an event late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from conformance.mock.errors import Json
from conformance.mock.models import USUAL
from conformance.mock.options import OptionError, nearest
from conformance.mock.requests import Answer, Request

if TYPE_CHECKING:
    from conformance.mock.ledger import Call
    from conformance.mock.session import Session

Function = TypeVar("Function", bound=Callable[..., Any])
HOOKS = (
    "emit",
    "receive",
    "configure",
    "request",
    "answer",
    "admit",
    "upgraded",
    "frame",
    "control",
    "pieces",
    "reason",
    "close_frame",
    "at_close",
    "hold",
    "row",
)


@dataclass
class Quirk:
    """One deviation: the chapter that should notice it, and what the mock then says that is not so.

    `touches` are globs of the conversations (`session/*`, `closing/Idle`) that it can change enough to be noticed: the
    kill matrix holds only these, with `model`, and with `switches` where the lie is about one side of an open question.
    """

    name: str
    chapter: str
    lie: str
    touches: tuple[str, ...]
    model: str = USUAL
    switches: Mapping[str, str] = field(default_factory=dict)
    hooks: dict[str, list[Callable[..., Any]]] = field(default_factory=dict)


REGISTRY: dict[str, Quirk] = {}


def quirk(
    name: str,
    chapter: str,
    lie: str,
    *,
    hook: str = "emit",
    touches: tuple[str, ...] = (),
    model: str = USUAL,
    switches: Mapping[str, str] | None = None,
) -> Callable[[Function], Function]:
    """Register a function as (a part of) a quirk; further parts may leave out all but the words."""
    if hook not in HOOKS:
        raise ValueError(f"no hook {hook!r}; {nearest(hook, HOOKS)}")

    def register(function: Function) -> Function:
        found = REGISTRY.setdefault(name, Quirk(name, chapter, lie, touches, model, switches or {}))
        if (found.chapter, found.lie) != (chapter, lie):
            raise ValueError(f"quirk {name!r} is registered twice with different words")
        found.hooks.setdefault(hook, []).append(function)
        return function

    return register


def chosen(names: Iterable[str]) -> list[Quirk]:
    """Return the quirks of these names."""
    found = []
    for name in names:
        if name not in REGISTRY:
            raise OptionError(f"no quirk {name!r}; {nearest(name, REGISTRY)}")
        found.append(REGISTRY[name])
    return found


class Quirks:
    """The quirks of one session, hook by hook."""

    def __init__(self, names: Iterable[str]) -> None:
        self._hooks: dict[str, list[Callable[..., Any]]] = {hook: [] for hook in HOOKS}
        for found in chosen(names):
            for hook, functions in found.hooks.items():
                self._hooks[hook] += functions

    def emit(self, event: Json, session: Session) -> list[Json]:
        """What is sent instead of an event."""
        events = [event]
        for function in self._hooks["emit"]:
            changed: list[Json] = []
            for one in events:
                # What an earlier lie left without a name is nothing that a later one knows.
                made = function(one, session) if isinstance(one.get("type"), str) else None
                changed += [one] if made is None else made
            events = changed
        return events

    def receive(self, event: Json, session: Session) -> Json | None:
        """What is handled instead of a client's event."""
        found: Json | None = event
        for function in self._hooks["receive"]:
            if found is not None:
                found = function(found, session)
        return found

    def configure(self, before: Json, patch: Json, after: Json, session: Session) -> Json:
        """The configuration after an update."""
        for function in self._hooks["configure"]:
            after = function(before, patch, after, session)
        return after

    def request(self, request: Request, session: Session) -> Request:
        """What the model is asked."""
        for function in self._hooks["request"]:
            request = function(request, session)
        return request

    def answer(self, answer: Answer, session: Session) -> Answer:
        """What the model answers."""
        for function in self._hooks["answer"]:
            answer = function(answer, session)
        return answer

    def admit(self, path: str, headers: Mapping[str, str]) -> tuple[int, str, str] | None:
        """How an upgrade is refused, if it is."""
        refusals = (function(path, headers) for function in self._hooks["admit"])
        return next((refusal for refusal in refusals if refusal is not None), None)

    def upgraded(self, headers: MutableMapping[str, str]) -> None:
        """Change the headers of an accepted upgrade."""
        for function in self._hooks["upgraded"]:
            function(headers)

    def frame(self, opcode: int, data: bytes) -> list[tuple[int, bytes]]:
        """What is sent instead of a frame."""
        frames = [(opcode, data)]
        for function in self._hooks["frame"]:
            changed: list[tuple[int, bytes]] = []
            for one in frames:
                made = function(*one)
                changed += [one] if made is None else made
            frames = changed
        return frames

    @property
    def change_frames(self) -> bool:
        """Whether frames are touched at all."""
        return bool(self._hooks["frame"])

    def close_frame(self, code: int | None, reason: str, key: str = "") -> tuple[int | None, str] | None:
        """The server's close frame (code None: without a body); None: none is sent."""
        for function in self._hooks["reason"]:
            reason = function(reason, key)
        found: tuple[int | None, str] | None = (code, reason)
        for function in self._hooks["close_frame"]:
            if found is not None:
                found = function(*found)
        return found

    def control(self, opcode: int, session: Session) -> None:
        """A ping or a pong has come."""
        for function in self._hooks["control"]:
            function(opcode, session)

    def loses(self, frames: int, *, pinged: bool) -> bool:
        """Whether a message in so many frames is lost."""
        return any(function(frames, pinged) for function in self._hooks["pieces"])

    def at_close(self, frames: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
        """The frames with which the server closes."""
        for function in self._hooks["at_close"]:
            frames = function(frames)
        return frames

    def hold(self) -> tuple[float, float]:
        """How long the close frame is kept back, and how long TCP stays open after it, in seconds."""
        held = [function() for function in self._hooks["hold"]]
        return (max((late for late, _ in held), default=0.0), max((stays for _, stays in held), default=0.0))

    @property
    def change_close(self) -> bool:
        """Whether close frames are touched at all."""
        return bool(self._hooks["close_frame"] or self._hooks["reason"])

    def row(self, row: Json, call: Call) -> Json | None:
        """The ledger's row of a session that has ended."""
        found: Json | None = row
        for function in self._hooks["row"]:
            if found is not None:
                found = function(found, call)
        return found
