"""Headers that an endpoint wants beside the key: sent to it on every connection, and kept by name only."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import replace

import pytest

from conformance.cut import MASK
from conformance.secrets import SecretError, held
from conformance.spec.profiles import profile_for
from conformance.wire import connection, until
from conformance.wire.call import Dial
from conformance.wire.conversation import Conversation
from conformance.wire.holding import hold
from conformance.wire.target import TargetError, resolve
from conformance.wire.transcript import Transcript

MODEL = "qwen3.5-omni-flash-realtime"
VALUE = "g4teway-cr3dential"
KEY = "sk-4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c"


async def asked(headers: tuple[tuple[str, str], ...], dial: Dial | None = None) -> tuple[Transcript, str]:
    """What is kept of a connection that is refused in the words of its own request, and that request."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            heard.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 400 No\r\nContent-Length: %d\r\n\r\n%s" % (len(heard[0]), heard[0]))
            await writer.drain()
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
        target = resolve(url, model=MODEL, key=KEY, workspace=None, headers=headers)
        target = replace(target, deadlines=replace(target.deadlines, close=50))
        conversation = Conversation("x", script=lambda profile: [until("session.created")], dial=dial or Dial())
        return await hold(conversation, target, profile_for(MODEL)), heard[0].decode()


@pytest.mark.parametrize("value", [VALUE, f"Bearer {VALUE}"])
async def test_a_header_is_sent_and_its_value_is_nowhere(value: str) -> None:
    transcript, request = await asked((("X-Gateway", value), ("X-More", "another-credential")))
    assert f"X-Gateway: {value}\r\n" in request
    assert "X-More: another-credential\r\n" in request
    kept = json.dumps(transcript.to_json())
    assert VALUE not in kept
    assert "another-credential" not in kept
    (told,) = [said for name, said in transcript.legs[0].handshake.request_headers if name == "X-Gateway"]
    assert told == value.replace(VALUE, MASK)


async def test_a_quoted_header_is_no_quote_of_the_key() -> None:
    transcript, _ = await asked((("X-Gateway", VALUE),), Dial(key=None))
    assert MASK in transcript.legs[0].handshake.body
    assert transcript.legs[0].echoes == []


async def test_a_header_replaces_one_of_the_suite_and_a_conversation_s_own_replaces_it() -> None:
    _, request = await asked((("user-agent", "agent-of-a-gateway"),))
    assert request.lower().count("user-agent:") == 1
    assert "user-agent: agent-of-a-gateway\r\n" in request
    _, request = await asked((("user-agent", "agent-of-a-gateway"),), Dial(headers=(("User-Agent", "sdk"),)))
    assert request.lower().count("user-agent:") == 1
    assert "User-Agent: sdk\r\n" in request


@pytest.mark.parametrize(
    ("endpoint", "says"), [("mock", "embedded mock wants none"), ("ws://192.0.2.1/x", "only over TLS")]
)
def test_a_header_goes_to_no_other_place(endpoint: str, says: str) -> None:
    with pytest.raises(TargetError, match=says) as told:
        resolve(endpoint, model=MODEL, key=KEY, workspace=None, headers=(("X-Gateway", VALUE),))
    assert VALUE not in str(told.value)


def test_it_is_in_no_repr() -> None:
    target = resolve("wss://example.com/", model=MODEL, key=KEY, workspace=None, headers=(("X-Gateway", VALUE),))
    assert VALUE not in repr(target)


def test_the_scheme_before_a_credential_is_no_secret() -> None:
    secrets = held({}, headers=[("X-A", f"Bearer {VALUE}"), ("X-B", "two plain words")])
    assert secrets.mask(f"Bearer {VALUE}") == f"Bearer {MASK}"
    assert not secrets.found("Bearer schemes are in many texts")
    assert secrets.found("two plain words")


def test_a_value_that_cannot_be_masked_is_refused_without_being_told() -> None:
    with pytest.raises(SecretError, match="the value of --header X-Short has fewer than 8 characters") as told:
        held({}, headers=[("X-Short", "s3v3n77")])
    assert "s3v3n77" not in str(told.value)
    assert held({}, headers=[("X-Short", "31ght888")])


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Bearer sk-1", f"Bearer {MASK}"),
        ("bearer sk-1", f"bearer {MASK}"),
        ("Basic dXNlcg==", MASK),
        ("sk-1", MASK),
        ("two words", MASK),
    ],
)
def test_of_a_credential_the_scheme_alone_is_kept(sent: str, kept: str) -> None:
    """A server may take `Bearer` and refuse `bearer`; any other first word may be a part of the secret."""
    assert connection._masked(sent) == kept
