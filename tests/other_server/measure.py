"""The suite before one of these servers: what it finds, held against what it finds before the faithful one."""

from __future__ import annotations

import fnmatch
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from conformance import runner
from conformance.judge.checks import judge, load
from conformance.report.case import Case
from conformance.report.causes import causes
from conformance.spec.profiles import DEFAULT_MODEL, profile_for
from conformance.trial import needed
from conformance.wire.target import Target, resolve
from rehearsal.swift import swift

from .server import KEY, OtherServer
from .ways import Ways


@dataclass
class Seen:
    """Failing checks with their level and words, and the answers to open questions."""

    failing: dict[str, tuple[str, str]] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)
    causes: list[str] = field(default_factory=list)
    """What most of it hangs on, a sentence each."""

    def must(self) -> dict[str, str]:
        return {name: words for name, (level, words) in self.failing.items() if level == "MUST"}


class Measured(runner.Run):
    """A run whose endpoint lives in the run's own loop, so that time may be swift."""

    ways: Ways = Ways()

    @asynccontextmanager
    async def endpoint(self) -> AsyncIterator[Target]:
        async with OtherServer(self.ways) as server:
            yield self.target.at(server.url)


def see(ways: Ways, globs: Iterable[str] = ("*",), *, model: str = DEFAULT_MODEL) -> Seen:
    """Hold the conversations that these globs name, and judge them."""
    every, profile = load(), profile_for(model)
    names = [name for name in needed(profile) if any(fnmatch.fnmatchcase(name, glob) for glob in globs)]
    rules = {name for name, check in every.checks.items() if check.conversation is None and not name.startswith("FUZ")}
    checks = [check for check in every.checks.values() if check.conversation in names or check.id in rules]
    target = resolve("ws://127.0.0.1:1/api-ws/v1/realtime", model=model, key=KEY, workspace=None)
    run = Measured(target, profile, every, status_wait=0.3)
    run.ways = ways
    with swift():
        held = run.hold(checks)
    seen = Seen()
    for name, outcome in judge(checks, held.recording.transcripts, profile).items():
        seen.verdicts[name] = outcome.verdict
        if outcome.verdict in {"fail", "error"}:
            seen.failing[name] = (every.checks[name].level if name in every.checks else "MUST", str(outcome.detail))
        if outcome.verdict == "observed":
            seen.answers[name] = str(outcome.outcome)
    owners = {name: every.checks[name].conversation or "" for name in seen.verdicts if name in every.checks}
    judged = [
        Case(name, every.checks[name].level, seen.verdicts[name], "", conversation, 0.0)
        for name, conversation in owners.items()
    ]
    seen.causes = [cause.sentence for cause in causes(held.recording.transcripts.values(), judged)]
    if held.recording.infrastructure:
        seen.failing["infrastructure"] = ("MUST", held.recording.infrastructure)
    return seen
