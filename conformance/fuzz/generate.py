"""Scripts from a seed, and the shortest script that still fails.

A run has no use for Hypothesis's own search: it holds its conversations at once, over a wire, with a peer that cannot
be rewound, and it promises the same events for the same seed for ever, which Hypothesis does not promise across its
versions.  So a run takes its choices from `Seeded`, each script from a stream of its own (script 12 is the same however
many others are made), while the project's tests let Hypothesis choose through the same code.  Likewise shrinking: it
holds the conversation anew for each attempt, so it has to be frugal and needs only to be told whether it still fails.
"""

from __future__ import annotations

import copy
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from conformance.fuzz.choice import Seeded
from conformance.fuzz.events import LONGEST, long_script, script
from conformance.fuzz.states import Pair
from conformance.fuzz.values import Json, paths
from conformance.fuzz.view import ODD_SOUNDS, Move
from conformance.spec.profiles import Profile

PACKET = 100  # ms of an append
ONE_PACKET = 2000  # ms: every sound in one event
SHORT = "-short"  # ends the name of a conversation that was shortened
ATTEMPTS = 200  # conversations that a shrink may hold

Fails = Callable[[list[Move]], bool]


def generate(seed: int, examples: int, profile: Profile, longest: int = LONGEST) -> list[list[Move]]:
    """The first `examples` scripts of a seed."""
    return list(itertools.islice(scripts(seed, profile, longest), examples))


def scripts(seed: int, profile: Profile, longest: int = LONGEST) -> Iterator[list[Move]]:
    """The scripts of a seed, without end: of two to `longest` moves, for this model.

    The model's family is part of the seed, its name is not: snapshots of a family get the same scripts.  Scripts that
    may be longer than usual go where those before them have not been.
    """
    seen: Counter[Pair | None] = Counter()
    for number in itertools.count(1):
        chooser = Seeded(f"{seed}/{profile.family}/{number}")
        if longest <= LONGEST:
            yield script(chooser, profile, longest)
        else:
            yield long_script(chooser, profile, longest, seen)


def name(seed: int, number: int) -> str:
    """What the conversation of the `number`-th script (from 1) is called."""
    return f"fuzz/{seed}-{number}"


def shrink(moves: list[Move], fails: Fails, attempts: int = ATTEMPTS) -> list[Move]:
    """The smallest script found that still fails: fewer moves first (ddmin), then smaller events.

    `fails` holds a script and says whether it fails; it is called at most `attempts` times.  A script that does not
    fail any more when it is held again comes back as it was.
    """
    left = attempts

    def still(candidate: list[Move]) -> bool:
        nonlocal left
        left -= 1
        return left >= 0 and fails(candidate)

    if not still(moves):
        return moves
    moves = _fewer(moves, still)
    return _smaller(moves, still)


def _fewer(moves: list[Move], still: Fails) -> list[Move]:
    """Take away runs of moves, long ones first, until no single move can go."""
    size = max(1, len(moves) // 2)
    while True:
        at = 0
        went = False
        while at < len(moves):
            candidate = moves[:at] + moves[at + size :]
            if candidate and still(candidate):
                moves, went = candidate, True
            else:
                at += size
        if size == 1 and not went:
            return moves
        size = max(1, size // 2)


def _smaller(moves: list[Move], still: Fails) -> list[Move]:
    """Take away members of events, one at a time, impatience, and sounds; or send a sound in one event."""
    for number in range(len(moves)):
        again = True
        while again:
            again = False
            for simpler in _simpler(moves[number]):
                candidate = [*moves[:number], simpler, *moves[number + 1 :]]
                if still(candidate):
                    moves, again = candidate, True
                    break
    return moves


def _simpler(move: Move) -> Iterator[Move]:
    if move.get("wait", "answer") != "answer":
        yield {**move, "wait": "answer"}
    if move["do"] == "audio" and move.get("ms", PACKET + 1) > PACKET and move["sound"] not in ODD_SOUNDS:
        yield {"do": "audio", "sound": "silence", "ms": PACKET}
        if "packet" not in move:
            yield {**move, "packet": ONE_PACKET}
    event: Json = move.get("event", {})
    for path in paths(event):
        if path == ("type",):
            continue
        made = copy.deepcopy(event)
        *way, last = path
        holder: Any = made
        for part in way:
            holder = holder[part]
        del holder[last]
        yield {**move, "event": made}
