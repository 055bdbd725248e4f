"""The recorder: holds all the conversations that a run needs, concurrently, each exactly once."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.spec.profiles import Profile
from conformance.wire import steps
from conformance.wire.call import Broken, Call, Dial, Talk, Unreachable
from conformance.wire.target import Target
from conformance.wire.transcript import INTERRUPTED, Leg, Stop, Transcript

# Handshake statuses that tell about the account, the network or the load and nothing about the protocol.
_TROUBLE_STATUS = {401, 402, 403, 404, 407, 408, 429, 500, 502, 503, 504}
# Close reasons of the same kind (§1.3 and E15 to E17 of the protocol's sources).
_TROUBLE_REASON = re.compile(
    r"good standing|throttl|too many requests|to many requests|free.?tier|quota|arrear", re.IGNORECASE
)
# What refuses the account where a handshake did not: in a first event, or in a close reason.
_REFUSED_KEY = re.compile(
    rf"invalid.?api.?key|(incorrect|provide an) api.?key|access.?denied|{_TROUBLE_REASON.pattern}", re.IGNORECASE
)
LONGEST_WHY = 400  # characters that are kept of an exception's words: they may quote what the server sent
OnDone = Callable[[Transcript], None]
Again = Callable[[Transcript], str | None]
"""Why a conversation is worth another attempt, or None."""


@dataclass(frozen=True)
class Conversation:
    """One conversation to be held: a script or a `talk`, and how it dials.

    `connections` is how many sessions it opens.  `probes_handshake` says that a refused handshake is what it is about,
    not trouble.  `urgent` conversations are held first; `last` ones alone, after all others.
    """

    name: str
    script: Callable[[Profile], Sequence[steps.Step]] | None = None
    talk: Talk | None = None
    dial: Dial = field(default_factory=Dial)
    connections: int = 1
    probes_handshake: bool = False
    slow: bool = False
    urgent: bool = False
    last: bool = False
    retry: bool = True
    path: str | None = None
    """The way in which it closes, when that is what it is about."""


@dataclass
class Progress:
    """What the live line shows; changed in place by the recorder."""

    total: int = 0
    held: int = 0
    holding: int = 0
    sessions: int = 0
    tokens: int = 0


@dataclass(frozen=True)
class Budget:
    """What a run may spend; None: no limit."""

    tokens: int | None = None
    sessions: int | None = None


@dataclass
class Recording:
    """What came of it: transcripts by conversation, and the reason for each conversation that was not held."""

    transcripts: dict[str, Transcript] = field(default_factory=dict)
    not_held: dict[str, str] = field(default_factory=dict)
    infrastructure: str | None = None
    progress: Progress = field(default_factory=Progress)


async def hold(
    conversation: Conversation,
    target: Target,
    profile: Profile,
    *,
    attempt: int = 1,
    on_interrupt: OnDone = lambda transcript: None,
) -> Transcript:
    """Hold one conversation.  Always returns a transcript; one that broke off says where, whatever its script met.

    Cancelled half-way it hands what there is to `on_interrupt` and lets the cancellation go on.
    """
    call = Call(target, profile, conversation.name)
    transcript = call.transcript
    transcript.attempt = attempt
    transcript.path = conversation.path
    began = time.monotonic()
    try:
        await call.connect(conversation.dial)
        if conversation.talk is not None:
            await conversation.talk(call)
        elif conversation.script is not None:
            await call(*conversation.script(profile))
        await call.leave()
    except Unreachable as problem:
        if not conversation.probes_handshake:
            transcript.stop = Stop(0, ("handshake",), call.leg.handshake.ms, str(problem))
    except Broken as broken:
        transcript.stop = broken.stop
        await call.leave()
    except Exception as problem:  # noqa: BLE001  # whatever an answer does to one script is no end of the others
        said = f"the script could not go on from an answer: {type(problem).__name__}: {problem}"
        transcript.stop = Stop(call.step, (), 0.0, said[:LONGEST_WHY])
        await call.leave()
    except asyncio.CancelledError:
        transcript.stop = Stop(0, (), 0.0, INTERRUPTED)
        call.abandon()
        on_interrupt(transcript)
        raise
    finally:
        call.abandon()
        transcript.seconds = round(time.monotonic() - began, 3)
    if not conversation.probes_handshake:
        transcript.trouble = trouble(transcript)
    return transcript


def trouble(transcript: Transcript) -> str | None:
    """Infrastructure trouble in a transcript, in words, or None."""
    for leg in transcript.legs:
        shake = leg.handshake
        if shake.status is None:
            return shake.problem or "no handshake"
        if shake.status in _TROUBLE_STATUS:
            said = f": {shake.body[:200]}" if shake.body else ""
            return f"the handshake was refused with HTTP {shake.status}{said}"
        if _REFUSED_KEY.search(leg.ending.reason_received):
            return f"the server closed with {leg.ending.code_received}: {leg.ending.reason_received[:200]}"
        if leg.ending.problem and _TROUBLE_REASON.search(leg.ending.problem):
            return leg.ending.problem
        if "control frame too long" in (leg.ending.problem or "") and _unanswered_create(leg):
            return "a reply was refused by a close frame too long to be read, as where the free tier is used up"
        first = next((frame for frame in leg.frames if frame.side == "server" and frame.text is not None), None)
        if first is not None and first.type == "error" and _REFUSED_KEY.search(first.text or ""):
            return f"the session was refused: {(first.text or '')[:200]}"
    return None


def _unanswered_create(leg: Leg) -> bool:
    """Whether the last thing of the client was a `response.create` that nothing answered."""
    data = [frame for frame in leg.frames if frame.text is not None]
    return bool(data) and data[-1].side == "client" and data[-1].type == "response.create"


def _no_websocket(transcript: Transcript) -> str | None:
    """Why this is no endpoint at all, when that is how its handshake was answered."""
    statuses = [leg.handshake.status for leg in transcript.legs[:1] if leg.handshake.status != 101]
    return f"the handshake was answered with HTTP {statuses[0]}, and no WebSocket was opened" if statuses else None


class Recorder:
    """Holds conversations behind a limit and hands each transcript over as soon as it is complete."""

    def __init__(self, target: Target, profile: Profile, budget: Budget | None = None) -> None:
        self.target = target
        self.profile = profile
        self.budget = budget or Budget()
        self.recording = Recording()
        self._again: Again = lambda transcript: None
        self._kept_back = 0  # sessions of those that come last

    async def record(
        self,
        conversations: Sequence[Conversation],
        *,
        sanity: Conversation | None = None,
        on_done: OnDone = lambda transcript: None,
        again: Again = lambda transcript: None,
    ) -> Recording:
        """Hold `sanity` alone, then the rest concurrently.

        When the sanity conversation meets infrastructure trouble nothing else opens, and the run says so.  A
        conversation that meets it later, or that `again` finds wanting, is held once more, visibly (`attempt` 2).
        What comes last has its share of the budget kept back.
        """
        self._again = again
        recording = self.recording
        recording.progress.total += len(conversations) + (sanity is not None)
        self._kept_back = sum(conversation.connections for conversation in conversations if conversation.last)
        if sanity is not None:
            first = await self._keep(sanity, on_done, speaks=_no_websocket)
            if first is not None and first.trouble is not None:
                recording.infrastructure = first.trouble
                for conversation in conversations:
                    recording.not_held[conversation.name] = f"the endpoint can't be used: {first.trouble}"
                return recording
        gate = asyncio.Semaphore(self.target.concurrency)

        async def one(conversation: Conversation) -> None:
            async with gate:
                await self._keep(conversation, on_done)

        async with asyncio.TaskGroup() as group:
            for conversation in sorted(conversations, key=lambda item: not item.urgent):
                if not conversation.last:
                    group.create_task(one(conversation))
        for conversation in conversations:
            if conversation.last:
                await self._keep(conversation, on_done)
        return recording

    async def attempt(self, conversation: Conversation) -> Transcript | None:
        """Hold a conversation for what it tells now, and keep nothing of it; None when the budget is spent."""
        if self._short_of(conversation) is not None:
            return None
        self.recording.progress.sessions += conversation.connections
        transcript = await hold(conversation, self.target, self.profile)
        self._spent(conversation, transcript)
        return transcript

    async def _keep(
        self, conversation: Conversation, on_done: OnDone, *, speaks: Again = lambda transcript: None
    ) -> Transcript | None:
        recording, progress = self.recording, self.recording.progress
        short = self._short_of(conversation)
        if short is not None:
            recording.not_held[conversation.name] = short
            return None
        progress.holding += 1
        progress.sessions += conversation.connections
        try:
            transcript = await hold(conversation, self.target, self.profile, on_interrupt=on_done)
            transcript.trouble = transcript.trouble or speaks(transcript)
            why = self._wanting(conversation, transcript)
            if why is not None:
                self._spent(conversation, transcript)
                on_done(transcript)
                progress.sessions += conversation.connections
                transcript = await hold(conversation, self.target, self.profile, attempt=2, on_interrupt=on_done)
                transcript.retried = why
        finally:
            progress.holding -= 1
        progress.held += 1
        self._spent(conversation, transcript)
        recording.transcripts[conversation.name] = transcript
        on_done(transcript)
        return transcript

    def _wanting(self, conversation: Conversation, transcript: Transcript) -> str | None:
        """Why the conversation is held once more, or None; the sanity conversation and a mock's never are."""
        may = conversation.retry and self.target.kind == "live" and self.recording.transcripts
        if not may or self._short_of(conversation) is not None:
            return None
        return transcript.trouble or self._again(transcript)

    def _spent(self, conversation: Conversation, transcript: Transcript) -> None:
        # A conversation dials anew where a server closed on it: what was opened counts, not what was declared.
        self.recording.progress.sessions += max(0, len(transcript.legs) - conversation.connections)
        self.recording.progress.tokens += sum(transcript.usage.values())

    def _short_of(self, conversation: Conversation) -> str | None:
        progress, budget = self.recording.progress, self.budget
        wanted = conversation.connections + (0 if conversation.last else self._kept_back)
        if budget.sessions is not None and progress.sessions + wanted > budget.sessions:
            return f"the budget of {budget.sessions} sessions is spent"
        if budget.tokens is not None and progress.tokens >= budget.tokens:
            return f"the budget of {budget.tokens} tokens is spent"
        return None


def as_conversation(name: str, cls: type[Any]) -> Conversation:
    """Make a conversation of a chapter's class: its `script` (a list, or a function of the profile) or its `talk`."""
    script = cls.__dict__.get("script")
    talk = cls.__dict__.get("talk")
    if (script is None) == (talk is None):
        raise TypeError(f"{name}: a conversation has either a `script` or a `talk`")
    if isinstance(script, staticmethod):
        made = script.__func__
    elif script is not None:
        fixed = list(script)

        def made(profile: Profile) -> Sequence[steps.Step]:  # noqa: ARG001  # same shape as a script made per model
            return fixed
    else:
        made = None
    return Conversation(
        name=name,
        script=made,
        talk=cls().talk if talk is not None else None,
        dial=cls.__dict__.get("dial", Dial()),
        connections=cls.__dict__.get("connections", 1),
        probes_handshake=cls.__dict__.get("probes_handshake", False),
        slow=cls.__dict__.get("slow", False),
        urgent=cls.__dict__.get("urgent", False),
        last=cls.__dict__.get("last", False),
        retry=cls.__dict__.get("retry", True),
        path=cls.__dict__.get("path"),
    )
