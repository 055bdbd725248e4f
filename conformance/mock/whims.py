"""A model that does not do as told: it answers short or in its own way, calls no tool, mishears.

All of it is what real models do, and none of it breaks the protocol.
"""

from __future__ import annotations

import random
from dataclasses import replace

from conformance import fixtures
from conformance.mock.brain import Brain
from conformance.mock.options import MockOptions
from conformance.mock.requests import Answer, Request

SHORT = ("Okay.", "Sure.", "Hm, I see.", "One moment.")
CHATTY = "Well, that is a good question, and I am glad that you ask."
UNCLEAR = "something"


class Whimsical(Brain):
    """The scripted model with a mind of its own: of its answers and transcripts this `share` is other than asked."""

    def __init__(self, share: float, chance: random.Random) -> None:
        self._share = share
        self._chance = chance

    def answer(self, request: Request) -> Answer:
        """Return an answer, or one that nobody asked for."""
        told = super().answer(request)
        if self._chance.random() >= self._share or request.proactive:
            return told
        if len(told.calls) > 1 and self._chance.random() < 0.5:
            return replace(told, calls=told.calls[:1])
        # A chatty answer might cost more than the client allows; a short one never does unless the limit is a word.
        words = CHATTY if self._chance.random() < 0.25 and request.max_tokens is None else self._chance.choice(SHORT)
        return Answer(words) if request.max_tokens is None or request.max_tokens > 8 else told

    def hear(self, pcm: bytes, rate: int = fixtures.INPUT_RATE) -> str:
        """Return a transcript, or one with a word that was not said."""
        heard = super().hear(pcm, rate)
        if self._chance.random() >= self._share:
            return heard
        words = heard.split()
        words[self._chance.randrange(len(words))] = UNCLEAR
        return " ".join(words[: self._chance.randint(1, len(words))])


def brain(options: MockOptions, number: int) -> Brain:
    """The model of the n-th session of a server."""
    share = options.weather.whims
    return Whimsical(share, random.Random(f"{options.seed}/{number}/whims")) if share else Brain()
