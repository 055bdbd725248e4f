"""Children of a process, a few at a time: each does one thing and says by its exit code how it went."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
SURVIVED, KILLED, TIMED_OUT, BROKEN = "survived", "killed", "timed out", "broken"
GREEN, RED, CRASHED = 0, 1, 70
POLL = 0.002
WALL = 12
"""So many times the seconds of processing may pass: a child may wait for a turn on a busy machine, or for a socket."""


@dataclass
class _Child:
    began: float
    seconds: float


def each(work: Iterable[tuple[T, float, Callable[[], bool]]], jobs: int) -> Iterator[tuple[T, str]]:
    """Do each thing in a child of its own, with so many seconds of processing at most; gives what became of it.

    A thing is killed where it returns False, raises, or ends its process in any other way than by returning True.
    """
    running: dict[int, tuple[T, _Child]] = {}
    for key, seconds, function in work:
        while len(running) >= jobs:
            yield from _over(running)
        pid = os.fork()
        if pid == 0:
            _be(seconds, function)
        _lead(pid)  # on both sides: whoever comes first, a group is there to be ended
        running[pid] = key, _Child(time.monotonic(), seconds)
    while running:
        yield from _over(running)


def _lead(pid: int) -> None:
    """Let a child lead a group of its own, with whatever it starts."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.setpgid(pid, pid)


def _be(seconds: float, function: Callable[[], bool]) -> None:
    """Be the child: never returns."""
    code = CRASHED
    try:
        limit = max(1, round(seconds))
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
        _lead(0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        code = GREEN if function() else RED
    except BaseException:  # noqa: BLE001  # whatever it is, the tests did not pass
        code = RED
    finally:
        os._exit(code)


def _over(running: dict[int, tuple[T, _Child]]) -> Iterator[tuple[T, str]]:
    """Those that ended, or that have had their time."""
    ended = False
    for pid, (key, child) in list(running.items()):
        found, status = os.waitpid(pid, os.WNOHANG)
        if not found and time.monotonic() - child.began > child.seconds * WALL:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            status, found = signal.SIGXCPU, pid
        if found:
            ended = True
            del running[pid]
            yield key, _verdict(status)
    if not ended:
        time.sleep(POLL)


def _verdict(status: int) -> str:
    if os.WIFSIGNALED(status):
        return TIMED_OUT if os.WTERMSIG(status) in {signal.SIGXCPU, signal.SIGKILL} else KILLED
    return {GREEN: SURVIVED, RED: KILLED}.get(os.WEXITSTATUS(status), BROKEN)
