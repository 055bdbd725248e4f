"""Signals: how a run is told to end, from its first moment to its last.

Until there is a record, SIGINT and SIGTERM end the process with one sentence and exit code 2.  From then on both raise
KeyboardInterrupt, also where SIGINT was inherited as ignored (`pytest … &` in a script, nohup): whoever sends it means
it.  When the end has begun a signal is noted, and breaks off nothing but what is made to be broken off (`breakable`).
When everything is written neither has an effect any more.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)
INTERRUPTED = 2
NOTHING = b"interrupted before anything was recorded\n"
ONE = 1.0
"""Seconds in which signals are one wish: `timeout` tells a process and then its group, Ctrl-C is pressed twice."""

_came: list[float] = []
"""When signals came, in seconds of the monotonic clock: handlers belong to the process, and so does this."""


def guard() -> None:
    """From now on a signal ends the process at once, in a sentence."""
    _came.clear()
    _set(_leave)


def release() -> None:
    """From now on a signal raises KeyboardInterrupt."""
    _set(_interrupt)


def defer() -> None:
    """From now on a signal is noted: it breaks off nothing of what is ended in order."""
    _set(_note)


@contextlib.contextmanager
def breakable() -> Iterator[None]:
    """Let a signal break off what is inside, by KeyboardInterrupt; one that was noted before does so at once."""
    if _came:
        raise KeyboardInterrupt
    release()
    try:
        yield
    finally:
        defer()


def note() -> None:
    """A signal came, and somebody else has heard it."""
    _came.append(time.monotonic())


def hold_off() -> None:
    """From now on a signal has no effect, also while the interpreter itself ends."""
    _set(signal.SIG_IGN)


def restore() -> None:
    """Give both back to Python."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    before = _came[-1] if _came else float("-inf")
    note()
    if _came[-1] - before >= ONE:
        raise KeyboardInterrupt


def _note(_number: int, _frame: FrameType | None) -> None:
    note()


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    os.write(2, NOTHING)
    os._exit(INTERRUPTED)


def _set(handler: object) -> None:
    # Workers of pytest-xdist are ended by their controller, and no thread but the first may set a handler.
    if threading.current_thread() is threading.main_thread() and "PYTEST_XDIST_WORKER" not in os.environ:
        for number in SIGNALS:
            signal.signal(number, handler)  # type: ignore[arg-type]
