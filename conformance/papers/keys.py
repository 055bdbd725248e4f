"""Facts of a key that came back: where, and never what.

A record says in which frame, or that it was in the handshake; a program looks for the key that it sends itself, does
not show what quotes it, and keeps the same list.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.papers.facts import Courses, Fact
from conformance.papers.trace import Draft

QUOTED = "the key that was sent is quoted in no form"


def keys(courses: Courses) -> list[Fact]:
    """All of them that are true of the one course and of neither of the others."""
    places = dict.fromkeys(courses.mine.quoted)
    return courses.telling(
        Fact(f"{place!r} in seen.quoted", QUOTED, f"it is in `{place}`", 0, _unquoted) for place in places
    )


def _unquoted(draft: Draft) -> None:
    draft.leg = replace(draft.leg, echoes=[])
