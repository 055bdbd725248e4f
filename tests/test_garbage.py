"""How often garbage is looked for: rarely in a run, as before after it, and never while source is parsed."""

import ast
import gc
from pathlib import Path

import pytest

from conformance import garbage


def test_a_run_looks_rarely_and_gives_the_pace_back() -> None:
    before = gc.get_threshold()
    try:
        garbage.rarely()
        garbage.rarely()  # by conftest.py and by who names the plugin
        assert gc.get_threshold() == (garbage.RARELY, *before[1:])
    finally:
        garbage.as_before()
        garbage.as_before()
    assert gc.get_threshold() == before


class Talkative:
    """What is left in a circle and parses source when it is given back, as telling a traceback does."""

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        ast.parse("told = True")


def test_what_garbage_has_to_say_does_not_come_into_the_reading_of_source() -> None:
    source = Path(ast.__file__).read_text(encoding="utf-8")
    before = gc.get_threshold()
    gc.collect()
    gc.set_threshold(500)
    try:
        for _ in range(100):
            Talkative()
        assert isinstance(garbage.syntax(source), ast.Module)
        assert gc.isenabled()
    finally:
        gc.set_threshold(*before)
        gc.collect()


def test_who_looks_for_no_garbage_goes_on_so() -> None:
    gc.disable()
    try:
        with pytest.raises(SyntaxError):
            garbage.syntax("a =")
        assert not gc.isenabled()
    finally:
        gc.enable()
