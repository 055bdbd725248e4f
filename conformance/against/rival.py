"""The second target of a run: the same conversations held there, judged, written beside, and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.against.pairing import Compared, Holder
from conformance.against.verdicts import differing
from conformance.holding import Held
from conformance.judge.checks import Bench, Check, Outcome, level, line
from conformance.orderly import in_order
from conformance.report import record
from conformance.report.redact import Redactor
from conformance.runner import Run, recorded
from conformance.wire.recorder import Recorder
from conformance.wire.recording import Budget, Recording

FOLDER = "against"
GENERATED = "FUZ-"
Say = Callable[[str], None]


class Rival:
    """A second target beside the one that a run is about."""

    def __init__(self, run: Run, folder: Path, redact: Redactor) -> None:
        self.run = replace(run, fuzz_examples=0, fuzz_tokens=0)
        self.path = folder / FOLDER / "record.jsonl"
        self._redact = redact

    def compare(
        self, here: Run, mine: Recording, checks: Iterable[Check], *, say: Say, watch: Callable[[Recorder], None]
    ) -> dict[str, Any]:
        """Hold what was held here on the second target, too; returns the fields of the record's `against` line.

        KeyboardInterrupt passes through.
        """
        checks = [check for check in checks if not check.id.startswith(GENERATED)]
        held, outcomes = self._held(checks, say, watch)
        yours = held.recording.transcripts
        pairs = [(one, yours[name]) for name, one in mine.transcripts.items() if name in yours and not one.generated]
        bench = Bench(mine.transcripts, here.profile)
        verdicts = differing(checks, {check.id: bench.judge(check) for check in checks}, outcomes)
        holder = Holder(here, self.run, (_spent(mine), _spent(held.recording)), say)
        return self._line(in_order(holder.compare(pairs, verdicts)), held.recording)

    def _held(
        self, checks: list[Check], say: Say, watch: Callable[[Recorder], None]
    ) -> tuple[Held, dict[str, Outcome]]:
        """Hold, judge, and write it as the record of a run of its own."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        writer = record.RecordWriter(self.path, self._redact)
        writer.write("run", **self.run.head())
        writer.write("catalogue", **self.run.catalogue())
        held = self.run.hold(
            checks, on_done=lambda one: writer.write("conversation", **one.to_json()), watch=watch, say=say
        )
        if held.readings:
            writer.write("status", **held.status())
        writer.write("recorded", **recorded(held.recording, self.run))
        nothing = held.recording.infrastructure or "no conversation was held"
        bench = Bench(held.recording.transcripts, self.run.profile, held.recording.not_held, nothing)
        outcomes = {check.id: bench.judge(check) for check in checks}
        for check_id, outcome in outcomes.items():
            writer.write("verdict", **line(check_id, level(check_id, self.run.profile), outcome, 0.0))
        writer.write("footer", interrupted=False, seconds=0.0)
        return held, outcomes

    def _line(self, made: Compared, recording: Recording) -> dict[str, Any]:
        return {
            "target": self.run.head()["target"],
            "conversations": made.held,
            "generated": made.generated,
            "passing": made.passing,
            "unsure": made.unsure,
            "infrastructure": recording.infrastructure,
            "causes": [cause.to_json() for cause in made.found],
            "verdicts": [one.to_json() for one in made.verdicts],
        }


def _spent(recording: Recording) -> Budget:
    return Budget(recording.progress.tokens, recording.progress.sessions)
