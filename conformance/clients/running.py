"""A run of a client program: it is held in each scenario, written down, judged, and told like any other run.

The record has the lines of every record (`conformance.report.record`): its conversations are the scenarios, its clauses
those for clients, its `target.kind` is `client`.  So the page, the summary, baselines and `compare` are the same.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import shlex
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conformance import __version__, secrets
from conformance.clients import program, scenarios
from conformance.clients.judging import clauses, judge, where
from conformance.clients.recording import Recording
from conformance.clients.scenarios import Scenario
from conformance.judge.checks import line
from conformance.judge.leaving import leaving
from conformance.mock.options import MockOptions
from conformance.mock.server import MockServer
from conformance.report import files, record, whole
from conformance.report.baseline import Baseline, dump, made
from conformance.report.redact import Redactor
from conformance.report.summary import cases
from conformance.spec.proof import client_killers
from conformance.status.model import Reading
from conformance.wire.transcript import Transcript

KEY = "mock-key"
TIMEOUT = 120.0  # seconds
SETTLED = 2.0  # seconds to wait for the ends of the connections of a program that is gone
TAKEN = {"flat-tool": "accepted"}
"""Sides of open questions that a client's mock takes unless it is told otherwise: what is open must not stop it."""


def options_for(options: MockOptions) -> MockOptions:
    """The options of a mock that a client is judged on: what no source settles is taken."""
    return dataclasses.replace(options, lenient=True, switches={**TAKEN, **options.switches})


async def hold(
    command: Sequence[str], scenario: Scenario, given: MockOptions, limit: float | None = TIMEOUT
) -> Transcript:
    """Run a program in a scenario and return what crossed.  Raises OSError when it can't be started.

    `notes["program"]` says how it ran (`program.Ran`), `notes["listed"]` how each session is listed by each policy.
    """
    options = options_for(scenario.options(given))
    bounds = [seconds for seconds in (limit, scenario.seconds) if seconds is not None]
    recording = Recording()
    async with MockServer(options, witness=recording) as server:
        variables = {
            **os.environ,
            "REALTIME_ENDPOINT": server.url,
            "DASHSCOPE_WEBSOCKET_BASE_URL": server.url,
            "DASHSCOPE_API_KEY": KEY,
            "PYTHONUNBUFFERED": "1",  # what it said last is wanted, however it ends
        }
        ran = await program.run(
            [part.replace("{url}", server.url) for part in command], variables, min(bounds, default=None)
        )
        await recording.settled(SETTLED)
    return noted(recording, options, scenario, ran.to_json())


def noted(recording: Recording, options: MockOptions, scenario: Scenario, ran: Mapping[str, Any]) -> Transcript:
    """The transcript of a program's run in a scenario, with what is known of it."""
    notes = {"program": dict(ran), "scenario": scenario.name, "says": scenario.says}
    made_of = recording.transcript(f"client/{scenario.name}", options, notes)
    held = [leg for leg in made_of.legs if leg.handshake.status == 101]
    if held:
        made_of.path = f"{scenario.name}: {leaving(held[-1]).label}"
        listed = [row["here"] for row in made_of.notes["listed"] if row]
        if listed:
            made_of.status = Reading(listed[-1], "exact_id", reader="mock").to_json()
    return made_of


@dataclass
class Run:
    """What was asked for, and what has come of it."""

    command: Sequence[str]
    scenarios: Sequence[Scenario]
    options: MockOptions
    limit: float | None = TIMEOUT
    directory: Path | None = None
    """Where the report goes; None: nowhere."""
    baseline: Baseline | None = None
    update: Path | None = None
    """The baseline file to write."""
    line: Sequence[str] = ()
    """Our own command line."""
    replayed: record.Record | None = None
    unwritten: list[str] = field(default_factory=list)

    def run(self, tell: Callable[[Transcript], None]) -> dict[str, Any]:
        """Hold, judge and write; returns the summary.  Raises OSError when the program can't be started."""
        with tempfile.TemporaryDirectory() as spare:
            folder = self.directory or Path(spare)
            folder.mkdir(parents=True, exist_ok=True)
            redact = Redactor(secrets.held(os.environ))
            writer = record.RecordWriter(folder / "record.jsonl", redact)
            writer.path.unlink(missing_ok=True)
            began = time.monotonic()
            writer.write("run", **self._head())
            writer.write("catalogue", **catalogue())
            if self.baseline is not None and self.update is None:
                writer.write("baseline", content=self.baseline.to_json())
            held: list[Transcript] = []

            def done(transcript: Transcript) -> None:
                held.append(transcript)
                writer.write("conversation", **transcript.to_json())
                tell(transcript)

            self._hold(done)
            writer.write("recorded", **_recorded(held))
            for verdict in verdicts(held):
                writer.write("verdict", **verdict)
            stopped = self.replayed is None and any(self._stops(one) for one in held)
            writer.write("footer", interrupted=stopped, seconds=round(time.monotonic() - began, 2))
            page = self.directory is not None
            summary = files.write_all(writer.path, redact, tell=self.unwritten.append, page=page)
            if writer.problem:
                self.unwritten.append(writer.problem)
            self._update(writer.path, redact)
            return summary

    def _hold(self, done: Callable[[Transcript], None]) -> None:
        if self.replayed is not None:
            for transcript in self.replayed.transcripts.values():
                done(transcript)
            return
        for scenario in self.scenarios:
            transcript = asyncio.run(hold(self.command, scenario, self.options, self.limit))
            done(transcript)
            if self._stops(transcript):
                return

    def _stops(self, transcript: Transcript) -> bool:
        """Whether somebody wants no more of it: where many scenarios are held, an interrupt is meant for all."""
        ran = _ran(transcript)
        return bool(ran.get("interrupted") or (len(self.scenarios) > 1 and ran.get("interrupts")))

    def _update(self, path: Path, redact: Redactor) -> None:
        if self.update is not None:
            read = record.read(path, None)
            if told := whole.write(self.update, redact(dump(made(read, cases(read), self.baseline)))):
                self.unwritten.append(f"--update-baseline: {told}")

    def _head(self) -> dict[str, Any]:
        first = self.replayed.run if self.replayed is not None else {}
        named = first.get("target") or {"endpoint": shlex.join(self.command), "model": "any model"}
        target = {**named, "kind": "client"}
        return {
            "format": record.FORMAT,
            "target": target,
            "suite": {"version": __version__},
            "started": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "command": shlex.join(self.line),
            "workspace": None,
            "budget": {"tokens": None, "sessions": None},
            "seed": None,
            "quirks": list(self.options.quirks),
            "switches": dict(self.options.switches),
            "sources": max(row.date for row in clauses().values()),
        }


def catalogue() -> dict[str, Any]:
    """The fields of the record's `catalogue` line."""
    return {
        "clauses": [asdict(row) for row in clauses().values()],
        "questions": [],
        "checks": {
            row.id: {
                "level": row.level,
                "conversation": None,
                "where": where(row.id),
                "scenario": "",
                "killed_by": client_killers().get(row.id, []),
            }
            for row in clauses().values()
        },
    }


def verdicts(held: Iterable[Transcript]) -> Iterable[dict[str, Any]]:
    """The fields of the record's `verdict` lines."""
    for clause, outcome in judge(held).items():
        yield line(clause, clauses()[clause].level, outcome, 0.0)


def _recorded(held: Sequence[Transcript]) -> dict[str, Any]:
    failed = [one for one in held if one.notes.get("scenario") == "plain" and _ran(one).get("code")]
    failed = [one for one in failed if not _ran(one).get("stopped") and not _ran(one).get("interrupted")]
    # A program that fails by itself, and breaks no MUST, has still not shown what it does when all is well.
    trouble = f"the program {_ran(failed[0]).get('ended')} where nothing went wrong" if failed and any(
        leg.handshake.status == 101 for one in failed for leg in one.legs
    ) else None  # fmt: skip
    return {
        "conversations": len(held),
        "sessions": sum(leg.handshake.status == 101 for one in held for leg in one.legs),
        "not_held": _unheld(held), "kept_out": {}, "urgent": [], "rested": 0.0, "slowed": 0, "lag_ms": 0.0,
        "infrastructure": trouble, "concurrency": 1,
    }  # fmt: skip


def _unheld(held: Sequence[Transcript]) -> dict[str, str]:
    """The suite's own scenarios that the program did not run in, as conversations."""
    ran = {one.notes.get("scenario") for one in held}
    return {f"client/{name}": "the program was not run in it" for name in scenarios.known() if name not in ran}


def _ran(transcript: Transcript) -> dict[str, Any]:
    found = transcript.notes.get("program")
    return found if isinstance(found, dict) else {}
