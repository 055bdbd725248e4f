"""One run of `pytest conformance/` from its record's first line to the outputs that are made of it.

What it is asked to do is `options`, how conversations are held is `runner`, what pytest shows is `plugin`.
"""

from __future__ import annotations

import gc
import itertools
import threading
import time
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from conformance import early, plan, runner, screen, secrets
from conformance.holding import Held
from conformance.intake import Unread, judging
from conformance.intake.record import Imported
from conformance.judge.checks import Bench, Check, Outcome, load
from conformance.judge.tally import Failure
from conformance.options import asked
from conformance.progress import LiveLine
from conformance.report import record, whole
from conformance.report.baseline import dump, made
from conformance.report.redact import Redactor
from conformance.status import reading
from conformance.status.file import write_form
from conformance.wire.recorder import Recorder
from conformance.wire.transcript import Transcript

FORM = "status-form.jsonl"
UNWRITTEN = 3  # the exit code of a run that could not write all that it should
SHARED_DEADLINE = 900.0  # seconds that an xdist worker waits for the one that holds the conversations


class Conduct:
    """State of one pytest run: what was asked, what was recorded, where it is written."""

    def __init__(self, config: pytest.Config, held: secrets.Secrets, debug: Path | None = None) -> None:
        self.config = config
        self.secrets = held
        self.chapters = load()
        known = asked(config, held, self.chapters)
        self.run, self.replayed, self.against = known.run, known.replayed, known.against
        self.baseline_path, self.baseline = known.baseline_path, known.baseline
        self.directory, self._named = known.directory, known.named
        beside = (getattr(config.option, name, None) for name in ("xmlpath", "log_file"))
        self._beside = (debug, *(config.invocation_params.dir / name for name in beside if name))
        self.written: screen.Written | None = None
        self.writer = record.RecordWriter(self.directory / "record.jsonl", Redactor(self.secrets))
        self.transcripts: dict[str, Transcript] = {}
        self.recorded: dict[str, Any] = {}
        self.told: dict[str, Outcome] | None = None
        self.began = time.monotonic()
        self.interrupted = False
        self.cut = False  # the rendering was interrupted
        self.unwritten: list[str] = []
        self.summary: dict[str, Any] | None = None
        self.beside: Path | None = None  # the record of a second target
        self.selected: set[str] = set()

    def start(self) -> None:
        """Create the directory and write the record's head.  Raises UsageError when that can't be done."""
        try:
            self._make_directory(named=self._named)
            self.writer.path.unlink(missing_ok=True)
            self.written = screen.Written(self.directory, *self._beside)
        except OSError as problem:
            raise pytest.UsageError(f"--report-dir {self.directory}: {problem.strerror or problem}") from None
        head = self.run.head()
        if self.replayed is not None:
            from conformance.report.summary import ended  # noqa: PLC0415  # see `_at_hand`

            # Of a record that was itself judged again, what held its conversations counts.
            first = self.replayed.run.get("replayed") or self.replayed.run
            head["replayed"] = {
                **{key: first[key] for key in ("target", "started", "suite", "origin") if key in first},
                "ended": (isinstance(self.replayed, record.Record) and ended(self.replayed)) or first.get("ended"),
            }
        self.writer.write("run", **head)
        self.writer.write("catalogue", **self.run.catalogue())
        if self.baseline is not None and not self.config.getoption("--update-baseline"):
            self.writer.write("baseline", content=self.baseline.to_json())
        if self.writer.problem:
            raise pytest.UsageError(f"--report-dir: {self.writer.problem}")

    def _make_directory(self, *, named: bool) -> None:
        """A directory that was named is used again; one of ours is new, though another run began in this second."""
        first = self.directory
        for number in itertools.count(2):
            try:
                self.directory.mkdir(parents=True, exist_ok=named)
            except FileExistsError:
                if named:
                    raise
                self.directory = first.with_name(f"{first.name}-{number}")
            else:
                break
        self.writer.path = self.directory / self.writer.path.name

    # -- recording

    def record(self, checks: list[Check], line: LiveLine) -> None:
        """Hold the conversations that these checks need (or take them from the replayed record)."""
        self.selected = {check.id for check in checks}
        if self.replayed is not None:
            self._replay()
        else:

            def done(transcript: Transcript) -> None:
                self.transcripts[transcript.conversation] = transcript
                self.writer.write("conversation", **transcript.to_json())
                line.show()

            def watch(recorder: Recorder) -> None:
                line.watch(recorder.recording.progress)
                # The first conversation is held alone and listens to silence: time for what only the end needs.
                threading.Thread(target=_at_hand, daemon=True).start()

            expected = None
            if self.run.target.kind == "live":
                target = self.run.target
                chosen = self.run.chosen(checks)[0]
                apart = self.run.held_apart(chosen)
                first = self.run.first(chosen, apart)
                expected = plan.plan(chosen, self.run.profile, target.concurrency, target.rpm, apart, first=first)
                self.run.budget = replace(self.run.budget, seconds=expected.most)
            held = self.run.hold(checks, on_done=done, watch=watch, say=line.say)
            self._take_status(held)
            self.recorded = dict(runner.recorded(held.recording, self.run))
            if expected is not None:
                self.recorded["plan"] = expected.to_json()
            line.clear()
        self.writer.write("recorded", **self.recorded)
        if self.against is not None and not self.recorded["infrastructure"]:
            from conformance.against.rival import Rival  # noqa: PLC0415  # few runs have a second target

            rival = Rival(self.against, self.directory, Redactor(self.secrets))
            self.beside = rival.path
            self.writer.write("against", **rival.compare(self.run, held.recording, checks, say=line.say, watch=watch))
            line.clear()

    def _take_status(self, held: Held) -> None:
        """Write what the platform said and, for what it did not say, a form that a person can fill in."""
        if not held.readings:
            return
        self.writer.write("status", **held.status())
        untold = reading.asked_for(reading.untold(self.transcripts.values(), held.readings))
        if untold and self.run.mock is None and self.replayed is None:
            try:
                write_form(self.directory / FORM, untold)
            except FileExistsError:
                pass  # it may be somebody's half-hour of reading
            except OSError as problem:
                self.unwritten.append(f"{FORM} could not be written: {problem.strerror or problem}")

    def _replay(self) -> None:
        assert self.replayed is not None
        if isinstance(self.replayed, Imported):
            self._import(self.replayed)
            return
        self.transcripts = self.replayed.transcripts
        if self.config.getoption("--status-source") != "auto":
            self._take_status(self.run.read_late(self.transcripts))
        for transcript in (*self.replayed.earlier, *self.transcripts.values()):
            self.writer.write("conversation", **transcript.to_json())
        absent = {
            name: "the replayed record does not hold it"
            for name in self.chapters.conversations
            if name not in self.transcripts
        }
        old = {key: value for key, value in (self.replayed.recorded or {}).items() if key != "kind"}
        self.recorded = {**old, "sessions": 0, "not_held": {**absent, **old.get("not_held", {})}}

    def _import(self, recording: Imported, *, elsewhere: bool = False) -> None:
        """Judge a recording of anybody's as it is read: it may be larger than what is kept of it.

        `elsewhere`: another worker of xdist writes the record.
        """

        def taken(transcript: Transcript, findings: list[Failure]) -> None:  # noqa: ARG001  # told by the checks
            self.transcripts[transcript.conversation] = transcript
            if not elsewhere:
                self.writer.write("conversation", **transcript.to_json())

        checks = [check for check in self.chapters.checks.values() if check.id in self.selected]
        try:
            self.told = judging.judge(recording.transcripts(), checks, self.run.profile, taken)
        except Unread as problem:
            raise pytest.UsageError(f"--replay: {problem}") from None
        held = len(self.transcripts)
        self.recorded = {"conversations": held, "sessions": 0, "not_held": {}, "infrastructure": None}

    def read_shared(self, checks: list[Check]) -> None:
        """In an xdist worker: wait for the worker that holds the conversations, then read its transcripts."""
        self.selected = {check.id for check in checks}
        if isinstance(self.replayed, Imported):
            self._import(self.replayed, elsewhere=True)
            return
        ends = time.monotonic() + SHARED_DEADLINE
        seen = 0
        while time.monotonic() < ends:
            # Only what is new is looked at: to read all of it twenty times a second would slow down who writes it.
            seen, complete = record.holds(self.writer.path, "recorded", seen)
            if complete:
                found = record.read(self.writer.path, None)
                self.transcripts, self.recorded = found.transcripts, found.recorded or {}
                return
            time.sleep(0.05)  # another process writes the file: there is no event of ours to wait for
        raise pytest.UsageError("the worker that holds the conversations did not finish")

    # -- judging

    def outcome(self, check_id: str) -> Outcome:
        """What a check says of what was recorded."""
        if self.told is not None:
            return self.told[check_id]
        return self._bench.judge(self.chapters.checks[check_id])

    @cached_property
    def _bench(self) -> Bench:
        nothing = self.recorded.get("infrastructure") or "no conversation was held"
        return Bench(self.transcripts, self.run.profile, self.recorded.get("not_held", {}), nothing)

    # -- writing

    def finish(self) -> int:
        """Write the footer and everything that is made from the record; returns the exit code."""
        seconds = round(time.monotonic() - self.began, 2)
        self.writer.write("footer", interrupted=self.interrupted, seconds=seconds)
        try:
            self.summary = self._written()
        except record.RecordError as problem:  # the folder was taken away, or not even the first line could be written
            self.unwritten.append(f"the record can't be read back: {problem}")
            return UNWRITTEN
        if self.baseline_path is not None and self.config.getoption("--update-baseline") and not self.interrupted:
            self._update(self.baseline_path)
        gc.freeze()  # pytest collects garbage ten times at its end, and all that was recorded is none
        leaks = self.written.leaks(self.secrets) if self.written is not None else []
        self.unwritten += [f"{path} holds a secret of this run: delete it" for path in leaks]
        if self.beside is not None and "against" in self.summary:
            from conformance.against.page import show  # noqa: PLC0415  # few runs have a second target

            self.unwritten += show(self.beside, self.writer.path, self.summary["against"], Redactor(self.secrets))
        exit_code: int = self.summary["exit"]
        if self.writer.problem or self.unwritten:
            return UNWRITTEN
        return early.INTERRUPTED if self.cut else exit_code

    def _written(self) -> dict[str, Any]:
        """Write everything that is made from the record.

        Whoever interrupts it gets a page without the frames, and so does who meets a fault of ours in the page.
        """
        from conformance.report import brief  # noqa: PLC0415  # templates take a sixth of what collecting does
        from conformance.report.files import Outputs  # noqa: PLC0415

        outputs = Outputs(self.writer.path, Redactor(self.secrets), tell=self.unwritten.append)
        outputs.write()
        try:
            with early.breakable():
                outputs.write_page()
        except KeyboardInterrupt:
            self.cut = True
            outputs.write_brief_page(brief.INTERRUPTED)
        except Exception as problem:  # noqa: BLE001  # what was recorded and judged is not lost for it
            outputs.write_brief_page(brief.FAULTY)
            said = f"{type(problem).__name__}: {problem}"
            self.unwritten.append(f"report.html shows no frame, by a fault of the suite: please report it ({said})")
        return outputs.summary

    def _update(self, path: Path) -> None:
        """Write the baseline that this run would meet."""
        from conformance.report.summary import cases  # noqa: PLC0415  # see `_at_hand`

        read = record.read(self.writer.path, None)
        content = dump(made(read, cases(read), self.baseline))
        if told := whole.write(path, Redactor(self.secrets)(content)):
            self.unwritten.append(f"--update-baseline: {told}")


def _at_hand() -> None:
    """Import and read what the outputs are made with: a fifth of a second, of which a run then waits for nothing."""
    import jsonschema  # noqa: F401, PLC0415

    from conformance.judge import schema  # noqa: PLC0415
    from conformance.report import files, html  # noqa: F401, PLC0415

    schema.server_types()


RUN = pytest.StashKey[Conduct]()
"""Where pytest's configuration has its run."""
