"""Holding one conversation: carrying out steps on connections and noting where it broke off."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from conformance import __version__
from conformance.spec.profiles import Profile
from conformance.wire import steps
from conformance.wire.appends import packets, sized_append
from conformance.wire.asking import Asking, lesser
from conformance.wire.connection import Connection, Unreachable
from conformance.wire.dial import NEAR, Dial, near
from conformance.wire.guard import Guard
from conformance.wire.limits import Room
from conformance.wire.pace import RECONNECT, Pacer
from conformance.wire.target import Target
from conformance.wire.transcript import Cause, Frame, Leg, Stop, Transcript
from conformance.wire.voice import named

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
TOGETHER = steps.Send | steps.Text | steps.Sized
"""What leaves together where a script sends it in a row."""


class Broken(Exception):  # noqa: N818  # it ends a script; it is not an error of ours
    """The script can't go on; carries the Stop that the transcript keeps."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(stop.why)
        self.stop = stop


class Talk(Protocol):
    """A script as code: `async def talk(self, call)`."""

    async def __call__(self, call: Call) -> None:
        """Hold the conversation."""


class Call:
    """What a conversation holds on to: `await call(send(…), until(…))` returns the last event waited for."""

    def __init__(
        self,
        target: Target,
        profile: Profile,
        conversation: str,
        *,
        pacer: Pacer | None = None,
        turns: int = 0,
        room: Room | None = None,
    ) -> None:
        """`pacer` gives out turns to connect; `turns` of them have been waited for already.

        `room` is what all connections of the run may hold together.
        """
        self.target = target
        self.profile = profile
        self._pacer = pacer
        self._turns = turns
        self._room = room or Room()
        self.limit: asyncio.Timeout | None = None
        """The clock of the whole conversation; it stands still while the call waits for a turn to connect."""
        self._conversation = conversation
        self._beside: list[Call] = []
        self._leg: Leg | None = None
        self._began = time.monotonic()
        self.transcript = Transcript(
            conversation=conversation,
            started=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            model=target.model,
        )
        self._connection: Connection | None = None
        self._cursor = 0
        self._asking = Asking()
        self._step = 0
        self._ids = 0

    def _now(self) -> float:
        return (time.monotonic() - self._began) * 1000

    @property
    def leg(self) -> Leg:
        """The connection that is (or was last) open."""
        assert self._leg is not None
        return self._leg

    def note(self, **facts: Any) -> None:
        """Keep JSON facts that only the script knows (what it chose to send) with the transcript."""
        self.transcript.notes.update(facts)

    # -- connections

    async def beside(self, dial: Dial | None = None) -> Call:
        """Open another connection next to this one; both write into the same transcript, on the same clock."""
        call = Call(self.target, self.profile, self._conversation, pacer=self._pacer, room=self._room)
        call.transcript, call._began, call.limit = self.transcript, self._began, self.limit  # two hands of one caller
        self._beside.append(call)
        await call.connect(dial)
        return call

    async def connect(self, dial: Dial | None = None) -> None:
        """Open a (further) connection; the earlier one is closed first.  Raises Unreachable."""
        await self.leave()
        if self._turns:
            self._turns -= 1
        elif self._pacer is not None:
            await self._turn(self._pacer)
        dial = dial or Dial()
        headers = [("User-Agent", f"qwen-realtime-conformance/{__version__}")]
        key = {"target": self.target.key, NEAR: near(self.target.key)}.get(dial.key or "", dial.key)
        if key is not None:
            headers.append(("Authorization", f"{dial.scheme} {key}"))
        if self.target.workspace:
            headers.append(("X-DashScope-WorkSpace", self.target.workspace))
        for more in (self.target.headers, dial.headers):  # what is named again replaces what was before
            named = {name.lower() for name, _ in more}
            headers = [pair for pair in headers if pair[0].lower() not in named] + list(more)
        url = self.target.address(model=dial.model, with_model=dial.with_model)
        leg = Leg(url=self.target.secrets.shown(url), opened_at_ms=time.time_ns() // 1_000_000)
        self.transcript.legs.append(leg)
        self._leg = leg
        self._cursor = 0
        self._asking = Asking()
        guard = Guard(self.target.secrets, filter(None, (key, self.target.key)), leg.frames)
        self._connection = Connection(
            leg, clock=self._now, headers=headers, deflate=dial.deflate, subprotocols=dial.subprotocols,
            ca_file=self.target.ca_file,
            guard=guard, url=url, room=self._room,
        )  # fmt: skip
        try:
            await self._connection.open(self.target.deadlines.connect)
        finally:
            leg.closed_at_ms = time.time_ns() // 1_000_000

    async def _turn(self, pacer: Pacer) -> None:
        due = self.limit.when() if self.limit is not None else None
        if self.limit is None or due is None:
            await pacer.turn()
            return
        now = asyncio.get_running_loop().time
        left = due - now()
        self.limit.reschedule(None)
        await pacer.turn()
        self.limit.reschedule(now() + left)

    async def taken(self) -> bool:
        """Dial, where the question is whether that works: a refusal is noted, and no trouble of the conversation."""
        try:
            await self.connect()
        except Unreachable:
            self.note(refused=[*self.transcript.notes.get("refused", ()), len(self.transcript.legs) - 1])
            return False
        return True

    async def rest(self) -> None:
        """Leave the endpoint alone for a while, after something on its side did not go well."""
        await asyncio.sleep(self.target.back_off * RECONNECT)

    async def leave(self) -> None:
        """Close what is open with 1000 and write down how it ended."""
        for call in self._beside:
            await call.leave()
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if connection.open_:
            await connection.close(1000, "", self.target.deadlines.close)
        connection.finish()
        self.leg.closed_at_ms = time.time_ns() // 1_000_000

    def abandon(self) -> None:
        """Cut what is open, at once: the run was interrupted."""
        for call in self._beside:
            call.abandon()
        if self._connection is not None:
            self._connection.abandon()
            self._connection.finish()
            self.leg.closed_at_ms = time.time_ns() // 1_000_000
            self._connection = None

    def break_off(self, passed: str) -> None:
        """Cut what is open because of a bound that was passed, in words."""
        for call in self._beside:
            call.break_off(passed)
        if self._connection is not None:
            self._connection.break_off(passed)

    @property
    def step(self) -> int:
        """The number of the step that is next, from 0."""
        return self._step

    @property
    def alive(self) -> bool:
        """Whether the client may still send."""
        return self._connection is not None and self._connection.writable

    # -- steps

    async def __call__(self, *script: steps.Step) -> Frame | None:
        """Carry out steps in order; returns the frame of the last wait (None when an optional one saw nothing)."""
        found: Frame | None = None
        for number, (step, following) in enumerate(zip(script, (*script[1:], None), strict=True)):
            connection = self._connection
            if connection is None:
                raise Broken(Stop(self._step, (), 0.0, "no connection is open"))
            connection.step = self._step
            if isinstance(step, steps.Until):
                found = await self._prepared(connection, step, script[number + 1 :])
            else:
                await self._do(connection, step)
                # What a script sends in a row leaves together.
                if not (isinstance(step, TOGETHER) and isinstance(following, TOGETHER)):
                    await connection.drained(self.target.deadlines.total)
            self._step += 1
        return found

    async def _prepared(self, connection: Connection, step: steps.Until, rest: Sequence[steps.Step]) -> Frame | None:
        """Wait; where a preparation was refused of which what follows needs a part, ask for that part alone."""
        try:
            return await self._until(connection, step)
        except Broken as broken:
            less = lesser(self.leg.frames, rest) if broken.stop.cause == "refused" else None
            if less is None:
                raise
        connection.send("text", self._event("session.update", {"session": less}))
        return await self._until(connection, step)

    async def _do(self, connection: Connection, step: steps.Step) -> None:
        waits = self.target.deadlines
        try:
            match step:
                case steps.Send():
                    connection.send("text", self._event(step.type, step.fields), label=step.label)
                case steps.Text():
                    payload = step.payload if isinstance(step.payload, bytes) else step.payload.encode()
                    connection.send("text", payload, label=step.label)
                case steps.Sized():
                    payload, kept = sized_append(step.size, self._event)
                    connection.send("text", payload, label=step.label, kept=kept)
                case steps.Binary():
                    connection.send("binary", step.payload, label=step.label)
                case steps.Ping():
                    connection.send("ping", step.payload)
                case steps.Pong():
                    connection.send("pong", step.payload)
                case steps.Fragmented():
                    connection.send_fragmented(step.payload.encode(), step.pieces, step.ping, label=step.label)
                case steps.Append():
                    await self._append(connection, step)
                case steps.Quiet():
                    await self._quiet(connection)
                case steps.Pause():
                    await connection.ended(step.ms)
                case steps.Close():
                    await connection.close(step.code, step.reason, waits.close)
                case steps.HalfClose():
                    if not connection.half_close():
                        raise Broken(Stop(self._step, ("half-close",), 0.0, "TLS has no half-close: not possible here"))
                case steps.Drop():
                    connection.drop(step.how)
                    await connection.ended(waits.close)
                case steps.Until():  # pragma: no cover  # waits are carried out by _until
                    raise AssertionError(step)
        except ConnectionError as problem:
            raise Broken(Stop(self._step, (), 0.0, f"could not send: {problem}", "unsent")) from None

    def _event(self, kind: str, fields: Any) -> bytes:
        event: dict[str, Any] = {}
        if "event_id" not in fields:
            # The form that the vendor's SDKs use (`event_` + 32 hex digits), but the same in every run.
            self._ids += 1
            seed = f"{self.transcript.conversation}/{len(self.transcript.legs)}/{self._ids}"
            event["event_id"] = "event_" + hashlib.md5(seed.encode(), usedforsecurity=False).hexdigest()
        event["type"] = kind
        event.update(fields)
        if kind == "session.update" and "session" in event and self.profile.named_voice is not None:
            event["session"] = named(event["session"], self.leg.frames, self.profile.named_voice)
        event = {name: value for name, value in event.items() if value is not steps.OMIT}
        return _ENCODER.encode(event).encode("utf-8", "surrogatepass")

    async def _append(self, connection: Connection, step: steps.Append) -> None:
        due = time.monotonic()
        for packet in packets(step, paced=bool(self.target.pace)):
            audio = base64.b64encode(packet).decode()
            connection.send("text", self._event("input_audio_buffer.append", {"audio": audio}), label=step.label)
            if self.target.pace:
                due += step.packet_ms / 1000 * self.target.pace
                await connection.ended(max(0.0, (due - time.monotonic()) * 1000))
            else:
                await connection.drained(self.target.deadlines.total)

    async def _quiet(self, connection: Connection) -> None:
        waits = self.target.deadlines
        listened = silent = 0.0
        while connection.open_ and listened < waits.total and silent < waits.quiet:
            heard, took = await _listen(connection, waits.quiet - silent)
            listened += took
            silent = 0.0 if heard else silent + took

    async def _until(self, connection: Connection, step: steps.Until) -> Frame | None:
        waits = self.target.deadlines
        window = step.within_ms or (waits.answer if step.patient else waits.quiet)
        # A patient wait is given up after silence; any other after its window, whatever else comes.
        patient = step.patient and step.within_ms is None
        listened = silent = 0.0
        left_to_see = step.count
        while True:
            frames = connection.leg.frames
            while self._cursor < len(frames):
                frame = frames[self._cursor]
                self._cursor += 1
                if self._asking.surplus(frame):
                    continue
                refused = self._asking.refused(frame)
                if refused is not None and self._asking.in_vain(refused, step.types):
                    if not step.required:
                        return None
                    said = f"{refused.label or refused.type} was refused"
                    names, waited = tuple(sorted(step.types)), round(listened, 1)
                    raise Broken(Stop(self._step, names, waited, said, "refused", frame.index))
                if frame.side == "server" and frame.type in step.types:
                    left_to_see -= 1
                    if left_to_see == 0:
                        return frame
            left = min(window - (silent if patient else listened), waits.total - listened)
            if not connection.open_ or left <= 0:
                if not step.required:
                    return None
                names = tuple(sorted(step.types))
                why = "the connection ended" if not connection.open_ else "nothing came"
                said = f"{why} while waiting for {' or '.join(names)}"
                cause: Cause = "silence" if connection.open_ else "ended"
                raise Broken(Stop(self._step, names, round(listened, 1), said, cause))
            heard, took = await _listen(connection, left)
            listened += took
            silent = 0.0 if heard else silent + took


# A peer's time is counted in slices of this length (ms): a loop that is too busy to listen does not use it up.
SLICE = 10.0


async def _listen(connection: Connection, ms: float) -> tuple[bool, float]:
    """Listen for at most `ms`: whether anything arrived or the connection ended, and the time (ms) that counts."""
    seen, counted = len(connection.leg.frames), 0.0
    while counted < ms:
        part = min(ms - counted, max(SLICE, ms / 100))
        began = time.monotonic()
        if await connection.heard(part / 1000):
            return True, counted + min((time.monotonic() - began) * 1000, part)
        counted += part
        if len(connection.leg.frames) > seen or not connection.open_:
            return True, counted  # it came between two slices
    return False, ms


__all__ = ["NEAR", "Broken", "Call", "Dial", "Talk", "Unreachable"]
