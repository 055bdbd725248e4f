"""The recorder: holds all the conversations that a run needs, concurrently, each exactly once."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

from conformance.spec.profiles import Profile
from conformance.spec.trouble import Kind
from conformance.wire import trouble
from conformance.wire.attempts import Attempts, Stalls, minutes
from conformance.wire.beside import Beside
from conformance.wire.chance import Chance
from conformance.wire.conversation import Conversation, Whims
from conformance.wire.fitness import deaf, unusable
from conformance.wire.holding import OnDone, hold, note
from conformance.wire.hush import TIMES, Hush
from conformance.wire.limits import Room
from conformance.wire.pace import RECONNECT, Clock, Pacer
from conformance.wire.pulse import Pulse
from conformance.wire.recording import Budget, Cause, Recording, spent
from conformance.wire.target import Target
from conformance.wire.transcript import Transcript

LOOK_AGAIN = 5.0  # seconds between two looks whether a rest after throttling is over
BROKEN_OFF = 5  # conversations in a row that had to be broken off, after which no further one is worth opening
Unusable = Callable[[Transcript], tuple[Kind, str] | None]
Matters = Callable[[Transcript], bool]
"""Whether what is missing from a conversation keeps any check from passing; None where nobody judges."""
Again = Callable[[Transcript], Whims]


class Recorder:
    """Holds conversations behind a limit and hands each transcript over as soon as it is complete."""

    def __init__(
        self, target: Target, profile: Profile, budget: Budget | None = None, *, clock: Clock | None = None
    ) -> None:
        self.target = target
        self.profile = profile
        self.budget = budget or Budget()
        self.recording = Recording()
        self.pulse = Pulse()
        self.pacer = Pacer(
            target.rpm,
            tokens_a_minute=target.tokens_a_minute,
            back_off=target.back_off,
            clock=clock,
            on_wait=self._waiting,
        )
        self.beside = Beside(target.concurrency)
        self._again: Again = lambda transcript: Whims()
        self._matters: Matters | None = None
        self._kept_back = 0  # sessions of those that come last
        self._chance = Chance()
        self._ways: set[str] = set()  # of losing a session, that were found to be the endpoint's own
        self._over: tuple[Cause, str] | None = None  # why nothing more is opened
        self.hush = Hush(target.deadlines.quiet * TIMES)
        self._room = Room(hush=self.hush)
        self._later: list[tuple[Conversation, Attempts]] = []  # lost once, to be held again when the others are over
        self._broken_off = 0  # conversations in a row
        self._together = False  # whether others are held beside

    async def record(
        self,
        conversations: Sequence[Conversation],
        *,
        sanity: Conversation | None = None,
        on_done: OnDone = lambda transcript: None,
        again: Again = lambda transcript: Whims(),
        matters: Matters | None = None,
    ) -> Recording:
        """Hold `sanity` alone, then the rest concurrently.

        When the endpoint can't be used nothing else opens, and the run says so.  A conversation that met trouble or
        lost its session, or that `again` finds wanting, is held once more, visibly (`attempt` 2); after throttling only
        when the endpoint was left alone for a while.  What comes last has its share of the budget kept back.
        """
        self._again, self._matters = again, matters
        recording = self.recording
        first = [sanity] if sanity is not None else []
        recording.progress.total += len(first) + len(conversations)
        recording.urgent += [item.name for item in (*first, *conversations) if item.urgent]
        self._kept_back = sum(conversation.connections for conversation in conversations if conversation.last)
        async with self.pulse.watched(), self._ended_in_time():
            for conversation in first:
                await self._begin(conversation, on_done, partial(unusable, self.target))
            for conversation in conversations:
                if conversation.ready:
                    await self._begin(conversation, on_done, partial(deaf, self.target))

            async def one(conversation: Conversation, attempts: Attempts) -> None:
                async with self.beside:
                    attempts.beside = True
                    await self._keep(conversation, on_done, attempts=attempts)

            self._together = True
            async with asyncio.TaskGroup() as group:
                for conversation in sorted(conversations, key=lambda item: not item.urgent):
                    if not conversation.last and not conversation.ready:
                        group.create_task(one(conversation, Attempts()))
            self._together = False
            async with asyncio.TaskGroup() as group:
                for conversation, attempts in self._later:
                    group.create_task(one(conversation, attempts))
            self._later = []
            for conversation in conversations:
                if conversation.last and not conversation.ready:
                    await self._keep(conversation, on_done)
        recording.rested, recording.slowed = round(self.pacer.rested, 1), self.pacer.slowed
        recording.lag = round(self.pulse.worst, 1)
        return recording

    async def attempt(self, conversation: Conversation) -> Transcript | None:
        """Hold a conversation for what it tells now, and keep nothing of it; None when the budget is spent."""
        if self._short_of(conversation) is not None:
            return None
        self.recording.progress.sessions += conversation.connections
        await self.pacer.turn()
        transcript = await hold(conversation, self.target, self.profile, pacer=self.pacer, room=self._room)
        self._spent(conversation, transcript)
        return transcript

    @asynccontextmanager
    async def _ended_in_time(self) -> AsyncIterator[None]:
        """Open nothing more once the run's time is over; what is open then has a limit of its own."""
        if self.budget.seconds is None:
            yield
            return
        loop, given = asyncio.get_running_loop(), self.budget.seconds
        began = loop.time()
        timer: asyncio.TimerHandle | None = None

        def over() -> None:
            nonlocal timer
            # What throttling takes is not the run's: its rests, and the slower pace after each of them.
            left = given * (1 + self.pacer.slowed) + self.pacer.rested - (loop.time() - began)
            if left > 0 or self.pacer.resting:
                timer = loop.call_later(max(left, LOOK_AGAIN), over)
            else:
                self._stop("budget", f"the run's {minutes(given)} are over")

        timer = loop.call_later(given, over)
        try:
            yield
        finally:
            timer.cancel()

    async def _begin(self, conversation: Conversation, on_done: OnDone, speaks: Unusable) -> None:
        """Hold a conversation that tells whether the endpoint can be used."""
        first = await self._keep(conversation, on_done, speaks=speaks)
        if first is not None and first.trouble is not None and self._over is None:
            self._give_up(first)

    def _give_up(self, transcript: Transcript) -> None:
        """The endpoint can't be used: nothing more is opened."""
        met = trouble.find(transcript)
        words = transcript.trouble or ""
        if met is not None and met.what:
            words += f": {met.what} (model {self.target.model}, {self.target.name})"
        self._stop("trouble", f"{words}; {met.todo}" if met is not None and met.todo else words)

    def _stop(self, cause: Cause, words: str) -> None:
        if self._over is None:
            self._over = (cause, words)
            if cause == "trouble":
                self.recording.infrastructure = words

    def _waiting(self, seconds: float) -> None:
        progress = self.recording.progress
        progress.waiting = seconds
        progress.why = "throttled" if self.pacer.resting else ""
        progress.changed()

    async def _keep(
        self,
        conversation: Conversation,
        on_done: OnDone,
        *,
        speaks: Unusable = lambda transcript: None,
        attempts: Attempts | None = None,
    ) -> Transcript | None:
        recording, progress = self.recording, self.recording.progress
        attempts = attempts or Attempts()
        self._kept_back -= attempts.kept_back
        attempts.kept_back = 0
        if self._left_out(conversation):
            return None
        await self.pacer.turn()
        if self._left_out(conversation):  # it waited, and others met what ends the run
            return None
        progress.holding += 1
        try:
            for number in itertools.count(attempts.held + 1):
                if number > attempts.held + 1:
                    if attempts.crowded:
                        await self.beside.aside()
                    await self.pacer.turn()
                progress.sessions += conversation.connections
                attempts.started = self.pacer.now()
                began = time.monotonic()
                transcript = await hold(
                    conversation,
                    self.target,
                    self.profile,
                    attempt=number,
                    on_interrupt=on_done,
                    pacer=self.pacer,
                    room=self._room,
                )
                transcript.retried, attempts.crowded = attempts.why, False
                self._spent(conversation, transcript)
                ended = time.monotonic()
                stalls = Stalls(self.pulse.stall(began, ended), self.hush.silence(began, ended))
                attempts.why = self._wanting(conversation, transcript, attempts, stalls)
                if not attempts.why:
                    break
                if self._put_off(conversation, transcript, attempts, number):
                    on_done(transcript)
                    return None
                on_done(transcript)
        finally:
            progress.holding -= 1
        if transcript.trouble is None and (unusable := speaks(transcript)) is not None:
            note(transcript, *unusable)
        self._bear(transcript, first=not recording.transcripts)
        progress.held += 1
        recording.transcripts[conversation.name] = transcript
        on_done(transcript)
        return transcript

    def _bear(self, transcript: Transcript, *, first: bool) -> None:
        """Open nothing more of an endpoint that passes the bounds in its first conversation, or again and again."""
        passed = transcript.broken_off
        self._broken_off = self._broken_off + 1 if passed else 0
        if passed and (first or self._broken_off == BROKEN_OFF):
            when = "the first conversation was" if first else f"{BROKEN_OFF} conversations in a row were"
            self._stop("trouble", f"{when} broken off ({passed})")

    def _left_out(self, conversation: Conversation) -> bool:
        """Whether the conversation can't be held; the recording then says why."""
        short = self._short_of(conversation)
        if short is not None:
            self.recording.kept_out[conversation.name], self.recording.not_held[conversation.name] = short
        return short is not None

    def _put_off(self, conversation: Conversation, transcript: Transcript, attempts: Attempts, number: int) -> bool:
        """Whether the next attempt waits until the others are over: what holds up the line now is then gone.

        Until then the session is trouble, and its share of the budget is kept back.
        """
        if not transcript.lost or attempts.held or conversation.ready or conversation.last or not self._together:
            return False
        kind = attempts.losses[-1].kind if attempts.losses else "line"
        note(transcript, kind, f"the session was lost: {transcript.lost}")
        attempts.held, attempts.kept_back = number, conversation.connections
        self._kept_back += conversation.connections
        self._later.append((conversation, attempts))
        return True

    def _wanting(self, conversation: Conversation, transcript: Transcript, attempts: Attempts, stalls: Stalls) -> str:
        """Why the conversation is held once more; empty: what there is of it stands.

        What no other attempt can tell any more is noted as trouble in the transcript.
        """
        live = self.target.kind == "live"
        met = trouble.find(transcript) if transcript.trouble is not None else None
        if met is not None and live:
            return self._troubled(conversation, transcript, attempts, met)
        if transcript.trouble is not None or transcript.broken_off:
            return ""
        if live and conversation.probes_handshake and self._unanswered(conversation, transcript, attempts):
            return transcript.lost
        # A scripted model is judged by what it says first: only a free one may have had a whim.
        whims = self._again(transcript) if live else Whims()
        transcript.doubted = tuple(sorted(whims.failing - attempts.failing))
        attempts.failing |= whims.failing
        loss = trouble.lost(transcript) if live else None
        if loss is None:  # a session that was lost answers nothing
            if attempts.losses:
                self._chance.passed(conversation.name)
            before = attempts.answers
            transcript.otherwise = {name: was for name, was in before.items() if whims.answers.get(name, "") != was}
            attempts.answers = {**before, **whims.answers}
        # Without a judge every loss matters, and no stall does: it harmed nothing that anybody looks at.
        if stalls.ours and self._matters is not None and self._matters(transcript):
            words = f"this machine stood still for {stalls.ours:.0f} ms meanwhile"
            if self._may("stall", conversation, attempts):
                return words
            note(transcript, "own", words)
            return ""
        if loss is not None and (self._matters is None or self._matters(transcript)):
            return self._lost(conversation, transcript, attempts, loss)
        if live and stalls.theirs and self._may("hush", conversation, attempts):
            if self._matters is not None and self._matters(transcript):
                transcript.lost = f"nothing came on any connection for {stalls.theirs / 1000:.1f} s"
                return transcript.lost
            attempts.causes.discard("hush")
        return whims.why if conversation.retry and whims.why and self._may("whim", conversation, attempts) else ""

    def _troubled(
        self, conversation: Conversation, transcript: Transcript, attempts: Attempts, met: trouble.Trouble
    ) -> str:
        if met.kind == "quota":
            if not self.pacer.slow_down(attempts.started, met.wait):
                self._stop("throttling", f"the endpoint goes on throttling at {self.pacer.slowed} times half the pace")
                return ""
            return met.words if self._may("", conversation, attempts) else ""
        first = not self.recording.transcripts
        if met.kind == "account" and (met.sure or first or attempts.used("account")):
            self._give_up(transcript)
            return ""
        if first:  # what can't be reached at all is not asked twice
            return ""
        if met.full and self._fewer(attempts):
            return met.words if self._may("", conversation, attempts) else ""
        cause = "account" if met.kind == "account" else "trouble"  # of two troubles neither confirms the other
        if not self._may(cause, conversation, attempts):
            return ""
        if met.kind in {"line", "service"}:
            self.pacer.pause(self.target.back_off * RECONNECT)
        return met.words

    def _unanswered(self, conversation: Conversation, transcript: Transcript, attempts: Attempts) -> bool:
        """Whether a probe of the handshake is held again since the line or the service may have kept its answer.

        The second time it is the answer: a server may refuse so.
        """
        met = trouble.find(transcript)
        if met is None or met.kind not in {"line", "service"}:
            return False
        transcript.lost = met.words
        if attempts.used("probe"):
            return False
        if not self._may("probe", conversation, attempts):
            note(transcript, met.kind, met.words)
            return False
        self.pacer.pause(self.target.back_off * RECONNECT)
        return True

    def _lost(self, conversation: Conversation, transcript: Transcript, attempts: Attempts, loss: trouble.Loss) -> str:
        """A loss is the endpoint's doing when it comes again at the same place, and no verdict when it does not.

        How often it has to, `chance` says.  How a server answers a close frame is the same in all conversations: once
        it is known for its own way, no further one is held again for it.
        """
        if loss.how in self._ways:
            return ""
        transcript.lost, before = loss.how, attempts.losses
        if loss.full and self._fewer(attempts) and self._may("", conversation, attempts):
            return loss.how
        attempts.losses = (*before, loss)
        if all(map(loss.same_place, before)):
            total, opened = self.recording.progress.total, self.recording.progress.sessions
            if len(attempts.losses) >= self._chance.enough(total, opened, sudden=loss.sudden):
                self._ways |= {loss.how} & {trouble.HUNG_UP}
                return ""
            if self._may(f"loss {len(before)}", conversation, attempts):
                return loss.how
        else:
            self._chance.passed(conversation.name)
        note(transcript, loss.kind, f"the session was lost: {', and then: '.join(one.how for one in attempts.losses)}")
        return ""

    def _fewer(self, attempts: Attempts) -> bool:
        """Whether the attempt that found no room is made again, beside fewer."""
        attempts.crowded = attempts.beside and self.beside.fewer(attempts.started, self.pacer.now())
        return attempts.crowded

    def _may(self, cause: str, conversation: Conversation, attempts: Attempts) -> bool:
        """Whether another attempt for this cause is allowed; each may be the cause of one ("": of any number)."""
        if attempts.used(cause) or self._short_of(conversation) is not None:
            return False
        attempts.causes.add(cause)
        return True

    def _spent(self, conversation: Conversation, transcript: Transcript) -> None:
        # A conversation dials anew where a server closed on it: what was opened counts, not what was declared.
        self.recording.progress.sessions += max(0, len(transcript.legs) - conversation.connections)
        tokens = sum(transcript.usage.values())
        self.recording.progress.tokens += tokens
        self.pacer.spent(tokens)

    def _short_of(self, conversation: Conversation) -> tuple[Cause, str] | None:
        """Why the conversation can't be held (any more), or None."""
        if self._over is not None:
            cause, words = self._over
            return cause, f"the endpoint can't be used: {words}" if cause == "trouble" else words
        progress, budget = self.recording.progress, self.budget
        wanted = conversation.connections + (0 if conversation.last else self._kept_back)
        if budget.sessions is not None and progress.sessions + wanted > budget.sessions:
            return "budget", spent(budget.sessions, "sessions")
        if budget.tokens is not None and progress.tokens >= budget.tokens:
            return "budget", spent(budget.tokens, "tokens")
        return None
