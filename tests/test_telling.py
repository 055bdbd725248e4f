"""A worker of xdist leaves out what nobody reads of a test, and nothing else."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest

from conformance import cases
from support import telling


def reported(when: Literal["setup", "call", "teardown"], outcome: Literal["passed", "failed", "skipped"] = "passed",
             seconds: float = 0.0) -> pytest.TestReport:  # fmt: skip
    return pytest.TestReport("x", ("x", 1, "x"), {}, outcome, None, when, duration=seconds)


@pytest.mark.parametrize(
    ("report", "told"),
    [
        (reported("call"), True),
        (reported("setup"), False),
        (reported("teardown"), False),
        (reported("setup", seconds=0.0049), False),
        (reported("setup", seconds=0.005), True),
        (reported("teardown", seconds=0.005), True),
        (reported("setup", "failed"), True),
        (reported("setup", "skipped"), True),
        (reported("teardown", "failed"), True),
    ],
)
def test_what_nobody_reads_is_left_out(report: pytest.TestReport, told: bool) -> None:
    assert telling.worth(report) == told


def asked(
    monkeypatch: pytest.MonkeyPatch, path: Path = Path(__file__), **of_the_worker: Any
) -> tuple[bool | None, list[str]]:
    """What the hook answers, and the reports that it hands on."""
    said: list[str] = []
    reports = [reported("setup"), reported("call", "failed"), reported("teardown", "failed")]
    monkeypatch.setattr(telling, "runtestprotocol", lambda *_, **__: reports)
    hooks = SimpleNamespace(pytest_runtest_logreport=lambda report: said.append(report.when))
    item: Any = SimpleNamespace(config=SimpleNamespace(**of_the_worker), ihook=hooks, path=path)
    return telling.pytest_runtest_protocol(item, None), said


def test_a_worker_tells_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, workerinput={}) == (True, ["call", "teardown"])


def test_without_workers_pytest_tells_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch) == (None, [])


def test_a_check_of_the_suite_is_the_suites_to_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    check = Path(cases.__file__).with_name("test_11_closing.py")
    assert asked(monkeypatch, check, workerinput={}) == (None, [])
