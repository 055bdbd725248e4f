"""What tells two courses of one conversation apart: small facts that a reproduction can look for.

A fact is an expression over what was seen (`conformance.papers.player.Seen`), true of the one course and false of the
other, and the edit that would undo it in the recording.  Whether a check turns on it is asked of the check.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.papers.by_type import Sorted, holders, numbered, places, windows
from conformance.papers.player import GONE, Seen, at, cost, sound
from conformance.papers.script import leaves, streams
from conformance.papers.trace import Draft, Edit, Entry, Trace

CHANCE = 3  # the weight of a number of pieces: another server says the same in more or fewer
ENDED = "seen.closed_by == 'server'"
OWNERS = (
    ("item_id", "item_id"),
    ("item_id", "item.id"),
    ("response_id", "response_id"),
    ("response_id", "response.id"),
)


@dataclass(frozen=True)
class Fact:
    """One difference.  `weight` says how much it may be chance (0: least); `where` are the keys it stands in."""

    test: str
    expected: str
    seen: str
    weight: int
    edit: Edit
    where: tuple[int, ...] = ()
    member: tuple[str, int, str] | None = None
    """Event type, step and path of a member whose value differs; what it should be is asked of the check."""
    alike: str = ""
    """What it has in common with the facts of other steps that say the same; empty: it stands for itself."""
    narrowed: Narrow | None = None
    """Finds what to look for by asking the check, where the recording can't tell: all of what is said differs."""
    seconds: float = 0
    """How long who tries it has to wait in silence, at least."""


Ask = Callable[[Edit], bool | None]
"""What a check says of the recording with one more edit."""
Narrow = Callable[[Ask, Sequence[str]], Fact | None]
"""The fact that a check bears out, of those in which the words occur that it has of its own; None: there is none."""


def holds(test: str, seen: Seen) -> bool:
    """Whether a fact's expression is true of what was seen."""
    return bool(value(test, seen))


def value(told: str, seen: Seen) -> Any:
    """What an expression of a fact is of what was seen."""
    return eval(told, {"seen": seen, "GONE": GONE, **{one.__name__: one for one in (at, cost, sound)}})  # noqa: S307  # an expression of ours


class Courses:
    """One course of a conversation beside two of another endpoint, held with the same steps.

    `beside` is what was seen on its other connections that were opened in the same way.
    """

    def __init__(self, trace: Trace, other: Seen, again: Seen, beside: Sequence[Seen] = ()) -> None:
        self.trace, self.mine, self.other, self.again = trace, *map(Sorted, (trace.seen(), other, again))
        self.mine.beside = [*beside]
        self.said = trace.said
        self.told = "".join(str(what) for _, _, _, action, *what in trace.script.steps if action in {"text", "filled"})
        self.pairs = list(self._pairs())
        self.names = dict(reversed(list(self._names())))  # where a thing is named first, it is the thing itself
        self.holders, self.held = holders(self.other), holders(self.mine)

    def facts(self) -> list[Fact]:
        """All that is true of the one course and of neither of the others."""
        return self.telling([*self._end(), *self._counts(), *self._order(), *self._members(), *self._joined()])

    def everywhere(self) -> list[Fact]:
        """Facts of what comes in several steps, each with the edit that undoes it in all of them.

        A step where it can't be told apart (as much came later, and rightly) is undone with the others.  And facts of
        what lacks, undone where it could have come first: who does not wait for an answer hears it behind others.
        """
        groups: dict[str, list[Fact]] = {}
        # Of what comes after several that it should come before, the move before the first of them is the last.
        for fact in (*self._counts(), *reversed(list(self._order()))):
            if fact.alike:
                groups.setdefault(fact.alike, []).append(fact)
        together = self.telling(
            replace(fact, edit=_together([one.edit for one in group]))
            for group in groups.values()
            if len(group) > 1
            for fact in group
        )
        return [*together, *self.telling(self._counts(sooner=True))]

    def telling(self, facts: Iterable[Fact]) -> list[Fact]:
        """Those that are true of the one course and of neither of the others."""
        told: dict[str, Fact] = {}
        for fact in facts:
            if holds(fact.test, self.mine) and not holds(fact.test, self.other) and not holds(fact.test, self.again):
                told.setdefault(fact.test, fact)
        return list(told.values())

    # -- which event is which

    def _pairs(self) -> Iterator[tuple[Entry, Any, Any]]:
        """Each event with those of the other courses in its place; what streams has the first of its kind."""
        mine = numbered((entry.step, entry.event, entry) for entry in self.said)
        other = numbered((step, event, event) for step, event in self.other.got)
        again = numbered((step, event, event) for step, event in self.again.got)
        for (kind, step, nth), entry in mine.items():
            place = (kind, step, 0 if streams(kind) else nth)
            if place in other:
                yield entry, other[place], again.get(place)

    def _names(self) -> Iterator[tuple[str, str]]:
        """What the other endpoint calls the things that have a name here."""
        for entry, event, _ in self.pairs:
            if not streams(str(at(event, "type"))):
                for path, value in leaves(event):
                    mine = at(entry.event, path)
                    named = path.endswith("id") and isinstance(value, str) and isinstance(mine, str)
                    if named and mine not in {GONE, value}:
                        yield value, mine

    def _renamed(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._renamed(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self._renamed(member) for member in value]
        return self.names.get(value, value) if isinstance(value, str) else value

    def _since(self, kind: str, step: int) -> int:
        """The first step since which no more of this type came, in any course, than since this one.

        An event that is not waited for may come a step earlier than it did, on another machine: it is found there, too.
        """
        courses = (self.mine, self.other, self.again)
        return next(
            since for since in range(step + 1)
            if all(len(course.of(kind, since)) == len(course.of(kind, step)) for course in courses)
        )  # fmt: skip

    # -- the kinds of facts

    def _end(self) -> Iterator[Fact]:
        mine, other = self.mine, self.other
        for name in ("status", "closed_by", "code", "reason"):
            a, b = getattr(mine, name), getattr(other, name)
            if a != b:
                yield Fact(f"seen.{name} == {a!r}", _ending(name, b), _ending(name, a), 1, self._ended(other, name))

    @staticmethod
    def _ended(other: Seen, name: str) -> Edit:
        def edit(draft: Draft) -> None:
            if name == "status":
                draft.leg = replace(
                    draft.leg, handshake=replace(draft.leg.handshake, status=other.status, problem=None)
                )
                return
            member = {"closed_by": "first", "code": "code_received", "reason": "reason_received"}[name]
            clean = other.code > 0
            draft.end(**{member: getattr(other, name), "clean": clean, "tcp": "fin", "problem": None})

        return edit

    def _counts(self, *, sooner: bool = False) -> Iterator[Fact]:
        mine = windows((entry.step, entry.event, entry.key) for entry in self.said)
        other = windows((step, event, place) for place, (step, event) in enumerate(self.other.got))
        for step, kind in dict.fromkeys([*other, *mine]):
            here, there = mine.get((step, kind), []), other.get((step, kind), [])
            enough, since = len(self.other.of(kind, step)), self._since(kind, step)
            if streams(kind) and here and there:
                continue
            if len(here) < len(there):
                least = 1 if streams(kind) else enough
                lacking = "no" if least == 1 else f"{len(self.mine.of(kind, step))}"
                yield Fact(
                    f"len(seen.of({kind!r}, {since})) < {least}", f"{_count(least, kind)}", f"{lacking} `{kind}`", 0,
                    self._added(there[len(here) :], step, sooner=sooner),
                )  # fmt: skip
            elif len(here) > len(there):
                told = self.trace.entries[here[len(there)]].event
                for which, extra in {"last": here[len(there) :], "first": here[: len(here) - len(there)]}.items():
                    yield Fact(
                        f"len(seen.of({kind!r}, {since})) > {enough}", f"{_count(enough, kind)}",
                        f"{_count(len(self.mine.of(kind, step)), kind)}, such as {_short(told)}",
                        (CHANCE if enough else 2) * streams(kind),
                        lambda draft, keys=tuple(extra): draft.drop(keys), tuple(extra),  # type: ignore[misc]
                        alike=f"more {kind}, {which}",
                    )  # fmt: skip

    def _added(self, places: Iterable[int], step: int, *, sooner: bool) -> Edit:
        mine = numbered((entry.step, entry.event, entry.key) for entry in self.said)
        others = list(numbered((s, e, n) for n, (s, e) in enumerate(self.other.got)).items())
        added = []
        for place in places:
            # Before the next that is there, too.
            after = (mine.get(key) for key, number in others if number > place and key[1] == step)
            added.append(
                (self._renamed(self.other.got[place][1]), next((key for key in after if key is not None), None))
            )

        steps, first = self.trace.script.steps, step
        while sooner and 1 < first <= len(steps) and not any(steps[first - 1][1:3]):  # neither awaited nor a pause
            first -= 1

        def edit(draft: Draft) -> None:
            for event, before in added:
                draft.add(event, first, before if first == step else None)

        return edit

    def _order(self) -> Iterator[Fact]:
        mine = places((entry.step, entry.event, entry.key) for entry in self.said)
        other = places((step, event, place) for place, (step, event) in enumerate(self.other.got))
        there = {name: key for name, key in mine.items() if name in other}
        for late, early in itertools.permutations(there, 2):
            if late[1] == early[1] and mine[late] > mine[early] and other[late] < other[early]:
                step, moved = late[1], [mine[late]]
                if streams(late[0]):  # all of it that came too late
                    moved = [
                        entry.key for entry in self.said
                        if entry.step == step and at(entry.event, "type") == late[0] and entry.key > mine[early]
                    ]  # fmt: skip
                yield Fact(
                    f"seen.place({late[0]!r}, {step}, {late[2]}) > seen.place({early[0]!r}, {step}, {early[2]}) >= 0",
                    f"`{late[0]}` before `{early[0]}`", f"`{late[0]}` after `{early[0]}`",
                    1 + max(late[2], early[2]), _moved(moved, mine[early]), tuple(moved),
                    alike=f"{late[0]} late",
                )  # fmt: skip

    def _members(self) -> Iterator[Fact]:
        groups: dict[tuple[str, str], list[tuple[Entry, Any]]] = {}
        for entry, event, again in self.pairs:
            kind = str(at(entry.event, "type"))
            varied = {path for path, value in leaves(event) if again is not None and at(again, path) != value}
            if streams(kind):
                others = self.other.of(kind)
                varied |= {path for path, value in leaves(event) if any(at(one, path) != value for one in others)}
            for path in _differing(entry.event, event):
                here, there = at(entry.event, path), at(event, path)
                if path in varied and type(here) is type(there):
                    yield from self._related(entry, event, kind, path)
                else:
                    groups.setdefault((kind, path), []).append((entry, there))
        for (kind, path), pairs in groups.items():
            yield self._member(kind, path, pairs)

    def _member(self, kind: str, path: str, pairs: list[tuple[Entry, Any]]) -> Fact:
        entry, there = pairs[0]
        here, step = at(entry.event, path), self._since(kind, min(one.step for one, _ in pairs))
        wanted = [(one.key, GONE if value is GONE else self._renamed(value)) for one, value in pairs]

        def edit(draft: Draft) -> None:
            for key, value in wanted:
                if value is GONE:
                    draft.take(key, path)
                else:
                    draft.put(key, path, value)

        test = any_of(kind, step, path, f"== {literal(here)}")
        if holds(test, self.other) or holds(test, self.again):  # right of another event of this type
            nth = self.mine.of(kind, entry.step).index(entry.event)
            test = f"seen.value({kind!r}, {entry.step}, {nth}, {path!r}) == {literal(here)}"
        return Fact(
            test, f"`{path}` of `{kind}`: {_short(there)}", _short(here),
            0 if GONE in (here, there) else 2, edit, tuple(one.key for one, _ in pairs), (kind, step, path),
        )  # fmt: skip

    def _related(self, entry: Entry, event: Any, kind: str, path: str) -> Iterator[Fact]:
        """A name that is another's there and not here, or the other way round."""
        mine, value = at(entry.event, path), at(event, path)
        if not isinstance(mine, str) or not mine or not isinstance(value, str) or not path.endswith("id"):
            return  # only names are another's
        if f'"{mine}"' in self.told and f'"{value}"' not in self.told:
            yield Fact(
                any_of(kind, entry.step, path, f"== {mine!r}"), f"`{path}` of `{kind}` is the server's own",
                _short(mine), 1, lambda draft: draft.put(entry.key, path, value), (entry.key,),
            )  # fmt: skip
        nth = self.mine.of(kind).index(entry.event)
        me = f"seen.value({kind!r}, 0, {nth}, {path!r})"
        holder = self.holders.get(value)
        if holder is not None and holder[:2] != (kind, nth):
            whose, number, there = holder
            source = self.mine.value(whose, 0, number, there)
            if source is not GONE and source != mine:
                other = f"seen.value({whose!r}, 0, {number}, {there!r})"
                yield Fact(
                    f"GONE != {me} != {other} != GONE",
                    f"`{path}` of `{kind}` is `{there}` of `{whose}`: {_short(source)}",
                    _short(mine), 1, lambda draft: draft.put(entry.key, path, source), (entry.key,),
                )  # fmt: skip
        here = self.held.get(mine)
        if here is not None and here[:2] != (kind, nth) and self.other.value(here[0], 0, here[1], here[2]) != value:
            other = f"seen.value({here[0]!r}, 0, {here[1]}, {here[2]!r})"
            named = self.names.get(value, value)
            named = value if named == mine else named
            yield Fact(
                f"GONE != {me} == {other}", f"`{path}` of `{kind}` is not `{here[2]}` of `{here[0]}`", _short(mine), 1,
                lambda draft: draft.put(entry.key, path, named), (entry.key,),
            )  # fmt: skip

    def _joined(self) -> Iterator[Fact]:
        kinds = dict.fromkeys(str(at(event, "type")) for _, event in self.other.got)
        for entry, event, _ in self.pairs:
            kind = str(at(entry.event, "type"))
            if streams(kind):
                continue
            nth = self.mine.of(kind).index(entry.event)
            ways = [
                (stream, owner, whose, self.other.joined(stream, owner, at(event, whose)))
                for stream, (owner, whose) in itertools.product(filter(streams, kinds), OWNERS)
            ]
            for path, value in leaves(event):
                if not isinstance(value, str) or not value or at(entry.event, path) is GONE:
                    continue
                for stream, owner, whose, told in ways:
                    if told != value:
                        continue
                    whole = self.mine.joined(stream, owner, at(entry.event, whose))
                    of = f"seen.joined({stream!r}, {owner!r}, seen.value({kind!r}, 0, {nth}, {whose!r}))"
                    yield Fact(
                        f"GONE != seen.value({kind!r}, 0, {nth}, {path!r}) != {of} != ''",
                        f"`{path}` of `{kind}` is what the deltas said: {_short(whole)}",
                        _short(at(entry.event, path)), 0,
                        lambda draft, key=entry.key, path=path, whole=whole: draft.put(key, path, whole), (entry.key,),  # type: ignore[misc]
                    )  # fmt: skip


def _together(edits: Sequence[Edit]) -> Edit:
    def edit(draft: Draft) -> None:
        for one in edits:
            one(draft)

    return edit


def _moved(keys: list[int], before: int) -> Edit:
    return lambda draft: draft.move(keys, before)


def any_of(kind: str, step: int, path: str, what: str) -> str:
    """The expression: of some event of this type since this step the member is so."""
    return f"any(at(event, {path!r}) {what} for event in seen.of({kind!r}, {step}))"


def literal(value: Any) -> str:
    """A value in an expression."""
    return "GONE" if value is GONE else repr(value)


def _short(value: Any) -> str:
    text = value if value is GONE else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 160 else f"{text[:157]}…"


def _ending(name: str, value: Any) -> str:
    """How a connection ended, in words; no close frame has the code 0."""
    match name:
        case "status":
            return f"HTTP {value} in the handshake"
        case "closed_by":
            return "a close by nobody" if value == "nobody" else f"a close by the {value}"
        case "code":
            return f"a close frame with {value}" if value else "no close frame"
        case _:
            return f"the close reason {value!r}" if value else "no close reason"


def _count(number: int, kind: str) -> str:
    return f"{number or 'no'} `{kind}`"


def _differing(mine: Any, other: Any) -> list[str]:
    """Paths at which two events differ: of what is not there, the highest."""
    found: dict[str, None] = {}
    for path, _ in itertools.chain(leaves(mine), leaves(other)):
        here, there = at(mine, path), at(other, path)
        if json.dumps(here, sort_keys=True) == json.dumps(there, sort_keys=True):
            continue
        while "." in path and GONE in (at(mine, path), at(other, path)):
            parent = path.rpartition(".")[0]
            if GONE not in (at(mine, parent), at(other, parent)):
                break
            path = parent  # noqa: PLW2901  # it climbs
        found[path] = None
    return list(found)
