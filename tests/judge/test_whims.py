"""What rests on what a model chose to say fails only when two attempts say the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.judge.checks import Outcome, judge, load, raised, whims
from conformance.judge.verdicts import Contrary
from conformance.mock.options import MockOptions
from conformance.mock.server import MockServer
from conformance.mock.weather import Weather
from conformance.wire.recorder import Recorder
from conformance.wire.recording import Budget
from conformance.wire.target import LOOPBACK, resolve
from conformance.wire.transcript import Transcript
from support import endpoints

PROFILE = endpoints.PROFILE
KNOWS = "RSP-023"  # a reply knows what was said before
TYPED = load().conversations["responses/Typed"]
CHECKS = load().checks.values()
SECOND = 2
"""A seed with which every other answer is a whim: the first memory is one, the second is none."""


@pytest.mark.parametrize(("doubted", "verdict"), [((), "fail"), (("SES-021",), "fail"), ((KNOWS,), "inconclusive")])
def test_only_what_is_doubted_is_inconclusive(doubted: tuple[str, ...], verdict: str) -> None:
    found = raised(KNOWS, Contrary("the reply is 'okay'", doubted))
    assert found.verdict == verdict
    assert "the reply is 'okay'" in found.detail


def test_what_is_doubted_outlives_the_record() -> None:
    transcript = Transcript("responses/Typed", "t", doubted=(KNOWS,))
    assert Transcript.from_json(transcript.to_json()).doubted == (KNOWS,)


async def held(
    *, seed: int = 0, share: float = 1.0, kind: str = "live", budget: Budget | None = None
) -> tuple[list[Transcript], Outcome]:
    """The attempts at the typed conversation with a model that has whims, and what is said of its memory."""
    target = resolve("mock", model=PROFILE.model, key=None, workspace=None)
    seen: list[Transcript] = []
    async with MockServer(MockOptions(weather=Weather(whims=share), seed=seed)) as server:
        recorder = Recorder(replace(target.at(server.url), kind=kind, deadlines=LOOPBACK), PROFILE, budget)
        found = await recorder.record(
            [TYPED], on_done=seen.append, again=lambda transcript: whims(CHECKS, transcript, PROFILE)
        )
    return seen, judge(CHECKS, found.transcripts, PROFILE)[KNOWS]


async def test_a_model_that_says_so_twice_fails() -> None:
    seen, outcome = await held()
    assert [one.doubted for one in seen] == [(KNOWS,), ()]
    assert "Bello" in seen[1].retried
    assert outcome.verdict == "fail"


async def test_a_model_that_says_so_once_is_asked_again_and_passes() -> None:
    seen, outcome = await held(seed=SECOND, share=0.5)
    assert [one.doubted for one in seen] == [(KNOWS,), ()]
    assert outcome.verdict == "pass"


async def test_what_nobody_could_ask_again_is_inconclusive() -> None:
    seen, outcome = await held(budget=Budget(sessions=1))
    assert [one.doubted for one in seen] == [(KNOWS,)]
    assert outcome.verdict == "inconclusive"
    assert "no other attempt" in outcome.detail


async def test_a_scripted_model_is_judged_by_what_it_says_first() -> None:
    seen, outcome = await held(kind="mock")
    assert [one.doubted for one in seen] == [()]
    assert outcome.verdict == "fail"


async def test_a_model_that_does_as_told_is_asked_once() -> None:
    seen, outcome = await held(share=0.0)
    assert len(seen) == 1
    assert outcome.verdict == "pass"
