"""The pytest side: what pytest calls, recording before the first check, verdicts as pytest outcomes.

`conformance/conftest.py` loads it for `pytest conformance/`, the command `realtime-conformance run` names it with `-p`.
It is registered nowhere else, so it adds no options to other projects' pytest runs.
"""

from __future__ import annotations

import contextlib
import fnmatch
import gc
import os
import sys
from collections.abc import Generator
from typing import Any

import pytest

from conformance import early, garbage, options, plan, screen, secrets, terminal
from conformance.collecting import (
    OUTCOME,
    SKIPPED,
    Judged,
    pytest_ignore_collect,
    pytest_pycollect_makemodule,
    pytest_runtest_protocol,
)
from conformance.conduct import RUN, Conduct
from conformance.judge import checks
from conformance.options import second_secrets, worker_input
from conformance.outlet import unbroken
from conformance.progress import LiveLine
from conformance.report import record
from conformance.wire.target import LIVE_CONCURRENCY, LIVE_RPM

__all__ = ["pytest_ignore_collect", "pytest_pycollect_makemodule", "pytest_runtest_protocol"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the suite's options."""
    options.declare(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Name what there is, and end."""
    if getattr(config.option, "setuponly", False) or getattr(config.option, "setupplan", False):
        config.option.collectonly = True  # a check has nothing that is set up, and nobody asked for a run
    if not config.option.listed:
        return None
    from conformance import listing  # noqa: PLC0415  # it reads every catalogue, which no run needs

    kind, *words = config.option.listed
    if kind not in listing.KINDS:
        raise pytest.UsageError(f"--list {kind}: there are {', '.join(listing.KINDS)}")
    print("\n".join(listing.rows(kind, " ".join(words))))
    return 0


class Scribe:
    """Writes what happens to one run; in the controller under xdist, where every worker's reports arrive."""

    def __init__(self, conduct: Conduct) -> None:
        self._conduct = conduct

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Write each verdict as soon as it is known."""
        said = getattr(report, "conformance", None)
        if said is not None:
            self._conduct.writer.write("verdict", **said)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Tell of a worker of pytest-xdist that was killed; the others need not wait for what it held."""
        if error is None:
            return
        conduct = self._conduct
        conduct.interrupted = True
        if record.holds(conduct.writer.path, "recorded")[1]:
            conduct.unwritten.append(f"the worker {node.gateway.id} was killed: what it was judging has no verdict")
            return
        words = f"the worker {node.gateway.id} was killed while the conversations were held"
        conduct.unwritten.append(f"{words}: only what is in the record was judged")
        conduct.writer.mend()
        conduct.writer.write("recorded", not_held={}, infrastructure=words)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self) -> Generator[None, Any, Any]:
        """What comes after the checks is ended in order: pytest itself takes no interrupt there."""
        try:
            return (yield)
        finally:
            early.defer()

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Note that the run was cut short, and end it in order whatever comes now."""
        early.defer()
        self._conduct.interrupted = True
        if not self._conduct.config.getoption("fulltrace", default=False):
            # Where it was is one line on the terminal; pytest reads and parses the source of every caller for it.
            excinfo.traceback = excinfo.traceback[-1:]
            excinfo.value.__context__ = None


# -- set-up


def pytest_configure(config: pytest.Config) -> None:
    """Check the options before anything is collected."""
    garbage.rarely()
    try:
        _begin(config)
    except BaseException:
        early.restore()
        garbage.as_before()
        raise
    if getattr(config.option, "dist", "no") != "no":
        early.release()  # the controller of pytest-xdist collects nothing: its workers begin to record at any moment


def _begin(config: pytest.Config) -> None:
    try:
        headers = [*config.getoption("--header"), *config.getoption("--against-header")]
        held = secrets.held(os.environ, config.getoption("--endpoint"), headers=headers, others=second_secrets(config))
    except secrets.SecretError as problem:
        raise pytest.UsageError(str(problem)) from None
    outlets = contextlib.ExitStack()
    if not worker_input(config):
        # Before pytest makes what writes to the terminal: whoever closes it (`| head`) ends no run.
        outlets.enter_context(unbroken())
    outlets.enter_context(screen.screened(held, screen.coloured(config)))
    config.add_cleanup(outlets.close)
    reports = screen.Reports(held)
    config.pluginmanager.register(reports, "conformance-screen")
    try:
        conduct = Conduct(config, held, reports.debug(config))
    except pytest.UsageError as problem:  # told when the streams are as they were before
        raise pytest.UsageError(reports.clean(str(problem))) from None
    config.stash[RUN] = conduct
    config.addinivalue_line("markers", "conformance: a check of the conformance suite")
    if not worker_input(config) and _holds(config):
        conduct.start()
        config.pluginmanager.register(Scribe(conduct), "conformance-scribe")
        config.pluginmanager.register(terminal.ByChapter(config), "conformance-chapters")


def _holds(config: pytest.Config) -> bool:
    """Whether this is a run at all: who asks for help, or what there is, gets no folder."""
    told = ("help", "version", "markers", "showfixtures", "show_fixtures_per_test", "collectonly", "cacheshow")
    return not any(getattr(config.option, name, None) for name in told) and not config.getoption("--plan")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where the run's record is."""
    node.workerinput["conformance_dir"] = str(node.config.stash[RUN].directory)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what `--case` asks for."""
    globs = config.getoption("--case")
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items if globs else ():
        check_id = _check_id(item)
        wanted = check_id is not None and any(fnmatch.fnmatchcase(check_id, glob) for glob in globs)
        (kept if wanted else dropped).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


def _check_id(item: pytest.Item) -> str | None:
    return item.check_id if isinstance(item, Judged) else None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Record: every conversation that the selected checks need, once, before the first check."""
    config = session.config
    conduct = config.stash[RUN]
    if config.option.collectonly or session.testsfailed:
        return
    wanted = [
        conduct.chapters.checks[check_id] for check_id in dict.fromkeys(map(_check_id, session.items)) if check_id
    ]
    if not wanted:
        return
    if config.getoption("--plan"):
        _tell_plan(config, wanted)
        session.items.clear()
        return
    worker = worker_input(config).get("workerid")
    if worker not in {None, "gw0"}:
        conduct.read_shared(wanted)
        return
    early.release()
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    conduct.record(wanted, LiveLine(reporter))


def _tell_plan(config: pytest.Config, wanted: list[checks.Check]) -> None:
    """Say what these checks would take."""
    conduct = config.stash[RUN]
    run = conduct.run
    chosen = run.chosen(wanted)[0]
    apart = run.held_apart(chosen)
    told = plan.plan(
        chosen, run.profile, config.getoption("--concurrency") or LIVE_CONCURRENCY,
        config.getoption("--rpm") or LIVE_RPM, apart, first=run.first(chosen, apart),
    )  # fmt: skip
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    more = [f"Beside it generated conversations spend {run.fuzz_tokens:,} tokens."] if run.fuzz_tokens else []
    if conduct.against is not None:
        more.append(f"The same again on {conduct.against.target.name}, and what differs once more on both.")
    for words in (*told.lines(run.profile, run.target.name, run.budget), *more):
        if reporter is not None:
            reporter.write_line(words)


# -- judging


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
        outcome = checks.Outcome("error", f"{call.when} of the check failed: {call.excinfo and call.excinfo.value}")
    conduct = item.config.stash[RUN]
    level = checks.level(check_id, conduct.run.profile)
    report.conformance = checks.line(check_id, level, outcome, round(call.duration, 4))
    report.user_properties.append(("check", check_id))
    report.user_properties.append(("verdict", outcome.verdict))
    known = conduct.baseline is not None and conduct.baseline.accepts(check_id, outcome.detail)
    if outcome.verdict == "fail" and known:
        report.outcome = "skipped"
        report.wasxfail = f"accepted by the baseline: {outcome.detail}"
    elif outcome.verdict == "fail" and level != "MUST":
        report.outcome = "skipped"
        report.wasxfail = f"{level} missed: {outcome.detail}"
    elif outcome.verdict == "fail":
        again = (
            record.options(conduct.run.head())
            if conduct.replayed is None
            else ["--replay", str(conduct.config.getoption("--replay"))]
        )
        report.longrepr = terminal.five_lines(conduct.chapters.checks[check_id], level, outcome, again)
        report.location = (*report.location[:2], check_id)  # what pytest heads it with
    elif outcome.verdict in SKIPPED:
        report.longrepr = (str(item.path), item.location[1] or 0, f"{outcome.verdict}: {outcome.detail}")
    elif outcome.verdict == "error":
        report.outcome = "failed"
        report.longrepr = report.longrepr or f"error: {outcome.detail}"
    return report


def pytest_report_teststatus(report: Any, config: pytest.Config) -> tuple[str, str, str] | None:
    """Show verdicts by their names."""
    return terminal.status(report, config)


# -- the end


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write the outputs and set the exit code."""
    config = session.config
    gc.freeze()  # pytest collects garbage ten times at its end, and what is there is none
    if "hypothesis" not in sys.modules:
        # Nobody used it; its plugin would now import all of it to find that it has nothing to say.
        config.pluginmanager.unregister(name="hypothesispytest")
    if worker_input(config) or config.option.collectonly:
        return
    if config.getoption("--plan"):
        session.exitstatus = 0
        return
    conduct = config.stash[RUN]
    if exitstatus in {pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR}:
        return
    if exitstatus == pytest.ExitCode.INTERRUPTED:
        conduct.interrupted = True
    session.exitstatus = conduct.finish()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say in words what was judged and where the report is."""
    from conformance.last_words import closing_words  # noqa: PLC0415  # in words of the report, which begins no run

    conduct = config.stash[RUN]
    for text in closing_words(conduct) if conduct.summary is not None else ():
        terminalreporter.write_line(text)
    for text in conduct.unwritten:
        terminalreporter.write_line(f"{text}.")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Everything is written: a signal that comes now has nothing to end."""
    garbage.as_before()
    if RUN in config.stash and not worker_input(config):
        early.hold_off()
    sys.stdout.flush()
