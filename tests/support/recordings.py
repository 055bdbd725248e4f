"""One short call in the forms of others: a typed turn, as different programs would have written it down."""

from __future__ import annotations

import json
from typing import Any

from support.records import MODEL, Stage, example, transcript

BEGAN = 1_790_000_000_000  # ms since 1970


def call() -> Any:
    """An update and a spoken reply of two deltas, closed by the client."""
    stage = Stage().greet().client("session.update", session={"voice": "Ethan"})
    stage.server("session.updated", session=example("session.updated", "session"))
    return transcript("call", stage.client("response.create").reply(2).close())


def events() -> list[tuple[str, float, dict[str, Any]]]:
    """The call as (`client` or `server`, ms, event)."""
    leg = call().legs[0]
    return [(frame.side, frame.at, json.loads(frame.text)) for frame in leg.frames if frame.text is not None]


def json_lines(make: Any) -> str:
    """The call as lines that `make` makes of a side, a time and an event."""
    return "".join(json.dumps(make(*one), ensure_ascii=False) + "\n" for one in events())


def terminal(*, clock: bool = False) -> str:
    """The call as wscat shows it."""
    stamp = "[2026-11-27T10:00:00.000Z] " if clock else ""
    lines = [f"{stamp}{'>' if side == 'client' else '<'} {json.dumps(event)}" for side, _, event in events()]
    url = f"wss://example.invalid/api-ws/v1/realtime?model={MODEL}"
    return "\n".join([f"$ wscat -c '{url}'", "Connected (press CTRL+C to quit)", *lines, "Disconnected (code: 1000)"])


def sdk_log() -> str:
    """The call as the dashscope SDK logs it at DEBUG."""
    lines = []
    for number, (side, _, event) in enumerate(events()):
        text = json.dumps(event)
        said = f"send string: {text}" if side == "client" else f"receive string {text[:1024]}"
        head = f"2026-11-27 10:00:00,{number:03d} - dashscope - omni_realtime.py - on_message - 724 - DEBUG - "
        lines.append(f"{head}[omni realtime] {said}")
    return "\n".join(lines) + "\n"
