"""Workers of xdist that are forked from a process that has read everything, as the runs of `warm` are.

To start one anew is to read pytest, the suite and its chapters once more: most of what a small run with workers costs.
`test_run.py` has a run whose workers are started as its users' are.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import sys
from typing import Any

ASKER = "OFFSPRING_OF"
"""Names, in a worker's environment, the process that asked for it: its parent is another."""
POSSIBLE = hasattr(os, "pidfd_open")
"""Whether the end of a process can be waited for by another one than its parent: on Linux."""


def breed() -> None:
    """Let what xdist starts from now on be forked from what this process is now."""
    from execnet import gateway_io  # type: ignore[import-untyped,unused-ignore]

    ours, theirs = socket.socketpair()
    breeder = os.fork()
    if breeder == 0:
        ours.close()
        _fork(theirs)
    theirs.close()

    def started(io: Any, args: list[str], execmodel: Any) -> None:
        io.popen = made = Forked(ours)
        super(gateway_io.Popen2IOMaster, io).__init__(made.stdin, made.stdout, execmodel=execmodel)

    setattr(gateway_io.Popen2IOMaster, "__init__", started)  # noqa: B010  # mypy has no way to say so

    def end() -> None:
        if os.getpid() == asker:
            ours.close()
            os.waitpid(breeder, 0)  # what the workers took is then of what this process took

    asker = os.getpid()
    atexit.register(end)


class Forked:
    """A worker: what of `subprocess.Popen` is asked of it."""

    def __init__(self, breeder: socket.socket) -> None:
        reads, stdin = os.pipe()
        stdout, writes = os.pipe()
        self.stdin, self.stdout = os.fdopen(stdin, "wb"), os.fdopen(stdout, "rb")
        env = json.dumps({**os.environ, ASKER: str(os.getpid())}).encode()
        socket.send_fds(breeder, [len(env).to_bytes(4)], [reads, writes])
        breeder.sendall(env)
        self.pid = int.from_bytes(breeder.recv(4))
        self._over = os.pidfd_open(self.pid)
        os.close(reads)
        os.close(writes)

    def wait(self) -> int:
        """Wait for its end; how it ended is told to its parent."""
        select.select([self._over], [], [])
        return 0

    def kill(self) -> None:
        """End it."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)  # nobody else's: it is waited for at the end


def _fork(asks: socket.socket) -> None:
    """Fork for each that is asked for, until nobody asks any more, and leave when they have: never returns in one."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    workers = []
    while True:
        size, given, _, _ = socket.recv_fds(asks, 4, 2)
        if not size:
            break
        env = asks.recv(int.from_bytes(size), socket.MSG_WAITALL)
        worker = os.fork()
        if worker == 0:
            asks.close()
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            _work(given, json.loads(env))
        workers.append(worker)
        asks.sendall(worker.to_bytes(4))
        for descriptor in given:
            os.close(descriptor)
    for worker in workers:
        os.waitpid(worker, 0)
    os._exit(0)


def _work(streams: list[int], env: dict[str, str]) -> None:
    """Be a worker, as `python -c` is one: never returns."""
    os.environ.clear()
    os.environ.update(env)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.argv = ["-c"]
    exec(eval(sys.stdin.readline()), {"__name__": "__main__"})
    sys.exit()
