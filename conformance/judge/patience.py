"""A bound on the time that judging takes: what an endpoint sent may be more than any check was made for.

The alarm of the operating system interrupts a loop of ours wherever it is.  Where there is none (Windows, or a thread
that is not the first) nothing is bounded.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn, TypeVar

from conformance.judge.verdicts import Inconclusive

T = TypeVar("T")
CHECK = 60.0
"""Seconds that one check may take."""
ALL = 300.0
"""Seconds that all checks of a run may take together; each that is left then is given the least."""
LEAST = 0.5


class Patience:
    """What is left of it for the checks of one run."""

    def __init__(self, check: float = CHECK, everything: float = ALL) -> None:
        self._check = check
        self._left = everything

    def over(self, function: Callable[..., T]) -> Callable[..., T]:
        """The function, which raises Inconclusive when its time is over."""

        def bounded(*given: Any, **named: Any) -> T:
            with self.spent():
                return function(*given, **named)

        return bounded

    @contextmanager
    def spent(self) -> Iterator[None]:
        """Let one check take its time; raises Inconclusive in it when that is over."""
        if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
            yield
            return
        given = max(LEAST, min(self._check, self._left))

        def given_up(_number: int, _frame: FrameType | None) -> NoReturn:
            raise Inconclusive(f"judging took longer than {given:g} s and was given up")

        before = signal.signal(signal.SIGALRM, given_up)
        signal.setitimer(signal.ITIMER_REAL, given)
        began = time.monotonic()
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            signal.signal(signal.SIGALRM, before)
            self._left -= time.monotonic() - began
