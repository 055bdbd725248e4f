"""What a recording does not show, as data.

A recording of somebody else's making may lack times, one side, the end.  Each lack is a gap with a name, declared on
the transcript; whoever reaches for what is not there meets `Unshown`, and what was asked is skipped with that reason.
Nothing is filled in: a verdict on invented evidence would be a guess.
"""

from __future__ import annotations

import re
from sys import intern
from typing import Any, Literal, NoReturn, Self

from conformance.guarded import Members, Refused, parse

Gap = Literal["times", "client", "close", "handshake", "start", "audio", "cut"]

GAPS: dict[str, str] = {
    "times": "the recording has no times",
    "client": "the recording does not show all that the client sent",
    "close": "the recording does not show how the connection ended",
    "handshake": "the recording does not show the handshake",
    "start": "the recording begins within a session",
    "audio": "audio was left out of the recording",
    "cut": "a message of the recording is cut short",
}

_SHARED = frozenset({"type", "response_id", "item_id"})
_MARK = re.compile(r"\[left out: (\d+) bytes from ([A-Za-z0-9+/=]{0,4}) on\]")


class Unshown(Exception):  # noqa: N818  # it says what became of the evidence
    """The recording does not show what was asked for."""

    def __init__(self, gap: str) -> None:
        super().__init__(GAPS[gap])
        self.gap = gap


class Elided(str):
    """Base64 that was left out: how many bytes it stood for and its first four characters are kept.

    Its length, its beginning and that it was Base64 are known, so what asks for these can be judged.
    """

    size: int
    head: str
    __slots__ = ("head", "size")

    def __new__(cls, size: int, head: str) -> Self:
        """`size` in bytes, `head`: the first four characters of the Base64."""
        made = super().__new__(cls, f"[left out: {size} bytes from {head} on]")
        made.size, made.head = size, head
        return made

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> NoReturn:  # noqa: ARG002
        """Nobody gets bytes of it: `base64.b64decode` asks here."""
        raise Unshown("audio")


class Partial(Members):
    """An object whose text was cut short: what stands in it is known, what does not may have stood behind the cut."""

    def __missing__(self, key: str) -> NoReturn:
        raise Unshown("cut")

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ARG002  # nobody knows that it was absent
        """Like `dict.get`, of what is known."""
        return self[key]

    def __contains__(self, key: object) -> bool:
        if super().__contains__(key):
            return True
        raise Unshown("cut")


def restored(pairs: list[tuple[str, Any]]) -> Members:
    """An object with what was left out marked as such; for texts that are known to hold such marks."""
    # Names are shared, and values that repeat: of a long recording there are as many as there are events.
    return Members((intern(name), _unmarked(name, value)) for name, value in pairs)


def _unmarked(name: str, value: Any) -> Any:
    if type(value) is not str:
        return value
    found = _MARK.fullmatch(value)
    if found is not None:
        return Elided(int(found[1]), found[2])
    return intern(value) if name in _SHARED else value


def mended(text: str) -> tuple[str, int]:
    """A JSON object whose end was cut off, closed where it breaks off, and how many brackets that took.

    A string that is cut, a number and a name without its value are taken away: nobody knows how they go on.
    """
    stack: list[str] = []
    safe, inside, escaped = 0, False, False
    closers = ""
    for place, letter in enumerate(text):
        if inside:
            if escaped:
                escaped = False
            elif letter == "\\":
                escaped = True
            elif letter == '"':
                inside = False
            continue
        if letter == '"':
            inside = True
        elif letter in "{[":
            stack.append("}" if letter == "{" else "]")
            safe, closers = place + 1, "".join(reversed(stack))
        elif letter in "}]":
            if not stack or stack.pop() != letter:
                return "", 0
            safe, closers = place + 1, "".join(reversed(stack))
        elif letter == ",":
            safe, closers = place, "".join(reversed(stack))
    return text[:safe] + closers, len(closers)


def torn(text: str) -> Any:
    """What a text whose end was cut off says as far as it goes: an object of which more may have followed."""
    whole, depth = mended(text)
    try:
        value = parse(whole, restored)
    except Refused:
        value = None
    return _open(value, depth) if isinstance(value, Members) else Partial()


def known(value: Any) -> Any:
    """What is known of a text that was cut, as an object like any other: to be shown, not to be judged."""
    return Members((name, known(inner)) for name, inner in value.items()) if isinstance(value, Partial) else value


def _open(value: Members, depth: int) -> Partial:
    """The object and, in it, the one that was still open at the cut; a list that was has no known length and goes."""
    made = Partial(value)
    if made and depth > 1:
        last = next(reversed(made))
        if isinstance(made[last], Members):
            made[last] = _open(made[last], depth - 1)
        elif isinstance(made[last], list):
            del made[last]
    return made


class Untimed(float):
    """A time that nobody wrote down."""

    __slots__ = ()

    def _unknown(self, *_: object) -> NoReturn:
        raise Unshown("times")

    __sub__ = __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __truediv__ = __round__ = _unknown
    __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __neg__ = __abs__ = _unknown


class OneSided(str):
    """The side of a frame in a recording of one side: whoever asks for the other's frames would find none."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if other == "client":
            raise Unshown("client")
        return str.__eq__(self, other) is True

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__
