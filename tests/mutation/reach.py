"""Which tests run which line, and how long each takes: measured once, with one process for each file of tests.

A file has a process of its own, so that what one file has cached is not missing from what another one runs.  What was
measured can be kept: a file of tests is measured anew when it has changed, and all are when anything else has.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import json
import os
import pkgutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from . import herd
from .targets import ELSEWHERE, ROOT, modules, named, tests

MOST = 300.0
"""Seconds of processing for one file of tests."""
SLOW = 0.25
"""Seconds from which on a test is not asked: what only such a test notices, no test of the rule itself does."""
Lines = dict[str, dict[int, list[str]]]


@dataclass
class Reach:
    """Tests by module and line, the lines that run when modules are imported, and the seconds of each test."""

    lines: Lines = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    early: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    seconds: dict[str, float] = field(default_factory=dict)
    red: list[str] = field(default_factory=list)

    def tests(self, path: str, lines: Iterable[int]) -> list[str]:
        """The tests that run one of these lines, the fastest first."""
        found = {test for line in lines for test in self.lines[path].get(line, ())}
        return sorted(found, key=lambda test: (self.seconds[test], test))

    def take(self, told: Mapping[str, Any]) -> None:
        """Add what was measured of one file of tests."""
        self.seconds |= {test: took for test, took in told["seconds"].items() if took < SLOW}
        self.red += told["red"]
        for name, lines in told["early"].items():
            self.early[name] |= set(lines)
        for name, lines in told["lines"].items():
            for line, asked in lines.items():
                self.lines[name][int(line)] += [test for test in asked if test in self.seconds]


def measure(jobs: int, keep: Path | None = None) -> Reach:
    """Run every test once; `keep` is where what was measured is kept."""
    kept = json.loads(keep.read_text()) if keep is not None and keep.exists() else {}
    wanted = {named(path): _digest(path) for path in _files()}
    old = {name: told for name, told in kept.items() if wanted.get(name) == told["digest"]}
    # What was slow when it was last measured would not be asked: it need not be measured again.
    slow = {test: took for told in kept.values() for test, took in told["seconds"].items() if took >= SLOW}
    anew = [name for name in wanted if name not in old]
    new: dict[str, Any] = {}
    reach = Reach()
    if anew:
        with tempfile.TemporaryDirectory() as folder:
            look = ("all", MOST * len(anew), lambda: _measured(anew, slow, Path(folder), jobs))
            ((_, end),) = herd.each([look], 1)
            if end != herd.SURVIVED:
                reach.red.append(f"the measurement ({end})")
            for out in Path(folder).iterdir():
                told = json.loads(out.read_text())
                new[told["file"]] = {"digest": wanted[told["file"]], **told}
    reach.red += [f"{name} (as a whole)" for name in anew if name not in new]
    if keep is not None:
        keep.write_text(json.dumps(old | new))
    for told in (old | new).values():
        reach.take(told)
    return reach


def _files() -> list[Path]:
    found: set[Path] = set()
    for path in map(Path, tests()):
        found |= set(path.rglob("test_*.py")) if path.is_dir() else {path}
    return sorted(found)


def _digest(path: Path) -> str:
    """Of a file of tests and all that it may import."""
    every = hashlib.sha256(path.read_bytes())
    for other in sorted([*ROOT.glob("conformance/**/*.py"), *ROOT.glob("tests/support/*.py")]):
        every.update(other.read_bytes())
    return every.hexdigest()


def _measured(files: list[str], slow: dict[str, float], folder: Path, jobs: int) -> bool:
    quiet([str(ROOT / name) for name in files], _Look(slow, folder, jobs))
    return True


class _Look:
    """A plugin that runs every file of tests in a child under the eyes of `coverage`, and keeps what it saw."""

    def __init__(self, slow: dict[str, float], folder: Path, jobs: int) -> None:
        # The one tool that only this command needs.
        from coverage import Coverage

        self._slow, self._folder, self._jobs = slow, folder, jobs
        self._modules = modules()
        self._coverage = Coverage(data_file=None, include=[str(path) for path in self._modules], config_file=False)
        self._coverage.start()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run each file's tests in a child."""
        load_chapters()
        early = {name: list(lines) for name, lines in self._lines().items()}
        files: dict[str, list[pytest.Item]] = defaultdict(list)
        for item in session.items:
            if not ELSEWHERE & set(getattr(item, "fixturenames", ())):
                files[named(item.path)].append(item)
        work = [
            (name, MOST, lambda name=name, items=items: self._see(name, items, early)) for name, items in files.items()
        ]
        for _ in herd.each(work, self._jobs):
            pass  # a file that does not end well leaves nothing, and is missed by that
        return True

    def _see(self, name: str, items: list[pytest.Item], early: dict[str, list[int]]) -> bool:
        """Run each test in a context of its own."""
        asked = [item for item in items if item.nodeid not in self._slow]
        seconds = {item.nodeid: self._slow[item.nodeid] for item in items if item.nodeid in self._slow}
        for item, after in zip(asked, [*asked[1:], None], strict=True):
            self._coverage.switch_context(item.nodeid)
            began = time.process_time()
            green = passes(item, after)
            self._coverage.switch_context("")
            if green:
                seconds[item.nodeid] = time.process_time() - began
        self._coverage.stop()
        red = [item.nodeid for item in items if item.nodeid not in seconds]
        told = {"file": name, "seconds": seconds, "red": red, "early": early, "lines": self._lines()}
        (self._folder / f"{name.replace('/', '-')}.json").write_text(json.dumps(told))
        return True

    def _lines(self) -> Lines:
        data = self._coverage.get_data()
        return {named(path): data.contexts_by_lineno(str(path)) for path in self._modules}


def load_chapters() -> None:
    """Import the chapters, which tests load when they first need them: once, and not in each child."""
    import conformance.cases

    for info in pkgutil.iter_modules(conformance.cases.__path__, "conformance.cases."):
        importlib.import_module(info.name)


def passes(item: pytest.Item, after: pytest.Item | None) -> bool:
    """Run one test; whether it did not fail."""
    if (given := _plain(item)) is not None:
        try:
            item.obj(**given)  # type: ignore[attr-defined]
        except BaseException as problem:  # noqa: BLE001  # whatever it is, the test did not pass
            return isinstance(problem, pytest.skip.Exception)
        return True
    keep = _Keep()
    manager = item.config.pluginmanager
    manager.register(keep)
    try:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
    finally:
        manager.unregister(keep)
    return bool(keep.reports) and not any(report.failed for report in keep.reports)


EVERYWHERE = {"_no_live_endpoint"}
"""Fixtures of every test, which change nothing that pure functions see."""


def _plain(item: pytest.Item) -> dict[str, Any] | None:
    """What a test is called with that is a plain function of its parameters; None for any other.

    Most are, and take a tenth of the time that pytest takes to set them up.
    """
    if (
        not isinstance(item, pytest.Function)
        or inspect.iscoroutinefunction(item.obj)
        or list(item.iter_markers("xfail"))
    ):
        return None
    call = getattr(item, "callspec", None)
    given: dict[str, Any] = dict(call.params) if call is not None else {}
    return given if set(item.fixturenames) <= EVERYWHERE | set(given) else None


class _Keep:
    def __init__(self) -> None:
        self.reports: list[pytest.TestReport] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.reports.append(report)


def quiet(paths: list[str], plugin: object) -> int:
    """Run pytest in this process, with this plugin and nothing that writes."""
    os.environ.pop("PYTEST_ADDOPTS", None)
    without = [word for name in ("terminal", "cacheprovider", "xdist", "faulthandler") for word in ("-p", f"no:{name}")]
    return int(pytest.main([*without, "--capture=sys", "--assert=plain", *paths], plugins=[plugin]))
