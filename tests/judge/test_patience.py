"""The time that judging may take."""

from __future__ import annotations

import itertools

import pytest

from conformance.judge.patience import Patience
from conformance.judge.verdicts import Inconclusive


def endless() -> None:
    for _ in itertools.count():
        pass


def test_a_check_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(Inconclusive, match=r"took longer than 0\.5 s"):
        Patience(check=0.0).over(endless)()


def test_all_checks_share_what_there_is() -> None:
    patience = Patience(check=0.6, everything=0.7)
    assert patience.over(lambda value: value)(3) == 3
    with pytest.raises(Inconclusive, match=r"0\.6 s"):
        patience.over(endless)()
    with pytest.raises(Inconclusive, match=r"0\.5 s"):  # what is left is less than the least
        patience.over(endless)()
