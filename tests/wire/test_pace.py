"""Turns to connect, on a clock that nobody waits for."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from conformance.wire.pace import MARGIN, MINUTE, MOST_TIMES, Pacer, seconds_for


class FakeClock:
    """Time passes when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


async def starts(pacer: Pacer, clock: FakeClock, count: int) -> list[float]:
    """When so many turns came, from the first on."""
    found = []
    for _ in range(count):
        await pacer.turn()
        found.append(clock.now() - 1000.0)
    return found


async def test_one_a_second_and_forty_a_minute() -> None:
    clock = FakeClock()
    found = await starts(Pacer(40, clock=clock), clock, 100)
    assert found[:40] == [float(number) for number in range(40)]
    assert found[40] == MINUTE + MARGIN
    assert all(later - sooner >= 1.0 for sooner, later in itertools.pairwise(found))
    assert all(found[n + 40] - found[n] >= MINUTE for n in range(60))


@pytest.mark.parametrize(("rpm", "gap"), [(60, 1.0), (120, 0.5), (10, 1.0)])
async def test_faster_than_one_a_second_where_that_is_asked_for(rpm: int, gap: float) -> None:
    clock = FakeClock()
    assert await starts(Pacer(rpm, clock=clock), clock, 3) == [0.0, gap, 2 * gap]


async def test_without_a_rate_nothing_waits() -> None:
    clock = FakeClock()
    assert await starts(Pacer(clock=clock), clock, 50) == [0.0] * 50


@pytest.mark.parametrize("count", [1, 2, 40, 41, 118])
async def test_the_plan_knows_how_long_it_takes(count: int) -> None:
    clock = FakeClock()
    assert (await starts(Pacer(40, clock=clock), clock, count))[-1] == seconds_for(count, 40)


async def test_after_throttling_it_rests_and_goes_on_at_half_the_pace() -> None:
    clock = FakeClock()
    pacer = Pacer(40, clock=clock)
    await pacer.turn()
    assert pacer.slow_down(clock.now(), None)
    assert pacer.resting
    assert await starts(pacer, clock, 3) == [60.0, 62.0, 64.0]
    assert pacer.rested == 60.0
    assert pacer.waited == 4.0


async def test_the_wait_that_is_named_is_kept() -> None:
    clock = FakeClock()
    pacer = Pacer(clock=clock, back_off=60.0)
    pacer.slow_down(clock.now(), 7.0)
    assert await starts(pacer, clock, 1) == [7.0]


async def test_what_began_before_the_rest_is_the_same_throttling() -> None:
    clock = FakeClock()
    pacer = Pacer(40, clock=clock)
    began = clock.now()
    assert pacer.slow_down(began, None)
    assert pacer.slow_down(began, None)
    assert pacer.slowed == 1
    await pacer.turn()
    assert pacer.slow_down(clock.now(), None)
    assert pacer.slowed == 2


async def test_it_slows_down_three_times_at_most() -> None:
    clock = FakeClock()
    pacer = Pacer(40, clock=clock)
    for _ in range(MOST_TIMES):
        await pacer.turn()
        assert pacer.slow_down(clock.now(), None)
    await pacer.turn()
    assert not pacer.slow_down(clock.now(), None)
    assert pacer.slowed == MOST_TIMES


@pytest.mark.parametrize(("tokens", "wait"), [(99_999, 0.0), (100_000, 60.0), (250_000, 60.0)])
async def test_tokens_a_minute_are_watched(tokens: int, wait: float) -> None:
    clock = FakeClock()
    pacer = Pacer(tokens_a_minute=100_000, clock=clock)
    pacer.spent(tokens)
    assert await starts(pacer, clock, 1) == [wait]


async def test_who_waits_side_by_side_gets_turns_one_by_one() -> None:
    clock = FakeClock()
    pacer, found = Pacer(40, clock=clock), []

    async def one() -> None:
        await pacer.turn()
        found.append(clock.now() - 1000.0)

    await asyncio.gather(*(one() for _ in range(4)))
    assert found == [0.0, 1.0, 2.0, 3.0]


async def test_waiting_is_told() -> None:
    clock, told = FakeClock(), []
    pacer = Pacer(40, clock=clock, on_wait=told.append)
    await starts(pacer, clock, 2)
    assert told == [1.0, 0.0]
