"""A change reaches whoever holds the function; a child's end is told rightly; the score counts what it should."""

from __future__ import annotations

import ast
import functools
import importlib.util
import os
import sys
import time
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from . import herd
from .operators import mutants
from .swap import Finder, Functions
from .table import equivalent, score
from .targets import dotted, modules, named

HELD = """
def f(x):
    return (lambda: x == 1)()

def over(g):
    def inner(x):
        return g(x) and x < 5
    return inner

h = over(f)
"""


def imported(path: Path, text: str) -> ModuleType:
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("says", "one", "five"), [("1 → 2", False, False), ("x < 5 → x <= 5", True, False)])
def test_a_function_runs_what_it_was_changed_to(tmp_path: Path, says: str, one: bool, five: bool) -> None:
    path = tmp_path / "held.py"
    kept = functools.partial(imported(path, HELD).h)
    assert kept(1)
    tree = ast.parse(HELD)
    (mutant,) = [mutant for mutant in mutants(tree) if mutant.says == says]
    functions = Functions()
    mutant.put()
    assert functions.swap(path, tree) >= 2
    assert (kept(1), kept(5)) == (one, five)


def test_a_module_is_imported_with_its_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    finder = Finder("mutated_for_this_test", tmp_path / "x.py", ast.parse("LIMIT = 3"))
    finder.install()
    import mutated_for_this_test  # type: ignore[import-not-found]

    assert mutated_for_this_test.LIMIT == 3
    del sys.modules["mutated_for_this_test"]


def raises() -> bool:
    raise ValueError


def spins() -> bool:
    while True:
        pass


def test_how_children_end() -> None:
    work = [
        ("green", 5.0, lambda: True),
        ("red", 5.0, lambda: False),
        ("raises", 5.0, raises),
        ("leaves", 5.0, lambda: os._exit(3)),
        ("spins", 1.0, spins),
    ]
    found = dict(herd.each(work, 2))
    assert found == {
        "green": herd.SURVIVED, "red": herd.KILLED, "raises": herd.KILLED, "leaves": herd.BROKEN,
        "spins": herd.TIMED_OUT,
    }  # fmt: skip


def test_what_waits_for_ever_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(herd, "WALL", 0.01)
    assert list(herd.each([("sleeps", 1.0, lambda: time.sleep(60) is None)], 1)) == [("sleeps", herd.TIMED_OUT)]


def test_the_score() -> None:
    assert score(Counter({herd.KILLED: 6, herd.TIMED_OUT: 1, herd.SURVIVED: 2, "not run": 1, "equivalent": 5})) == 0.7
    assert score(Counter()) == 1.0


def test_targets() -> None:
    (view,) = modules("judge/view")
    assert (named(view), dotted(view)) == ("conformance/judge/view.py", "conformance.judge.view")
    assert {"conformance/status/rows.py", "conformance/judge/rules/base.py"} <= {named(path) for path in modules()}


def test_what_is_equivalent_has_a_reason() -> None:
    assert all(len(reason) > 20 for reason in equivalent().values())
