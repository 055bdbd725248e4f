"""From a recorded connection to the steps that repeat it.

A step is `[number, awaited, pause, action, …]`: its number (which it keeps when others are left out), the types
of the events that had come before it (each once for every time; of what streams once), the seconds that then passed,
what the client did.  `conformance.papers.player` carries steps out.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.wire.transcript import Frame, Leg

Step = list[Any]
APPEND = "input_audio_buffer.append"
LEAST_PAUSE = 0.05  # seconds; what is shorter is the speed of the machine
NAMES = ("id", "call_id", "item_id", "response_id", "previous_item_id")
"""Members by which a client refers to what the server named."""


class Unplayable(Exception):  # noqa: N818  # it is the reason why there is no reproduction
    """What the client did can't be repeated by a short script; the message says why, as the end of a sentence."""


@dataclass(frozen=True)
class Script:
    """The steps of a connection, and for each of its frames how many steps had begun when it crossed."""

    steps: list[Step]
    begun: list[int]


def streams(kind: str | None) -> bool:
    """Whether there are as many events of this type as the server likes."""
    return str(kind).endswith(".delta")


def script(leg: Leg, path: str = "") -> Script:
    """The steps of a connection; `path` names its way of closing.  Raises Unplayable."""
    steps: list[Step] = []
    begun: list[int] = []
    awaited: list[str] = []
    named: dict[str, str] = {}
    counted: Counter[str] = Counter()
    before = 0.0
    run: list[Frame] = []
    runs: dict[int, list[Frame]] = {}
    for frame in leg.frames:
        if frame.side == "client" and not (run and _joins(run, frame)):
            # Who only pings asks for nothing; who was closed on answers by himself; who broke off had heard enough.
            ends = frame.opcode == "close" and (leg.ending.first == "server" or leg.ending.broken_off)
            if frame.opcode not in {"ping", "pong"} and not ends:
                run = [frame]
                pause = (frame.at - before) / 1000
                waits = round(pause, 2) if pause > LEAST_PAUSE else 0
                steps.append([len(steps), awaited, waits, *_action(frame, leg, named)])
                awaited = []
        elif frame.side == "client":
            run.append(frame)
            runs[len(steps) - 1] = run
        elif frame.type is not None:
            if not (streams(frame.type) and frame.type in awaited):
                awaited.append(frame.type)
            counted[frame.type] += 1
            for told, mark in _names(frame.event, f"{frame.type}|{counted[frame.type] - 1}"):
                named.setdefault(told, mark)
        begun.append(len(steps))
        before = frame.at
    for number, packets in runs.items():
        steps[number] = [*steps[number][:3], *_audio(packets)]
    ending = leg.ending
    left = ending.first == "client" and ending.code_sent is None and not ending.broken_off
    if left and leg.handshake.status == 101:
        how = "reset" if "rst" in path else "half" if "half" in path else "drop"
        steps.append([len(steps), awaited, 0, "leave", how])
    return Script(steps, begun)


def acted(leg: Leg, made: Script) -> list[float]:
    """When the connection was there, and when each step was done, in ms: a step without a frame after the last."""
    first: dict[int, float] = {}
    for frame, begun in zip(leg.frames, made.begun, strict=True):
        first.setdefault(begun, frame.at)
    last = leg.frames[-1].at if leg.frames else 0.0
    return [leg.frames[0].at if leg.frames else 0.0, *(first.get(step + 1, last) for step in range(len(made.steps)))]


def _joins(run: list[Frame], frame: Frame) -> bool:
    """Whether a packet of audio goes on where the one before it left off."""
    first = run[0]
    same = first.label == frame.label and (first.label is not None or first.step == frame.step)
    return same and first.type == frame.type == APPEND and _pcm(first) is not None and _pcm(frame) is not None


def _pcm(frame: Frame) -> bytes | None:
    """The audio of an append that holds nothing else."""
    if frame.gap or not isinstance(frame.event, dict) or set(frame.event) - {"type", "audio", "event_id"}:
        return None
    try:
        return base64.b64decode(frame.event.get("audio", ""), validate=True)
    except (binascii.Error, TypeError, ValueError):
        return None


def _audio(run: Sequence[Frame]) -> Step:
    packets = [_pcm(frame) or b"" for frame in run]
    gap = (run[-1].at - run[0].at) / 1000 / (len(run) - 1)
    packed = base64.b64encode(zlib.compress(b"".join(packets), 9)).decode()
    return ["audio", packed, len(packets[0]), round(gap, 3) if gap > LEAST_PAUSE else 0]


def _action(frame: Frame, leg: Leg, named: Mapping[str, str]) -> Step:
    if frame.opcode == "close":
        return ["close", leg.ending.code_sent if leg.ending.code_sent != 1005 else None, leg.ending.reason_sent]
    if frame.gap or (frame.text is not None and "[left out: " in frame.text):
        raise Unplayable("the record does not hold all that the client sent")
    if frame.text is None:
        return ["binary", base64.b64encode(frame.data).decode(), frame.opcode == "text"]
    if frame.fragments > 1:
        size = -(-len(frame.text) // frame.fragments)
        return ["pieces", *(frame.text[start : start + size] for start in range(0, len(frame.text), size))]
    filled = _filled(frame.text, named)
    return ["text" if filled == frame.text else "filled", filled]


def _filled(text: str, named: Mapping[str, str]) -> str:
    """What the client said, with `<<type|nth|path>>` in the place of what it had from the server."""
    for told, mark in named.items():
        text = text.replace(told, mark)
    return text


def _names(event: Any, place: str) -> Iterator[tuple[str, str]]:
    """What a server's event names, as a client repeats it, with the mark that stands for it."""
    for path, value in leaves(event):
        if path.rpartition(".")[2] in NAMES and isinstance(value, str) and len(value) > 7:
            yield f'"{value}"', f'"<<{place}|{path}>>"'


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of an event that is neither an object nor a list, with its path; empty ones are values, too."""
    if isinstance(value, dict) and value:
        for name, member in value.items():
            yield from leaves(member, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value:
        for place, member in enumerate(value):
            yield from leaves(member, f"{path}.{place}")
    else:
        yield path, value
