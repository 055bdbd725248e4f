"""How often Python looks for garbage in a run: rarely, for nearly all that a run makes stays to its end.

Each look that finds nothing costs a tenth of a second once a hundred modules and ten thousand frames are there, and at
Python's own pace a run pays for some four hundred looks.  What a run makes in circles, and so leaves to be looked for
(exceptions with their callers), is small: fifty thousand objects of it are a few megabytes.
"""

from __future__ import annotations

import gc

RARELY = 50_000
"""Objects that were made and not given back since the last look."""

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
