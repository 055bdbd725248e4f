"""A run in this process, of the conversations that show what an endpoint does: everything but pytest is as ever."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

from conformance import runner
from conformance.judge.checks import judge, load
from conformance.report import files, record
from conformance.report.redact import Redactor
from conformance.secrets import Secrets
from conformance.spec.profiles import DEFAULT_MODEL, profile_for
from conformance.wire import limits, pulse
from conformance.wire.target import Deadlines, resolve
from conformance.wire.transcript import Transcript

from . import leaks
from .kit import MB, Endpoint, hosted
from .whole import Seen, told

STALL = 10_000.0  # ms: tests run side by side, and what the machine is late by is not what is asked here
# Long enough for a loaded machine to answer in, and silence costs no work.
DEADLINES = Deadlines(connect=1_500, answer=1_000, quiet=200, total=4_000, close=500, conversation=10_000)


def run(kind: type[Endpoint], folder: Path, *, page: bool = True) -> Seen:
    """Hold the endpoint's conversations, judge them with all rules, and write everything that a run writes; the page
    where it is wanted.

    `peak` is what the transcripts hold: the memory of a process that tests share tells nothing.
    """
    endpoint, every, profile = kind(early=True), load(), profile_for(DEFAULT_MODEL)
    checks = [check for check in every.checks.values() if check.conversation in {None, *kind.holds}]
    redact = Redactor(Secrets([leaks.KEY]))
    began = time.monotonic()
    writer = record.RecordWriter(folder / "record.jsonl", redact)
    bounds = mock.patch.object(limits, "Limits", return_value=kind.limits)
    with hosted(endpoint) as url, mock.patch.object(pulse, "STALL", STALL), bounds:
        target = resolve(url, model=DEFAULT_MODEL, key=leaks.KEY, workspace=None, concurrency=4)
        asked = runner.Run(
            replace(target, deadlines=DEADLINES, back_off=0.01), profile, every, status_source="none", status_wait=0.0
        )
        writer.write("run", **asked.head())
        writer.write("catalogue", **_catalogue({check.id for check in checks}))
        held = asked.hold(checks, on_done=lambda transcript: writer.write("conversation", **transcript.to_json()))
    recording = held.recording
    writer.write("recorded", **runner.recorded(recording, asked))
    for name, said in judge(checks, recording.transcripts, profile).items():
        verdict = {"verdict": said.verdict, "detail": said.detail, "outcome": said.outcome, "owner": said.owner}
        writer.write("verdict", id=name, level=every.checks[name].level, seconds=0.0, **verdict)
    writer.write("footer", interrupted=False, seconds=0.0)
    unwritten: list[str] = []
    summary = files.write_all(writer.path, redact, tell=unwritten.append, page=page)
    return Seen(
        3 if unwritten or writer.problem else summary["exit"],
        summary["verdict"],
        summary["headline"],
        "\n".join([*told(summary), *unwritten]),
        time.monotonic() - began,
        _kept(recording.transcripts.values()) / MB,
        leaks.leaks(leaks.files(folder)),
        endpoint.betrayed,
    )


@functools.cache
def _whole() -> dict[str, Any]:
    """The catalogue of a run, whatever it is put before."""
    target = resolve("mock", model=DEFAULT_MODEL, key=None, workspace=None)
    return runner.Run(target, profile_for(DEFAULT_MODEL), load()).catalogue()


def _catalogue(chosen: set[str]) -> dict[str, Any]:
    """What the catalogue says of these checks: the other five hundred would be most of the work, and say nothing."""
    whole = _whole()
    rows = {name: [row for row in whole[name] if row["id"] in chosen] for name in ("clauses", "questions")}
    return {**rows, "checks": {name: row for name, row in whole["checks"].items() if name in chosen}}


def _kept(transcripts: Iterable[Transcript]) -> int:
    """Bytes of payload that the transcripts hold."""
    frames = (frame for transcript in transcripts for leg in transcript.legs for frame in leg.frames)
    return sum(len(frame.text or "") + len(frame.data) for frame in frames)
