"""Holding one conversation, whatever its script meets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from conformance import garbage
from conformance.cut import cut
from conformance.spec.profiles import Profile
from conformance.spec.trouble import Kind
from conformance.wire import trouble
from conformance.wire.call import Broken, Call, Unreachable
from conformance.wire.conversation import Conversation
from conformance.wire.limits import Room
from conformance.wire.pace import Pacer
from conformance.wire.target import Target
from conformance.wire.transcript import INTERRUPTED, Stop, Transcript

SLOW = 10  # how many times as long a conversation may take that waits for minutes by itself
LONGEST_WHY = 400  # characters that are kept of an exception's words: they may quote what the server sent
OnDone = Callable[[Transcript], None]


async def hold(
    conversation: Conversation,
    target: Target,
    profile: Profile,
    *,
    attempt: int = 1,
    on_interrupt: OnDone = lambda transcript: None,
    pacer: Pacer | None = None,
    room: Room | None = None,
) -> Transcript:
    """Hold one conversation.  Always returns a transcript; one that broke off says where, whatever its script met.

    Every connection but the first, whose turn has come, waits for its turn of the pacer.  Cancelled half-way it hands
    what there is to `on_interrupt` and lets the cancellation go on.
    """
    call = Call(target, profile, conversation.name, pacer=pacer, turns=1, room=room)
    transcript = call.transcript
    transcript.attempt = attempt
    transcript.path = conversation.path
    began = time.monotonic()
    seconds = target.deadlines.conversation / 1000 * (SLOW if conversation.slow else 1)
    try:
        async with asyncio.timeout(seconds) as call.limit:
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
    except TimeoutError:
        passed = f"more than {seconds:.0f} s in one conversation"
        transcript.stop = Stop(call.step, (), seconds * 1000, f"{passed}: broken off")
        call.break_off(passed)
    except Exception as problem:  # noqa: BLE001  # whatever an answer does to one script is no end of the others
        said = f"the script could not go on from an answer: {type(problem).__name__}: {problem}"
        transcript.stop = Stop(call.step, (), 0.0, cut(said, LONGEST_WHY))
        await call.leave()
    except asyncio.CancelledError:
        transcript.stop = Stop(0, (), 0.0, INTERRUPTED)
        call.abandon()
        on_interrupt(transcript)
        raise
    finally:
        call.abandon()
        transcript.seconds = round(time.monotonic() - began, 3)
    if transcript.broken_off:
        garbage.as_before()  # what was sent is large, and much of it is left in circles: a hundred megabytes in all
    met = trouble.find(transcript)
    # A probe of the handshake asks to be refused; that it was throttled is no answer to it, nor what a session met.
    if met is not None and met.kind != "quota" and conversation.probes_handshake:
        met = trouble.find(transcript, greeted=True)
    if met is not None:
        note(transcript, met.kind, met.words)
    return transcript


def note(transcript: Transcript, kind: Kind, words: str) -> None:
    """Write down that a conversation met trouble, and tells nothing for it."""
    transcript.trouble, transcript.trouble_kind = words, kind
