"""Where sessions of the proxy are judged: a process of its own, so that what passes never waits for a judgement.

It keeps the tally of all sessions and writes the record as they come; the pages are made of it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from conformance.clients import judging as clients
from conformance.intake import Unread, connections
from conformance.intake import record as recordings
from conformance.intake.forms import quietened
from conformance.intake.judging import Room, stranger
from conformance.judge.checks import level, line, load
from conformance.judge.tally import Tally
from conformance.report import files
from conformance.report.record import RecordWriter
from conformance.report.redact import Redactor
from conformance.secrets import held
from conformance.spec.profiles import Profile, UnknownModel, profile_for

ORIGIN = "the proxy"
NOW = ".now"  # the folder in which a page of a running proxy is made
OF_THE_GROUP = (signal.SIGINT, signal.SIGTERM)
"""What a terminal, or `timeout`, sends to the proxy and to the process that judges for it alike."""


@dataclass(frozen=True)
class Told:
    """What was found in one session: per side, the ids of what fails with its level and words."""

    server: tuple[tuple[str, str, str], ...] = ()
    client: tuple[tuple[str, str, str], ...] = ()
    problem: str = ""


@dataclass
class _State:
    """What the bench keeps between sessions."""

    directory: Path
    keep_audio: bool
    redact: Redactor
    writer: RecordWriter
    profile: Profile | None = None
    tally: Tally | None = None
    room: Room = field(default_factory=Room)
    sessions: int = 0
    client: dict[str, int] = field(default_factory=dict)


_state: _State | None = None


def _start(directory: str, keep_audio: bool) -> None:
    global _state  # noqa: PLW0603  # one bench is one process
    for number in OF_THE_GROUP:  # the proxy says when it is over
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, OF_THE_GROUP)
    redact = Redactor(held(os.environ, strict=False))
    folder = Path(directory)
    _state = _State(folder, keep_audio, redact, RecordWriter(folder / "record.jsonl", redact))


def _ready() -> None:
    """Load what judging takes, before the first session is over."""
    load()


def _take(spool: str, name: str) -> Told:
    """Judge a session, both of its sides, and write it into the record."""
    state = _state
    assert state is not None
    path = Path(spool)
    try:
        found = next(connections(path, keep_audio=True))
    except (Unread, StopIteration) as problem:
        return Told(problem=str(problem) or "nothing was written down")
    transcript = replace(found, conversation=name, origin=ORIGIN)
    if state.tally is None or state.profile is None:
        try:
            state.profile = profile_for(transcript.model)
        except UnknownModel as problem:
            return Told(problem=str(problem))
        state.tally = Tally(load().checks.values(), state.profile)
        state.writer.path.unlink(missing_ok=True)
        state.writer.write("run", **recordings.head(ORIGIN, [transcript]))
        state.writer.write("catalogue", **recordings.catalogue(transcript.model))
    transcript.trouble = stranger(transcript, state.profile)
    server = state.tally.add(transcript)
    client = {} if transcript.trouble else clients.judge([transcript])
    kept = transcript if state.keep_audio else quietened(transcript)
    state.writer.write("conversation", **state.room.abridged(kept).to_json())
    state.sessions += 1
    if not state.keep_audio:
        path.unlink(missing_ok=True)
    broken = [(clause, outcome) for clause, outcome in client.items() if outcome.verdict == "fail"]
    for clause, _ in broken:
        state.client[clause] = state.client.get(clause, 0) + 1
    return Told(
        tuple((one.check.id, level(one.check.id, state.profile), state.redact(one.detail)[:2000]) for one in server),
        tuple((clause, clients.clauses()[clause].level, state.redact(said.detail)[:2000]) for clause, said in broken),
        state.writer.problem or "",
    )


def _page(final: bool) -> dict[str, Any] | None:
    """Make the pages of what was judged so far; None where that is nothing."""
    state = _state
    assert state is not None
    if state.tally is None:
        return None
    folder = state.directory if final else state.directory / NOW
    writer = state.writer
    if not final:
        folder.mkdir(exist_ok=True)
        shutil.copyfile(writer.path, folder / "record.jsonl")
        writer = RecordWriter(folder / "record.jsonl", state.redact)
    writer.write("recorded", **recordings.recorded(state.sessions))
    for check_id, outcome in state.tally.outcomes().items():
        writer.write("verdict", **line(check_id, level(check_id, state.tally.profile), outcome, 0.0))
    writer.write("footer", interrupted=False, seconds=0.0)
    made = files.write_all(writer.path, state.redact, tell=print)
    shutil.rmtree(state.directory / NOW, ignore_errors=True) if final else None
    return {"headline": made["headline"], "exit": made["exit"], "client": dict(state.client)}


class Bench:
    """The process that judges."""

    def __init__(self, directory: Path, *, keep_audio: bool) -> None:
        self.directory = directory
        self._pool = ProcessPoolExecutor(
            1, mp_context=get_context("spawn"), initializer=_start, initargs=(str(directory), keep_audio)
        )

    async def ready(self) -> None:
        """Wait until it can judge.

        A signal to the whole group would end the process before it has its own say (`_start`), and its pool with it: it
        is born with the two held back, and lets them go when it ignores them.
        """
        before = signal.pthread_sigmask(signal.SIG_BLOCK, OF_THE_GROUP)
        try:
            waiting = asyncio.get_running_loop().run_in_executor(self._pool, _ready)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        await waiting

    async def take(self, spool: Path, name: str) -> Told:
        """Judge a session."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, _take, str(spool), name)

    async def page(self, *, final: bool) -> dict[str, Any] | None:
        """Make the pages; `final` closes the record."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, _page, final)

    def close(self) -> None:
        """End the process."""
        self._pool.shutdown(wait=True, cancel_futures=True)
