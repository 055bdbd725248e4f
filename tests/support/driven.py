"""Generated conversations with a session in memory: the same talk as over the wire, without socket or waiting.

Time is the session's own and jumps to the next thing that is due, so a quiet window costs nothing.
"""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import Coroutine, Sequence
from typing import Any

from conformance import fixtures
from conformance.fuzz import script
from conformance.fuzz.view import Move
from conformance.mock.encoding import dumps
from conformance.mock.ids import IdSource
from conformance.mock.models import model_for
from conformance.mock.options import MockOptions
from conformance.mock.session import CloseWith, Out, SendEvent, Session
from conformance.spec.profiles import Profile
from conformance.wire import steps
from conformance.wire.target import EMBEDDED, LIVE
from conformance.wire.transcript import Ending, Frame, Handshake, Leg, Side, Transcript

TURN = 0.2  # ms that a frame of the client takes: fast enough to overtake, slow enough to be after the last one


class Driven:
    """A caller of `conformance.fuzz.script.hold` that speaks with sessions it makes itself."""

    def __init__(
        self, profile: Profile, options: MockOptions, make: type[Session] = Session, *, travel: float = 0.0
    ) -> None:
        self._profile = profile
        self._options = options
        self._make = make
        self._waits = LIVE if options.latency == "live" else EMBEDDED
        self._now = 0.0  # s, as the session counts; kept as it is told, since ms and back would round
        self._travel = travel
        self._up: deque[tuple[float, str]] = deque()
        self._down: deque[tuple[float, Out]] = deque()
        self._cursor = 0
        self._step = 0
        self._ids = 0
        self._session: Session | None = None
        self.transcript = Transcript(conversation="fuzz/driven", started="", model=profile.model)

    # -- what `script.hold` asks for

    @property
    def leg(self) -> Leg:
        return self.transcript.legs[-1]

    @property
    def alive(self) -> bool:
        return self._session is not None and self.leg.ending.first == "nobody"

    def note(self, **facts: Any) -> None:
        self.transcript.notes.update(facts)

    async def connect(self) -> None:
        self.leave()
        number = len(self.transcript.legs)
        self.transcript.legs.append(Leg(url="memory:", handshake=Handshake(101, 0.0)))
        self._cursor = 0
        ids = IdSource(self._options.seed, number)
        self._session = self._make(model_for(self._profile.model), self._options, now=self._now, ids=ids)
        self._drain()

    async def __call__(self, *steps_: steps.Step) -> Frame | None:
        found = None
        for step in steps_:
            if self._session is None:
                break
            if isinstance(step, steps.Until):
                found = self._until(step)
            else:
                self._do(step)
            self._step += 1
        return found

    # -- steps

    def _do(self, step: steps.Step) -> None:
        match step:
            case steps.Send():
                self._say(self._event(step.type, step.fields), step.label)
            case steps.Text(payload=str() as payload):
                self._say(payload, step.label)
            case steps.Append():
                for packet in fixtures.packets(step.pcm, ms=step.packet_ms, rate=step.rate):
                    audio = base64.b64encode(packet).decode()
                    self._say(self._event("input_audio_buffer.append", {"audio": audio}), step.label)
            case steps.Quiet():
                ends = self._now + self._waits.total / 1000
                while self.alive and self._now < ends and self._listen(self._waits.quiet):
                    pass
            case steps.Close():
                self.leave(step.code)
            case _:
                raise AssertionError(step)

    def _event(self, kind: str, fields: Any) -> str:
        self._ids += 1
        given = {} if "event_id" in fields else {"event_id": f"event_{self._ids:032x}"}
        return json.dumps({**given, "type": kind, **fields}, ensure_ascii=False, separators=(",", ":"))

    def _say(self, text: str, label: str | None) -> None:
        if not self.alive:
            return
        self._now += TURN / 1000
        self._drain()
        self._keep("client", text, label)
        self._up.append((self._now + self._travel, text))
        self._drain()

    def _until(self, step: steps.Until) -> Frame | None:
        window = self._waits.answer if step.patient else self._waits.quiet
        left = step.count
        while True:
            frames = self.leg.frames
            while self._cursor < len(frames):
                frame = frames[self._cursor]
                self._cursor += 1
                if frame.side == "server" and frame.type in step.types:
                    left -= 1
                    if left == 0:
                        return frame
            if not self.alive or not self._listen(window):
                return None

    # -- time

    def _drain(self) -> None:
        """Let everything happen that is due."""
        while self._listen(0.0):
            pass

    def _listen(self, window: float) -> bool:
        """Let time pass until something arrives, at most `window` ms; whether anything did."""
        session, ends = self._session, self._now + window / 1000
        assert session is not None
        while True:
            self._collect(session)
            due = session.next_due()
            times = [queue[0][0] for queue in (self._up, self._down) if queue] + ([] if due is None else [due])
            if not times or min(times) > ends:
                self._now = ends
                return False
            self._now = max(self._now, min(times))
            if self._down and self._down[0][0] <= self._now:
                self._arrived(self._down.popleft()[1])
                return True
            if self._up and self._up[0][0] <= self._now:
                session.receive_text(self._up.popleft()[1], self._now)

    def _collect(self, session: Session) -> None:
        self._down += [(self._now + self._travel, out) for out in session.poll(self._now)]

    def _arrived(self, out: Out) -> None:
        if isinstance(out, SendEvent):
            self._keep("server", dumps(out.event), None)
        elif isinstance(out, CloseWith):
            self.leg.ending = Ending("server", out.code, "", out.code, out.reason, clean=True, tcp="fin")
        else:
            self.leg.ending = Ending("server", tcp="rst")

    def _keep(self, side: Side, text: str, label: str | None) -> None:
        frames = self.leg.frames
        frames.append(Frame(len(frames), side, self._now * 1000, "text", text, label=label, step=self._step))

    def leave(self, code: int | None = 1000) -> None:
        """Close what is open, as the wire's caller does."""
        if self._session is not None and self.alive:
            self._session.closed_by_client(code, "", self._now)
            self.leg.ending = Ending("client", code, "", code, "", clean=True, tcp="fin")
        self._session = None
        self._up.clear()
        self._down.clear()


def held(
    moves: Sequence[Move],
    profile: Profile,
    options: MockOptions,
    make: type[Session] = Session,
    *,
    travel: float = 0.0,
) -> Transcript:
    """The transcript of a script, held in memory; a frame travels for `travel` seconds."""
    caller = Driven(profile, options, make, travel=travel)

    async def talk() -> None:
        await caller.connect()
        await script.hold(caller, moves)
        caller.leave()

    at_once(talk())
    return caller.transcript


def at_once(running: Coroutine[Any, Any, None]) -> None:
    """Run what never waits."""
    try:
        running.send(None)
    except StopIteration:
        return
    running.close()
    raise AssertionError("a conversation in memory waits for nothing")
