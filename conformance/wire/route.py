"""How a connection reaches its host: whom TLS trusts, and through which proxy.

Both as the ecosystem does it.  `SSL_CERT_FILE` replaces the authorities of this machine, `--ca-file` adds to them.
`HTTPS_PROXY` (`HTTP_PROXY` for ws://, `ALL_PROXY` for both, in either case of letters) names a proxy and `NO_PROXY` the
hosts that are reached without one; what is on this machine always is.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import os
import re
import ssl
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from conformance.spec.trouble import by_status
from conformance.wire.target import Target, TargetError, is_loopback

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})\b ?([^\r\n]{0,100})")
MOST = 65_536
"""Bytes of an answer to CONNECT that are read."""


class NoTunnel(ConnectionError):  # noqa: N818  # reads as what it says
    """A proxy gave no way through; the message names it and says why, never with what name and password."""


@dataclass(frozen=True)
class Proxy:
    """A proxy of this machine's settings; `login` is what it is told about who asks ("": nothing)."""

    scheme: str
    host: str
    port: int
    login: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


def trust(ca_file: str | None = None) -> ssl.SSLContext:
    """Whom a client of ours trusts: this machine's authorities, and those of the file.

    Raises OSError (ssl.SSLError among them) where the file can't be read or holds no certificate.
    """
    return _trust(ca_file, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@functools.cache  # to read the authorities of a machine takes tens of milliseconds, and every connection asks
def _trust(ca_file: str | None, _cert_file: str | None, _cert_dir: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()  # OpenSSL looks at SSL_CERT_FILE by itself
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def trusting(target: Target, ca_file: str | None) -> Target:
    """The target with the authorities of `--ca-file`.  Raises TargetError where they are none or of no use."""
    if ca_file is None:
        return target
    if not target.url.startswith("wss:"):
        raise TargetError(
            f"--ca-file is for wss:// endpoints, and this one is {target.secrets.shown(target.url) or target.name}"
        )
    try:
        trust(ca_file)
    except ssl.SSLError:
        raise TargetError(f"--ca-file {ca_file} holds no certificate in PEM form") from None
    except OSError as problem:
        raise TargetError(f"--ca-file {ca_file}: {problem.strerror or problem}") from None
    return replace(target, ca_file=ca_file)


def proxy_for(url: str) -> Proxy | None:
    """The proxy for this URL, or None.  Raises NoTunnel for one that can't be used."""
    parts = urlsplit(url)
    secure = parts.scheme == "wss"
    port = parts.port or (443 if secure else 80)
    if is_loopback(url) or proxy_bypass(f"{parts.hostname}:{port}"):
        return None
    known = getproxies()
    named = next((known[name] for name in ("https" if secure else "http", "all") if known.get(name)), None)
    return None if named is None else _parsed(named)


def _parsed(named: str) -> Proxy:
    parts = urlsplit(named if "://" in named else f"http://{named}")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise NoTunnel("the proxy that is set has no port from 0 to 65535") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        kind = f"a {parts.scheme}:// proxy is" if parts.scheme else "a proxy is"
        raise NoTunnel(f"{kind} set, and only http:// and https:// ones are supported; NO_PROXY goes around it")
    login = ""
    if parts.username is not None:
        said = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        login = "Basic " + base64.b64encode(said.encode()).decode()
    return Proxy(parts.scheme, parts.hostname, port, login)


class Route:
    """The way to one host.  `opened` says whether the proxy, where there is one, has let us through."""

    def __init__(self, url: str, ca_file: str | None = None) -> None:
        """Raise NoTunnel for a proxy that can't be used."""
        parts = urlsplit(url)
        self.secure = parts.scheme == "wss"
        self.host = parts.hostname or ""
        self.port = parts.port or (443 if self.secure else 80)
        self.proxy = proxy_for(url)
        self.opened = self.proxy is None
        self._ca_file = ca_file

    async def lead(self, protocol: asyncio.Protocol) -> None:
        """Connect the protocol to the host.  Raises NoTunnel, and OSError as `create_connection` does."""
        loop = asyncio.get_running_loop()
        trusted = trust(self._ca_file) if self.secure else None
        if self.proxy is None:
            await loop.create_connection(lambda: protocol, self.host, self.port, ssl=trusted)
            return
        transport: asyncio.Transport | None = await self._tunnel(self.proxy)
        try:
            if trusted is not None:
                assert transport is not None
                transport = await loop.start_tls(transport, protocol, trusted, server_hostname=self.host)
        except BaseException:
            if transport is not None:
                transport.abort()
            raise
        if transport is None or transport.is_closing():
            raise NoTunnel(f"the proxy {self.proxy} opened a tunnel to {self._there} and closed it")
        transport.set_protocol(protocol)
        protocol.connection_made(transport)

    @property
    def _there(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    async def _tunnel(self, proxy: Proxy) -> asyncio.Transport:
        """A connection to the proxy that has become one to the host (RFC 9110 §9.3.6)."""
        loop = asyncio.get_running_loop()
        secure = trust(self._ca_file) if proxy.scheme == "https" else None
        try:
            transport, answer = await loop.create_connection(_Answer, proxy.host, proxy.port, ssl=secure)
        except OSError as problem:
            raise NoTunnel(f"cannot reach the proxy {proxy}: {problem or type(problem).__name__}") from None
        login = f"Proxy-Authorization: {proxy.login}\r\n" if proxy.login else ""
        transport.write(f"CONNECT {self._there} HTTP/1.1\r\nHost: {self._there}\r\n{login}\r\n".encode())
        try:
            status, words = await answer.come
        except ConnectionError as problem:
            transport.abort()
            raise NoTunnel(f"the proxy {proxy} {problem}") from None
        except BaseException:
            transport.abort()
            raise
        if not 200 <= status < 300:
            transport.abort()
            row = by_status(status)
            todo = f"; {row.todo}" if row is not None and row.kind == "line" else ""
            said = f"HTTP {status} {words}".rstrip()
            raise NoTunnel(f"the proxy {proxy} refused a tunnel to {self._there} with {said}{todo}")
        self.opened = True
        return transport


class _Answer(asyncio.Protocol):
    """Reads the head of the answer to CONNECT: `come` is its status and words.  Nothing may follow it unasked."""

    def __init__(self) -> None:
        self.come: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        self._seen = bytearray()

    def data_received(self, data: bytes) -> None:
        """Take a part of the answer."""
        self._seen += data
        if self.come.done():
            return
        found = _STATUS.match(self._seen)
        if b"\r\n\r\n" in self._seen and found is not None:
            self.come.set_result((int(found[1]), found[2].decode("latin-1").strip()))
        elif b"\r\n\r\n" in self._seen or len(self._seen) > MOST:
            self.come.set_exception(ConnectionError("answered CONNECT with what is no HTTP"))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # whatever ended it, it is no answer
        """The proxy has hung up."""
        if not self.come.done():
            self.come.set_exception(ConnectionError("hung up instead of answering CONNECT"))
