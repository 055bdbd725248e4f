"""The observed shape of every server event: which members it had, and of which JSON types.  Values are never in it."""

from __future__ import annotations

from collections import Counter

from conformance.judge.schema import shape
from conformance.report.record import Record

Shapes = dict[str, dict[str, str]]
"""Event type → path → JSON types; a path that ends in `?` was not in every event of its type."""


def shapes(record: Record) -> Shapes:
    """The shapes in the written conversations of a record; what was generated depends on the seed and is left out."""
    kinds: dict[str, dict[str, set[str]]] = {}
    had: dict[str, Counter[str]] = {}
    events: Counter[str] = Counter()
    for transcript in record.transcripts.values():
        if transcript.generated:
            continue
        for leg in transcript.legs:
            for frame in leg.frames:
                if frame.side != "server" or frame.type is None:
                    continue
                events[frame.type] += 1
                for path, types in shape(frame.event).items():
                    kinds.setdefault(frame.type, {}).setdefault(path, set()).update(types.split("|"))
                    had.setdefault(frame.type, Counter())[path] += 1
    return {
        name: {
            path + ("" if had[name][path] == events[name] else "?"): "|".join(sorted(types))
            for path, types in sorted(paths.items())
        }
        for name, paths in sorted(kinds.items())
    }


def joined(one: Shapes, other: Shapes) -> Shapes:
    """The shapes of what was seen in both: a member that one of them did not always have is optional."""
    found: Shapes = {**one, **other}
    for name in one.keys() & other.keys():
        paths: dict[str, str] = {}
        for path in sorted({key.removesuffix("?") for key in (*one[name], *other[name])}):
            types = [shape[key] for shape in (one[name], other[name]) for key in (path, f"{path}?") if key in shape]
            always = path in one[name] and path in other[name]
            paths[path if always else f"{path}?"] = "|".join(sorted(set("|".join(types).split("|"))))
        found[name] = paths
    return {name: found[name] for name in sorted(found)}


def changes(before: Shapes, now: Shapes) -> list[str]:
    """What is different, in words: members added, removed (of those that every event had) and retyped.

    Only event types that both have seen are compared: an event that did not come has no shape.
    """
    found = []
    for name in sorted(before.keys() & now.keys()):
        old = {path.removesuffix("?"): (types, path.endswith("?")) for path, types in before[name].items()}
        new = {path.removesuffix("?"): types for path, types in now[name].items()}
        found += [f"{name}: `{path}` was added ({new[path]})" for path in sorted(new.keys() - old.keys())]
        for path, (types, optional) in sorted(old.items()):
            if path not in new:
                found += [] if optional else [f"{name}: `{path}` was removed ({types})"]
            elif more := sorted(set(new[path].split("|")) - set(types.split("|"))):
                found.append(f"{name}: `{path}` was {types} and is {'|'.join(more)}, too")
    return found
