"""Eight changes that once went unnoticed are noticed: each is made in a process of its own, which runs the edges."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from judge.evidence.test_settling import (
    test_a_turn_has_one_reply_of_voice_detection_and_the_next_one_is_of_a_request as one_reply_of_a_turn,
)
from judge.rules import test_edges_ends, test_edges_requests, test_edges_responses, test_edges_session, test_edges_voice

from . import herd
from .swap import Functions
from .targets import ROOT, dotted

CHAPTERS = (test_edges_ends, test_edges_requests, test_edges_responses, test_edges_session, test_edges_voice)
EDGES = [edge for chapter in CHAPTERS for edge in chapter.EDGES]


def excused(chapter: ModuleType) -> Callable[[], bool]:
    """Whether every excuse of a chapter's table holds just inside of its bound, and not just outside."""

    def holds() -> bool:
        for row in chapter.EXCUSED:
            chapter.test_an_excuse_holds_for_what_it_says_and_no_more(row)
        return True

    return holds


def edges(*clauses: str) -> Callable[[], bool]:
    """Whether every edge of these clauses has the verdict that it should."""
    return lambda: all(edge.judged().verdict == edge.verdict for edge in EDGES if edge.clause in clauses)


def passing(*functions: Callable[[], None]) -> Callable[[], bool]:
    """Whether these pass."""

    def holds() -> bool:
        for function in functions:
            function()
        return True

    return holds


NAMED: dict[str, tuple[str, str, str, Callable[[], bool]]] = {
    "2 s made 5 s": ("rules/outcomes.py", "waited > 2000", "waited > 5000", edges("GEN-017")),
    "1,200 ms of silence made 120": ("evidence/missing.py", "asked + 1200.0", "asked + 120.0", edges("GEN-050")),
    "an idle clock of 150 s made 15 s": ("rules/survival.py", "150 * 1000", "15 * 1000", excused(test_edges_ends)),
    "a result may be given twice": (
        "evidence/excused.py", " and call not in answered", "", excused(test_edges_requests),
    ),
    "a reply is missed while another runs": (
        "rules/outcomes.py", "            and not then[-1].active\n", "", edges("GEN-015"),
    ),
    "an item of any type for any request": (
        "evidence/settling.py", ' and _item(frame).get("type") == _item(request).get("type", "message")', "",
        edges("GEN-014"),
    ),
    "a reply of voice detection is never settled": (
        "evidence/settling.py", "self._due -= 1", "self._due -= 0", passing(one_reply_of_a_turn),
    ),
    "an owner that is inconclusive blocks": (
        "rules/base.py", "Breach(frame, found.says) if found.breach else Inconclusive(found.says)",
        "Breach(frame, found.says)", edges("GEN-049", "GEN-050"),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def functions() -> Functions:
    """Of this process, and so of its children: to look for them in each would touch all that they share with it."""
    return Functions()


def changed(functions: Functions, path: Path, old: str, new: str, holds: Callable[[], bool]) -> bool:
    """Make the change in this process, and look."""
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
    tree = ast.parse(text.replace(old, new))
    functions.swap(path, tree)
    module = importlib.import_module(dotted(path))
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.BinOp() as value):
                vars(module)[name] = eval(compile(ast.Expression(value), str(path), "eval"), vars(module))
    return holds()


@pytest.mark.parametrize("change", NAMED)
def test_a_change_that_once_went_unnoticed_is_noticed(change: str, functions: Functions) -> None:
    file, old, new, holds = NAMED[change]
    path = ROOT / "conformance/judge" / file
    work = [
        ("as it is", 60.0, lambda: changed(functions, path, old, old, holds)),
        ("changed", 60.0, lambda: changed(functions, path, old, new, holds)),
    ]
    assert dict(herd.each(work, 2)) == {"as it is": herd.SURVIVED, "changed": herd.KILLED}
