"""The hunt: a child for each mutant, and the tests that run its line, until one fails.

What a function does differently is put into the functions of a process that has collected all tests already, which
takes some milliseconds.  What takes effect when a module is imported needs a process that has not imported it.
"""

from __future__ import annotations

import ast
import gc
import itertools
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from . import herd
from .operators import Mutant, mutants
from .reach import Reach, load_chapters, passes, quiet
from .swap import Finder, Functions
from .targets import dotted, named, tests

LEAST, TIMES = 5.0, 5.0
"""Seconds of processing that a mutant has at least, and beside them as a multiple of what its tests take."""
MOST_ASKED = 3.0
"""Seconds of tests, as they were measured, that one mutant is put before; the fastest say one thing each."""
UNREACHED = "not run"
CONTROL = -1
"""The number of the hunt without a change, which every test has to survive."""


class RedError(Exception):
    """The tests fail as it is, so that nothing they say of a mutant counts."""


@dataclass(frozen=True)
class Prey:
    """A mutant, where it is, and the tests to ask."""

    path: Path
    mutant: Mutant
    asked: tuple[str, ...]
    early: bool
    seconds: float

    @property
    def key(self) -> str:
        """What names it while lines move: `conformance/judge/view.py Wire.leg: number >= 1 → number > 1`."""
        return f"{named(self.path)} {self.mutant.within}: {self.mutant.says}"


def prey(path: Path, tree: ast.Module, reach: Reach) -> list[Prey]:
    """The mutants of a module with the tests to ask."""
    name = named(path)
    found = []
    for mutant in mutants(tree):
        early = mutant.early or mutant.line in reach.early[name]
        every = reach.tests(name, _lines(mutant, tree, reach.lines[name]) if early else [mutant.line])
        spent = itertools.accumulate(reach.seconds[test] for test in every)
        asked = [test for test, seconds in zip(every, spent, strict=True) if seconds <= MOST_ASKED]
        seconds = LEAST + TIMES * sum(reach.seconds[test] for test in asked)
        found.append(Prey(path, mutant, tuple(asked), early, seconds))
    return found


def _lines(mutant: Mutant, tree: ast.Module, known: Iterable[int]) -> Iterable[int]:
    """Where a change that takes effect early can show: where its name is used, in its function, or anywhere."""
    if mutant.constant and not mutant.within:
        used = {node.lineno for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == mutant.constant}
        return used if len(used) > 1 else known
    first = mutant.within.partition(".")[0]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == first:
            return range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return known


def hunt(found: list[Prey], trees: dict[Path, ast.Module], jobs: int) -> Iterator[tuple[Prey, str]]:
    """What becomes of each, as it is known."""
    for one in found:
        if not one.asked:
            yield one, UNREACHED
    asked = [one for one in found if one.asked]
    yield from _late([one for one in asked if not one.early], trees, jobs)
    cold = [one for one in asked if one.early]
    yield from herd.each([(one, one.seconds, lambda one=one: _early(one, trees[one.path])) for one in cold], jobs)


# -- in a process that has collected the tests


class _Warm:
    """A plugin that, instead of running the tests, hunts what changes functions."""

    def __init__(self, found: list[Prey], trees: dict[Path, ast.Module], jobs: int, tell: int) -> None:
        self._found, self._trees, self._jobs, self._tell = found, trees, jobs, tell

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        load_chapters()
        items = {item.nodeid: item for item in session.items}
        functions = Functions()
        gc.freeze()
        work = [
            (number, one.seconds, lambda one=one: self._fails(one, items, functions))
            for number, one in enumerate(self._found)
        ]
        every = sorted({name for one in self._found for name in one.asked})
        control = (CONTROL, LEAST * len(every), lambda: _all_pass([items[name] for name in every]))
        for number, end in herd.each([control, *work], self._jobs):
            os.write(self._tell, f"{number} {end}\n".encode())
        return True

    def _fails(self, one: Prey, items: dict[str, pytest.Item], functions: Functions) -> bool:
        one.mutant.put()
        functions.swap(one.path, self._trees[one.path])
        return _all_pass([items[name] for name in one.asked])


def _all_pass(items: list[pytest.Item]) -> bool:
    return all(passes(item, after) for item, after in zip(items, [*items[1:], None], strict=True))


def _late(found: list[Prey], trees: dict[Path, ast.Module], jobs: int) -> Iterator[tuple[Prey, str]]:
    if not found:
        return
    out, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(out)
            quiet(tests(), _Warm(found, trees, jobs, tell))
        finally:
            os._exit(0)
    os.close(tell)
    with open(out, encoding="utf-8") as lines:  # noqa: PTH123  # a pipe has no path
        for line in lines:
            number, _, end = line.strip().partition(" ")
            if int(number) != CONTROL:
                yield found[int(number)], end
            elif end != herd.SURVIVED:
                raise RedError(f"the tests do not pass together without any change ({end})")
    os.waitpid(pid, 0)


# -- in a process that has yet to import what is changed


class _Chosen:
    """A plugin that runs some tests, the fastest first, until one fails."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self.green = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        # A test that has gone because of the change is as good as one that fails.
        self.green = all(name in items for name in self._names) and _all_pass([items[name] for name in self._names])
        return True


def _early(one: Prey, tree: ast.Module) -> bool:
    one.mutant.put()
    Finder(dotted(one.path), one.path, tree).install()
    by_file: dict[str, list[str]] = defaultdict(list)
    for name in one.asked:
        by_file[name.partition("::")[0]].append(name)
    for file, names in by_file.items():
        chosen = _Chosen(tuple(names))
        quiet([file], chosen)
        if not chosen.green:
            return False
    return True
