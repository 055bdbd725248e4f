"""How late this machine is: beats that come late, and what they overlap."""

from __future__ import annotations

import asyncio

from conformance.wire.pulse import BEAT, STALL, Pulse


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def beat(pulse: Pulse, hand: Hand, late_ms: float) -> tuple[float, float]:
    began = hand.time
    hand.time += BEAT + late_ms / 1000
    pulse.beaten(began)
    return began, hand.time


def test_a_beat_that_is_a_little_late_is_no_stall() -> None:
    hand = Hand()
    pulse = Pulse(hand)
    began, ended = beat(pulse, hand, STALL - 1)
    assert round(pulse.worst) == STALL - 1
    assert pulse.stall(began, ended) == 0.0


def test_a_stall_touches_what_ran_meanwhile_and_nothing_else() -> None:
    hand = Hand()
    pulse = Pulse(hand)
    beat(pulse, hand, 0.0)
    began, ended = beat(pulse, hand, STALL + 100)
    assert round(pulse.stall(began, ended)) == STALL + 100
    assert round(pulse.stall(ended - 0.01, ended + 5)) == STALL + 100
    assert pulse.stall(ended, ended + 5) == 0.0
    assert pulse.stall(-1.0, began) == 0.0


def test_the_worst_is_kept() -> None:
    hand = Hand()
    pulse = Pulse(hand)
    for late in (10.0, 900.0, 20.0):
        beat(pulse, hand, late)
    assert round(pulse.worst) == 900


async def test_a_beat_that_is_still_due_counts() -> None:
    hand = Hand()
    pulse = Pulse(hand)
    async with pulse.watched():
        await asyncio.sleep(0)  # the heart has begun
        hand.time += 3.0
        assert round(pulse.stall(1.0, 2.0)) == 3000 - BEAT * 1000
    assert pulse.stall(1.0, 2.0) == 0.0
