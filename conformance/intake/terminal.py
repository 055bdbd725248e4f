"""What was on the screen: transcripts of wscat and websocat, `>` before what was sent and `<` before what came.

They show no times unless a clock stands before each line, and control frames only in wscat's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from conformance.intake import clock
from conformance.intake.connection import Connection, Unread
from conformance.wire.transcript import Side

_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_LINE = re.compile(r"(?:\[?(\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?)\]?\s+)?([<>])\s(.*)")
_GONE = re.compile(r"Disconnected \(code: \d+")
_COMMAND = re.compile(r"(?:^|[$#] ?)(?:wscat|websocat)\b.*?(wss?://[^\s'\"]+)")


def fits(line: str) -> bool:
    """Whether a line is a message in this form."""
    found = _LINE.fullmatch(_COLOUR.sub("", line).rstrip())
    return found is not None and found[3].lstrip()[:1] in {"{", "["}


def read(lines: Iterable[tuple[int, str]], *, keep_audio: bool) -> Iterator[Connection]:
    """The connections of a transcript: one after the other, divided where one was ended or a command was given."""
    url = ""
    connection: Connection | None = None
    for number, line in lines:
        plain = _COLOUR.sub("", line).rstrip()
        found = _LINE.fullmatch(plain)
        if (command := _COMMAND.search(plain)) is not None:
            url = command[1]
            if connection is not None:
                yield connection
            connection = None
        elif _GONE.search(plain) is not None and connection is not None:
            # wscat tells the code that it was given; who closed first it does not tell.
            yield connection
            connection = None
        elif found is not None and found[3]:
            connection = connection or Connection("a transcript of wscat or websocat", url, keep_audio=keep_audio)
            side: Side = "client" if found[2] == ">" else "server"
            connection.take(side, clock.iso(found[1]) if found[1] else None, text=found[3])
        elif plain and plain[0] in "{[":
            raise Unread(f"line {number}: nothing says who sent this; each message follows `> ` (sent) or `< ` (came)")
    if connection is not None:
        yield connection
