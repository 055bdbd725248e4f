"""Messages as objects, one a line or in an array: the spellings in which applications and tools log them.

An entry is an event itself, or an object with the event beside who sent it, when, and on which connection.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance import guarded
from conformance.intake import clock, scrub
from conformance.intake.connection import Connection, Unread, side_of
from conformance.wire.transcript import Ending, Handshake, Opcode, Side

_OF_CLIENT = (
    "client send sent out outgoing outbound egress tx up upstream request c2s client_to_server client->server "
    "from_client to_server → > -> >> c>s"
)
_OF_SERVER = (
    "server receive received recv in incoming inbound ingress rx down downstream response s2c server_to_client "
    "server->client from_server to_client ← < <- << s>c"
)
SIDES: dict[str, Side] = dict.fromkeys(_OF_SERVER.split(), "server")
SIDES.update(dict.fromkeys(_OF_CLIENT.split(), "client"))
WHO = ("direction", "dir", "side", "from", "sender", "source", "origin", "type", "kind", "who", "role", "op")
WHAT = ("event", "data", "payload", "message", "msg", "text", "body", "frame", "json", "raw", "content")
WHICH = ("connection", "connection_id", "conn", "conn_id", "socket", "ws", "session", "session_id", "call")
BESIDE = {"direction", "dir", "side", *clock.ALL, *WHICH} - {"session"}
OPCODES: dict[Any, Opcode] = {
    "text": "text", "binary": "binary", "ping": "ping", "pong": "pong", "close": "close",
    1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong",
}  # fmt: skip
SHAPES = (
    '{"direction": "send", "time": "2026-11-27T10:00:00.123Z", "data": {…the event…}}, or the event itself, one a line'
)


class NoMessage(Unread):
    """An entry in which there is no message: an application's other words."""


@dataclass(frozen=True)
class Entry:
    """One line as it was understood; `event` says what it is where it is no message: `open` or `close`."""

    line: int
    side: Side | None
    at: float | None
    payload: Any
    opcode: Opcode
    which: str
    told: dict[str, Any]
    event: str = ""


def read(entries: Iterable[tuple[int, Any]], *, origin: str, keep_audio: bool) -> Iterator[Connection]:
    """The connections of these entries; several at once are told apart by what the entries name them.

    What an application logs beside its messages is passed over; where there is nothing else, the first is told.
    """
    open_now: dict[str, Connection] = {}
    stranger: NoMessage | None = None
    found = False
    for number, value in entries:
        try:
            entry = understood(number, value)
        except NoMessage as problem:
            stranger = stranger or problem
            continue
        found = True
        if entry.event == "open" and entry.which in open_now:
            yield open_now.pop(entry.which)
        connection = open_now.setdefault(entry.which, Connection(origin, keep_audio=keep_audio))
        _take(connection, entry)
        if entry.event == "end":
            yield open_now.pop(entry.which)
    yield from open_now.values()
    if not found and stranger is not None:
        raise stranger


def understood(number: int, value: Any) -> Entry:
    """An entry in its parts.  Raises Unread, which names the line."""
    if not isinstance(value, dict):
        raise Unread(f"line {number}: there is no object here; the nearest form is {SHAPES}")
    kind = value.get("type")
    side = _who(value, skip="type" if side_of(kind) else "")
    which = next((str(value[name]) for name in WHICH if isinstance(value.get(name), str | int)), "")
    if side_of(kind) is not None or (isinstance(kind, str) and "." in kind and not _what(value)):
        # The event itself, perhaps with who and when beside its own members: these are no part of it.
        event = {name: inner for name, inner in value.items() if name not in BESIDE}
        which = "" if which == str(value.get("session")) else which
        return Entry(number, side or side_of(kind), clock.told(value), event, "text", which, value)
    opcode = OPCODES.get(value.get("opcode") if isinstance(value.get("opcode"), str | int) else None, "text")
    said = value.get("event")
    if isinstance(said, str) and said in {"open", "end"}:
        return Entry(number, side, clock.told(value), None, opcode, which, value, said)
    name = _what(value)
    if name is None and opcode not in {"close", "ping", "pong"}:
        raise NoMessage(f"line {number}: nothing here is a message; the nearest form is {SHAPES}")
    said = value[name] if name is not None and side is None else None
    if isinstance(said, str) and _in_base64(said) is None and not isinstance(_parsed(said), dict):
        raise NoMessage(f"line {number}: nothing here is a message; the nearest form is {SHAPES}")
    return Entry(number, side, clock.told(value), value[name] if name else None, opcode, which, value)


def _who(value: dict[str, Any], skip: str) -> Side | None:
    for name in WHO:
        word = value.get(name)
        if name == skip or not isinstance(word, str):
            continue
        if (side := SIDES.get(word.strip().lower())) is not None:
            return side
    return None


def _what(value: dict[str, Any]) -> str | None:
    """The member that holds the message: an object with a type before any text."""
    held = [name for name in WHAT if name in value]
    for name in held:
        inner = value[name]
        if isinstance(inner, dict) and "type" in inner:
            return name
    return next((name for name in held if isinstance(value[name], str | dict | list)), None)


def _take(connection: Connection, entry: Entry) -> None:
    told = entry.told
    if entry.event == "open":
        _opened(connection, told)
        return
    if entry.event == "end":
        _ended(connection, told)
        return
    text, raw = _payload(entry)
    side = entry.side
    if side is None and text is not None:
        event = _parsed(text)
        side = side_of(event.get("type")) if isinstance(event, dict) else None
    if side is None:
        raise Unread(
            f"line {entry.line}: nothing says who sent this; the nearest form is {SHAPES} (`direction`: send or "
            "receive, in or out, client or server)"
        )
    if entry.opcode == "close":
        code, reason = told.get("code"), told.get("reason")
        connection.close(side, entry.at, code if isinstance(code, int) and 0 <= code < 65536 else None,
                         reason if isinstance(reason, str) else "")  # fmt: skip
    elif entry.opcode in {"ping", "pong"}:
        connection.take(side, entry.at, data=raw or (text or "").encode(), opcode=entry.opcode)
    elif raw is not None:
        connection.take(side, entry.at, data=raw, opcode="text" if entry.opcode == "text" else "binary")
    else:
        fragments = told.get("fragments")
        fragments = fragments if isinstance(fragments, int) else 1
        connection.take(side, entry.at, text=text, fragments=fragments, cut=told.get("cut") is True)


def _payload(entry: Entry) -> tuple[str | None, bytes | None]:
    """A message as text, or as bytes where it is none: text may be written as an object, or in Base64."""
    found = entry.payload
    if isinstance(found, dict | list):
        return json.dumps(found, ensure_ascii=False), None
    if not isinstance(found, str):
        return None, b""
    if entry.opcode != "text" or entry.told.get("encoding") == "base64":
        try:
            return None, base64.b64decode(found, validate=True)
        except (binascii.Error, ValueError):
            return found, None
    inner = _in_base64(found)
    return (found if inner is None else inner), None


def _in_base64(text: str) -> str | None:
    """The event that is written in Base64, or None."""
    if text[:1] in '{["' or len(text) % 4:
        return None
    try:
        inner = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return inner if isinstance(_parsed(inner), dict) else None


def _parsed(text: str) -> Any:
    try:
        return guarded.parse(text)
    except guarded.Refused:
        return None


def _opened(connection: Connection, told: dict[str, Any]) -> None:
    url = told.get("url")
    connection.url = url if isinstance(url, str) else ""
    connection.began = clock.told(told)
    status = told.get("status")
    problem = told.get("problem")
    if isinstance(status, int) or isinstance(problem, str):
        ms, body = told.get("handshake_ms"), told.get("body")
        connection.handshake = Handshake(
            status if isinstance(status, int) else None,
            float(ms) if isinstance(ms, int | float) else 0.0,
            _headers(told.get("request_headers")),
            _headers(told.get("response_headers")),
            scrub.words(body) if isinstance(body, str) else "",
            problem if isinstance(problem, str) else None,
        )


def _headers(value: Any) -> tuple[tuple[str, str], ...]:
    pairs = value.items() if isinstance(value, dict) else value if isinstance(value, list) else []
    return scrub.headers((str(pair[0]), str(pair[1])) for pair in pairs if len(pair) == 2)


def _ended(connection: Connection, told: dict[str, Any]) -> None:
    """Take how a connection ended; what is not of the form of `Ending` says nothing."""
    told = {name: told[name] for name in Ending.__dataclass_fields__ if name in told}
    kinds = {"clean": bool, "seconds": int | float, "code_sent": int | None, "code_received": int | None,
             "problem": str | None}  # fmt: skip
    fits = all(isinstance(value, kinds.get(name, str)) for name, value in told.items())
    if fits and {"first", "tcp"} <= told.keys() and told["first"] in {"client", "server", "nobody"}:
        connection.ending = Ending(**told)
