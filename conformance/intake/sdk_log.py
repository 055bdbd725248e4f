"""The log of the `dashscope` SDK at DEBUG (`DASHSCOPE_LOGGING_LEVEL=debug`).

It writes what it sends in full, of audio and images only how long the Base64 was, and of what came the first 1,024
characters; how a connection ended is not in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from conformance.intake import clock
from conformance.intake.connection import Connection, Unread
from conformance.wire.gaps import Elided

MARK = "[omni realtime] "
CUT = 1024  # characters that the SDK logs of a message
_STAMP = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.,]\d+")
_AUDIO = re.compile(r'("delta"\s*:\s*")[A-Za-z0-9+/=]*$')
_NAMED = re.compile(r'"response_id"\s*:\s*"([^"]{1,200})"')


def read(lines: Iterable[tuple[int, str]], *, keep_audio: bool) -> Iterator[Connection]:
    """The connections of a log: a new one begins with each `session.created`, as the SDK names none."""
    connection: Connection | None = None
    waiting: list[tuple[float | None, str]] = []
    owner: dict[str, Connection] = {}
    created = False
    for number, line in lines:
        before, mark, said = line.rstrip("\r\n").partition(MARK)
        if not mark:
            continue
        stamp = _STAMP.search(before)
        at = clock.iso(stamp[0]) if stamp else None
        word, _, rest = said.partition(" ")
        if said.startswith("receive string "):
            text = said.removeprefix("receive string ")
            if '"session.created"' in text[:200] and created and connection is not None:
                yield connection
                connection = None
            created = created or '"session.created"' in text[:200]
            connection = _with(connection, waiting, keep_audio)
            cut = len(text) >= CUT
            connection.take("server", at, text=_AUDIO.sub(r"\1", text) if cut else text, cut=cut)
            for told in _NAMED.findall(text):
                if owner.setdefault(told, connection) is not connection:
                    raise Unread(
                        f"line {number}: two sessions at once are in this log, and it does not say which message is of "
                        "which; log each to a file of its own, or use the proxy"
                    )
        elif said.startswith("send string: "):
            waiting.append((at, said.removeprefix("send string: ")))
        elif word == "append":
            waiting.append((at, _append(rest)))
    if connection is not None or waiting:
        yield _with(connection, waiting, keep_audio)


def _with(connection: Connection | None, waiting: list[tuple[float | None, str]], keep_audio: bool) -> Connection:
    """The connection with what was sent since: what goes out before `session.created` is of the next one."""
    connection = connection or Connection("the log of the dashscope SDK", keep_audio=keep_audio)
    for at, text in waiting:
        connection.take("client", at, text=text)
    waiting.clear()
    return connection


def _append(rest: str) -> str:
    """`audio: 4268` or `video: 4268`: an append of so many characters of Base64, whose other members are not known."""
    kind, _, length = rest.partition(": ")
    size = int(length) // 4 * 3 if length.isdecimal() and len(length) < 10 else 0
    name, member = ("input_audio_buffer", "audio") if kind == "audio" else ("input_image_buffer", "image")
    return json.dumps({"type": f"{name}.append", member: str(Elided(size, ""))})
