"""The shapes that most lies have: an event that is dropped, doubled, changed; a request that is refused or ignored."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from conformance.mock import errors
from conformance.mock.errors import Fault, Json, Refused
from conformance.mock.quirks.base import quirk

if TYPE_CHECKING:
    from conformance.mock.session import Session

Kinds = str | tuple[str, ...]
When = Callable[[Json, "Session"], bool]
Edit = Callable[[Json, "Session"], object]


class Words(TypedDict, total=False):
    """What every maker passes on to `quirk`."""

    touches: tuple[str, ...]
    model: str
    switches: Mapping[str, str] | None


def always(event: Json, session: Session) -> bool:
    """No condition."""
    return True


def once(event: Json, session: Session) -> bool:
    """The first time only, in each session."""
    return bool(session.memory.setdefault(f"once {event['type']}", event["event_id"]) == event["event_id"])


def _is(event: Json, kinds: Kinds) -> bool:
    return event["type"] == kinds if isinstance(kinds, str) else event["type"] in kinds


def drops(name: str, chapter: str, lie: str, kinds: Kinds, *, when: When = always, **words: Unpack[Words]) -> None:
    """Events of these kinds are not sent."""

    @quirk(name, chapter, lie, **words)
    def drop(event: Json, session: Session) -> list[Json] | None:
        return [] if _is(event, kinds) and when(event, session) else None


def doubles(name: str, chapter: str, lie: str, kinds: Kinds, *, when: When = always, **words: Unpack[Words]) -> None:
    """Events of these kinds are sent twice, with an id of its own for the second."""

    @quirk(name, chapter, lie, **words)
    def double(event: Json, session: Session) -> list[Json] | None:
        if not _is(event, kinds) or not when(event, session):
            return None
        return [event, {**event, "event_id": session.ids.make("event")}]


def edits(
    name: str, chapter: str, lie: str, kinds: Kinds, edit: Edit, *, when: When = always, **words: Unpack[Words]
) -> None:
    """Events of these kinds are changed; `edit` changes the copy that it gets."""

    @quirk(name, chapter, lie, **words)
    def change(event: Json, session: Session) -> list[Json] | None:
        if not _is(event, kinds) or not when(event, session):
            return None
        changed = copy.deepcopy(event)
        edit(changed, session)
        return [changed]


def adds(
    name: str,
    chapter: str,
    lie: str,
    kinds: Kinds,
    make: Callable[[Json, Session], Json],
    *,
    when: When = always,
    before: bool = False,
    **words: Unpack[Words],
) -> None:
    """After (or before) events of these kinds comes one more; `make` gives it without its id."""

    @quirk(name, chapter, lie, **words)
    def add(event: Json, session: Session) -> list[Json] | None:
        if not _is(event, kinds) or not when(event, session):
            return None
        more = {"event_id": session.ids.make("event"), **make(event, session)}
        return [more, event] if before else [event, more]


def refuses(
    name: str,
    chapter: str,
    lie: str,
    kinds: Kinds,
    *,
    when: When = always,
    fault: Fault | None = None,
    **words: Unpack[Words],
) -> None:
    """Client events of these kinds get an error."""

    @quirk(name, chapter, lie, hook="receive", **words)
    def refuse(event: Json, session: Session) -> Json | None:
        if _is(event, kinds) and when(event, session):
            raise Refused(fault or errors.not_allowed(f"'{event['type']}' can't be carried out."))
        return event


def ignores(name: str, chapter: str, lie: str, kinds: Kinds, *, when: When = always, **words: Unpack[Words]) -> None:
    """Client events of these kinds are met with silence."""

    @quirk(name, chapter, lie, hook="receive", **words)
    def ignore(event: Json, session: Session) -> Json | None:
        return None if _is(event, kinds) and when(event, session) else event


def hears(
    name: str, chapter: str, lie: str, kinds: Kinds, edit: Edit, *, when: When = always, **words: Unpack[Words]
) -> None:
    """Client events of these kinds are taken for something else; `edit` changes the copy that is handled."""

    @quirk(name, chapter, lie, hook="receive", **words)
    def mishear(event: Json, session: Session) -> Json | None:
        if not _is(event, kinds) or not when(event, session):
            return event
        changed = copy.deepcopy(event)
        edit(changed, session)
        return changed


def count(session: Session, name: str) -> int:
    """How often this was asked in a session, this time included."""
    found: int = session.memory.get(f"count {name}", 0) + 1
    session.memory[f"count {name}"] = found
    return found


def nth(name: str, number: int) -> When:
    """The `number`-th event of its kind in a session, from 1."""
    return lambda event, session: count(session, name) == number


def at(event: Any, path: str) -> Any:
    """A member by its dotted path, None where any part is missing."""
    for part in path.split("."):
        event = event.get(part) if isinstance(event, dict) else None
    return event


def says(*words: str) -> When:
    """Whether an error's message holds all of these words."""
    return lambda event, session: all(word in str(at(event, "error.message")) for word in words)


def put(path: str, value: Any) -> Edit:
    """An edit that sets the member at a dotted path, where its parent is there."""

    def edit(event: Json, session: Session) -> None:
        parents, _, last = path.rpartition(".")
        parent = at(event, parents) if parents else event
        if isinstance(parent, dict):
            parent[last] = value

    return edit


def without(path: str) -> Edit:
    """An edit that takes the member at a dotted path away."""

    def edit(event: Json, session: Session) -> None:
        parents, _, last = path.rpartition(".")
        parent = at(event, parents) if parents else event
        if isinstance(parent, dict):
            parent.pop(last, None)

    return edit


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """The same value with ids replaced wherever they stand."""
    if isinstance(value, dict):
        return {key: renamed(member, names) for key, member in value.items()}
    if isinstance(value, list):
        return [renamed(member, names) for member in value]
    return names.get(value, value) if isinstance(value, str) else value
