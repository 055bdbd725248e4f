"""How a client's rule looks at what a program did: `Played`, a program's run, and `Session`, one of its connections.

Transcripts come from the mock (`conformance.clients.command`), from an import or from a proxy; what only a run of ours
knows (the scenario, the program's end) is None elsewhere, and a rule that needs it does not apply.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from conformance.guarded import object_at
from conformance.judge.evidence.connection import seen
from conformance.wire.gaps import Unshown
from conformance.wire.transcript import Frame, Leg, Transcript

Event = dict[str, Any]
KIND = frozenset({"plain", "finish-accepted", "finish-refused", "slow", "tool-call", "two-tool-calls"})
"""Scenarios in which nothing is asked of a client but an ordinary turn."""


def body(event: Any, *names: str) -> Event:
    """The object at this path of members; empty when it is missing or something else."""
    for name in names:
        event = event.get(name) if isinstance(event, dict) else None
    return event if isinstance(event, dict) else {}


def words(value: object) -> str:
    """A value in a sentence, cut."""
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"


class Told(str):
    """What is wrong, in a sentence, with its place: the connection, and the index of the frame that decides, if any."""

    connection: int
    frame: int | None
    __slots__ = ("connection", "frame")


@dataclass(frozen=True)
class Turns:
    """Responses of a session: `created[id]` and `done[id]` are their frames' indexes (absent: it never came)."""

    created: dict[str, int]
    done: dict[str, int]

    def active_at(self, index: int) -> str | None:
        """The response that runs when the frame of this index comes."""
        for name, start in self.created.items():
            if start < index and self.done.get(name, index + 1) > index:
                return name
        return None


class Session:
    """One connection that was upgraded."""

    def __init__(self, leg: Leg, number: int, gaps: Collection[str] = ()) -> None:
        self.leg = leg
        self.number = number
        self._gaps = gaps

    @property
    def frames(self) -> Sequence[Frame]:
        """Every frame, in order; whoever reaches for what a recording lacks meets `Unshown`."""
        return seen(self.leg, self._gaps)

    def told(self, frame: Frame | None, said: str) -> Told:
        """A sentence about this connection, decided by this frame (None: by none)."""
        found = Told(said)
        found.connection, found.frame = self.number, None if frame is None else frame.index
        return found

    @property
    def latest(self) -> Frame | None:
        """The last frame of either side."""
        return self.frames[-1] if self.frames else None

    @cached_property
    def messages(self) -> list[Frame]:
        """What the client sent, control frames aside."""
        return [frame for frame in self.frames if frame.side == "client" and frame.opcode in {"text", "binary"}]

    @cached_property
    def sent(self) -> list[Frame]:
        """The client's events."""
        return [frame for frame in self.messages if frame.type is not None]

    @cached_property
    def got(self) -> list[Frame]:
        """The server's events."""
        return [frame for frame in self.frames if frame.side == "server" and frame.type is not None]

    def said(self, *kinds: str) -> list[Frame]:
        """The client's events of these types."""
        return [frame for frame in self.sent if frame.type in kinds]

    def heard(self, *kinds: str) -> list[Frame]:
        """The server's events of these types."""
        return [frame for frame in self.got if frame.type in kinds]

    def next(self, frame: Frame, *kinds: str) -> Frame | None:
        """The first event of these types, of either side, after `frame`."""
        return next((later for later in self.frames[frame.index + 1 :] if later.type in kinds), None)

    @cached_property
    def errors(self) -> list[Frame]:
        """The server's `error` events."""
        return self.heard("error")

    @cached_property
    def close_sent(self) -> Frame | None:
        """The client's close frame."""
        return next((frame for frame in self.frames if frame.side == "client" and frame.opcode == "close"), None)

    @cached_property
    def close_received(self) -> Frame | None:
        """The server's close frame."""
        return next((frame for frame in self.frames if frame.side == "server" and frame.opcode == "close"), None)

    @property
    def by_client(self) -> bool:
        """Whether the client moved first to end it."""
        return self.leg.ending.first == "client"

    @cached_property
    def turns(self) -> Turns:
        """Its responses."""
        created: dict[str, int] = {}
        done: dict[str, int] = {}
        for frame in self.heard("response.created", "response.done"):
            name = body(frame.event, "response").get("id")
            if isinstance(name, str):
                (created if frame.type == "response.created" else done).setdefault(name, frame.index)
        return Turns(created, done)

    # -- what is in force

    def settings(self, index: int) -> Event:
        """The session as the server last showed it before the frame of this index."""
        shown: Event = {}
        for frame in self.heard("session.created", "session.updated"):
            if frame.index >= index:
                break
            shown = body(frame.event, "session")
        return shown

    def manual(self, index: int) -> bool:
        """Whether turns are made by hand when this frame is sent: what the client asked for last and got, or asks."""
        asked = [
            frame for frame in self.said("session.update")
            if frame.index < index and "turn_detection" in body(frame.event, "session")
        ]  # fmt: skip
        if not asked and "start" in self._gaps:
            raise Unshown("start")
        return bool(asked) and body(asked[-1].event, "session")["turn_detection"] is None

    @property
    def always_manual(self) -> bool:
        """Whether the session was manual when its audio began, and stayed so."""
        audio = self.said("input_audio_buffer.append")
        return bool(audio) and self.manual(audio[0].index) and self.manual(audio[-1].index)

    def rate(self, index: int) -> int:
        """The declared rate of input audio, in Hz."""
        found = body(self.settings(index), "audio", "input", "format").get("sample_rate")
        return found if isinstance(found, int) and found > 0 else 16_000

    def format(self, index: int) -> str:
        """The declared format of input audio: `pcm` or `wav`."""
        shown = self.settings(index)
        kind = body(shown, "audio", "input", "format").get("type") or shown.get("input_audio_format") or "pcm"
        return "wav" if kind == "wav" else "pcm"

    @cached_property
    def audio(self) -> list[tuple[Frame, bytes]]:
        """Appends whose payload is Base64, decoded."""
        found = []
        for frame in self.said("input_audio_buffer.append"):
            payload = frame.event.get("audio")
            if isinstance(payload, str):
                try:
                    found.append((frame, base64.b64decode(payload, validate=True)))
                except (binascii.Error, ValueError):
                    continue
        return found


class Played:
    """What a program did in one scenario."""

    def __init__(self, transcript: Transcript) -> None:
        self.transcript = transcript
        gaps = transcript.gaps
        self.sessions = [
            Session(leg, number, gaps)
            for number, leg in enumerate(transcript.legs)
            if leg.handshake.status == 101 or "handshake" in gaps
        ]
        self.runs: list[Played] = [self]
        """All runs of the same program."""
        self.usual: Played | None = None
        """The same program in the scenario `plain`, where it ran there too."""
        held = {session.number for session in self.sessions}
        self.refused = [leg for number, leg in enumerate(transcript.legs) if number not in held]

    @property
    def name(self) -> str:
        """The conversation's name."""
        return self.transcript.conversation

    @property
    def scenario(self) -> str | None:
        """The scenario in which it ran; None: it was not a run of ours."""
        found = self.transcript.notes.get("scenario")
        return found if isinstance(found, str) else None

    @property
    def kind(self) -> bool:
        """Whether the scenario asked for nothing but an ordinary turn."""
        return self.scenario in KIND

    @property
    def ordinary(self) -> bool:
        """Whether nothing went wrong that the program could not help, as far as anybody knows."""
        return (self.scenario is None or self.kind) and not (self.program or {}).get("timed_out")

    @property
    def program(self) -> Event | None:
        """How the program ran (`clients.program.Ran`); None: nobody saw it run."""
        found = self.transcript.notes.get("program")
        return found if isinstance(found, dict) else None

    @property
    def output(self) -> str:
        """Its last lines."""
        lines = object_at(self.transcript.notes, "program").get("output") if self.program else []
        return "\n".join(map(str, lines)) if isinstance(lines, list) else ""

    def events(self) -> Iterator[tuple[Session, Frame]]:
        """Every event that the client sent."""
        for session in self.sessions:
            for frame in session.sent:
                yield session, frame
