"""The live line on a terminal: what is held, what is waiting, what it has cost so far."""

from __future__ import annotations

from typing import Any

from conformance.wire.recording import Progress


class LiveLine:
    """Rewrites one line of pytest's terminal; silent when there is no terminal."""

    def __init__(self, reporter: Any) -> None:
        self._reporter = reporter if reporter is not None and reporter.isatty else None
        self._progress: Progress | None = None

    def watch(self, progress: Progress) -> None:
        """Show this progress from now on."""
        self._progress = progress
        progress.changed = self.show
        self.show()

    def show(self) -> None:
        """Bring the line up to date."""
        now = self._progress
        if self._reporter is None or now is None:
            return
        # Turns that come every second or two are the pace; only what is longer is worth a word.
        waits = f" · waits {now.waiting:.0f} s{f' ({now.why})' if now.why else ''}" if now.waiting > 2 else ""
        self._reporter.rewrite(
            f"held {now.held}/{now.total} conversations · {now.holding} open · "
            f"{now.sessions} sessions · {now.tokens:,} tokens{waits}",
            erase=True,
        )

    def say(self, words: str) -> None:
        """Show something else than the progress: what the platform's status is waiting for."""
        if self._reporter is not None:
            self._reporter.rewrite(f"platform status: {words}", erase=True)

    def clear(self) -> None:
        """Recording is over; judging begins."""
        if self._reporter is not None:
            self._reporter.rewrite("judging", erase=True)
            self._reporter.write_line("")
