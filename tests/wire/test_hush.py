"""When an endpoint as a whole fell silent."""

from __future__ import annotations

import pytest

from conformance.wire.hush import SEVERAL, Hush


class Hand:
    """A clock that is set by hand, in seconds."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def several(number: int = SEVERAL) -> tuple[Hush, Hand]:
    clock = Hand()
    hush = Hush(3000, clock)
    for _ in range(number):
        hush.opened()
    return hush, clock


@pytest.mark.parametrize(("seconds", "told"), [(3.0, 0.0), (3.5, 3500.0)])
def test_a_silence_is_one_that_is_longer_than_chance(seconds: float, told: float) -> None:
    hush, clock = several()
    clock.now = seconds
    assert hush.silence(0.0, 9.0) == told  # it is not over yet
    hush.heard()
    clock.now = 9.0
    hush.heard()
    assert hush.silence(0.0, seconds) == told


def test_what_is_heard_on_one_connection_is_heard() -> None:
    hush, clock = several()
    for _ in range(10):
        clock.now += 1
        hush.heard()
    assert hush.silence(0.0, 10.0) == 0.0


def test_two_may_be_silent_by_chance() -> None:
    hush, clock = several(SEVERAL - 1)
    clock.now = 5.0
    assert hush.silence(0.0, 5.0) == 0.0
    hush.opened()
    clock.now = 8.0
    hush.closed()  # from here on there are too few again
    clock.now = 20.0
    assert hush.silence(0.0, 20.0) == 0.0


def test_only_what_overlaps_counts() -> None:
    hush, clock = several()
    clock.now = 5.0
    hush.heard()
    clock.now = 6.0
    hush.heard()
    assert hush.silence(5.5, 6.0) == 0.0
    assert hush.silence(4.5, 6.0) == 5000.0
