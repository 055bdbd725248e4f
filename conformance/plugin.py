"""The pytest side: options, recording before the first check, verdicts as pytest outcomes, the report at the end.

`conformance/conftest.py` loads it for `pytest conformance/`, the command `realtime-conformance run` names it with `-p`.
It is registered nowhere else, so it adds no options to other projects' pytest runs.
"""

from __future__ import annotations

import contextlib
import difflib
import fnmatch
import itertools
import os
import shlex
import sys
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from conformance import arguments, early, plan, runner, screen, secrets
from conformance.intake import Unread
from conformance.intake import judging as imports
from conformance.intake.record import Recording, opened
from conformance.judge import checks as judging
from conformance.judge.patience import Patience
from conformance.judge.tally import Finding
from conformance.judge.verdicts import NotApplicable, NotHeld
from conformance.judge.view import Wire
from conformance.mock.options import MockOptions, OptionError
from conformance.outlet import unbroken
from conformance.progress import LiveLine
from conformance.report import record, whole
from conformance.report.answers import unread
from conformance.report.baseline import Baseline, BaselineError, dump, load, made
from conformance.report.html_text import plural
from conformance.report.redact import Redactor
from conformance.report.summary import cases, ended, table, transport_words
from conformance.spec.catalogue import clauses, questions
from conformance.spec.profiles import DEFAULT_MODEL, UnknownModel, profile_for
from conformance.status import reading
from conformance.status.choose import SOURCES, choose
from conformance.status.file import write_form
from conformance.wire.recorder import Budget, Recorder
from conformance.wire.route import trusting
from conformance.wire.target import LIVE_CONCURRENCY, LIVE_RPM, Target, TargetError, is_loopback, resolve
from conformance.wire.transcript import Transcript

FORM = "status-form.jsonl"
RUN = pytest.StashKey["ConformanceRun"]()
OUTCOME = pytest.StashKey[judging.Outcome]()
SKIPPED = frozenset({"blocked", "inconclusive", "skipped", "not_run"})
UNWRITTEN = 3  # the exit code of a run that could not write all that it should
SHARED_DEADLINE = 900.0  # seconds that an xdist worker waits for the one that holds the conversations


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the suite's options (a contract: names and meanings stay)."""
    group = parser.getgroup("conformance", "Qwen-Omni-Realtime conformance")
    add = group.addoption
    add("--endpoint", metavar="NAME|URL", help="mock, beijing, singapore, or a ws:// or wss:// URL "
        "(default: $REALTIME_ENDPOINT, else beijing when $DASHSCOPE_API_KEY is set, else mock)")  # fmt: skip
    add("--model", default=DEFAULT_MODEL, help=f"model name (default: {DEFAULT_MODEL})")
    add("--workspace", metavar="ID", help="workspace id: its own host and the X-DashScope-WorkSpace header")
    add("--case", action="append", metavar="GLOB", default=[], help="only these check ids (repeatable)")
    add("--concurrency", type=arguments.count, metavar="N", help="conversations held at once (16 mock, 4 live)")
    add("--budget-tokens", type=arguments.count, metavar="N", help="stop holding conversations past it (60000 live)")
    add("--budget-sessions", type=arguments.count, metavar="N", help="open at most this many (130 live, and two more "
        "for each generated conversation)")  # fmt: skip
    add("--rpm", type=arguments.count, metavar="N", help=f"connections opened a minute at most (default: {LIVE_RPM} "
        "live, no limit on this machine)")  # fmt: skip
    add("--ca-file", metavar="PATH", help="authorities (PEM) to trust beside this machine's, for an endpoint with a "
        "certificate of its own")  # fmt: skip
    add("--replay", metavar="FILE", help="judge a saved record.jsonl, or a recording of any origin (HAR, JSON lines, "
        "logs); opens no connection")  # fmt: skip
    add("--keep-audio", action="store_true", help="keep the audio of a recording that is no record of the suite's")
    add("--quirk", action="append", metavar="NAME", default=[], help="a deviation of the mock (repeatable)")
    add("--fuzz-examples", type=arguments.natural, metavar="N", help="generated conversations (25 mock, 0 live)")
    add("--fuzz-seed", type=arguments.natural, metavar="N", default=1, help="what they are made from: the same seed "
        "sends the same events (default: 1)")  # fmt: skip
    add("--status-source", metavar="SOURCE", default="auto", help=f"what the platform says of sessions: "
        f"{', '.join(SOURCES)} (default: auto)")  # fmt: skip
    add("--status-wait", type=arguments.seconds, metavar="SECONDS", help="how long to wait for its rows (default: "
        f"{runner.LOG_WAIT:.0f} for sls and bl, else {runner.STATUS_WAIT:.0f}; embedded mock: "
        f"{runner.EMBEDDED_WAIT:.0f}; replay: one look)")  # fmt: skip
    add("--baseline", metavar="FILE", help="accepted failures, answers and shapes; what differs from it fails the run")
    add("--update-baseline", action="store_true", help="write the file of --baseline from this run")
    add("--plan", action="store_true", help="say what the selection would take, and open nothing")
    add("--slow", action="store_true", help="also conversations that take minutes (idle time-outs)")
    add("--report-dir", metavar="DIR", help="where the output goes (default: reports/<utc>-<target>/)")


class ConformanceRun:
    """State of one pytest run: what was asked, what was recorded, where it is written."""

    def __init__(self, config: pytest.Config, held: secrets.Secrets, debug: Path | None = None) -> None:
        self.config = config
        self.secrets = held
        self.chapters = judging.load()
        self.key = (os.environ.get("DASHSCOPE_API_KEY") or "").strip() or None
        self.replayed = self._replayed()
        self.run = self._asked()
        self.baseline_path, self.baseline = self._known()
        self.directory = self._directory()
        named = (getattr(config.option, name, None) for name in ("xmlpath", "log_file"))
        self._beside = (debug, *(config.invocation_params.dir / name for name in named if name))
        self.written: screen.Written | None = None
        self.writer = record.RecordWriter(self.directory / "record.jsonl", Redactor(self.secrets))
        self.transcripts: dict[str, Transcript] = {}
        self.recorded: dict[str, Any] = {}
        self.told: dict[str, judging.Outcome] | None = None
        self.began = time.monotonic()
        self.interrupted = False
        self.cut = False  # the rendering was interrupted
        self.patience = Patience()
        self.unwritten: list[str] = []
        self.summary: dict[str, Any] | None = None
        self.selected: set[str] = set()

    # -- what was asked

    def _replayed(self) -> record.Record | Recording | None:
        path = self.config.getoption("--replay")
        if path is None:
            return None
        try:
            kept = self.config.getoption("--keep-audio")
            named = self.config.getoption("--model")
            model = named if named != DEFAULT_MODEL else None
            found = opened(Path(path), keep_audio=kept, mask=self.secrets.mask_json, model=model)
        except record.RecordError as problem:
            raise pytest.UsageError(f"--replay: {problem}") from None
        if isinstance(found, record.Record) and found.run["target"]["kind"] == "client":
            raise pytest.UsageError(
                f"--replay: {path} is of a client: `realtime-conformance client --replay` judges it"
            )
        return found

    def _known(self) -> tuple[Path | None, Baseline | None]:
        name, update = self.config.getoption("--baseline"), self.config.getoption("--update-baseline")
        if name is None:
            if update:
                raise pytest.UsageError("--update-baseline needs --baseline FILE, the file to write")
            return None, None
        path = self.config.invocation_params.dir / name
        if update and not path.exists():
            return path, None
        try:
            known = load(path)
        except BaselineError as problem:
            raise pytest.UsageError(f"--baseline: {problem}") from None
        model = self.run.profile.model
        if known.model not in {"", model}:
            raise pytest.UsageError(f"--baseline: {path} is of the model {known.model}, and this run is of {model}")
        return path, known

    def _asked(self) -> runner.Run:
        option = self.config.getoption
        self._check_source(option("--status-source"))
        try:
            profile = profile_for(self.replayed.run["target"]["model"] if self.replayed else option("--model"))
        except UnknownModel as problem:
            raise pytest.UsageError(f"--model: {problem}") from None
        if self.replayed is not None:
            self._check_replay(profile.model)
            target = resolve("mock", model=profile.model, key=None, workspace=None)
            target = type(target)("replay", str(option("--replay")), "", profile.model)
            return runner.Run(
                target, profile, self.chapters,
                status_source=option("--status-source"), status_wait=option("--status-wait") or 0.0,
            )  # fmt: skip
        endpoint = option("--endpoint") or os.environ.get("REALTIME_ENDPOINT") or None
        try:
            target = resolve(
                endpoint, model=option("--model"), key=self.key, workspace=option("--workspace"),
                concurrency=option("--concurrency"), rpm=option("--rpm"), others=self.secrets,
            )  # fmt: skip
            target = trusting(target, option("--ca-file"))
            mock = MockOptions(quirks=tuple(option("--quirk"))) if target.kind == "mock" else None
        except (TargetError, OptionError) as problem:
            raise pytest.UsageError(str(problem)) from None
        if option("--quirk") and mock is None:
            raise pytest.UsageError(f"--quirk works on the mock only, and the endpoint is {target.name}")
        examples = self._examples(target)
        default = runner.live_budget(examples) if target.kind == "live" else Budget()
        budget = Budget(option("--budget-tokens") or default.tokens, option("--budget-sessions") or default.sessions)
        return runner.Run(
            target, profile, self.chapters, budget, mock, slow=option("--slow"),
            fuzz_examples=examples, fuzz_seed=option("--fuzz-seed"),
            status_source=option("--status-source"), status_wait=option("--status-wait"),
            command=_command(self.config),
        )  # fmt: skip

    def _check_replay(self, recorded: str) -> None:
        """A replay opens no connection, and judges a record as what it is: what says otherwise was a mistake."""
        option = self.config.getoption
        for name in ("quirk", "workspace", "fuzz_examples", "slow", "plan", "rpm", "ca_file"):
            if option(name):
                named = "--" + name.replace("_", "-")
                raise pytest.UsageError(f"{named} has no effect with --replay: no connection is opened")
        if option("--model") not in {DEFAULT_MODEL, recorded}:
            raise pytest.UsageError(f"--model {option('--model')}: the record is of {recorded}, and is judged as such")

    def _examples(self, target: Target) -> int:
        asked: int | None = self.config.getoption("--fuzz-examples")
        return asked if asked is not None else runner.FUZZ_EXAMPLES if target.kind == "mock" else 0

    def _check_source(self, source: str) -> None:
        if source.startswith("file:") and self.replayed is None:
            raise pytest.UsageError(f"--status-source {source}: a form is read with --replay, when it is filled in")
        if source.startswith("file:") and not Path(source.removeprefix("file:")).is_file():
            raise pytest.UsageError(f"--status-source {source}: there is no such file")
        if source == "mock" and self.replayed is not None:
            raise pytest.UsageError("--status-source mock: a mock's ledger is gone when its record is judged again")
        try:
            choose(source if source != "auto" else "none", target_url="", model="")
        except ValueError as problem:
            raise pytest.UsageError(f"--status-source: {problem}") from None

    def _directory(self) -> Path:
        shared = _worker_input(self.config).get("conformance_dir")
        if shared:
            return Path(shared)
        name = self.config.getoption("--report-dir")
        started = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        named = "replay" if self.replayed is not None else self.run.target.name
        target = "".join(letter if letter.isalnum() else "-" for letter in named).strip("-")[-40:]
        return (self.config.invocation_params.dir / (name or f"reports/{started}-{target}")).resolve()

    def start(self) -> None:
        """Create the directory and write the record's head.  Raises UsageError when that can't be done."""
        try:
            self._make_directory(named=bool(self.config.getoption("--report-dir")))
            self.writer.path.unlink(missing_ok=True)
            self.written = screen.Written(self.directory, *self._beside)
        except OSError as problem:
            raise pytest.UsageError(f"--report-dir {self.directory}: {problem.strerror or problem}") from None
        head = self.run.head()
        if self.replayed is not None:
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

    def record(self, checks: list[judging.Check], line: LiveLine) -> None:
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

            expected = None
            if self.run.target.kind == "live":
                target = self.run.target
                chosen = self.run.chosen(checks)[0]
                apart = self.run.held_apart(chosen)
                expected = plan.plan(chosen, self.run.profile, target.concurrency, target.rpm, apart)
                self.run.budget = replace(self.run.budget, seconds=expected.most)
            held = self.run.hold(checks, on_done=done, watch=watch, say=line.say)
            self._take_status(held)
            self.recorded = dict(runner.recorded(held.recording, self.run))
            if expected is not None:
                self.recorded["plan"] = expected.to_json()
            line.clear()
        self.writer.write("recorded", **self.recorded)

    def _take_status(self, held: runner.Held) -> None:
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
        if isinstance(self.replayed, Recording):
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

    def _import(self, recording: Recording, *, elsewhere: bool = False) -> None:
        """Judge a recording of anybody's as it is read: it may be larger than what is kept of it.

        `elsewhere`: another worker of xdist writes the record.
        """

        def taken(transcript: Transcript, findings: list[Finding]) -> None:  # noqa: ARG001  # told by the checks
            self.transcripts[transcript.conversation] = transcript
            if not elsewhere:
                self.writer.write("conversation", **transcript.to_json())

        checks = [check for check in self.chapters.checks.values() if check.id in self.selected]
        try:
            self.told = imports.judge(recording.transcripts(), checks, self.run.profile, taken)
        except Unread as problem:
            raise pytest.UsageError(f"--replay: {problem}") from None
        held = len(self.transcripts)
        self.recorded = {"conversations": held, "sessions": 0, "not_held": {}, "infrastructure": None}

    def read_shared(self, checks: list[judging.Check]) -> None:
        """In an xdist worker: wait for the worker that holds the conversations, then read its transcripts."""
        self.selected = {check.id for check in checks}
        if isinstance(self.replayed, Recording):
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

    def arguments(self, item: pytest.Function) -> dict[str, Any]:
        """What the check is called with; raises Unjudged when there is nothing to judge."""
        check_id = item.function.check_id
        reason = judging.applies(check_id, self.run.profile)
        if reason is not None:
            raise NotApplicable(reason)
        given = dict(item.funcargs)
        names = item._fixtureinfo.argnames  # noqa: SLF001  # pytest has no public name for a test's own arguments
        if self.told is not None:
            raise judging.Judged(self.told[check_id])
        if "wire" in names:
            name = judging.conversation_name(item.cls)
            if name not in self.transcripts:
                raise NotHeld(self.recorded.get("not_held", {}).get(name, "its conversation was not held"))
            given["wire"] = Wire(self.transcripts[name], self.run.profile)
        if "held" in names:
            given["held"] = judging.in_order(self.transcripts.values())
            if not given["held"]:
                raise NotHeld(self.recorded.get("infrastructure") or "no conversation was held")
        if "wires" in names:
            given["wires"] = self._evidence
            if not given["wires"]:
                raise NotHeld(self.recorded.get("infrastructure") or "no conversation was held")
        return {name: given[name] for name in names}

    @cached_property
    def _evidence(self) -> list[Wire]:
        """One view of each connection serves every rule: it keeps what each would find out anew."""
        return judging.evidence(self.transcripts.values(), self.run.profile)

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
        leaks = self.written.leaks(self.secrets) if self.written is not None else []
        self.unwritten += [f"{path} holds a secret of this run: delete it" for path in leaks]
        exit_code: int = self.summary["exit"]
        if self.writer.problem or self.unwritten:
            return UNWRITTEN
        return early.INTERRUPTED if self.cut else exit_code

    def _written(self) -> dict[str, Any]:
        """Write everything that is made from the record; whoever interrupts it goes without the page."""
        from conformance.report import files  # noqa: PLC0415  # page and template take a sixth of what collecting does

        path, redact, tell = self.writer.path, Redactor(self.secrets), self.unwritten.append
        try:
            return files.write_all(path, redact, tell=tell)
        except KeyboardInterrupt:
            early.hold_off()
            self.cut = True
            return files.write_all(path, redact, tell=tell, page=False)

    def _update(self, path: Path) -> None:
        """Write the baseline that this run would meet."""
        read = record.read(self.writer.path, None)
        content = dump(made(read, cases(read), self.baseline))
        if told := whole.write(path, Redactor(self.secrets)(content)):
            self.unwritten.append(f"--update-baseline: {told}")


class Scribe:
    """Writes what happens to one run; in the controller under xdist, where every worker's reports arrive."""

    def __init__(self, run: ConformanceRun) -> None:
        self._run = run

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Write each verdict as soon as it is known."""
        said = getattr(report, "conformance", None)
        if said is not None:
            self._run.writer.write("verdict", **said)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Tell of a worker of pytest-xdist that was killed; the others need not wait for what it held."""
        if error is None:
            return
        run = self._run
        run.interrupted = True
        if record.holds(run.writer.path, "recorded")[1]:
            run.unwritten.append(f"the worker {node.gateway.id} was killed: what it was judging has no verdict")
            return
        words = f"the worker {node.gateway.id} was killed while the conversations were held"
        run.unwritten.append(f"{words}: only what is in the record was judged")
        run.writer.mend()
        run.writer.write("recorded", not_held={}, infrastructure=words)

    def pytest_keyboard_interrupt(self) -> None:
        """Note that the run was cut short, and end it in order whatever comes now."""
        self._run.interrupted = True
        early.hold_off()


def _command(config: pytest.Config) -> tuple[str, ...]:
    return ("pytest", *(str(argument) for argument in config.invocation_params.args))


def _worker_input(config: pytest.Config) -> dict[str, Any]:
    """What the xdist controller told this worker (empty in any other process)."""
    return getattr(config, "workerinput", {})


# -- set-up


def pytest_configure(config: pytest.Config) -> None:
    """Check the options before anything is collected."""
    try:
        _begin(config)
    except BaseException:
        early.restore()
        raise
    if getattr(config.option, "dist", "no") != "no":
        early.release()  # the controller of pytest-xdist collects nothing: its workers begin to record at any moment


def _begin(config: pytest.Config) -> None:
    try:
        held = secrets.held(os.environ, config.getoption("--endpoint"))
    except secrets.SecretError as problem:
        raise pytest.UsageError(str(problem)) from None
    outlets = contextlib.ExitStack()
    if not _worker_input(config):
        # Before pytest makes what writes to the terminal: whoever closes it (`| head`) ends no run.
        outlets.enter_context(unbroken())
    outlets.enter_context(screen.screened(held, screen.coloured(config)))
    config.add_cleanup(outlets.close)
    reports = screen.Reports(held)
    config.pluginmanager.register(reports, "conformance-screen")
    try:
        run = ConformanceRun(config, held, reports.debug(config))
        _check_globs(config.getoption("--case"), run)
    except pytest.UsageError as problem:  # told when the streams are as they were before
        raise pytest.UsageError(reports.clean(str(problem))) from None
    config.stash[RUN] = run
    config.addinivalue_line("markers", "conformance: a check of the conformance suite")
    if not _worker_input(config) and not config.option.collectonly and not config.getoption("--plan"):
        run.start()
        config.pluginmanager.register(Scribe(run), "conformance-scribe")


def _check_globs(globs: list[str], run: ConformanceRun) -> None:
    known = run.chapters.checks
    for glob in globs:
        if any(fnmatch.fnmatchcase(check_id, glob) for check_id in known):
            continue
        row = judging.clause_of(glob)
        if row is not None and row.excluded:
            raise pytest.UsageError(f"--case {glob} has no check: {row.excluded}")
        # The contract wants the nearest id whatever was typed; ids of the same chapter are nearer than any other.
        chapter = [check_id for check_id in known if check_id.startswith(glob.upper().partition("-")[0] + "-")]
        # What begins as it was typed is meant before what merely has the same letters.
        begun = sorted(check_id for check_id in known if check_id.startswith(glob.upper()))
        near = begun or difflib.get_close_matches(glob.upper(), chapter or known, 1, cutoff=0.0)
        raise pytest.UsageError(f"--case {glob} matches no check; the nearest is {near[0]}")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where the run's record is."""
    node.workerinput["conformance_dir"] = str(node.config.stash[RUN].directory)


def pytest_pycollect_makeitem(collector: Any, name: str, obj: Any) -> Any:
    """Collect probes (`question_…`) beside checks, whatever the ini file says about names."""
    if isinstance(collector, pytest.Class) and name.startswith("question_") and hasattr(obj, "check_id"):
        return list(collector._genfunctions(name, obj))  # noqa: SLF001  # what pytest does for `test_…`
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what `--case` asks for, and give each check its id as a keyword so that `-k SES-002` finds it."""
    globs = config.getoption("--case")
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        check_id = _check_id(item)
        if check_id is not None:
            item.extra_keyword_matches.add(check_id)
        wanted = not globs or (check_id and any(fnmatch.fnmatchcase(check_id, glob) for glob in globs))
        (kept if wanted else dropped).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


def _check_id(item: pytest.Item) -> str | None:
    return getattr(getattr(item, "function", None), "check_id", None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Record: every conversation that the selected checks need, once, before the first check."""
    config = session.config
    run = config.stash[RUN]
    if config.option.collectonly or session.testsfailed:
        return
    wanted = [run.chapters.checks[check_id] for check_id in dict.fromkeys(map(_check_id, session.items)) if check_id]
    if not wanted:
        return
    if config.getoption("--plan"):
        _tell_plan(config, wanted)
        session.items.clear()
        return
    worker = _worker_input(config).get("workerid")
    if worker not in {None, "gw0"}:
        run.read_shared(wanted)
        return
    early.release()
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    run.record(wanted, LiveLine(reporter))


def _tell_plan(config: pytest.Config, wanted: list[judging.Check]) -> None:
    """Say what these checks would take."""
    run = config.stash[RUN].run
    chosen = run.chosen(wanted)[0]
    told = plan.plan(
        chosen, run.profile, config.getoption("--concurrency") or LIVE_CONCURRENCY,
        config.getoption("--rpm") or LIVE_RPM, run.held_apart(chosen),
    )  # fmt: skip
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    for words in told.lines(run.profile, run.target.name, run.budget):
        if reporter is not None:
            reporter.write_line(words)


# -- judging


@pytest.fixture
def wire() -> None:
    """The conversation of the check's class (a `Wire`), put in place when the check is called."""


@pytest.fixture
def held() -> None:
    """Every transcript of the run (a list), also of what was broken off or met trouble."""


@pytest.fixture
def wires() -> None:
    """All connections of the run (a list of `Wire`), for rules."""


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Call a check with its evidence and keep what it said."""
    check_id = _check_id(pyfuncitem)
    if check_id is None:
        return None
    run = pyfuncitem.config.stash[RUN]
    given: dict[str, Any] = {}
    try:
        given = run.arguments(pyfuncitem)
        value = run.patience.over(pyfuncitem.obj)(**given)
    except Exception as problem:
        outcome = pyfuncitem.stash[OUTCOME] = judging.raised(check_id, problem, given.values())
        if isinstance(problem, judging.Judged) and outcome.verdict in {"pass", "observed"}:
            return True
        if outcome.verdict in SKIPPED:
            # A skip and not the exception itself: pytest would format a traceback for each of hundreds.
            raise pytest.skip.Exception(f"{outcome.verdict}: {outcome.detail}") from None
        raise
    pyfuncitem.stash[OUTCOME] = judging.said(check_id, value)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Turn a verdict into pytest's outcome; the verdict itself travels with the report."""
    report = yield
    check_id = _check_id(item)
    if check_id is None:
        return report
    if call.when != "call" and report.passed:
        return report
    outcome = item.stash.get(OUTCOME, None)
    if call.when != "call" or outcome is None:
        outcome = judging.Outcome("error", f"{call.when} of the check failed: {call.excinfo and call.excinfo.value}")
    run = item.config.stash[RUN]
    level = judging.level(check_id, run.run.profile)
    report.conformance = {
        "id": check_id,
        "level": level,
        "verdict": outcome.verdict,
        "detail": outcome.detail,
        "outcome": outcome.outcome,
        "owner": outcome.owner,
        "seconds": round(call.duration, 4),
    }
    report.user_properties.append(("check", check_id))
    report.user_properties.append(("verdict", outcome.verdict))
    known = run.baseline is not None and run.baseline.accepts(check_id, outcome.detail)
    if outcome.verdict == "fail" and known:
        report.outcome = "skipped"
        report.wasxfail = f"accepted by the baseline: {outcome.detail}"
    elif outcome.verdict == "fail" and level != "MUST":
        report.outcome = "skipped"
        report.wasxfail = f"{level} missed: {outcome.detail}"
    elif outcome.verdict in SKIPPED:
        report.longrepr = (str(item.path), item.location[1] or 0, f"{outcome.verdict}: {outcome.detail}")
    elif outcome.verdict == "error":
        report.outcome = "failed"
        report.longrepr = report.longrepr or f"error: {outcome.detail}"
    return report


def pytest_report_teststatus(report: Any) -> tuple[str, str, str] | None:
    """Show verdicts by their names."""
    said = getattr(report, "conformance", None)
    if said is None:
        return None
    verdict = said["verdict"]
    if verdict == "error":
        return "error", "E", "ERROR"
    if verdict == "observed":
        return "passed", "o", f"OBSERVED {said['outcome']}"
    if verdict in {"blocked", "inconclusive", "not_run"}:
        return "skipped", verdict[0], verdict.upper().replace("_", " ")
    return None


# -- the end


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write the outputs and set the exit code."""
    config = session.config
    if _worker_input(config) or config.option.collectonly:
        return
    if config.getoption("--plan"):
        session.exitstatus = 0
        return
    run = config.stash[RUN]
    if exitstatus in {pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR}:
        return
    if exitstatus == pytest.ExitCode.INTERRUPTED:
        run.interrupted = True
    session.exitstatus = run.finish()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say in words what was judged and where the report is."""
    run = config.stash[RUN]
    for text in closing_words(run) if run.summary is not None else ():
        terminalreporter.write_line(text)
    for text in run.unwritten:
        terminalreporter.write_line(f"{text}.")


def closing_words(run: ConformanceRun) -> Iterator[str]:
    """The last lines on the terminal."""
    made, target = run.summary, run.run.target
    assert made is not None
    yield ""
    if run.writer.problem:
        # What could be written is a part, and its figures would be wrong.
        yield f"The record is incomplete: {run.writer.problem}. What is said above is all that there is."
        return
    yield from made["caveats"] or [f"This run judged {target.name} with the model {target.model}."]
    usage = made["usage"]
    yield (
        f"{plural(made['conversations'], 'conversation')}, {plural(made['sessions'], 'session')}, "
        f"{usage['input_tokens']} input and {usage['output_tokens']} output tokens"
    )
    lost = made["stability"]
    if lost["lost"]:
        yield f"{lost['lost']} of {plural(lost['sessions'], 'session')} lost on the way; the report says where."
    if made["rested"]:
        yield f"The run was held up by throttling for {made['rested']:.0f} s."
    yield from table(made["levels"])
    if made["transport"]:
        yield transport_words(made["transport"])
    untested = sum(bool(row.excluded) for row in clauses().values())
    by_hand = sum(row.reach == "by-hand" for row in questions().values())
    yield f"Beside these: {untested} clauses and {by_hand} questions that no run can judge; the report says why."
    yield made["headline"]
    folder = run.directory
    with contextlib.suppress(ValueError):
        folder = folder.relative_to(run.config.invocation_params.dir)
    if (why := unread(made["close_paths"])) is not None:
        yield f"The platform's status of the sessions is not known: {why}."
        if target.kind == "live":
            yield from bring_in_later(folder, form=(run.directory / FORM).is_file(), log=not is_loopback(target.url))
    if made["verdict"] == "interrupted" and made["conversations"]:
        yield f"To judge what was recorded: pytest conformance/ --replay {folder / 'record.jsonl'}"
    if run.cut:
        yield f"Interrupted before the page was written: realtime-conformance report {folder / 'record.jsonl'}"
    if (run.directory / "report.html").is_file():
        yield f"Report: {folder / 'report.html'}"


def bring_in_later(folder: Path, *, form: bool, log: bool) -> Iterator[str]:
    """The commands by which a run without a reader gets its statuses from what the platform lists later.

    `form`: one lies there to be filled in; `log`: the sessions are in the vendor's log at all.
    """
    again = ["pytest", "conformance/", "--replay", str(folder / "record.jsonl"), "--status-source"]
    if log:
        yield "To bring it in later, from the vendor's log (`bl auth login --console` first):"
        yield f"  {shlex.join([*again, 'bl'])}"
    if form:
        yield f"To bring it in by hand: fill in `shown` and `seen_at` in {folder / FORM}, the first lines first, and"
        yield f"  {shlex.join([*again, f'file:{folder / FORM}'])}"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Everything is written: a signal that comes now has nothing to end."""
    if RUN in config.stash and not _worker_input(config):
        early.hold_off()
    sys.stdout.flush()
