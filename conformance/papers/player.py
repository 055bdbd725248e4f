"""Plays the client's frames of a conversation and keeps what comes.

What stands below the mark is what every reproduction that leaves the suite is made of (without the actions that it
does not need), and the suite tries it with this very code: so it imports nothing of the suite.
"""

from __future__ import annotations

# -- from here on, in every reproduction
import base64
import contextlib
import itertools
import json
import re
import socket
import struct
import threading
import time
import urllib.parse
import urllib.request
import zlib
from collections.abc import Iterator
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Response
from websockets.sync.client import ClientConnection, connect

GONE = "(not there)"


def say(*words: object) -> None:
    """Tell what crosses; a reproduction prints it."""


def at(event: Any, path: str) -> Any:
    """The member at a path such as `response.output.0.id`."""
    for name in path.split("."):
        try:
            event = event[int(name)] if isinstance(event, list) else event[name]
        except (LookupError, TypeError, ValueError):
            return GONE
    return event


class Seen:
    """What came: events, each with the number of the next step, and how the connection ended.

    Nobody listens after `ends`, on the clock of this machine: a server may have no end.
    """

    def __init__(self, got: list[tuple[int, Any]], ends: float = float("inf")) -> None:
        self.got, self.status, self.closed_by, self.code, self.reason, self.ends = (got, 101, "nobody", 0, "", ends)
        self.sizes: list[float] = []
        self.quoted: list[str] = []
        self.acted: dict[int, float] = {}
        self.times: list[float] = []
        self.closing: tuple[float, float] = (0, 0)
        self.began: float = time.time() * 1000
        self.ended: float = float("inf")
        self.rows: Any = []
        self.id: str = ""

    beside: list[Seen]
    key = ""

    def of(self, kind: str, since: int = 0) -> list[Any]:
        return [event for step, event in self.got if step >= since and at(event, "type") == kind]

    def value(self, kind: str, since: int, nth: int, path: str) -> Any:
        return at((self.of(kind, since)[nth : nth + 1] or [None])[0], path)

    def joined(self, kind: str, owner: str, whose: Any) -> str:
        return "".join(str(at(one, "delta")) for one in self.of(kind) if at(one, owner) == whose)

    def late(self, kind: str, since: int, whose: str | None = None) -> float:
        """Seconds from what the client did before a step to the last event of a type: of a response, or of one step."""
        every = [(*pair, when) for pair, when in zip(self.got, self.times, strict=False) if pair[0] >= since]
        of = [
            (step, when)
            for step, one, when in every
            if at(one, "type") == kind and (not whose or whose == at(one, "response_id"))
        ]
        last = max((when for step, when in of if whose or step == of[0][0]), default=0)
        return last - self.acted.get(since - 1, last)

    def place(self, kind: str, since: int, nth: int) -> int:
        found = [n for n, (step, event) in enumerate(self.got) if step >= since and at(event, "type") == kind]
        return found[nth] if -len(found) <= nth < len(found) else -1


def read(message: str | bytes) -> Any:
    with contextlib.suppress(ValueError):
        if isinstance(message, str) and isinstance((event := json.loads(message, object_pairs_hook=noted)), dict):
            return event
    return {"type": "(binary)" if isinstance(message, bytes) else "(no JSON object)", "text": str(message)[:200]}


def noted(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, with a note of the first name that stands in it twice."""
    names = sorted(name for name, _ in pairs)
    twice = [name for name, after in itertools.pairwise(names) if name == after]
    return dict(pairs) | dict.fromkeys(["(a name twice)"] * bool(twice), str(*twice[:1]))


def quotes(key: str, told: Any) -> bool:
    """Whether what came holds a key: as it is, percent-encoded, or in Base64 from any of three places on."""
    text, long = (urllib.parse.unquote(str(told)), len(key))
    coded = [
        base64.b64encode(bytes(n) + key.encode())[(4 * n + 2) // 3 : (n + long) * 4 // 3].decode() for n in range(3)
    ]
    return key != "" and (key in text or any(form in text.translate({45: 43, 95: 47}) for form in coded))


def masked(seen: Seen, event: dict[str, Any]) -> dict[str, Any]:
    """An event without what quotes the key: where that was is noted, and it is not shown."""
    seen.quoted += [at(event, "type")] * quotes(seen.key, event)
    return {name: value for name, value in event.items() if not quotes(seen.key, [name, value])}


def armed(seen: Seen, headers: dict[str, str]) -> None:
    """Note the key that is sent."""
    seen.key = headers.get("Authorization", "").rpartition(" ")[2]


def shook(seen: Seen, answer: Response | None) -> None:
    """Note whether the answer to the handshake quotes the key."""
    seen.quoted += ["the handshake"] * quotes(seen.key, answer and [answer.headers, answer.body])


def timed(seen: Seen, message: str | bytes) -> str | bytes:
    """The same message, after a note of when it came."""
    seen.times.append(time.monotonic())
    return message


def acts(seen: Seen, step: int) -> None:
    """Note when the client did what a step says; what comes then is of the next."""
    seen.acted[step] = time.monotonic()


def weighed(seen: Seen, message: str | bytes) -> str | bytes:
    """The same message, after a note of its size in characters."""
    seen.sizes.append(len(message))
    return message


def sound(event: Any) -> bytes:
    """The audio of a delta; nothing where it is none."""
    with contextlib.suppress(ValueError, TypeError):
        return base64.b64decode(at(event, "delta"), validate=True)
    return b""


def hear(ws: ClientConnection, seen: Seen, step: int, awaited: list[str], patience: float) -> None:
    """Take what comes until all that is awaited has come, or nothing for so many seconds."""
    left = [*awaited]
    with contextlib.suppress(TimeoutError):
        while (left or not awaited) and time.monotonic() < seen.ends:
            seen.got.append((step, event := masked(seen, read(timed(seen, weighed(seen, ws.recv(timeout=patience)))))))
            say("  came:", str(event)[:200])
            left.remove(kind) if (kind := at(event, "type")) in left else None


def play(url: str, headers: dict[str, str], steps: list[Any], patience: float) -> Iterator[Seen | None]:
    """Send the steps: each waits for what had come before it, then for so many seconds, then acts.

    Before each move it is another connection's turn, if `together` lets several take turns; the end is what was seen.
    """
    seen, step = (Seen([], time.monotonic() + 120 + sum(one[2] for one in steps)), -1)
    try:
        acts(seen, step)
        armed(seen, headers)
        with connect(url, additional_headers=headers, max_size=None, ping_interval=None, close_timeout=patience) as ws:
            shook(seen, ws.response)
            with contextlib.suppress(ConnectionClosed, OSError):
                for step, awaited, pause, action, *what in steps:
                    yield None
                    if awaited or pause:
                        hear(ws, seen, step, awaited or ["(nothing)"], patience if awaited else 0)
                        time.sleep(pause)
                        hear(ws, seen, step, [], 0)
                    say(f"step {step}: {action}", str(what)[1:160])
                    globals()[action](ws, seen, *what)
                    acts(seen, step)
                yield None
                hear(ws, seen, step + 1, [], patience)
            ending(ws, seen, steps)
    except InvalidStatus as refused:
        seen.status = refused.response.status_code
        shook(seen, refused.response)
    yield seen


def together(lines: list[Iterator[Seen | None]], order: list[int]) -> list[Seen]:
    """Let connections take turns in this order; what was seen on each."""
    seens: dict[int, Any] = {}
    for number in order:
        seens[number] = next(lines[number], None) or seens.get(number)
    return introduced([seens[number] for number in sorted(seens)])


def introduced(seens: list[Seen]) -> list[Seen]:
    """What was seen on connections, each beside the others."""
    for seen in seens:
        seen.beside = [other for other in seens if other is not seen]
    return seens


def ending(ws: ClientConnection, seen: Seen, steps: list[Any]) -> None:
    """Note how the connection ended."""
    received, sent = (ws.protocol.close_rcvd, ws.protocol.close_sent)
    if received is not None:
        seen.code, seen.reason = (received.code, received.reason)
    if received is not None and (sent is None or ws.protocol.close_rcvd_then_sent):
        seen.closed_by = "server"
    elif sent is not None or (steps and steps[-1][3] == "leave"):
        seen.closed_by = "client"


def watched(ws: ClientConnection, seen: Seen) -> None:
    """Note after how many seconds a close is answered, and after how many TCP has ended."""

    def watch(began: float) -> None:
        while ws.protocol.state.name != "CLOSED":
            over = time.monotonic() - began
            seen.closing = (seen.closing[0] if ws.protocol.close_rcvd else over, over)
            time.sleep(0.01)

    threading.Thread(target=watch, args=[time.monotonic()], daemon=True).start()


# -- what a client does; a reproduction has what it needs


def text(ws: ClientConnection, seen: Seen, payload: str) -> None:
    ws.send(payload)


def filled(ws: ClientConnection, seen: Seen, payload: str) -> None:
    """Text in which `<<type|nth|path>>` stands for what the server said there."""
    mark = r"<<([^|>]+)\|(\d+)\|([^|>]+)>>"
    ws.send(re.sub(mark, lambda found: str(seen.value(found[1], 0, int(found[2]), found[3])), payload))


def audio(ws: ClientConnection, seen: Seen, packed: str, size: int, pause: float) -> None:
    """Append audio in packets of so many bytes."""
    pcm = zlib.decompress(base64.b64decode(packed))
    for packet in (base64.b64encode(pcm[start : start + size]).decode() for start in range(0, len(pcm), size)):
        ws.send(json.dumps({"type": "input_audio_buffer.append", "audio": packet}))
        time.sleep(pause)


def binary(ws: ClientConnection, seen: Seen, payload: str, as_text: bool) -> None:
    ws.send(base64.b64decode(payload), text=as_text)


def pieces(ws: ClientConnection, seen: Seen, *parts: str) -> None:
    ws.send(iter(parts))


def close(ws: ClientConnection, seen: Seen, code: int, reason: str) -> None:
    watched(ws, seen)
    ws.close(code, reason)


def leave(ws: ClientConnection, seen: Seen, how: str) -> None:
    """End TCP without a close frame."""
    if how == "reset":
        ws.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    ws.socket.shutdown(socket.SHUT_WR if how == "half" else socket.SHUT_RDWR)
    ws.socket.close() if how == "reset" else None


def look(ws: ClientConnection, seen: Seen) -> None:
    """Take what is listed of the session: of a mock from its own list, of any other endpoint from whoever looks there.

    What can't be read is no empty list: then nothing was tried.
    """
    seen.ended, uri, sent = (time.time() * 1000, ws.protocol.uri, ws.request.headers if ws.request else {})
    seen.id, seen.key, mock, asks, address = (
        (mine := seen.value("session.created", 0, 0, "session.id")),
        sent.get("Authorization", "").rpartition(" ")[2],
        uri.host in ("127.0.0.1", "localhost"),
        f"A row that is listed of {mine}, as JSON, or no more: ",
        f"http://{uri.host}:{uri.port}/__status/calls?from={int(seen.began)}",
    )
    seen.rows = [] if mock else [json.loads(line) for line in iter(lambda: input(asks), "")]
    while mock and not seen.rows and time.time() * 1000 < seen.ended + 3000:
        try:
            seen.rows = json.load(urllib.request.urlopen(address))["rows"] or threading.Event().wait(0.1) or []
        except OSError as problem:
            raise RuntimeError("the list can't be read") from problem


def cost(one: Any) -> Any:
    """The tokens of a usage, which a list may have as a text."""
    one = json.loads(one) if isinstance(one, str) else one
    return at(one, "input_tokens") + at(one, "output_tokens")
