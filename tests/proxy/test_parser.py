"""Reading along finds every message, however the bytes are cut, and never wants more than its bounds."""

from __future__ import annotations

import random

import pytest
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode

from conformance.proxy import parser
from conformance.proxy.parser import Broken, Message, Reader, deflation


def written(*frames: Frame, mask: bool = False, deflate: PerMessageDeflate | None = None) -> bytes:
    return b"".join(frame.serialize(mask=mask, extensions=[deflate] if deflate else None) for frame in frames)


def read(raw: bytes, step: int, reader: Reader | None = None) -> list[Message]:
    reader = reader or Reader()
    return [one for at in range(0, len(raw), step) for one in reader.feed(raw[at : at + step])]


def windowed(bits: int) -> PerMessageDeflate:
    return PerMessageDeflate(
        remote_no_context_takeover=False, local_no_context_takeover=False, remote_max_window_bits=bits,
        local_max_window_bits=bits,
    )  # fmt: skip


CONVERSATION = (
    Frame(Opcode.TEXT, "{“hello”}".encode()),
    Frame(Opcode.TEXT, b"first, ", fin=False),
    Frame(Opcode.PING, b"between"),
    Frame(Opcode.CONT, b"second, ", fin=False),
    Frame(Opcode.CONT, b"last"),
    Frame(Opcode.BINARY, bytes(range(256)) * 300),
    Frame(Opcode.BINARY, b""),
    Frame(Opcode.PONG, b""),
    Frame(Opcode.CLOSE, b"\x03\xe8bye"),
)
MESSAGES = [
    Message("text", "{“hello”}".encode()),
    Message("ping", b"between"),
    Message("text", b"first, second, last", 3),
    Message("binary", bytes(range(256)) * 300),
    Message("binary", b""),
    Message("pong", b""),
    Message("close", b"\x03\xe8bye"),
]


@pytest.mark.parametrize("mask", [False, True])
@pytest.mark.parametrize("step", [1, 2, 3, 7, 4096, 10**9])
def test_messages_are_found_however_the_bytes_are_cut(mask: bool, step: int) -> None:
    reader = Reader()
    assert read(written(*CONVERSATION, mask=mask), step, reader) == MESSAGES
    assert reader.held == 0


def test_compressed_messages_are_read_with_one_window() -> None:
    deflate = windowed(12)
    texts = [random.Random(seed).randbytes(50).hex().encode() * 20 for seed in (1, 1, 2)]
    raw = written(*(Frame(Opcode.TEXT, text) for text in texts), mask=True, deflate=deflate)
    assert [one.data for one in read(raw, 11, Reader((12, False)))] == texts
    with pytest.raises(Broken, match="without an extension"):
        read(raw, 11)


def test_what_was_agreed_on_is_read_from_the_answer() -> None:
    assert deflation(None) == (None, None)
    assert deflation("x-other") == (None, None)
    assert deflation("permessage-deflate") == ((15, False), (15, False))
    both = 'permessage-deflate; server_no_context_takeover; client_max_window_bits="9"; server_max_window_bits=10'
    assert deflation(both) == ((9, False), (10, True))


@pytest.mark.parametrize(
    "raw",
    [
        b"\x83\x00",  # an opcode of nobody
        b"\x89\x7e\x00\x80" + bytes(128),  # a ping that is too long
        b"\x09\x00",  # a ping in fragments
        b"\x80\x00",  # a continuation of nothing
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
)
def test_what_is_no_websocket_is_told(raw: bytes) -> None:
    with pytest.raises(Broken):
        read(raw, 1)


def test_of_a_message_past_the_bound_the_beginning_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "KEPT", 1000)
    reader = Reader()
    frames = (Frame(Opcode.TEXT, b"a" * 900, fin=False), Frame(Opcode.CONT, b"b" * 900), Frame(Opcode.TEXT, b"next"))
    held = 0
    found = []
    for byte in written(*frames, mask=True):
        found += reader.feed(bytes([byte]))
        held = max(held, reader.held)
    assert found == [Message("text", b"a" * 900 + b"b" * 100, 2, cut=True), Message("text", b"next")]
    assert held <= 1000 + 16
    (exact,) = read(written(Frame(Opcode.TEXT, b"a" * 1000)), 64)
    assert not exact.cut


def test_what_inflates_past_the_bound_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "KEPT", 1000)
    raw = written(Frame(Opcode.TEXT, b"a" * 100_000), deflate=windowed(15))
    (found,) = read(raw, 64, Reader((15, False)))
    assert (len(found.data), found.cut) == (1000, True)
