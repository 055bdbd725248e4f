"""What may become of a server's events on their way: each way to spoil them, chosen by a seed.

A spoiler sits in the mock as a quirk does, so that scripts react to what it did.  Every session of a run is spoiled by
the same seed, and so every conversation is the same in every run of that seed, as far as time has no part in it.
"""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from conformance.mock.core import SendEvent
from conformance.mock.quirks import REGISTRY, quirk

Json = dict[str, Any]
Spoil = Callable[[Json, Any, Random], list[Json]]

GA_NAMES = {
    "response.text.delta": "response.output_text.delta",
    "response.text.done": "response.output_text.done",
    "response.audio.delta": "response.output_audio.delta",
    "response.audio.done": "response.output_audio.done",
    "response.audio_transcript.delta": "response.output_audio_transcript.delta",
    "conversation.item.created": "conversation.item.added",
}
ODD = (None, 7, -1, 1e300, "", "text", [], {}, [{}], True, "é\x00", {"type": {}})
CODES = (1000, 1001, 1007, 1008, 1011, 1013, 3000, 4999)
SHARE = 0.25
"""How many of the events are spoiled."""


def lost(_event: Json, _session: Any, _chance: Random) -> list[Json]:
    return []


def doubled(event: Json, _session: Any, _chance: Random) -> list[Json]:
    return [event, copy.deepcopy(event)]


def kept_back(event: Json, session: Any, _chance: Random) -> list[Json]:
    session.memory.setdefault("kept back", []).append(event)
    return []


def late(event: Json, session: Any, chance: Random) -> list[Json]:
    session.after(chance.choice((0.02, 0.1, 0.4)), lambda: session.put(SendEvent(event)))
    return []


def renamed(event: Json, _session: Any, chance: Random) -> list[Json]:
    kind = event["type"]
    return [{**event, "type": GA_NAMES.get(kind) or chance.choice((kind.upper(), "nonsense", kind + ".x", 7, None))}]


def untyped(event: Json, _session: Any, _chance: Random) -> list[Json]:
    return [{name: value for name, value in event.items() if name != "type"}]


def retyped(event: Json, _session: Any, chance: Random) -> list[Json]:
    place, name = _somewhere(event, chance)
    place[name] = chance.choice(ODD)
    return [event]


def without_member(event: Json, _session: Any, chance: Random) -> list[Json]:
    place, name = _somewhere(event, chance)
    del place[name]
    return [event]


def of_others(event: Json, _session: Any, chance: Random) -> list[Json]:
    ids = [name for name in event if name.endswith("_id")]
    return [{**event, **({chance.choice(ids): "somebody_elses"} if ids else {})}]


def stale(event: Json, session: Any, chance: Random) -> list[Json]:
    said = session.memory.get("said") or [event]
    return [event, copy.deepcopy(chance.choice(said))]


def refused(event: Json, _session: Any, chance: Random) -> list[Json]:
    error = {"type": "invalid_request_error", "code": "invalid_value", "message": "No."}
    return [event, {"type": "error", "event_id": "event_x", "error": chance.choice((error, "No.", {}, None))}]


def unasked(event: Json, _session: Any, chance: Random) -> list[Json]:
    kinds = ("session.updated", "session.created", "response.created", "response.done", "conversation.item.created")
    return [{"type": chance.choice(kinds), "event_id": "event_y"}, event]


def closes(event: Json, session: Any, chance: Random) -> list[Json]:
    session.after(0.0, lambda: session.close(chance.choice(CODES), chance.choice(("", "goodbye", "x" * 120))))
    return [event]


def drops(event: Json, session: Any, _chance: Random) -> list[Json]:
    session.after(0.0, session.drop)
    return [event]


def stalls(_event: Json, session: Any, _chance: Random) -> list[Json]:
    session.memory["stalled"] = True
    return []


WAYS: tuple[Spoil, ...] = (
    lost, doubled, kept_back, late, renamed, untyped, retyped, without_member, of_others, stale, refused, unasked,
    closes, drops, stalls,
)  # fmt: skip


def _somewhere(event: Json, chance: Random) -> tuple[Json, str]:
    """An object in the event and the name of one of its members."""
    places = list(_objects(event))
    place = chance.choice(places)
    return place, chance.choice(sorted(place))


def _objects(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        if value:
            yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def _emit(seed: int) -> Callable[[Json, Any], list[Json] | None]:
    def emit(event: Json, session: Any) -> list[Json] | None:
        memory = session.memory
        chance: Random = memory.setdefault("chance", Random(seed))
        if memory.get("stalled"):
            return []
        event = copy.deepcopy(event)
        kept, memory["kept back"] = memory.get("kept back", []), []
        out = [event]
        if chance.random() < SHARE * memory.setdefault("wild", chance.choice((0.2, 1, 2))):
            ways = memory.setdefault("ways", chance.sample(WAYS, 3))
            out = chance.choice(ways)(event, session, chance)
        memory.setdefault("said", []).append(copy.deepcopy(event))
        return out + kept

    return emit


def _frame(seed: int) -> Callable[[int, bytes], list[tuple[int, bytes]] | None]:
    chance = Random(-seed)
    wild = seed % 5 == 0

    def frame(opcode: int, data: bytes) -> list[tuple[int, bytes]] | None:
        if not wild or opcode != 1 or chance.random() > SHARE:
            return None
        halves = (data[: len(data) // 2], json.dumps([json.loads(data)]).encode(), b"\xff" + data, b"")
        return [chance.choice(((2, data), *((1, half) for half in halves)))]

    return frame


@contextlib.contextmanager
def spoiled(seed: int) -> Iterator[str]:
    """Register the spoiler of a seed for a while; gives the name of its quirk."""
    name = f"chaos-{seed}"
    quirk(name, "00", "events are spoiled on their way")(_emit(seed))
    quirk(name, "00", "events are spoiled on their way", hook="frame")(_frame(seed))
    try:
        yield name
    finally:
        del REGISTRY[name]
