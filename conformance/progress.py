"""The live line: what is held, what is waiting, what it has cost so far; off a terminal a line for each quarter."""

from __future__ import annotations

import os
import shutil
from typing import Any

from conformance.wire.recording import Progress


class LiveLine:
    """Rewrites one line of pytest's terminal; where there is none (a log) it writes few, and at `-q` none."""

    def __init__(self, reporter: Any) -> None:
        live = reporter is not None and reporter.isatty and os.environ.get("TERM") != "dumb"
        self._reporter = reporter if live else None
        self._log = reporter if reporter is not None and not live and reporter.verbosity >= 0 else None
        self._quarter = 0
        self._progress: Progress | None = None

    def watch(self, progress: Progress) -> None:
        """Show this progress from now on."""
        self._progress = progress
        progress.changed = self.show
        self.show()

    def show(self) -> None:
        """Bring the line up to date."""
        now = self._progress
        if self._log is not None and now is not None and now.total and now.held * 4 // now.total > self._quarter:
            self._quarter = now.held * 4 // now.total
            self._log.write_line(f"held {now.held} of {now.total} conversations, {now.tokens:,} tokens")
        if self._reporter is None or now is None or not now.total:
            return
        # Turns that come every second or two are the pace; only what is longer is worth a word.
        waits = f" · waits {now.waiting:.0f} s{f' ({now.why})' if now.why else ''}" if now.waiting > 2 else ""
        self._rewrite(
            f"held {now.held}/{now.total} conversations · {now.holding} open · "
            f"{now.sessions} sessions · {now.tokens:,} tokens{waits}"
        )

    def say(self, words: str) -> None:
        """Show something else than the progress: what the platform's status is waiting for."""
        self._rewrite(f"platform status: {words}")

    def clear(self) -> None:
        """Recording is over; judging begins."""
        self._rewrite("judging")
        if self._reporter is not None:
            self._reporter.write_line("")

    def _rewrite(self, text: str) -> None:
        """In one line: what is wider than the terminal goes on in the next, where nothing rewrites it."""
        if self._reporter is not None:
            width = shutil.get_terminal_size().columns - 1
            self._reporter.rewrite(text if len(text) <= width else f"{text[: width - 1]}…", erase=True)
