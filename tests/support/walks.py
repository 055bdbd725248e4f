"""Holding a part of the suite against mocks of many kinds, without a process for each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from conformance.judge.checks import Check, Outcome, judge, load
from conformance.mock.options import MockOptions
from conformance.mock.server import MockServer
from conformance.spec.catalogue import questions
from conformance.spec.profiles import MODELS, Profile, profile_for
from conformance.wire.recorder import Recorder
from conformance.wire.target import resolve


def judged(
    conversations: Iterable[str] | None, *, model: str = "qwen3.5-omni-flash-realtime", **options: object
) -> dict[str, Outcome]:
    """Hold these conversations (None: all that the model needs) and judge all checks on what came of them."""
    profile = profile_for(model)
    chapters = load()
    names = set(needed(profile) if conversations is None else conversations)
    wanted = [item for name, item in chapters.conversations.items() if name in names and not item.slow]

    async def hold() -> Recorder:
        async with MockServer(MockOptions(**options)) as server:  # type: ignore[arg-type]
            target = resolve("mock", model=model, key=None, workspace=None)
            recorder = Recorder(replace(target.at(server.url), concurrency=16), profile)
            await recorder.record(wanted)
            return recorder

    transcripts = asyncio.run(hold()).recording.transcripts
    checks = [check for check in chapters.checks.values() if check.conversation is None or check.conversation in names]
    return judge(checks, transcripts, profile)


def needed(profile: Profile) -> list[str]:
    """The conversations that this model's checks need."""
    from conformance.judge.checks import applies

    checks = load().checks.values()
    return sorted({c.conversation for c in checks if c.conversation and applies(c.id, profile) is None})


def failures(outcomes: dict[str, Outcome], level: str | None = "MUST") -> dict[str, str]:
    """Checks of this level (None: any) that fail or err, with what they said."""
    levels: dict[str, Check] = dict(load().checks)
    return {
        check_id: outcome.detail
        for check_id, outcome in outcomes.items()
        if outcome.verdict in {"fail", "error"} and level in {None, levels[check_id].level}
    }


def flips() -> list[tuple[str, str]]:
    """Every (question, outcome) that a switch of the mock can be turned to, the default outcome left out."""
    from conformance.mock.switches import NOT_SWITCHABLE, known

    checks, found = load().checks, []
    for row in questions().values():
        name = row.id.lower().removeprefix("q-")
        if name in NOT_SWITCHABLE or name not in known() or row.id not in checks:
            continue
        found += [
            (row.id, outcome.id)
            for outcome in row.outcomes
            if not outcome.mock and f"{name}={outcome.id}" not in NOT_SWITCHABLE
        ]
    return found


def model_for(question: str) -> str:
    """A model that the question is asked of; the default one where it can be."""
    families = questions()[question].models
    default = "qwen3.5-omni-flash-realtime"
    if not families or profile_for(default).family in families:
        return default
    return next(model for model in MODELS if profile_for(model).family in families)
