"""Holding on two targets: what differs is held once more on both, and only what is then the same is told.

What a script of a chapter shows is told with the conversation; what a generated one shows is shortened first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from conformance import fuzz
from conformance.against.difference import Cause, Difference, causes, differences
from conformance.against.telling import excerpt
from conformance.against.verdicts import Pair, Verdict, followed, says_so_again
from conformance.aside import aside
from conformance.runner import Run
from conformance.wire.conversation import Conversation
from conformance.wire.recorder import Recorder
from conformance.wire.recording import Budget
from conformance.wire.transcript import Transcript

SHORTENED, ATTEMPTS = 5, 80  # differences that are shortened, and how often each script may be held for it


@dataclass
class Compared:
    """What came of it.

    `held` conversations were compared, `generated` of them made from the seed; `passing` differences were not seen a
    second time, and are none; `unsure` says that the budget was spent before all could be held again.
    """

    found: list[Cause] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    """Checks that differ though nothing did that was compared: by what is masked."""
    held: int = 0
    generated: int = 0
    passing: int = 0
    unsure: bool = False


class Holder:
    """Two targets, and what may be spent on each."""

    def __init__(self, here: Run, there: Run, spent: tuple[Budget, Budget], say: Callable[[str], None]) -> None:
        self._runs = (here, there)
        self._spent = spent
        self._say = say
        self._recorders: tuple[Recorder, Recorder] | None = None

    async def compare(self, pairs: Iterable[Pair], verdicts: Iterable[Verdict]) -> Compared:
        """Compare what was held on both, make sure, and go on with generated conversations."""
        here, there = self._runs
        async with here.endpoint() as one, there.endpoint() as other:
            self._recorders = (
                Recorder(one, here.profile, _left(here.budget, self._spent[0])),
                Recorder(other, there.profile, _left(there.budget, self._spent[1])),
            )
            made = Compared()
            seen = {pair[0].conversation: (pair, self._differ(pair)) for pair in pairs}
            await self._written(seen, made)
            left = followed(made.found, verdicts, {name: found for name, (_, found) in seen.items()})
            await self._judged(left, made)
            await self._generated(made)
            return made

    async def _written(self, seen: dict[str, tuple[Pair, list[Difference]]], made: Compared) -> None:
        """The conversations of the chapters."""
        made.held = len(seen)
        for cause in causes(one for _, found in seen.values() for one in found):
            name = min(cause.conversations, key=lambda name: _size(seen[name][0][0]))
            again = await self._hold(self._runs[0].chapters.conversations[name])
            if again is None:
                made.unsure = True
            elif not any(one.key == cause.first.key for one in self._differ(again)):
                made.passing += 1
                continue
            made.found.append(self._shown(cause, again or seen[name][0]))

    async def _judged(self, verdicts: list[Verdict], made: Compared) -> None:
        """Checks that differ by what is masked."""
        profiles = (self._runs[0].profile, self._runs[1].profile)
        held: dict[str, Pair | None] = {}
        for verdict in verdicts:
            known = self._runs[0].chapters.conversations
            name = next((name for name in verdict.conversations if name in known), None)
            if name is not None and name not in held:
                held[name] = await self._hold(known[name])
            again = held.get(name or "")
            if again is None:
                made.unsure = True
            elif not says_so_again(verdict, again, profiles):
                made.passing += 1
                continue
            made.verdicts.append(verdict)

    async def _generated(self, made: Compared) -> None:
        """Conversations of the seed; what is known already is not told again."""
        here = self._runs[0]
        known = {cause.first.key for cause in made.found}
        scripts = fuzz.generate(here.fuzz_seed, here.fuzz_examples, here.profile, here.fuzz_moves)
        room = asyncio.Semaphore(min(run.target.concurrency for run in self._runs))

        async def one(number: int, moves: list[fuzz.Move]) -> Pair | None:
            async with room:
                return await self._hold(fuzz.conversation(moves, fuzz.name(here.fuzz_seed, number), settled=True))

        pairs = await asyncio.gather(*(one(number, moves) for number, moves in enumerate(scripts, 1)))
        made.generated = sum(pair is not None for pair in pairs)
        made.held += made.generated
        made.unsure = made.unsure or None in pairs
        for moves, pair in zip(scripts, pairs, strict=True):
            new = [one for one in self._differ(pair) if one.key not in known and not one.follows] if pair else []
            if new and sum(bool(cause.moves) for cause in made.found) < SHORTENED:
                known.add(new[0].key)
                await self._shorten(moves, new[0], made)

    async def _shorten(self, moves: list[fuzz.Move], first: Difference, made: Compared) -> None:
        self._say(f"{first.conversation} is shortened: {first.at}")

        def fails(candidate: list[fuzz.Move]) -> bool:
            pair = asyncio.run(self._hold(fuzz.conversation(candidate, "fuzz/shrink", settled=True)))
            return pair is not None and any(one.key == first.key for one in self._differ(pair))

        if not await aside(lambda: fails(moves)):
            made.passing += 1
            return
        short = await aside(lambda: fuzz.shrink(moves, fails, ATTEMPTS))
        name = first.conversation + fuzz.SHORT
        pair = await self._hold(fuzz.conversation(short, name, settled=True))
        again = [one for one in self._differ(pair) if one.key == first.key] if pair is not None else []
        cause = causes(again or [first])[0]
        cause.moves = short
        made.found.append(self._shown(cause, pair) if pair is not None else cause)

    async def _hold(self, conversation: Conversation) -> Pair | None:
        """Hold a conversation on both; None when a budget is spent."""
        assert self._recorders is not None
        one, other = await asyncio.gather(*(recorder.attempt(conversation) for recorder in self._recorders))
        return (one, other) if one is not None and other is not None else None

    def _differ(self, pair: Pair) -> list[Difference]:
        here, there = (run.target.deadlines.quiet for run in self._runs)
        return differences(*pair, (here, there))

    def _shown(self, cause: Cause, seen: Pair) -> Cause:
        """The cause with the frames of what shows it."""
        shows = next((one for one in self._differ(seen) if one.key == cause.first.key), None)
        if shows is not None:
            cause.first = shows
            cause.shown = excerpt(shows, seen)
        return cause


def _size(transcript: Transcript) -> int:
    return sum(len(leg.frames) for leg in transcript.legs)


def _left(budget: Budget, spent: Budget) -> Budget:
    """What is left of a budget."""
    tokens = None if budget.tokens is None else max(0, budget.tokens - (spent.tokens or 0))
    sessions = None if budget.sessions is None else max(0, budget.sessions - (spent.sessions or 0))
    return replace(budget, tokens=tokens, sessions=sessions, seconds=None)
