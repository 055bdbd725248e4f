"""What differs between two holdings of one conversation, and which differences have one cause.

An event that both sent with other members is told and passed, and so is one of a type that only one of them ever sends:
what follows is compared all the same.  Any other event in place of the expected one ends the comparison of that
conversation, for what comes after it comes of it.  Differences that are told in the same words have one cause,
whichever conversations show them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.against.likeness import SESSION, STATUS, Heard, Said, heard, is_race, is_reply, is_whole
from conformance.spec.requests import ANSWERED_BY
from conformance.wire.transcript import Leg, Transcript

NOTHING = "nothing"
CONFIRMED = "`session.updated`"
ACKNOWLEDGEMENTS = frozenset(ANSWERED_BY.values())
SPELLED = 3  # members that are spelled out


@dataclass(frozen=True)
class Difference:
    """One difference.

    `at` says where in words that name no conversation, `here` and `there` what the two targets did; `frames` are their
    frames, where they sent one.  `member` is the member of an event that differs, where both sent the event.  Nothing
    behind a difference that `breaks` was compared.
    """

    at: str
    here: str
    there: str
    frames: tuple[int | None, int | None] = (None, None)
    member: str = ""
    breaks: bool = True
    follows: bool = False
    """Whether a setting that the client had set differed before."""
    conversation: str = ""
    connection: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        """What differences of one cause have in common."""
        return (self.at, "", "") if self.member else (self.at, self.here, self.there)


@dataclass
class Cause:
    """Differences that are told in the same words: the first of them, and the conversations that show them."""

    first: Difference
    conversations: list[str] = field(default_factory=list)
    members: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Each member that differs, with what it is here and there."""
    follow: dict[str, int] = field(default_factory=dict)
    """What differs only where this did before, in words, and in how many conversations."""
    checks: list[str] = field(default_factory=list)
    """Checks whose verdicts differ, and whose conversation shows this before any other difference."""
    moves: list[dict[str, Any]] = field(default_factory=list)
    """The shortest script that shows it, where it was found by generated conversations."""
    shown: tuple[list[str], list[str]] = ([], [])
    """The frames that show it, a line each, of the one target and of the other."""

    @property
    def sentence(self) -> str:
        """What differs, in one sentence."""
        first = self.first
        if not self.members:
            return f"{first.at}: {first.here} here, {first.there} there"
        shown = [f"`{name}` is {here} here and {there} there" for name, (here, there) in self.members.items()]
        more = f"; and {len(shown) - SPELLED} more" if len(shown) > SPELLED else ""
        return f"{first.at}: {'; '.join(shown[:SPELLED])}{more}"

    def to_json(self) -> dict[str, Any]:
        """The form of a record's `against` line."""
        first = self.first
        return {
            "words": self.sentence, "at": first.at, "here": first.here, "there": first.there,
            "members": [[name, *sides] for name, sides in self.members.items()],
            "conversation": first.conversation, "connection": first.connection, "frames": list(first.frames),
            "conversations": self.conversations, "follow": list(self.follow), "checks": self.checks,
            "moves": self.moves, "shown": [list(side) for side in self.shown],
        }  # fmt: skip


def causes(found: Iterable[Difference]) -> list[Cause]:
    """Differences by their causes, those first that most conversations show."""
    found = list(found)
    alone = {one.key for one in found if not one.follows}
    followers = _grouped(one for one in found if one.key not in alone)
    made = _grouped(one for one in found if one.key in alone)
    setting = next((cause for cause in made if is_setting(cause.first)), None)
    if setting is None:
        return made + followers
    setting.follow = {cause.sentence: len(cause.conversations) for cause in followers}
    return made


def _grouped(found: Iterable[Difference]) -> list[Cause]:
    made: dict[tuple[str, str, str], Cause] = {}
    for one in found:
        cause = made.setdefault(one.key, Cause(one))
        if one.conversation not in cause.conversations:
            cause.conversations.append(one.conversation)
        if one.member:
            cause.members.setdefault(one.member, (one.here, one.there))
    return sorted(made.values(), key=lambda cause: -len(cause.conversations))


def is_setting(one: Difference) -> bool:
    """Whether a confirmation shows another setting here than there."""
    return one.at == CONFIRMED and one.member.startswith("session.")


def differences(one: Transcript, other: Transcript, quiet: tuple[float, float]) -> list[Difference]:
    """What differs between two holdings of a conversation, in order; only the last may have ended the looking.

    `quiet` are the targets' windows of silence (ms).  Trouble of the line says nothing of either.
    """
    if one.trouble or other.trouble or one.interrupted or other.interrupted:
        return []
    found = list(_until_broken(one, other, quiet))
    if not (found and found[-1].breaks) and (stopped := _stops(one, other)) is not None:
        found.append(replace(stopped, follows=any(one.follows or is_setting(one) for one in found)))
    return [_in(one.conversation, difference) for difference in found]


def _in(conversation: str, one: Difference) -> Difference:
    return replace(one, conversation=conversation)


def _until_broken(one: Transcript, other: Transcript, quiet: tuple[float, float]) -> Iterator[Difference]:
    pairs = zip(heard(one, quiet[0]), heard(other, quiet[1]), one.legs, other.legs, strict=False)
    for number, (mine, yours, my_leg, your_leg) in enumerate(pairs):
        for found in _of_connection(mine, yours, my_leg, your_leg):
            yield replace(found, connection=number)
            if found.breaks:
                return


def _stops(one: Transcript, other: Transcript) -> Difference | None:
    """A script that went on here and not there, though every event is the same as far as it can be compared."""
    mine, yours = (" or ".join(item.stop.waiting_for) if item.stop is not None else "" for item in (one, other))
    if mine == yours or not (one.legs and other.legs):
        return None
    here, there = ("it never came" if said else "it came" for said in (mine, yours))
    return Difference(f"waiting for `{mine or yours}`", here, there, connection=len(one.legs) - 1)


def _of_connection(mine: Heard, yours: Heard, my_leg: Leg, your_leg: Leg) -> list[Difference]:
    """The differences of a connection in its order, up to the one that breaks."""
    if mine.status != yours.status:
        return [Difference("the handshake", _status(mine), _status(yours))]
    found: list[Difference] = []
    for stream in {**mine.streams, **yours.streams}:
        here, there = mine.streams.get(stream, []), yours.streams.get(stream, [])
        if not (is_reply(stream) and is_race(here, there)):
            found += _of_stream(stream, here, there, (mine, yours), (my_leg, your_leg))
    found.sort(key=lambda one: min(frame for frame in (*one.frames, 10**9) if frame is not None))
    found = list(_followed(found, my_leg))
    broken = next((number for number, one in enumerate(found) if one.breaks), None)
    if broken is not None:
        return found[: broken + 1]
    if mine.over != yours.over and mine.over and yours.over:
        found.append(Difference("the end of the connection", mine.over, yours.over))
    return found


def _followed(found: Iterable[Difference], leg: Leg) -> Iterator[Difference]:
    """The differences of a connection, with which of them come behind a setting that the client had set and differs."""
    sent = [
        frame.event["session"]
        for frame in leg.frames
        if frame.side == "client" and frame.type == "session.update" and isinstance(frame.event.get("session"), dict)
    ]
    named = {f"session.{name}" for session in sent for name in session}
    behind = False
    for one in found:
        yield replace(one, follows=behind)
        behind = behind or (is_setting(one) and ".".join(one.member.split(".")[:2]) in named)


def _status(one: Heard) -> str:
    return f"HTTP {one.status}" if one.status is not None else "no answer"


def _of_stream(
    stream: str, here: list[Said], there: list[Said], sides: tuple[Heard, Heard], legs: tuple[Leg, Leg]
) -> Iterator[Difference]:
    """Two streams event by event.  What only one of them ever has is told and passed, unless it answers a request."""
    if is_reply(stream) and here and there and is_whole(here) != is_whole(there):
        last, end = here[-1], there[-1]
        words = (last.members.get(STATUS, NOTHING), end.members.get(STATUS, NOTHING))
        yield Difference("the end of a reply", *words, frames=_frames(last, end))
        return
    kinds = tuple({one.type for one in side} for side in (here, there))
    at, other = 0, 0
    while at < len(here) or other < len(there):
        mine = here[at] if at < len(here) else None
        yours = there[other] if other < len(there) else None
        if mine is not None and yours is not None and mine.type == yours.type:
            yield from _members(mine, yours)
            at, other = at + 1, other + 1
        elif mine is not None and mine.type not in kinds[1] and not is_answer(mine.type) and yours is not None:
            yield Difference(f"`{mine.type}`", "it is sent", "it is not", (mine.frame, None), breaks=False)
            at += 1
        elif yours is not None and yours.type not in kinds[0] and not is_answer(yours.type) and mine is not None:
            yield Difference(f"`{yours.type}`", "it is not sent", "it is", (None, yours.frame), breaks=False)
            other += 1
        elif yours is not None and _is_surplus(there[other:], here[at:], there[:other]):
            yield Difference(f"`{yours.type}`", "it is sent", "it is sent once more", (None, yours.frame), breaks=False)
            other += 1
        elif mine is not None and _is_surplus(here[at:], there[other:], here[:at]):
            yield Difference(f"`{mine.type}`", "it is sent once more", "it is sent", (mine.frame, None), breaks=False)
            at += 1
        else:
            late = sides[0] if mine is None else sides[1] if yours is None else None
            if late is None or late.left_at is None:  # else the client left before it could come
                place = _place(stream, mine, yours, here[:at], legs)
                yield Difference(place, _told(mine), _told(yours), _frames(mine, yours))
            return


def _is_surplus(rest: list[Said], other: list[Said], before: list[Said]) -> bool:
    """Whether the event at the head of `rest` comes once too often, and all else that is to come is the same."""
    kind = rest[0].type
    if not other and not (before and before[-1].type == kind):
        return False  # it may as well be the one that the other side lacks
    left, others = ([one.type for one in side] for side in (rest, other))
    without = [[one for one in side if one != kind] for side in (left, others)]
    return left.count(kind) > others.count(kind) and without[0] == without[1]


def _frames(mine: Said | None, yours: Said | None) -> tuple[int | None, int | None]:
    return (mine.frame if mine is not None else None, yours.frame if yours is not None else None)


def is_answer(kind: str) -> bool:
    """Whether an event answers a request: then what stands in its place is told with it."""
    return kind == "error" or kind in ACKNOWLEDGEMENTS


def _members(one: Said, other: Said) -> Iterator[Difference]:
    """The members in which two events of a type differ."""
    frames = (one.frame, other.frame)
    for path in sorted({*one.members, *other.members}):
        here, there = (side.members.get(path, "absent") for side in (one, other))
        if here != there:
            yield Difference(f"`{one.type}`", here, there, frames, path, breaks=False)


def _place(stream: str, first: Said | None, second: Said | None, before: list[Said], legs: tuple[Leg, Leg]) -> str:
    """Where something differs: after which event of a reply, or after what the client sent last."""
    if stream != SESSION and before:
        return f"after `{before[-1].type}`"
    side = 0 if first is not None else 1
    said = first or second
    assert said is not None
    asked = [frame for frame in legs[side].frames[: said.frame] if frame.side == "client" and frame.opcode == "text"]
    if not asked:
        return "after the handshake"
    return f"after `{asked[-1].type}`" if asked[-1].type else "after a frame that is no event"


def _told(said: Said | None) -> str:
    if said is None:
        return NOTHING
    if said.type != "error":
        return f"`{said.type}`"
    words = said.members.get("error.message", "")
    return f"`error`{f' ({words})' if words else ''}"
