"""A request reaches the endpoint as the client wrote it, but for where it goes and, when asked, with whose key."""

from __future__ import annotations

import pytest

from conformance.proxy import head

ASKED = (
    b"GET %s HTTP/1.1\r\nHost: 127.0.0.1:8788\r\nUpgrade: websocket\r\nX-Odd:   as is \r\n"
    b"authorization: Bearer client\r\nSec-WebSocket-Key: abc\r\n\r\n"
)


@pytest.mark.parametrize(
    ("asked", "upstream", "goes_to"),
    [
        (b"/api?model=a", "wss://host.example/api", "wss://host.example/api?model=a"),
        (b"/", "wss://host.example/api-ws/v1/realtime?model=b", "wss://host.example/api-ws/v1/realtime?model=b"),
        (b"/?model=a", "ws://h:1/api?model=b&x=1", "ws://h:1/api?model=a&x=1"),
        (b"/other?", "ws://h:1/api", "ws://h:1/other"),
        (b"/", "ws://h:1", "ws://h:1/"),
    ],
)
def test_path_and_query_are_the_clients_where_it_names_them(asked: bytes, upstream: str, goes_to: str) -> None:
    raw, url = head.readdressed(ASKED % asked, upstream, None)
    assert url == goes_to
    first, *rest = raw.decode().split("\r\n")
    assert first == f"GET {url.partition('//')[2][url.partition('//')[2].index('/') :]} HTTP/1.1"
    assert rest[0] == "Host: " + url.partition("//")[2].partition("/")[0]
    assert rest[1:] == (ASKED % asked).decode().split("\r\n")[2:]


def test_a_key_takes_the_place_of_the_clients_only_when_given() -> None:
    raw, _ = head.readdressed(ASKED % b"/", "wss://h/", "mine")
    assert b"Bearer mine" in raw
    assert b"Bearer client" not in raw
    raw, _ = head.readdressed(ASKED % b"/", "wss://user:secret@h/", None, (("x-odd", "even"), ("X-Tenant", "t1")))
    assert b"\r\nx-odd: even\r\nX-Tenant: t1\r\n" in raw
    assert b"as is" not in raw
    assert b"Bearer client" in raw
    assert b"secret" not in raw


def test_a_head_is_read_as_it_was_sent() -> None:
    found = head.parsed(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nodd line\r\nX: a: b")
    assert (found.status, found.get("upgrade"), found.get("x"), found.get("y")) == (101, "websocket", "a: b", None)
    assert head.parsed(b"garbage").status is None
