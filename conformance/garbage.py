"""How often Python looks for garbage in a run: hardly ever, for nearly all that a run makes stays to its end.

A run of the mock makes 1.3 million objects that stay and forty thousand that have to be looked for: what was left in
circles (exceptions with their callers), a few megabytes.  Each look at fifty thousand takes six milliseconds, so at
Python's own pace a run pays for some four hundred looks, and at that one still for twenty-six, a seventh of a second.
A server that passes the bounds leaves strings of megabytes in circles: from then on it is Python's own pace again.
"""

from __future__ import annotations

import ast
import gc

RARELY = 2_000_000
"""Objects that were made and not given back since the last look: more than a run of the mock makes."""

_before: list[tuple[int, int, int]] = []
"""Python's own pace, while it is another: there is one for the process, and so there is one here."""


def rarely() -> None:
    """From now on look rarely."""
    if not _before:
        _before.append(gc.get_threshold())
        gc.set_threshold(RARELY, *_before[0][1:])


def as_before() -> None:
    """Give Python its own pace back."""
    if _before:
        gc.set_threshold(*_before.pop())


def syntax(source: str) -> ast.Module:
    """`ast.parse`, with no look for garbage in the middle of it.

    What a look gives back may have something to say (a task that nobody waited for has its traceback), telling a
    traceback parses source too, and Python 3.11 then takes the one parsing for a fault of the other.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(source)
    finally:
        if enabled:
            gc.enable()
