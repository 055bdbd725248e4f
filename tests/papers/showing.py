"""Reproductions of the quirks whose check fails alone: made from what they do, and tried."""

import itertools
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from conformance.judge.checks import load
from conformance.killmatrix import trial
from conformance.mock.options import MockOptions
from conformance.mock.quirks import REGISTRY
from conformance.papers import again as again_shown
from conformance.papers.program import rendered
from conformance.papers.repro import NoReproduction, Reproduction, Subject
from conformance.spec.profiles import profile_for
from conformance.spec.proof import FILE
from conformance.trial import Result, run

SIDE_BY_SIDE = 8


@cache
def rows() -> dict[str, dict[str, Any]]:
    """What each quirk kills, as it was measured."""
    found: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))["quirks"]
    return found


def alone() -> list[str]:
    """The quirks whose check fails alone."""
    return [name for name, row in rows().items() if len(row["kills"]) == 1]


EVERY = 16


def sample() -> list[str]:
    """Every sixteenth, those that once came and went by chance, and some of each kind."""
    return sorted({*itertools.islice(alone(), 0, None, EVERY), *itertools.chain(RACED, PLAYED, *KINDS.values())})


RACED = ("cancel-leaves-text-open", "conversation-changes", "items-start-replies")
PLAYED = ("no-usage", "own-modalities-ignored", "previews-what-is-final", "remembers-strangers")
"""What other tests look at: one that is short, one of several differences, the longest, one after another call."""
KINDS = {
    "a word too much, and one too few": ("cancel-does-nothing", "forgets-results"),
    "sound": ("pcm-with-header", "speaks-silence"),
    "a flaw of the text, and its size": ("a-name-twice", "nine-megabytes"),
    "what is late: a piece, a close, an event": ("cancel-takes-seconds", "slow-close", "slow-error"),
    "what another connection does, leaves behind, is named, and its end": (
        "errors-are-shared", "errors-outlive-sessions", "ids-are-shared", "no-room-after-a-drop",
    ),
    "an end, an order, and a side": ("calls-out-of-order", "error-kills-connection", "unknown-model-is-welcome"),
    "what nobody waited for": ("image-before-audio-ignored",),
    "what is listed": ("ledger-counts-twice", "ledger-loses-sessions", "ledger-shows-the-key"),
    "the key, in an event and in a refusal": ("error-quotes-the-key-in-base64", "refusal-quotes-the-key"),
}  # fmt: skip
"""Some of each kind of what is looked for beside members, counts and order."""


def subject(name: str) -> Subject:
    """What is to be shown of a quirk."""
    quirk = REGISTRY[name]
    failing = rows()[name]["kills"][0]
    liar = MockOptions(quirks=(name,), switches=quirk.switches)
    dials = {conversation: row.dial for conversation, row in load().conversations.items()}
    return Subject(load().checks[failing], profile_for(quirk.model), None, liar, dials)


def made(name: str, result: Result) -> Reproduction | str:
    """The reproduction of a quirk, or why there is none."""
    try:
        return again_shown(subject(name), result.transcripts.values())
    except NoReproduction as problem:
        return str(problem)


def recorded(names: Sequence[str]) -> list[Result]:
    """The recordings of quirks, judged by the checks that fail."""
    return run([trial(REGISTRY[name], checks=frozenset(rows()[name]["kills"])) for name in names])


def again(name: str) -> Result:
    """The recording of a quirk, held by itself: beside many others time can blur what is known to fail."""
    return recorded([name])[0]


def shown(names: Sequence[str]) -> Iterator[tuple[str, Reproduction | None, str]]:
    """For each quirk its reproduction and its program, or why there is none; made side by side."""
    results = [
        held if any(map(subject(name).claim, held.transcripts.values())) else again(name)
        for name, held in zip(names, recorded(names), strict=True)
    ]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for name, found in zip(names, pool.map(made, names, results), strict=True):
            # Not in the threads: the parser of 3.11 counts its depth for all of them together.
            if isinstance(found, str):
                yield name, None, found
                continue
            try:
                yield name, found, rendered(found, f"{name}.py", name, "")
            except NoReproduction as problem:
                yield name, None, str(problem)
