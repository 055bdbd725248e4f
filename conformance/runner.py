"""One run without pytest: which conversations are needed, where they are held, what the record's head says."""

from __future__ import annotations

import asyncio
import inspect
import shlex
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from conformance import __version__
from conformance.judge.checks import Chapters, Check, applies, uncooperative
from conformance.mock.options import MockOptions
from conformance.mock.server import MockServer
from conformance.report.record import FORMAT
from conformance.spec.catalogue import clauses, questions
from conformance.spec.profiles import Profile
from conformance.wire.recorder import Budget, Conversation, Recorder, Recording
from conformance.wire.target import Target
from conformance.wire.transcript import Transcript

SANITY = "connection/Sanity"
LIVE_BUDGET = Budget(tokens=60_000, sessions=130)


@dataclass
class Run:
    """What a run was asked to do."""

    target: Target
    profile: Profile
    chapters: Chapters
    budget: Budget = field(default_factory=Budget)
    mock: MockOptions | None = None
    slow: bool = False
    command: tuple[str, ...] = ()

    def head(self) -> dict[str, Any]:
        """The fields of the record's `run` line."""
        return {
            "format": FORMAT,
            "target": {"kind": self.target.kind, "endpoint": self.target.name, "model": self.target.model},
            "suite": {"version": __version__},
            "started": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "command": shlex.join(self.command),
            "workspace": self.target.workspace,
            "budget": asdict(self.budget),
            "quirks": list(self.mock.quirks) if self.mock else [],
            "switches": dict(self.mock.switches) if self.mock else {},
            "sources": max(row.date for row in clauses().values()),
        }

    def catalogue(self) -> dict[str, Any]:
        """The fields of the record's `catalogue` line: clauses, questions, and the checks that judge them."""
        return {
            "clauses": [asdict(row) for row in clauses().values()],
            "questions": [{**asdict(row), "expected": row.expected} for row in questions().values()],
            "checks": {
                check.id: {
                    "level": check.level,
                    "conversation": check.conversation,
                    "where": check.where,
                    "scenario": inspect.cleandoc(check.owner.__doc__ or ""),
                }
                for check in self.chapters.checks.values()
            },
        }

    def needed(self, checks: Iterable[Check]) -> tuple[list[Conversation], dict[str, str]]:
        """The conversations that these checks need, and reasons for those that are not to be held.

        A conversation all of whose checks are for other models costs a session for nothing and is left out.  Rules
        need no conversation of their own: they judge what is held, and the sanity conversation always is.
        """
        wanted: dict[str, Conversation] = {}
        refused: dict[str, str] = {}
        for check in checks:
            if check.conversation is None or applies(check.id, self.profile) is not None:
                continue
            conversation = self.chapters.conversations[check.conversation]
            if conversation.slow and not self.slow:
                refused[conversation.name] = "takes minutes: held with --slow only"
            else:
                wanted[conversation.name] = conversation
        return list(wanted.values()), refused

    def hold(
        self,
        checks: Iterable[Check],
        *,
        on_done: Callable[[Transcript], None] = lambda transcript: None,
        watch: Callable[[Recorder], None] = lambda recorder: None,
    ) -> Recording:
        """Hold what the checks need; KeyboardInterrupt passes through after partial transcripts were handed over."""
        conversations, refused = self.needed(checks)
        recording = asyncio.run(self._hold(conversations, on_done, watch))
        recording.not_held.update(refused)
        return recording

    async def _hold(
        self,
        conversations: list[Conversation],
        on_done: Callable[[Transcript], None],
        watch: Callable[[Recorder], None],
    ) -> Recording:
        async with self.endpoint() as target:
            recorder = Recorder(target, self.profile, self.budget)
            watch(recorder)
            sanity = self.chapters.conversations.get(SANITY)
            rest = [item for item in conversations if item.name != SANITY]
            return await recorder.record(rest, sanity=sanity, on_done=on_done, again=self._again)

    def _again(self, transcript: Transcript) -> str | None:
        return uncooperative(self.chapters.checks.values(), transcript, self.profile)

    @asynccontextmanager
    async def endpoint(self) -> AsyncIterator[Target]:
        """The target to dial; for the embedded mock, a server that lives as long as the run."""
        if self.mock is None:
            yield self.target
            return
        async with MockServer(self.mock) as server:
            yield self.target.at(server.url)


def recorded(recording: Recording, run: Run) -> Mapping[str, Any]:
    """The fields of the record's `recorded` line."""
    return {
        "conversations": recording.progress.held,
        "sessions": recording.progress.sessions,
        "not_held": recording.not_held,
        "infrastructure": recording.infrastructure,
        "concurrency": run.target.concurrency,
    }
