"""Generated conversations as Hypothesis strategies: it makes the choices, the suite's own code makes the moves.

Here and not in the package: a run takes its choices from a seed, and importing Hypothesis takes longer than judging.
"""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from conformance.fuzz.events import LONGEST, next_move, script
from conformance.fuzz.view import Move, View
from conformance.spec.profiles import Profile


class Drawn:
    """Choices that Hypothesis makes, and can therefore make simpler."""

    def __init__(self, draw: Callable[[int], int]) -> None:
        self._draw = draw

    def below(self, count: int) -> int:
        """A number from 0 to `count` - 1."""
        return self._draw(count) if count > 1 else 0


@st.composite
def scripts(draw: st.DrawFn, profile: Profile, longest: int = LONGEST) -> list[Move]:
    """Scripts for Hypothesis, which makes them simpler by choosing smaller numbers."""
    return script(Drawn(lambda count: draw(st.integers(0, count - 1))), profile, longest)


@st.composite
def moves(draw: st.DrawFn, profile: Profile, view: View) -> Move:
    """One move that fits a session of which the client believes this: for state machines."""
    return next_move(Drawn(lambda count: draw(st.integers(0, count - 1))), view, profile)
