"""One run without pytest: which conversations are needed, where they are held, what the record's head says."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import shlex
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from conformance import __version__, fuzz, plan
from conformance.aside import aside
from conformance.holding import Held, served, told
from conformance.judge.checks import Chapters, Check, applies, level, spoiled, whims
from conformance.mock.options import MockOptions
from conformance.orderly import in_order
from conformance.report.record import FORMAT, options
from conformance.spec.catalogue import clauses, questions
from conformance.spec.profiles import Profile, told_by_name
from conformance.spec.proof import killers
from conformance.status import reading
from conformance.status.base import APART, CountingReader, Reader
from conformance.status.choose import choose
from conformance.status.model import Reading
from conformance.status.none import NoReader
from conformance.wire.conversation import Conversation, Whims
from conformance.wire.recorder import Recorder
from conformance.wire.recording import Budget, Recording
from conformance.wire.target import Target, is_loopback
from conformance.wire.transcript import Transcript

SANITY = "connection/Sanity"
# The paths that are walked when each has to be held alone, with minutes of quiet around it.
MAIN_PATHS = (reading.GOOD, "close-1000-after-response", "close-1000-idle", reading.BAD)
FUZZ_EXAMPLES = 25  # on the embedded mock; a live endpoint is asked by name only
SHORTENED, ATTEMPTS = 3, 80  # generated conversations that are shortened, and how often each may be held for it
CHEAPEST = 10  # tokens of a session of a generated conversation; the mock bills about twelve
STATUS_WAIT = 60.0  # seconds
EMBEDDED_WAIT = 2.0  # seconds: the embedded mock lists a session as soon as it is over


def _generated(checks: Iterable[Check]) -> bool:
    return any(check.id.startswith("FUZ-") for check in checks)


def asked_by(checks: Iterable[Check], chapters: Chapters, profile: Profile) -> list[Conversation]:
    """The conversations that these checks are asked of, of a model that they are for; each once."""
    names = {check.conversation: None for check in checks if check.conversation and applies(check.id, profile) is None}
    return [chapters.conversations[name] for name in names]


def live_budget(examples: int, tokens: int = 0) -> Budget:
    """What a live run may spend unless it is told otherwise; generated conversations come on top."""
    return Budget(tokens=60_000 + tokens, sessions=130 + 2 * examples + tokens // CHEAPEST)


@dataclass
class Run:
    """What a run was asked to do."""

    target: Target
    profile: Profile
    chapters: Chapters
    budget: Budget = field(default_factory=Budget)
    mock: MockOptions | None = None
    slow: bool = False
    fuzz_examples: int = 0
    fuzz_seed: int = 1
    fuzz_moves: int = fuzz.LONGEST
    fuzz_tokens: int = 0
    """Tokens that generated conversations spend beside those of `fuzz_examples`."""
    status_source: str = "auto"
    status_wait: float | None = None
    """Seconds to wait for the platform's rows; None: as long as this target deserves."""
    command: tuple[str, ...] = ()
    apart: float = APART
    """Seconds between sessions that are told by their time."""

    def head(self) -> dict[str, Any]:
        """The fields of the record's `run` line."""
        return {
            "format": FORMAT,
            "target": {
                "kind": self.target.kind,
                "endpoint": self.target.name,
                "model": self.target.model,
                **({} if told_by_name(self.profile) else {"profile": self.profile.family}),
            },
            "suite": {"version": __version__},
            "started": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "command": shlex.join(self.command),
            "workspace": self.target.workspace,
            **({"headers": [name for name, _ in self.target.headers]} if self.target.headers else {}),
            "budget": {"tokens": self.budget.tokens, "sessions": self.budget.sessions},
            "seed": self.fuzz_seed if self.fuzz_examples or self.fuzz_tokens else None,
            "quirks": list(self.mock.quirks) if self.mock else [],
            "switches": dict(self.mock.switches) if self.mock else {},
            "sources": max(row.date for row in clauses().values()),
        }

    def catalogue(self) -> dict[str, Any]:
        """The fields of the record's `catalogue` line: clauses, questions, and the checks that judge them."""
        return {
            "clauses": [{**vars(row), "level": row.level_for(self.profile.family)} for row in clauses().values()],
            "questions": [
                {**vars(row), "outcomes": [vars(one) for one in row.outcomes], "expected": row.expected}
                for row in questions().values()
            ],
            "checks": {
                check.id: {
                    "level": level(check.id, self.profile),
                    "conversation": check.conversation,
                    "where": check.where,
                    "scenario": inspect.cleandoc(check.owner.__doc__ or ""),
                    "killed_by": killers().get(check.id, []),
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
        for conversation in asked_by(checks, self.chapters, self.profile):
            if conversation.plain and self.target.url.startswith("wss:"):
                refused[conversation.name] = "not possible over TLS, which has no half-close"
            elif conversation.slow and not self.slow:
                refused[conversation.name] = "takes minutes: held with --slow only"
            else:
                wanted[conversation.name] = conversation
        return list(wanted.values()), refused

    def chosen(self, checks: Iterable[Check]) -> tuple[list[Conversation], dict[str, str]]:
        """What these checks need, with the generated conversations where a check is about them."""
        checks = list(checks)
        conversations, refused = self.needed(checks)
        generated = list(itertools.islice(self.generated(), self.fuzz_examples)) if _generated(checks) else []
        if self.mock is None:
            return conversations + generated, refused
        # On the embedded mock nothing is scarce: what takes longest begins first, so that nobody waits for it alone at
        # the end; among equals what stands last, for the closings listen to silence.
        beside = [item for item in reversed(conversations) if not item.last]
        beside.sort(key=lambda item: plan.seconds(item, self.profile), reverse=True)
        return generated + beside + [item for item in conversations if item.last], refused

    def hold(
        self,
        checks: Iterable[Check],
        *,
        on_done: Callable[[Transcript], None] = lambda transcript: None,
        watch: Callable[[Recorder], None] = lambda recorder: None,
        say: Callable[[str], None] = lambda words: None,
    ) -> Held:
        """Hold what the checks need and read the platform's status of the close paths.

        KeyboardInterrupt passes through after partial transcripts were handed over.
        """
        checks = list(checks)
        conversations, refused = self.chosen(checks)
        held = in_order(self._hold(conversations, on_done, watch, say, self.fuzz_tokens if _generated(checks) else 0))
        held.recording.not_held.update(refused)
        return held

    async def _hold(
        self,
        conversations: list[Conversation],
        on_done: Callable[[Transcript], None],
        watch: Callable[[Recorder], None],
        say: Callable[[str], None],
        tokens: int,
    ) -> Held:
        async with self.endpoint() as target:
            recorder = Recorder(target, self.profile, self.budget)
            watch(recorder)
            rest = [item for item in conversations if item.name != SANITY]
            # Asking for a ledger blocks, and the embedded mock answers from this very loop.
            reader = await aside(lambda: choose(self.status_source, target_url=target.url, model=target.model))
            counted = [item for item in rest if item.path in MAIN_PATHS] if isinstance(reader, CountingReader) else []
            apart = self.told_by_time(reader, rest, target)
            together = [item for item in rest if item not in counted and item not in apart]
            judged: dict[str, Any] = {"on_done": on_done, "again": self._again, "matters": self._matters}
            first = self.first(conversations, apart)
            if apart:
                if first not in apart:
                    await recorder.record([], sanity=first, **judged)
                await self._apart(recorder, apart, judged, say, first)
            recording = await recorder.record(together, sanity=None if apart else first, **judged)
            held = Held(recording, reader.name)
            if isinstance(reader, CountingReader):
                held.readings = await self._counted(reader, recorder, counted, on_done, say)
                reading.attach(recording.transcripts, held.readings)
            elif recording.infrastructure is None:
                held = await aside(lambda: told(reader, recording, self.wait_for(reader), say, target.secrets))
            if tokens:
                await fuzz.spend(
                    recorder, itertools.islice(self.generated(), self.fuzz_examples, None), tokens, on_done
                )
            for short in await self._shortened(recorder, say):
                await recorder.record([short], on_done=on_done)
            return held

    def generated(self) -> Iterator[Conversation]:
        """The conversations of the seed, without end."""
        where = self.where
        for number, moves in enumerate(fuzz.scripts(self.fuzz_seed, self.profile, self.fuzz_moves), 1):
            yield fuzz.conversation(moves, fuzz.name(self.fuzz_seed, number), where)

    @property
    def where(self) -> str:
        """The options that name this run's endpoint, as a shell takes them."""
        deep = ["--fuzz-moves", str(self.fuzz_moves)] if self.fuzz_moves != fuzz.LONGEST else []
        return shlex.join([*options(self.head()), *deep])

    async def _shortened(self, recorder: Recorder, say: Callable[[str], None]) -> list[Conversation]:
        """The shortest scripts found, within the budget, that fail as the first broken ones of the generated did."""
        short: list[Conversation] = []
        for transcript in [item for item in recorder.recording.transcripts.values() if item.generated]:
            broken = fuzz.breaches(transcript, self.profile)
            if not broken or len(short) == SHORTENED:
                continue
            say(f"{transcript.conversation} is shortened: {broken[0].id}")

            def fails(moves: list[fuzz.Move], wanted: str = broken[0].id) -> bool:
                again = asyncio.run(recorder.attempt(fuzz.conversation(moves, "fuzz/shrink")))
                return again is not None and any(breach.id == wanted for breach in fuzz.breaches(again, self.profile))

            moves: list[fuzz.Move] = transcript.notes["moves"]
            left = await aside(lambda moves=moves, fails=fails: fuzz.shrink(moves, fails, ATTEMPTS))  # type: ignore[misc]
            short.append(fuzz.conversation(left, transcript.conversation + fuzz.SHORT, self.where))
        return short

    def read_late(self, transcripts: dict[str, Transcript]) -> Held:
        """Ask for the platform's status of sessions that are long over; opens no connection to the endpoint."""
        reader = choose(self.status_source, target_url=self.target.url, model=self.target.model)
        return told(reader, Recording(transcripts), self.wait_for(reader))

    def wait_for(self, reader: Reader) -> float:
        """Seconds to wait for the platform's rows."""
        if self.status_wait is not None:
            return self.status_wait
        if self.mock is not None:
            return EMBEDDED_WAIT
        return float(getattr(reader, "wait_s", STATUS_WAIT))

    def first(self, conversations: Iterable[Conversation], apart: Sequence[Conversation]) -> Conversation | None:
        """What is held before all others, alone, and tells whether the endpoint can be used at all.

        The sanity conversation does, whichever checks are asked for; but where others are held alone anyway and no
        check asks for it, the first of them tells as much, and no session is opened for nothing.
        """
        if apart and all(item.name != SANITY for item in conversations):
            return apart[0]
        return self.chapters.conversations.get(SANITY)

    def held_apart(self, conversations: Iterable[Conversation]) -> list[Conversation]:
        """Those of a live run that will be held one by one, before anything is opened."""
        if self.target.kind != "live":
            return []
        reader = choose(self.status_source, target_url=self.target.url, model=self.target.model)
        return self.told_by_time(reader, conversations, self.target)

    @staticmethod
    def told_by_time(reader: Reader, conversations: Iterable[Conversation], target: Target) -> list[Conversation]:
        """The close paths that somebody will tell apart by when they were walked, the most wanted ones first.

        A reader whose rows may not name a session tells all of them so; where there is no reader, a person finds the
        few that the form asks for in a console.
        """
        if getattr(reader, "by_time", False):
            chosen = [item for item in conversations if item.path is not None]
        elif isinstance(reader, NoReader) and target.kind == "live" and not is_loopback(target.url):
            chosen = [item for item in conversations if item.path in reading.ASKED]
        else:
            return []
        return sorted(chosen, key=lambda item: (not item.urgent, reading.place(item.path)))

    async def _apart(
        self,
        recorder: Recorder,
        conversations: list[Conversation],
        judged: dict[str, Any],
        say: Callable[[str], None],
        first: Conversation | None = None,
    ) -> None:
        """Hold conversations one by one, with a gap after each in which nothing is open.

        `first`, if it is one of them, tells whether the endpoint can be used.
        """
        for number, conversation in enumerate(conversations, 1):
            if recorder.recording.infrastructure is not None:
                gap = 0.0
            else:
                say(f"{conversation.path} is held alone, {number} of {len(conversations)}")
                gap = self.apart
            if conversation is first:
                await recorder.record([], sanity=conversation, **judged)
            else:
                await recorder.record([conversation], **judged)
            await asyncio.sleep(gap)

    async def _counted(
        self,
        reader: CountingReader,
        recorder: Recorder,
        alone: list[Conversation],
        on_done: Callable[[Transcript], None],
        say: Callable[[str], None],
    ) -> dict[str, Reading]:
        """Hold the main paths one by one: a counter tells a session only when nothing else moves it."""
        readings = {}
        for number, conversation in enumerate(alone, 1):
            assert conversation.path is not None
            say(f"{conversation.path} is held alone, {number} of {len(alone)}")

            async def hold(conversation: Conversation = conversation) -> None:
                await recorder.record([conversation], on_done=on_done)

            readings[conversation.path] = await reading.counted(reader, conversation.path, hold, self.wait_for(reader))
        return readings

    def _again(self, transcript: Transcript) -> Whims:
        return whims(self.chapters.checks.values(), transcript, self.profile)

    def _matters(self, transcript: Transcript) -> bool:
        return spoiled(self.chapters.checks.values(), transcript, self.profile)

    @asynccontextmanager
    async def endpoint(self) -> AsyncIterator[Target]:
        """The target to dial; for the embedded mock, a server that lives as long as the run."""
        if self.mock is None:
            yield self.target
            return
        async with served(self.target, self.mock) as (target, _):
            yield target


def recorded(recording: Recording, run: Run) -> Mapping[str, Any]:
    """The fields of the record's `recorded` line."""
    return {
        "conversations": recording.progress.held,
        "sessions": recording.progress.sessions,
        "not_held": recording.not_held,
        "kept_out": recording.kept_out,
        "urgent": recording.urgent,
        "rested": recording.rested,
        "slowed": recording.slowed,
        "lag_ms": recording.lag,
        "infrastructure": recording.infrastructure,
        "concurrency": run.target.concurrency,
    }
