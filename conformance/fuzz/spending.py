"""Holding generated conversations until they have spent what was given for them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from conformance.wire.conversation import Conversation
from conformance.wire.holding import OnDone
from conformance.wire.recorder import Recorder

IDLE = 3  # rounds in a row that spend nothing, after which no further one will
MOST = 2000  # conversations


async def spend(recorder: Recorder, made: Iterable[Conversation], tokens: int, on_done: OnDone) -> None:
    """Hold conversations, as many at once as the target bears, until they have spent so many tokens.

    Those that are under way then come to their end.  It ends as well where the run may open nothing more.
    """
    progress, given = recorder.recording.progress, itertools.islice(made, MOST)
    ends = progress.tokens + tokens
    idle = 0
    while progress.tokens < ends and idle < IDLE:
        before = progress.tokens
        some = list(itertools.islice(given, recorder.target.concurrency))
        await recorder.record(some, on_done=on_done)
        idle = 0 if progress.tokens > before else idle + 1
        if not some or any(one.name not in recorder.recording.transcripts for one in some):
            return
