"""What runs and trials do alike: a mock for as long as a block lasts, and what the platform says in the transcripts."""

from __future__ import annotations

import asyncio

import pytest

from conformance.aside import aside
from conformance.holding import served, told
from conformance.judge.checks import load
from conformance.mock.options import MockOptions
from conformance.spec.profiles import DEFAULT_MODEL, profile_for
from conformance.status.ledger import LedgerReader
from conformance.status.none import NoReader
from conformance.wire.recorder import Recorder
from conformance.wire.recording import Recording
from conformance.wire.target import Target, resolve


@pytest.fixture
def target() -> Target:
    return resolve("mock", model=DEFAULT_MODEL, key=None, workspace=None)


async def held(here: Target) -> Recording:
    conversation = next(item for item in load().conversations.values() if item.path == "close-1000-idle")
    return await Recorder(here, profile_for(DEFAULT_MODEL)).record([conversation])


def test_the_mock_is_there_as_long_as_the_block_lasts(target: Target) -> None:
    async def hold() -> tuple[Recording, Recording]:
        async with served(target, MockOptions()) as (here, server):
            assert here.url == server.url
            within = await held(here)
        return within, await held(here)

    within, after = (next(iter(one.transcripts.values())) for one in asyncio.run(hold()))
    assert within.legs[0].session_id is not None
    assert [leg.session_id for leg in after.legs] in ([], [None])


@pytest.mark.parametrize("reads", [True, False])
def test_what_the_platform_says_stands_in_the_transcripts(target: Target, *, reads: bool) -> None:
    """With a reader and without one: then it says so of each path, and nothing is taken for a status."""

    async def hold() -> tuple[Recording, dict[str, object]]:
        async with served(target, MockOptions()) as (here, server):
            reader = LedgerReader(server.url) if reads else NoReader("no_reader_configured")
            recording = await held(here)
            made = await aside(lambda: told(reader, recording, 0.5, secrets=here.secrets))
            assert made.reader == reader.name
            return made.recording, made.status()["readings"]

    recording, readings = asyncio.run(hold())
    (transcript,) = recording.transcripts.values()
    assert readings == {"close-1000-idle": transcript.status}
    assert transcript.status is not None
    assert (transcript.status["status"] != "not_observable") is reads
