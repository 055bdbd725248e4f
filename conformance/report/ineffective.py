"""A `session.update` that is confirmed and has no effect: the confirmations go on showing what was before.

Told of a whole run, of fields that nearly no update changes wherever one asks: a gateway that rewrites every update is
one cause of all that follows, and a server that once keeps a field to itself is none.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from conformance.report.html_text import plural
from conformance.wire.transcript import Leg, Transcript

SEVERAL = 3  # conversations
NEARLY_ALL = 0.9  # of the confirmations
NAMED = 3  # fields that are named


def without_effect(held: Iterable[Transcript]) -> tuple[str, set[str]] | None:
    """The fields that updates do not change, in words, and the conversations in which they were to be changed."""
    asked: Counter[str] = Counter()
    lost: dict[str, list[str]] = {}
    for transcript in held:
        for leg in transcript.legs:
            for field, kept in _changes(leg):
                asked[field] += 1
                if not kept:
                    lost.setdefault(field, []).append(transcript.conversation)
    fields = [
        field for field in lost if len(set(lost[field])) >= SEVERAL and len(lost[field]) >= NEARLY_ALL * asked[field]
    ]
    if not fields:
        return None
    fields.sort(key=lambda field: (-len(lost[field]), field))
    told = [f"`{field}` in {len(lost[field])} of {asked[field]} confirmations" for field in fields]
    more = f" and {plural(len(told) - NAMED, 'more field')}" if len(told) > NAMED else ""
    words = f"`session.update` is confirmed and has no effect: what was before stays, {', '.join(told[:NAMED])}{more}"
    return words, {name for field in fields for name in lost[field]}


def _changes(leg: Leg) -> Iterator[tuple[str, bool]]:
    """Each field that a confirmed update was to change, and whether its confirmation shows the new value.

    Of updates that waited together nobody knows which one is confirmed, and of what is not shown nobody knows anything.
    """
    waiting: list[dict[str, Any]] = []
    before: dict[str, Any] = {}
    for frame in leg.frames:
        session = frame.event.get("session") if isinstance(frame.event, dict) else None
        if not isinstance(session, dict):
            session = {}
        if frame.side == "client" and frame.type == "session.update":
            waiting.append(session)
        elif frame.side == "server" and frame.type == "error":
            waiting = []
        elif frame.side == "server" and frame.type in {"session.created", "session.updated"}:
            sent = waiting[0] if len(waiting) == 1 else {}
            shown = before.keys() & session.keys()
            changed = [name for name in sent if name in shown and not keeps(sent[name], before[name])]
            yield from ((name, keeps(sent[name], session[name])) for name in changed)
            waiting, before = [], session


def keeps(sent: Any, shown: Any) -> bool:
    """Whether a confirmation shows what was sent; it may say more, in another order, and be silent about a null."""
    if sent is None or isinstance(sent, bool):
        return sent is shown or (sent is False and shown is None)
    if isinstance(sent, dict):
        return isinstance(shown, dict) and all(keeps(value, shown.get(name)) for name, value in sent.items())
    if isinstance(sent, list):
        return (
            isinstance(shown, list) and len(shown) == len(sent) and all(any(keeps(a, b) for b in shown) for a in sent)
        )
    if isinstance(sent, int | float) and isinstance(shown, int | float) and not isinstance(shown, bool):
        return math.isclose(sent, shown, abs_tol=1e-6)
    return bool(sent == shown) and not isinstance(shown, bool)
