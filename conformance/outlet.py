"""Standard output that somebody may close while we write (`| head`): what is left to say is dropped, and nothing else.

A run goes on and writes its report, a command ends with the exit code that it would have had.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any


class Unbroken:
    """A text stream whose reader may go away."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._broken = False

    def write(self, text: str) -> int:
        """Write, as long as somebody reads."""
        if not self._broken:
            try:
                self._stream.write(text)
            except BrokenPipeError:
                self._drop()
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each of `lines`."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush, as long as somebody reads."""
        if not self._broken:
            try:
                self._stream.flush()
            except BrokenPipeError:
                self._drop()

    def _drop(self) -> None:
        self._broken = True
        # What is still in the buffer would be tried again when the interpreter ends, and told as an error then.
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def unbroken() -> Iterator[None]:
    """Let nobody who closes standard output or standard error end what goes on inside."""
    before = sys.stdout, sys.stderr
    ours = Unbroken(sys.stdout), Unbroken(sys.stderr)
    sys.stdout, sys.stderr = ours
    try:
        yield
    finally:
        for stream in ours:
            stream.flush()
        # Somebody may have put a stream of his own on top of ours, and takes it away himself.
        sys.stdout = before[0] if sys.stdout is ours[0] else sys.stdout
        sys.stderr = before[1] if sys.stderr is ours[1] else sys.stderr
