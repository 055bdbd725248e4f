"""Reaching a host: authorities of one's own, and proxies that let through, refuse, or say nothing."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from conformance.wire import close, until
from conformance.wire.holding import hold
from conformance.wire.recorder import Recorder
from conformance.wire.route import NoTunnel, proxy_for, trusting
from conformance.wire.target import Target, TargetError, resolve
from conformance.wire.transcript import Transcript
from support import endpoints, tls

NAME = "omni.example"  # reserved (RFC 2606): only a proxy can know where it is
VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tls.Authority:
    return tls.authority(tmp_path_factory.mktemp("tls"), "localhost", "127.0.0.1", NAME)


@asynccontextmanager
async def greets(authority: tls.Authority | None) -> AsyncIterator[int]:
    """An endpoint that greets, over TLS where it has an authority."""
    options = {} if authority is None else {"ssl": authority.server()}
    async with endpoints.endpoint(endpoints.says(), **options) as port:
        yield port


async def visit(url: str, *, connect: float = 5000, **changes: Any) -> Transcript:
    target = endpoints.target(0, url=url, kind="live", **changes)
    waits = type(target.deadlines)(connect=connect, answer=5000, quiet=60, total=9000, close=2000, conversation=60_000)
    script = endpoints.script(until("session.created"), close(1000))
    return await hold(script, Target(**{**vars(target), "deadlines": waits}), endpoints.PROFILE)


def arrived(transcript: Transcript) -> bool:
    return transcript.trouble is None and transcript.legs[0].handshake.status == 101 and transcript.stop is None


# -- TLS


async def test_an_authority_of_ones_own_is_trusted_where_it_is_named(authority: tls.Authority) -> None:
    async with greets(authority) as port:
        url = f"wss://127.0.0.1:{port}/x"
        assert arrived(await visit(url, ca_file=str(authority.ca_file)))
        stranger = await visit(url)
    assert stranger.trouble_kind == "line"
    assert "is not trusted" in str(stranger.trouble)
    assert "--ca-file" in str(stranger.trouble)


async def test_the_authority_is_no_excuse_for_another_name(authority: tls.Authority, tmp_path: Path) -> None:
    other = tls.authority(tmp_path, "elsewhere.example")
    async with greets(other) as port:
        seen = await visit(f"wss://127.0.0.1:{port}/x", ca_file=str(other.ca_file))
    assert seen.trouble_kind == "line"


async def test_ssl_cert_file_names_it_too(authority: tls.Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))
    async with greets(authority) as port:
        assert arrived(await visit(f"wss://127.0.0.1:{port}/x"))


def named(endpoint: str) -> Target:
    return resolve(endpoint, model=endpoints.PROFILE.model, key="sk-1", workspace=None)


def test_a_file_that_is_no_authority_is_wrong_usage(tmp_path: Path, authority: tls.Authority) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for path, says in ((tmp_path / "gone.pem", "No such file"), (tmp_path / "empty.pem", "holds no certificate")):
        with pytest.raises(TargetError, match=says):
            trusting(named("wss://localhost/"), str(path))
    for endpoint in ("mock", "ws://localhost/"):
        with pytest.raises(TargetError, match="for wss:// endpoints"):
            trusting(named(endpoint), str(authority.ca_file))
    assert trusting(named("beijing"), str(authority.ca_file)).ca_file == str(authority.ca_file)
    assert trusting(named("mock"), None) == named("mock")


# -- which proxy


@pytest.mark.parametrize(
    ("url", "variables", "proxy"),
    [
        ("wss://a.example/", {}, None),
        ("wss://a.example/", {"HTTPS_PROXY": "http://p:3128"}, "http://p:3128"),
        ("wss://a.example/", {"https_proxy": "http://p:3128"}, "http://p:3128"),
        ("wss://a.example/", {"HTTPS_PROXY": "p:3128"}, "http://p:3128"),
        ("wss://a.example/", {"HTTPS_PROXY": "https://p"}, "https://p:443"),
        ("wss://a.example/", {"HTTP_PROXY": "http://p:3128"}, None),
        ("wss://a.example/", {"ALL_PROXY": "http://p:3128"}, "http://p:3128"),
        ("wss://a.example/", {"ALL_PROXY": "http://q", "HTTPS_PROXY": "http://p"}, "http://p:80"),
        ("ws://a.example/", {"HTTP_PROXY": "http://p:3128"}, "http://p:3128"),
        ("ws://a.example/", {"HTTPS_PROXY": "http://p:3128"}, None),
        ("wss://a.example/", {"HTTPS_PROXY": "http://p:3128", "NO_PROXY": "a.example"}, None),
        ("wss://a.example/", {"HTTPS_PROXY": "http://p:3128", "no_proxy": ".example"}, None),
        ("wss://a.example/", {"HTTPS_PROXY": "http://p:3128", "NO_PROXY": "*"}, None),
        ("wss://a.example/", {"HTTPS_PROXY": "http://p:3128", "NO_PROXY": "b.example"}, "http://p:3128"),
        ("wss://a.example:8443/", {"HTTPS_PROXY": "http://p:3128", "NO_PROXY": "a.example:8443"}, None),
        ("wss://localhost/", {"HTTPS_PROXY": "http://p:3128"}, None),
        ("wss://127.0.0.1/", {"ALL_PROXY": "http://p:3128"}, None),
        ("ws://[::1]/", {"ALL_PROXY": "http://p:3128"}, None),
    ],
)
def test_the_proxy_is_the_one_that_is_set(
    url: str, variables: dict[str, str], proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = proxy_for(url)
    assert (None if found is None else str(found)) == proxy


@pytest.mark.parametrize(
    ("named", "says"),
    [("socks5://u:secret@p:1080", "socks5:// proxy"), ("http://p:99999", "no port"), ("http://", "only http://")],
)
def test_a_proxy_that_cannot_be_used_is_told_without_its_password(
    named: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", named)
    with pytest.raises(NoTunnel) as refused:
        proxy_for("wss://a.example/")
    assert says in str(refused.value)
    assert "secret" not in str(refused.value)


# -- through it

Answer = Callable[[bytes], bytes | None]


@asynccontextmanager
async def proxy(
    port: int, asked: list[bytes], answer: bytes | None = b"HTTP/1.1 200 Connection established\r\n\r\n", **options: Any
) -> AsyncIterator[int]:
    """A proxy that leads every tunnel to one port of this machine; without an answer it says nothing."""
    silence = asyncio.Event()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        if answer is None:
            await silence.wait()
        else:
            writer.write(answer)
        if answer is not None and b" 200 " in answer:
            there, back = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(carry(reader, back), carry(there, writer))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, **options)
    async with server:
        yield server.sockets[0].getsockname()[1]
        silence.set()


async def test_a_tunnel_leads_to_the_host_that_only_the_proxy_knows(
    authority: tls.Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []
    async with greets(authority) as port, proxy(port, asked) as through:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:p%40ss@127.0.0.1:{through}")
        seen = await visit(f"wss://{NAME}/x", ca_file=str(authority.ca_file))
    assert arrived(seen), seen.trouble
    assert asked[0].startswith(f"CONNECT {NAME}:443 HTTP/1.1\r\nHost: {NAME}:443\r\n".encode())
    login = re.search(rb"Proxy-Authorization: Basic (\S+)", asked[0])
    assert login is not None
    assert base64.b64decode(login[1]) == b"me:p@ss"
    # The key is for the host alone, and what the proxy was told is no part of the record.
    assert b"Bearer" not in asked[0]
    assert "p@ss" not in str(seen.to_json())


async def test_without_tls_and_through_a_proxy_with_tls(
    authority: tls.Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []
    async with greets(None) as port, proxy(port, asked) as through:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{through}")
        assert arrived(await visit(f"ws://{NAME}:81/x"))
    assert b"CONNECT omni.example:81 " in asked[0]
    async with greets(authority) as port, proxy(port, asked, ssl=authority.server()) as through:
        monkeypatch.setenv("HTTPS_PROXY", f"https://127.0.0.1:{through}")
        assert arrived(await visit(f"wss://{NAME}/x", ca_file=str(authority.ca_file)))
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "HTTP 407 .*check the proxy's name and password"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "HTTP 403 Forbidden"),
        (b"", "hung up instead of answering"),
        (b"SSH-2.0-x\r\n\r\n", "what is no HTTP"),
    ],
)
async def test_a_refusal_of_the_proxy_is_trouble_of_the_line(
    answer: bytes, says: str, authority: tls.Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with proxy(0, [], answer) as through:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret@127.0.0.1:{through}")
        target = endpoints.target(0, url=f"wss://{NAME}/x", kind="live")
        recorder = Recorder(target, endpoints.PROFILE)
        found = await recorder.record([], sanity=endpoints.script(until("session.created"), close(1000)))
    assert found.infrastructure is not None
    assert re.search(says, found.infrastructure)
    assert f"127.0.0.1:{through}" in found.infrastructure
    assert "secret" not in found.infrastructure
    assert found.transcripts["test/One"].trouble_kind == "line"


async def test_a_proxy_that_says_nothing_costs_the_connect_deadline_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with proxy(0, [], None) as through:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{through}")
        seen = await visit(f"wss://{NAME}/x", connect=50)
    assert f"the proxy http://127.0.0.1:{through} opened no tunnel within 50 ms" in str(seen.trouble)


async def test_a_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async with proxy(0, []) as free:
        pass
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free}")
    seen = await visit(f"wss://{NAME}/x")
    assert f"cannot reach the proxy http://127.0.0.1:{free}" in str(seen.trouble)
