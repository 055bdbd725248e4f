"""Clients of others in this process: what they leave behind is swept up within the test that ran them.

The SDKs leave sockets to the garbage collector, and threads to themselves.  Collected later these would warn in the
midst of another test, where each warning is an error.
"""

from __future__ import annotations

import contextlib
import gc
import threading
import time
from collections.abc import Iterator
from typing import Any
from unittest import mock

OFTEN = 0.1  # seconds
PATIENCE = 5.0  # seconds for all threads together


@contextlib.contextmanager
def swept() -> Iterator[None]:
    """Let threads that were started meanwhile end, then collect what they held."""
    before = set(threading.enumerate())
    gc.freeze()  # what is there already is not looked at: a full look costs more than most of these tests
    with _closes_are_noticed():
        yield
        until = time.monotonic() + PATIENCE
        for thread in threading.enumerate():
            if thread not in before and not thread.name.startswith("asyncio_"):  # the loop's own wait for it
                thread.join(max(0.0, until - time.monotonic()))
    gc.collect()
    gc.unfreeze()


@contextlib.contextmanager
def _closes_are_noticed() -> Iterator[None]:
    """websocket-client's reader looks every ten seconds whether it was closed; here ten times a second."""
    try:
        from websocket import _dispatcher  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        yield
        return
    base: Any = _dispatcher.DispatcherBase
    plain = base.__init__

    def impatient(self: Any, app: Any, ping_timeout: float | None) -> None:
        plain(self, app, min(ping_timeout or OFTEN, OFTEN))

    with mock.patch.object(base, "__init__", impatient):
        yield
