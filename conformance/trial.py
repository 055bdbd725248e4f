"""A trial: some conversations held with a mock of some kind, in this process, and the checks judged on them.

The kill matrix and the self-tests about switches and models are made of trials.  They wait more than they work, so
many run side by side in one event loop.
"""

from __future__ import annotations

import asyncio
import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from conformance import fuzz
from conformance.aside import aside
from conformance.holding import served, told
from conformance.judge.checks import Outcome, judge, load
from conformance.mock.ledger import Call
from conformance.mock.options import MockOptions
from conformance.orderly import handed_over
from conformance.runner import asked_by
from conformance.spec.profiles import DEFAULT_MODEL, Profile, profile_for
from conformance.status.ledger import LedgerReader
from conformance.wire.recorder import Recorder
from conformance.wire.target import LOOPBACK, resolve
from conformance.wire.transcript import Transcript

SIDE_BY_SIDE = 12
GENERATED = 10  # conversations that `fuzz/*` stands for
LOOK = 0.3  # seconds


@dataclass(frozen=True)
class Trial:
    """What is held and with which mock, and what is judged.

    `conversations` are globs; None: all that the model's checks need.  `checks` are ids; None: all that can be judged
    on what is held.
    """

    conversations: tuple[str, ...] | None
    model: str = DEFAULT_MODEL
    mock: MockOptions = field(default_factory=MockOptions)
    checks: frozenset[str] | None = None


@dataclass(frozen=True)
class Result:
    """What came of a trial: the transcripts, and an outcome for every check that could be judged on them."""

    trial: Trial
    transcripts: dict[str, Transcript]
    outcomes: dict[str, Outcome]
    calls: list[Call]
    """The sessions that the mock's ledger lists."""


def run(trials: Sequence[Trial], side_by_side: int = SIDE_BY_SIDE) -> list[Result]:
    """Run trials side by side, at most so many at once; results come in the order of the trials."""

    async def everything() -> list[tuple[dict[str, Transcript], list[Call]]]:
        room = asyncio.Semaphore(side_by_side)
        return await asyncio.gather(*(_hold(trial, room) for trial in trials))

    held = handed_over(everything())
    return [_judge(trial, *one) for trial, one in zip(trials, held, strict=True)]


def names(trial: Trial) -> list[str]:
    """The conversations that a trial holds: those of its globs that the model's checks need, slow ones left out."""
    profile = profile_for(trial.model)
    everything = load().conversations
    chosen = needed(profile)
    globs = trial.conversations
    if globs is not None:
        chosen = [name for name in everything if any(fnmatch.fnmatchcase(name, glob) for glob in globs)]
    return [name for name in chosen if not everything[name].slow]


def needed(profile: Profile) -> list[str]:
    """The conversations that this model's checks need."""
    return sorted(item.name for item in asked_by(load().checks.values(), load(), profile))


async def _hold(trial: Trial, room: asyncio.Semaphore) -> tuple[dict[str, Transcript], list[Call]]:
    conversations = [load().conversations[name] for name in names(trial)]
    if any(glob.startswith("fuzz/") for glob in trial.conversations or ()):
        scripts = fuzz.generate(1, GENERATED, profile_for(trial.model))
        conversations += [fuzz.conversation(moves, fuzz.name(1, number)) for number, moves in enumerate(scripts, 1)]
    target = resolve("mock", model=trial.model, key=None, workspace=None)
    if trial.mock.key is not None:
        target = replace(target, key=trial.mock.key)
    if trial.mock.latency == "live":
        target = replace(target, deadlines=LOOPBACK)  # as for a mock that somebody started by hand
    async with room, served(replace(target, concurrency=16), trial.mock) as (here, server):
        recording = await Recorder(here, profile_for(trial.model)).record(conversations)
        # The ledger lists a session as soon as it is over: one look tells, and what is missing then is absent.
        held = await aside(lambda: told(LedgerReader(server.url), recording, LOOK, secrets=here.secrets))
        return held.recording.transcripts, server.ledger.calls


def _judge(trial: Trial, transcripts: dict[str, Transcript], calls: list[Call]) -> Result:
    asked = trial.checks
    checks = [
        check
        for name, check in load().checks.items()
        if (check.conversation is None or check.conversation in transcripts) and (asked is None or name in asked)
    ]
    return Result(trial, transcripts, judge(checks, transcripts, profile_for(trial.model)), calls)


def failures(outcomes: dict[str, Outcome], level: str | None = "MUST") -> dict[str, str]:
    """Checks of this level (None: any) that fail or err, with what they said."""
    checks = load().checks
    return {
        check_id: outcome.detail
        for check_id, outcome in outcomes.items()
        if outcome.verdict in {"fail", "error"} and level in {None, checks[check_id].level}
    }


def alone(conversations: Iterable[str] | None, *, model: str = DEFAULT_MODEL, **options: object) -> dict[str, Outcome]:
    """The outcomes of one trial; `options` are those of the mock."""
    globs = None if conversations is None else tuple(conversations)
    return run([Trial(globs, model, MockOptions(**options))])[0].outcomes  # type: ignore[arg-type]
