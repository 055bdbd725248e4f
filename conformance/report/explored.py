"""What generated conversations have tried: how often each event met each state of a session, as the client saw it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from conformance.wire.transcript import Transcript

LONG = 12  # moves; a run that was asked for longer ones shows its grid


def explored(held: Iterable[Transcript]) -> dict[str, Any] | None:
    """The grid, and how many conversations it is of; None where none was generated, or none says what it tried.

    `events` are rows, `states` columns, `times` a row of numbers for each event.
    """
    generated = [one for one in held if one.generated and isinstance(one.notes.get("pairs"), list)]
    seen: Counter[tuple[str, str]] = Counter()
    for transcript in generated:
        for pair in transcript.notes["pairs"]:
            if isinstance(pair, list | tuple) and len(pair) == 2 and all(isinstance(word, str) for word in pair):
                seen[pair[0], pair[1]] += 1
    if not seen:
        return None
    events = sorted({event for event, _ in seen})
    states = sorted({state for _, state in seen}, key=lambda state: (state.partition(",")[0] != "VAD", state))
    return {
        "conversations": len(generated),
        "longest": max(
            (len(one.notes["moves"]) for one in generated if isinstance(one.notes["moves"], list)), default=0
        ),
        "pairs": len(seen),
        "events": events,
        "states": states,
        "times": [[seen[event, state] for state in states] for event in events],
    }


def words(made: dict[str, Any]) -> str:
    """How much was tried, in one sentence."""
    return (
        f"{made['conversations']} generated conversations of at most {made['longest']} moves: "
        f"{made['pairs']} pairs of an event and a state that it met."
    )
