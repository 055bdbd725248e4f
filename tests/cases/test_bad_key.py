"""The wrong key of a run begins as the right one, and is masked like it wherever a server quotes it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from conformance.judge.checks import load
from conformance.mock.options import MockOptions
from conformance.mock.server import MockServer
from conformance.spec.profiles import DEFAULT_MODEL, profile_for
from conformance.wire.dial import near
from conformance.wire.holding import hold
from conformance.wire.target import resolve
from conformance.wire.transcript import Transcript

KEY = "sk-0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("key", [KEY, "mock-key", None])
def test_it_is_another_that_begins_and_ends_alike(key: str | None) -> None:
    assert near(key) != key
    half = len(key or "") // 2
    assert near(key).startswith((key or "")[:half])
    assert near(key).endswith((key or "")[half + 1 :])
    assert (key or "-----") not in near(key)


def held(*quirks: str) -> Transcript:
    async def asked() -> Transcript:
        async with MockServer(MockOptions(key=KEY, quirks=quirks)) as server:
            target = replace(resolve("mock", model=DEFAULT_MODEL, key=None, workspace=None), key=KEY).at(server.url)
            return await hold(load().conversations["connection/BadKey"], target, profile_for(DEFAULT_MODEL))

    return asyncio.run(asked())


def test_it_is_refused_and_not_kept() -> None:
    (leg,) = held().legs
    assert leg.handshake.status == 401
    shown = json.dumps(leg.handshake.request_headers)
    assert KEY[:12] not in shown
    assert KEY[-12:] not in shown


def test_a_refusal_that_quotes_it_is_noted_and_tells_nothing_of_the_right_one() -> None:
    (leg,) = held("refusal-quotes-the-key").legs
    assert KEY[:12] not in leg.handshake.body
    assert KEY[-12:] not in leg.handshake.body
    assert [echo.whole for echo in leg.echoes or ()].count(True) == 1
