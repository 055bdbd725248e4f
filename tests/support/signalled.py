"""A plugin of a run under test (`-p support.signalled`): sends it a signal at a stage and counts its CPU.

The stage is `$SIGNAL_AT`; `$SIGNAL_INTO` gets JSON: seconds of CPU until the conversations are held, and to the signal.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

CALLS = {
    "connecting": ("conformance.wire.route", "Route.lead", 1),
    "holding": ("conformance.wire.connection", "Connection.data_received", 20),
    "flooded": ("conformance.wire.limits", "Meter.frame", 12_000),
    "judging": ("conformance.judge.checks", "said", 1),
    "rendering": ("conformance.report.page", "environment", 1),
    "leaving": ("conformance.screen", "Written.leaks", 1),
}
"""A stage begins when a function is called so many times; `ending` is when pytest begins to end."""
_spent: dict[str, float] = {}


def _send() -> None:
    _spent["signal"] = time.process_time()
    Path(os.environ["SIGNAL_INTO"]).write_text(json.dumps(_spent), encoding="utf-8")
    os.kill(os.getpid(), int(os.environ["SIGNAL_BY"]))


def _sent_at(module: str, name: str, times: int) -> None:
    owner: Any = importlib.import_module(module)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    whole = getattr(owner, last)
    calls = 0

    @functools.wraps(whole)
    def counted(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == times:
            _send()
        return whole(*given, **named)

    setattr(owner, last, counted)


def _send_late() -> None:
    # What Python itself handles it hands back to the system while it ends, and a signal would end it then.
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    _send()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish() -> None:
    _spent["start"] = time.process_time()
    stage = os.environ["SIGNAL_AT"]
    if stage in CALLS:
        _sent_at(*CALLS[stage])
    if stage == "leaving":
        atexit.register(_send_late)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    if os.environ["SIGNAL_AT"] == "ending":
        _send()
