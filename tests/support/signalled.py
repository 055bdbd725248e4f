"""A plugin of a run under test (`-p support.signalled`): sends it a signal at a stage and counts its CPU.

The stage is `$SIGNAL_AT`, the signal `$SIGNAL_BY`; it goes to the process that is at the stage, or with
`SIGNAL_TO=controller` to the one that started this worker.  Among several processes the first that comes so far sends
it, and no other.  `$SIGNAL_INTO` gets JSON: seconds of CPU until the conversations are held, and to the signal.
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

from conformance.report import record

CALLS = {
    "connecting": ("conformance.wire.route", "Route.lead", 1),
    "holding": ("conformance.wire.connection", "Connection.data_received", 20),
    "flooded": ("conformance.wire.limits", "Meter.frame", 12_000),
    # A check itself may be asked while conversations are held: whether one that was spoiled is worth another try.
    "judging": ("conformance.collecting", "Judged.runtest", 1),
    "rendering": ("conformance.report.html", "render", 1),
    "leaving": ("conformance.screen", "Written.leaks", 1),
}
"""A stage begins when a function is called so many times; `ending` is when pytest begins to end."""
WRITTEN = {"held": "conversation"}
"""Or when the record has its first line of a kind."""
_spent: dict[str, float] = {}


def _send() -> None:
    _spent["signal"] = time.process_time()
    try:
        with Path(os.environ["SIGNAL_INTO"]).open("x", encoding="utf-8") as told:
            json.dump(_spent, told)
    except FileExistsError:
        return
    receiver = os.getppid() if os.environ["SIGNAL_TO"] == "controller" else os.getpid()
    os.kill(receiver, int(os.environ["SIGNAL_BY"]))


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


def _sent_after(kind: str) -> None:
    whole = record.RecordWriter.write

    @functools.wraps(whole)
    def written(writer: record.RecordWriter, wrote: str, **fields: Any) -> None:
        whole(writer, wrote, **fields)
        if wrote == kind:
            _send()

    setattr(record.RecordWriter, "write", written)  # noqa: B010  # mypy has no way to say that a method is wrapped


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
    if stage in WRITTEN:
        _sent_after(WRITTEN[stage])
    if stage == "leaving":
        atexit.register(_send_late)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    if os.environ["SIGNAL_AT"] == "ending":
        _send()
