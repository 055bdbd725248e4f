"""From the conversations that walked a close path to what the platform says of each."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace

from conformance.secrets import Secrets
from conformance.status.base import Cell, CountingReader, Reader
from conformance.status.model import NotObservable, Reading, Session, not_observable
from conformance.status.poll import observe
from conformance.wire.transcript import Leg, Transcript

# The controls of every run: a session ended as well as a client can, and one ended as badly.
GOOD, BAD = "finish-then-close", "drop-rst"
# The paths that a question is about, most wanted first: few enough for a person to look up in a console.
ASKED = (
    "close-1000-after-response",
    GOOD,
    BAD,
    "finish-and-wait",
    "close-1000-idle",
    "drop-fin",
    "finish-then-drop",
)


def place(path: str | None) -> int:
    """Where a path stands among those that a person is asked for; the others come after them."""
    return ASKED.index(path) if path in ASKED else len(ASKED)


def sessions(transcripts: Iterable[Transcript]) -> list[Session]:
    """The sessions to look for: the last connection of each conversation that is about a close path."""
    return [
        Session(
            item.session_id,
            item.path,
            item.legs[-1].opened_at_ms,
            item.legs[-1].closed_at_ms,
            sum(item.usage.values()),
            _request_id(item.legs[-1]),
        )
        for item in transcripts
        if item.path is not None and item.legs and item.legs[-1].handshake.status == 101
    ]


def _request_id(leg: Leg) -> str:
    """A request id among the headers of the handshake's answer; no page says that there is one."""
    told = (value for name, value in leg.handshake.response_headers if name.lower().endswith("request-id"))
    return next(told, "")


def asked_for(held: Iterable[Session]) -> list[Session]:
    """The sessions that a person is asked to look up, the most wanted first."""
    return sorted((one for one in held if one.path in ASKED), key=lambda one: place(one.path))


def untold(transcripts: Iterable[Transcript], readings: Mapping[str, Reading]) -> list[Session]:
    """The sessions of which the platform told nothing.

    Where no attempt at a path stood (its session was lost, and then the run was over) there is none to look for.
    """
    asked = [one for one in sessions(transcripts) if one.path in readings]
    return [one for one in asked if readings[one.path].attribution == "none"]


def read(
    reader: Reader,
    transcripts: Iterable[Transcript],
    wait_s: float,
    progress: Callable[[str], None] = lambda words: None,
    secrets: Secrets | None = None,
) -> dict[str, Reading]:
    """What the reader says of each close path, by the path; never raises for what a reader does.

    With `secrets`, rows are searched for them and masked.
    """
    held = list(transcripts)
    others = frozenset(leg.session_id for item in held for leg in item.legs if leg.session_id is not None)
    found = observe(reader, sessions(held), good=GOOD, bad=BAD, wait_s=wait_s, others=others, progress=progress)
    return found if secrets is None else {path: searched(one, secrets) for path, one in found.items()}


def searched(one: Reading, secrets: Secrets) -> Reading:
    """The reading with no secret in its rows, and with the members that held one whole."""
    quotes = {
        name
        for row in one.rows
        for name, value in row.items()
        if any(hit.whole for hit in secrets.hits(json.dumps(value)))
    }
    rows = tuple(json.loads(secrets.mask_json(json.dumps(row))) for row in one.rows)
    return replace(one, rows=rows, quotes=tuple(sorted(quotes)))


def attach(transcripts: Mapping[str, Transcript], readings: Mapping[str, Reading]) -> None:
    """Put each reading where the checks look for it."""
    for transcript in transcripts.values():
        if transcript.path is not None and transcript.path in readings:
            transcript.status = readings[transcript.path].to_json()


async def counted(
    reader: CountingReader,
    path: str,
    hold: Callable[[], Awaitable[None]],
    wait_s: float,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Reading:
    """Hold one session alone and tell from the counters how it was listed.

    The counters have to rest for `guard_s` before, or what went on before would be counted with it; after it they are
    looked at until one moves, at most `wait_s`, and once more a guard later, for what else may come.
    """
    try:
        before = await _resting(reader, wait_s, pause)
    except NotObservable as problem:
        await hold()  # for what the wire shows
        return not_observable(problem, reader.name, int(time.time() * 1000))
    await hold()
    try:
        ends = time.monotonic() + wait_s
        found = reader.delta(before, await _look(reader))
        while found.status == "not_visible_yet" and time.monotonic() < ends:
            await pause(min(reader.poll_s, wait_s))
            found = reader.delta(before, await _look(reader))
        if found.status != "not_visible_yet":
            await pause(reader.guard_s)
            found = reader.delta(before, await _look(reader))
    except NotObservable as problem:
        return not_observable(problem, reader.name, int(time.time() * 1000))
    return replace(found, why=f"{found.why}; held alone as {path}")


async def _resting(
    reader: CountingReader, wait_s: float, pause: Callable[[float], Awaitable[None]]
) -> dict[Cell, float]:
    """The counters, once two looks a guard apart show the same; NotObservable when they never rest."""
    ends = time.monotonic() + max(wait_s, reader.guard_s * 3)
    seen = await _look(reader)
    while True:
        await pause(reader.guard_s)
        now = await _look(reader)
        if now == seen:
            return now
        if time.monotonic() >= ends:
            raise NotObservable("timeout", "the counters never rested: somebody else uses this key or workspace")
        seen = now


async def _look(reader: CountingReader) -> dict[Cell, float]:
    return await asyncio.to_thread(reader.snapshot, int(time.time() * 1000))
