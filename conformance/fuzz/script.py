"""A script of moves as a conversation: what is sent, and how long the client waits for what comes of it.

The same talk is held over the wire by the recorder and, in the project's own tests, with a session in memory: it needs
a `Caller` only.  It ends with a question that any session can answer and with a second connection, since the worst that
a mistake can do is to outlive its session.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from conformance import fixtures
from conformance.fuzz.states import pair
from conformance.fuzz.view import Move, View
from conformance.wire import steps
from conformance.wire.call import Broken
from conformance.wire.conversation import Conversation
from conformance.wire.transcript import Frame, Leg

PROBE = "the closing question"
SPEECH = frozenset({"hello", "nihao"})
WAITS = {
    "session.update": ("session.updated", "error"),
    "input_audio_buffer.commit": ("input_audio_buffer.committed", "error"),
    "input_audio_buffer.clear": ("input_audio_buffer.cleared", "error"),
    "conversation.item.create": ("conversation.item.created", "error"),
    "response.create": ("response.created", "error"),
    "response.cancel": ("response.output_item.done", "response.done", "error"),
    "session.finish": ("session.finished", "error"),
}
OVER = ("response.done", "error")
CREATE = "conversation.item.create"


class Caller(Protocol):
    """Who holds a conversation: `conformance.wire.call.Call`, or a stand-in without a wire."""

    @property
    def leg(self) -> Leg:
        """The connection that is open."""

    @property
    def alive(self) -> bool:
        """Whether the client may still send."""

    async def __call__(self, *script: steps.Step) -> Frame | None:
        """Carry out steps."""

    async def connect(self) -> None:
        """Open a further connection."""

    def note(self, **facts: Any) -> None:
        """Keep facts with the transcript."""


def conversation(moves: Sequence[Move], name: str, where: str = "", *, settled: bool = False) -> Conversation:
    """The conversation that the recorder can hold: `conversation(script, "fuzz/7-12")`.

    `where` are the options that name the endpoint, for the command that holds it again.  Where it is `settled` the
    client lets everything come to its end after each move, so that what it meets does not rest on who was faster.
    """

    async def talk(call: Caller) -> None:
        call.note(where=where)
        await hold(call, moves, settled=settled)

    opened = 2 + sum(move["do"] == "reconnect" for move in moves)
    return Conversation(name=name, talk=talk, connections=opened, retry=False, moves=len(moves))


async def hold(call: Caller, moves: Sequence[Move], *, settled: bool = False) -> None:
    """Hold the conversation on a connection that is open; leaves another one open."""
    call.note(moves=list(moves))
    view, seen = View(), []
    await _carry_out(call, steps.likely("session.created"))
    for number, move in enumerate(moves, 1):
        if move["do"] == "reconnect":
            await _carry_out(call, steps.close(1000))
            await call.connect()
            await _carry_out(call, steps.likely("session.created"))
        elif not call.alive:
            continue  # until the next connection, where there is one
        if (met := pair(move, view)) is not None:
            seen.append(met)
        view.take(move)
        with contextlib.suppress(Broken):  # see `_carry_out`
            await act(call, move, number)
            if settled:
                await settle(call)
    call.note(pairs=seen)
    await part(call)


async def _carry_out(call: Caller, step: steps.Step) -> None:
    """Carry out a step where the client may still send.

    That the server ended the connection between two moves is in the transcript, and the rules judge whether it may.
    """
    if call.alive:
        with contextlib.suppress(Broken):
            await call(step)


async def act(call: Caller, move: Move, number: int) -> None:
    """Carry out the `number`-th move."""
    await call(*_steps(move, call.leg, f"move {number}"))


async def settle(call: Caller) -> None:
    """Wait until nothing is under way: each reply that began is over, and nothing comes any more."""
    if call.alive:
        await call(steps.quiet())
    while call.alive and _under_way(call.leg):
        if await call(steps.likely("response.done")) is None:
            return
        await call(steps.quiet())


def _under_way(leg: Leg) -> bool:
    kinds = [frame.type for frame in leg.frames if frame.side == "server"]
    return kinds.count("response.created") > kinds.count("response.done")


async def part(call: Caller) -> None:
    """Ask the closing question, close, and open the next connection."""
    try:
        if call.alive:
            await call(steps.quiet())
        if call.alive:
            probe = steps.send("session.update", label=PROBE, session={"instructions": "Answer briefly."})
            await call(probe, steps.likely("session.updated", "error"), steps.quiet())
        if call.alive:
            await call(steps.close(1000))
    except Broken:
        pass
    await call.connect()
    await call(steps.likely("session.created"))
    if call.alive:
        await call(steps.close(1000))


def _steps(move: Move, leg: Leg, label: str) -> list[steps.Step]:
    match move["do"]:
        case "text":
            return [steps.text(move["text"], label=label), steps.maybe("error")]
        case "audio":
            return _audio(move)
        case "image":
            picture = base64.b64encode(_picture(move["name"])).decode() if move["name"] != "foreign" else "AA-_"
            return [steps.send("input_image_buffer.append", label=label, image=picture), steps.maybe("error")]
        case "result":
            item = {"type": "function_call_output", "call_id": _open_call(leg), "output": move["output"]}
            return _sent({"type": CREATE, "item": item}, "answer", label)
        case "wait":
            return [steps.maybe(*OVER)]
        case "reconnect":
            return []
    return _sent(move["event"], move.get("wait", "answer"), label)


def _sent(event: dict[str, Any], wait: str, label: str) -> list[steps.Step]:
    fields = {name: value for name, value in event.items() if name != "type"}
    # A spoiled event may have lost its type; then there is nothing for `send` to put in front.
    sent = steps.text(json.dumps(event), label=label)
    made: list[steps.Step] = [steps.Send(event["type"], fields, label) if isinstance(event.get("type"), str) else sent]
    if wait == "none":
        return made
    waited = WAITS.get(str(event.get("type")))
    made.append(steps.likely(*waited) if waited else steps.maybe("error"))
    if wait == "end":
        made.append(steps.maybe(*OVER))
    return made


def _audio(move: Move) -> list[steps.Step]:
    sound, ms, packet = move["sound"], move.get("ms", 500), move.get("packet", 100)
    match sound:
        case "silence":
            return [steps.silence(ms, packet_ms=packet)]
        case "noise":
            return [steps.append(fixtures.noise(ms), packet_ms=packet, label="noise")]
        case "tone":
            return [steps.append(fixtures.tone(ms), packet_ms=packet, label="tone")]
    if sound in SPEECH:
        return [steps.speak(sound, packet_ms=packet)]
    good = base64.b64encode(fixtures.silence(20)).decode()
    payload = {
        "odd": base64.b64encode(bytes(641)).decode(),
        "empty": "",
        "wrapped": "\r\n".join(good[start : start + 76] for start in range(0, len(good), 76)),
        "foreign": good[:-4] + "AA-_",
        "unpadded": good.rstrip("=")[:-1],
        "wav": base64.b64encode(b"RIFF\x24\0\0\0WAVEfmt " + bytes(28)).decode(),
    }[sound]
    return [steps.send("input_audio_buffer.append", label=f"{sound} audio", audio=payload), steps.maybe("error")]


def _picture(name: str) -> bytes:
    return fixtures.image("tiny_16x16.jpg")[:-40] if name == "cut.jpg" else fixtures.image(name)


def _open_call(leg: Leg) -> str:
    """The newest call without a result, or one that nobody made."""
    calls = [
        str(frame.event.get("call_id"))
        for frame in leg.frames
        if frame.side == "server" and frame.type == "response.function_call_arguments.done"
    ]
    items = [frame.event.get("item") for frame in leg.frames if frame.side == "client" and frame.type == CREATE]
    given = {item.get("call_id") for item in items if isinstance(item, dict)}
    still = [call for call in calls if call not in given]
    return (still or calls or ["call_nobody_made"])[-1]


def write(path: Path, moves: Sequence[Move]) -> None:
    """Write a script, a move a line."""
    path.write_text("".join(json.dumps(move, ensure_ascii=True) + "\n" for move in moves), encoding="utf-8")


def read(path: Path) -> list[Move]:
    """Read a script back; raises ValueError where it is none."""
    found: list[Move] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        move = json.loads(line)
        if not isinstance(move, dict) or "do" not in move:
            raise ValueError(f"not a move: {line[:80]}")
        found.append(move)
    return found
