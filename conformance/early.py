"""Signals: how a run is told to end, from its first moment to its last.

Until there is a record, SIGINT and SIGTERM end the process with one sentence and exit code 2.  From then on both raise
KeyboardInterrupt, also where SIGINT was inherited as ignored (`pytest … &` in a script, nohup): whoever sends it means
it.  When the end has begun, neither can break it off.
"""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)
INTERRUPTED = 2
NOTHING = b"interrupted before anything was recorded\n"


def guard() -> None:
    """From now on a signal ends the process at once, in a sentence."""
    _set(_leave)


def release() -> None:
    """From now on a signal raises KeyboardInterrupt; for SIGINT by Python's own handler, which asyncio knows."""
    _set(interrupt)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


def hold_off() -> None:
    """From now on no signal breaks off what is ended in order."""
    _set(signal.SIG_IGN)


def restore() -> None:
    """Give both back to Python."""
    release()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """What a scheduler's SIGTERM does: the same as Ctrl-C."""
    raise KeyboardInterrupt


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    os.write(2, NOTHING)
    os._exit(INTERRUPTED)


def _set(handler: object) -> None:
    # Workers of pytest-xdist are ended by their controller, and no thread but the first may set a handler.
    if threading.current_thread() is threading.main_thread() and "PYTEST_XDIST_WORKER" not in os.environ:
        for number in SIGNALS:
            signal.signal(number, handler)  # type: ignore[arg-type]
