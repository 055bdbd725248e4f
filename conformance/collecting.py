"""Chapters as pytest collects them: a file is a chapter, a class a conversation, a method a check.

pytest would look for fixtures in all of them and put each check's arguments together by name.  A check has one
argument, which its bench gives it, so an item here is no more than a check with a place: that makes collecting six
hundred of them, and running them, twice as fast.  Nor is anything set up before a check or taken down after it, and it
prints and logs nothing that would have to be caught: it is called, and told of once where pytest would do so thrice.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance import data
from conformance.conduct import RUN
from conformance.judge.checks import Outcome

OUTCOME = pytest.StashKey[Outcome]()
SKIPPED = frozenset({"blocked", "inconclusive", "skipped", "not_run"})
PACKAGE = data.package()
CHAPTERS = PACKAGE / "cases"


class Judged(pytest.Item):
    """A check: judged by the run's bench, and told to pytest as what came of it."""

    def __init__(self, *, function: Any, **known: Any) -> None:
        super().__init__(**known)
        self.function = function
        self.check_id: str = function.check_id
        self.extra_keyword_matches.add(self.check_id)  # so that `-k SES-002` finds it

    def runtest(self) -> None:
        """Judge it, and keep what it said."""
        outcome = self.stash[OUTCOME] = self.config.stash[RUN].outcome(self.check_id)
        if outcome.verdict in SKIPPED:
            raise pytest.skip.Exception(f"{outcome.verdict}: {outcome.detail}")
        if outcome.verdict == "fail":
            # What a finding says and no traceback: the same words as everywhere.
            raise pytest.fail.Exception(outcome.words, pytrace=False)
        if outcome.problem is not None:
            raise outcome.problem

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A fault of our own, from the check on."""
        code = self._code
        excinfo.traceback = excinfo.traceback.cut(path=code.co_filename, firstlineno=code.co_firstlineno - 1)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it stands, and what a heading calls it."""
        assert self.parent is not None
        return self.path, self._code.co_firstlineno - 1, f"{self.parent.name}.{self.name}"

    @property
    def _code(self) -> Any:
        return inspect.unwrap(self.function).__code__


class Conversation(pytest.Class):
    """A class of a chapter, which `--collect-only` shows as what this is called."""

    def collect(self) -> Iterator[Judged]:
        """Its checks, in the order in which they are written."""
        for name, function in vars(self.obj).items():
            if hasattr(function, "check_id"):
                yield Judged.from_parent(self, name=name, function=function)


class Chapter(pytest.Module):
    """A file of `conformance/cases`."""

    def collect(self) -> Iterator[Conversation]:
        """Its conversations, in the order in which they are written."""
        module = self.obj
        for name, found in vars(module).items():
            if inspect.isclass(found) and name.startswith("Test") and found.__module__ == module.__name__:
                yield Conversation.from_parent(self, name=name)


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:  # noqa: ARG001  # pytest's
    """Judge a check and tell of it; any other item is pytest's."""
    if not isinstance(item, Judged):
        return None
    hook = item.ihook
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    call = pytest.CallInfo.from_call(item.runtest, when="call", reraise=(KeyboardInterrupt, pytest.exit.Exception))
    report = hook.pytest_runtest_makereport(item=item, call=call)
    hook.pytest_runtest_logreport(report=report)
    if call.excinfo is not None and report.failed:
        hook.pytest_exception_interact(node=item, call=call, report=report)  # what --pdb waits for
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Look for chapters where they are: pytest would walk through all of the suite's own modules beside them."""
    return True if collection_path.parent == PACKAGE and collection_path != CHAPTERS else None


def pytest_pycollect_makemodule(module_path: Path, parent: Any) -> Chapter | None:
    """Take the chapters; any other file is pytest's."""
    return Chapter.from_parent(parent, path=module_path) if module_path.parent == CHAPTERS else None
