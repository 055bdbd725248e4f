"""A process that has held a run of the suite, and so has read all that one reads; it forks for each that is asked for.

Starting Python, reading pytest, the suite, its chapters and its schemas is most of what a short run costs, and is the
same in each: here it is done once in a session.  What a run does from its first line of its own on it does itself, and
it ends as a process ends; `test_warm.py` shows that the two ways tell the same, and which runs have to be started anew.

This file is the client, and as a program (`python warm.py OPTION…`) the process itself.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ANEW = ("conformance.conftest",)
"""What a run does on being read: it is read again in each."""
READING = 60.0  # seconds


@dataclass(frozen=True)
class Ended:
    """Its exit code, negative for a signal; seconds of CPU that it took, and that reading had taken before."""

    code: int
    took: float
    reading: float


@dataclass
class Warm:
    """The process, which starts when it is first asked, and has run pytest with `options` once.

    `{folder}` in an option is a folder that is gone when that run is over.  Whoever asks is the process that started
    it: one that was forked since starts one of its own.
    """

    cwd: Path
    env: dict[str, str]
    options: tuple[str, ...]
    _process: subprocess.Popen[str] | None = None
    _asker: int = field(default=0)

    def run(self, argv: list[str], env: dict[str, str], into: Path, seconds: float, size: int | None = None) -> Ended:
        """Run a module (`argv`, its name first) to its end, for so many seconds at most.

        It writes to `out` and `err` in the folder `into`, and no file longer than `size` bytes.
        """
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        hang = threading.Timer(seconds, os.killpg, (process.pid, signal.SIGKILL))
        hang.start()
        try:
            asked = {"argv": argv, "env": env, "into": str(into), "size": size}
            print(json.dumps(asked), file=process.stdin, flush=True)
            told = process.stdout.readline()
        except BaseException:
            self.end(signal.SIGKILL)
            raise
        finally:
            hang.cancel()
        if not told:
            self.end(signal.SIGKILL)
            raise ChildProcessError(f"{argv} took more than {seconds} s, or there was nothing to run it in")
        return Ended(**json.loads(told))

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None or self._asker != os.getpid():
            self._asker = os.getpid()
            self._process = subprocess.Popen(
                [sys.executable, __file__, *self.options],
                cwd=self.cwd,
                env=self.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,  # so that what hangs is ended with all that it has started
            )
        return self._process

    def end(self, by: signal.Signals | None = None) -> None:
        """Let it end, by a signal to it and to what it runs or because nobody will ask any more."""
        process, self._process = self._process, None
        if process is None or self._asker != os.getpid():
            return
        if by is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, by)
        with contextlib.suppress(BrokenPipeError):
            process.communicate()


def main(*options: str) -> None:
    """Read everything, and fork for each line of standard input: what became of the child is a line of output."""
    answers = os.dup(1)
    _lead(1, os.devnull)
    with tempfile.TemporaryDirectory() as folder:
        code = pytest.main([option.replace("{folder}", folder) for option in options])
    assert code == 0, code
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join(READING)  # it reads what a longer run's end needs
    reading = time.process_time()
    for name in ANEW:
        sys.modules.pop(name, None)
    assert threading.active_count() == 1
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.close(answers)
            _be(**json.loads(line))
        _, status, used = os.wait4(child, 0)
        took = used.ru_utime + used.ru_stime
        ended = {"code": os.waitstatus_to_exitcode(status), "took": took, "reading": reading}
        os.write(answers, f"{json.dumps(ended)}\n".encode())


def _be(argv: list[str], env: dict[str, str], into: str, size: int | None) -> None:
    """Be the run: never returns."""
    os.environ.clear()
    os.environ.update(env)
    for number, name in enumerate((os.devnull, f"{into}/out", f"{into}/err")):
        _lead(number, name)
    if size is not None:
        sys.dont_write_bytecode = True  # what Python would keep of a module would be cut, too
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    sys.path[0] = str(Path.cwd())  # as `python -m` has it
    sys.argv = argv
    runpy.run_module(argv[0], run_name="__main__", alter_sys=True)
    sys.exit()


def _lead(number: int, path: str) -> None:
    """Let a descriptor lead to a file."""
    opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    os.dup2(opened, number)
    os.close(opened)


if __name__ == "__main__":
    main(*sys.argv[1:])
