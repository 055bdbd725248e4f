"""The audit log through the vendor's own command: `bl log audit list --model M --hours H --output json`.

The command is asked and not imitated: its interface to the console is private and may change.  It needs a console login
(`bl auth login --console`), not an API key.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

from conformance import guarded
from conformance.cut import MASK, cut
from conformance.status.base import LOG_WAIT
from conformance.status.model import Json, NotObservable
from conformance.status.rows import as_object, number

PROGRAM = "bl"
_LISTS = ("items", "list", "rows", "records", "logs", "data", "result", "dataV2")
_NOT_LOGGED_IN = re.compile(r"NotLogin|not logged in|login expired|need(s)? to log ?in", re.IGNORECASE)
_SECRET = re.compile(
    r"(?i)\b(bearer|basic)\s+\S+"
    r"|\b[\w-]*(token|secret|password|authorization|cookie|api[_-]?key|access[_-]?key\w*)[\"']?\s*[:=]\s*\S+"
    r"|\b(sk|LTAI|STS)[\w.-]{8,}"
    r"|(?=[\w.+=-]*\d)(?=[\w.+=-]*[A-Za-z])[\w.+=-]{20,}"
)


class BlReader:
    """Lists the calls of a model over the last hours, whoever made them."""

    name = "bl"
    poll_s = 30.0
    wait_s = LOG_WAIT
    by_time = True  # that a row names the session is in no document

    def __init__(
        self,
        program: str = PROGRAM,
        *,
        model: str,
        timeout_s: float = 60.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.program = program
        self.model = model
        self.missing = "absent"
        self._timeout_s = timeout_s
        self._clock = clock

    def rows(self, since_ms: int, until_ms: int) -> list[Json]:
        """Return the rows of the whole hours that cover the window, in the console's own spelling."""
        del until_ms  # the command counts back from now
        hours = max(1, math.ceil((self._clock() - since_ms / 1000) / 3600))
        asked = [self.program, "log", "audit", "list", "--model", self.model, "--hours", str(hours), "--output", "json"]
        code, out, error = _run(asked, self._timeout_s)
        if code != 0:
            words = f"{self.program} ends with {code}: {first_line(error) or first_line(out)}"
            reason = "no_console_token" if _NOT_LOGGED_IN.search(error + out) else "refused"
            raise NotObservable(reason, words)
        try:
            answer = guarded.parse(out)
        except guarded.Refused:
            raise NotObservable("malformed", f"{self.program} printed no JSON: {first_line(out)}") from None
        _refused(answer)
        found, more = _find(answer)
        # A list that was cut off proves no row absent.
        self.missing = "not_visible_yet" if more else "absent"
        return found


def first_line(printed: str) -> str:
    """Return the first line with words in it, 200 characters at most, without anything like a secret."""
    line = next((one.strip() for one in printed.splitlines() if one.strip()), "")
    return cut(_SECRET.sub(MASK, line), 200)


def _run(command: list[str], timeout_s: float) -> tuple[int, str, str]:
    try:
        started = subprocess.Popen(  # noqa: S603  (the program is the user's own, the arguments are ours)
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except OSError as problem:
        raise NotObservable("no_reader_configured", f"{command[0]} can't be started: {problem.strerror}") from None
    with started:
        try:
            out, error = started.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            _end(started)
            raise NotObservable("timeout", f"{command[0]} did not end in {timeout_s:g} s") from None
        except BaseException:
            _end(started)  # in a session of its own, it does not hear the user's Ctrl-C
            raise
    return started.returncode, out, error


def _end(started: subprocess.Popen[str]) -> None:
    """End the program with all it started: a child that keeps the pipes open would be waited for without end."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(started.pid, signal.SIGKILL)
        else:
            started.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        started.communicate(timeout=5)


def _refused(answer: Any) -> None:
    """Raise what the gateway refuses; it does so with HTTP 200, so the command may end well."""
    level = answer
    while isinstance(level, dict):
        code = next((str(level[name]) for name in ("errorCode", "code") if level.get(name)), "")
        if level.get("success") is False:
            told = next((str(level[name]) for name in ("errorMsg", "errorMessage", "message") if level.get(name)), "")
            words = first_line(f"{code} {told}")
            raise NotObservable("no_console_token" if _NOT_LOGGED_IN.search(words) else "refused", words)
        level = as_object(level.get("data"))


def _find(answer: Any) -> tuple[list[Json], bool]:
    """Return the rows, wherever the answer keeps them, and whether it says that there are more."""
    if isinstance(answer, list):
        if not all(isinstance(row, dict) for row in answer):
            raise NotObservable("malformed", "the list has something in it that is no row")
        return answer, False
    level = as_object(answer)
    for name in _LISTS if level else ():
        inner = level.get(name) if level else None
        if isinstance(inner, list) or as_object(inner):
            found, more = _find(inner)
            total = number(level.get("total") or level.get("totalCount")) if level else None
            return found, more or bool(level and level.get("nextToken")) or (total is not None and total > len(found))
    raise NotObservable("malformed", "the answer has no list of rows")
