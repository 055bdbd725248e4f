"""Recordings as a record: in memory for a replay, or written for later."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance import runner
from conformance.intake.connection import Unread
from conformance.intake.forms import LOOK, connections, is_record
from conformance.judge.checks import load
from conformance.report.record import LARGEST, Mask, Record, RecordError, RecordWriter, read
from conformance.report.redact import Redactor
from conformance.secrets import held
from conformance.spec.profiles import UnknownModel, profile_for
from conformance.wire.target import Target
from conformance.wire.transcript import Transcript


@dataclass
class Imported:
    """A recording that is read as it is judged: its head as a record would have it, and its conversations."""

    run: dict[str, Any]
    first: Transcript
    rest: Iterator[Transcript]

    def transcripts(self) -> Iterator[Transcript]:
        """Its conversations, once.  Raises Unread where the file breaks off its form."""
        yield self.first
        yield from self.rest


def opened(path: Path, *, keep_audio: bool = False, mask: Mask = str, model: str | None = None) -> Record | Imported:
    """A record of the suite's own, read (each line passes `mask`), or a recording, to be read.  Raises RecordError.

    `model`: what a recording is judged as, whatever it names.
    """
    try:
        with path.open("rb") as file:
            start = file.readline(LOOK)
            empty = not start
    except OSError as problem:
        raise RecordError(f"{path}: {problem.strerror or problem}") from None
    own = is_record(start) and b'"origin":' not in start
    if empty or (own and path.stat().st_size <= LARGEST):
        return read(path, mask=mask)
    # What was imported has lost what it should not keep.
    found = _as(model, connections(path, keep_audio=keep_audio or (is_record(start) and not own)))
    try:
        first = next(found)
        _known(first)
    except Unread as problem:
        raise RecordError(str(problem)) from None
    except StopIteration:
        raise RecordError(f"{path}: there is no conversation in it") from None
    return Imported(head(path.name, [first]), first, found)


def _as(model: str | None, transcripts: Iterable[Transcript]) -> Iterator[Transcript]:
    for transcript in transcripts:
        transcript.model = model or transcript.model
        yield transcript


def _known(transcript: Transcript) -> None:
    """Raises Unread for a model that nobody told us anything of: judged as another, all would be a guess."""
    try:
        profile_for(transcript.model)
    except UnknownModel as problem:
        raise Unread(f"{problem} (--model NAME judges it as another)") from None


def write(
    paths: Sequence[Path], output: Path, *, keep_audio: bool = False, model: str | None = None
) -> tuple[int, Counter[str]]:
    """Write recordings as one record; returns how many conversations it holds and how many of them have each gap.

    Raises Unread, and OSError when it can't be written.
    """
    writer = RecordWriter(output, Redactor(held(os.environ, strict=False)))
    seen: Counter[str] = Counter()
    names: Counter[str] = Counter()
    for number, transcript in enumerate(_as(model, _all(paths, keep_audio))):
        _known(transcript)
        if number == 0:
            output.unlink(missing_ok=True)
            run = _run(transcript.model)
            writer.write("run", **head(", ".join(path.name for path in paths), [transcript]))
            writer.write("catalogue", **run.catalogue())
        names[transcript.conversation] += 1
        if names[transcript.conversation] > 1:  # files of one name, or attempts of one conversation
            transcript.conversation += f" ({names[transcript.conversation]})"
        seen.update(transcript.gaps)
        writer.write("conversation", **transcript.to_json())
    writer.write("recorded", **recorded(names.total()))
    writer.write("footer", interrupted=False, seconds=0.0)
    if writer.problem:
        raise OSError(writer.problem)
    return names.total(), seen


def _all(paths: Sequence[Path], keep_audio: bool) -> Iterator[Transcript]:
    for path in paths:
        yield from connections(path, keep_audio=keep_audio)


def head(name: str, transcripts: Iterable[Transcript]) -> dict[str, Any]:
    """The fields of the `run` line of a record that is made from recordings."""
    first = next(iter(transcripts))
    url = next((leg.url for leg in first.legs if leg.url), "") or name
    run = _run(first.model)
    told = {
        "target": {"kind": "replay", "endpoint": url, "model": first.model},
        "suite": run.head()["suite"],
        "started": first.started,
        "ended": None,
        "origin": first.origin,
    }
    return {**run.head(), "replayed": told}


def _run(model: str) -> runner.Run:
    profile = profile_for(model)
    return runner.Run(Target("replay", "a recording", "", profile.model), profile, load())


def catalogue(model: str) -> dict[str, Any]:
    """The fields of its `catalogue` line."""
    return _run(model).catalogue()


def recorded(sessions: int) -> dict[str, Any]:
    """The fields of its `recorded` line."""
    return {"conversations": sessions, "sessions": sessions, "not_held": {}, "infrastructure": None}
