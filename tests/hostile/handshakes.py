"""No WebSocket comes to be, or one that must not: the run ends at once, and says why."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import ClassVar

from .kit import MB, Endpoint, accepts, answer, asked, trouble, unusable

FILLER = b"x" * 65536


class NeverAnswers(Endpoint):
    """Takes the connection and says nothing."""

    right = unusable("no WebSocket handshake within")

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()


class AnswersAByteASecond(Endpoint):
    """Drips its answer to the handshake, one byte a second."""

    right = unusable("no WebSocket handshake within")

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in accepts(await asked(reader)):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(1)


class SendsHeadersWithoutEnd(Endpoint):
    """Answers the handshake with header after header."""

    right = unusable("Nothing can be said")

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\n")
        while True:
            writer.write(b"X-More: and more\r\n" * 100)
            await writer.drain()


class SendsAHeaderWithoutEnd(Endpoint):
    """Answers the handshake with one header that never ends."""

    right = unusable("Nothing can be said")

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nX-Long: ")
        while True:
            writer.write(FILLER)
            await writer.drain()


class SendsABodyWithoutEnd(Endpoint):
    """Refuses the handshake with a body that never ends."""

    right = unusable("Nothing can be said")

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\n")
        while True:
            writer.write(FILLER)
            await writer.drain()


class AnnouncesAnEndlessBody(Endpoint):
    """Refuses the handshake and announces a body of 2^62 bytes, of which it sends none."""

    right = unusable("Nothing can be said")

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: %d\r\n\r\n" % 2**62)
        await reader.read()


class SendsTenMegabytesOfBody(Endpoint):
    """Refuses the handshake with a body of 10 MB."""

    right = unusable("Nothing can be said")

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(answer("500 Internal Server Error", b"x" * 10 * MB))
        await writer.drain()


class ResetsTheConnection(Endpoint):
    """Answers the handshake with RST."""

    right = unusable("cannot reach|reset|ended before|valid HTTP")

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


class HangsUpAtOnce(Endpoint):
    """Ends TCP as soon as it is there."""

    right = unusable("ended before the handshake|cannot reach|valid HTTP")

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()


class SpeaksSsh(Endpoint):
    """Is another protocol altogether."""

    right = unusable("Nothing can be said")

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.7\r\n\x00\x00\x04\x8c\n\xff")
        await reader.read()


class Answers(Endpoint):
    """Answers the handshake with an HTTP response of its own."""

    status: ClassVar[str]
    body: ClassVar[bytes] = b""
    headers: ClassVar[tuple[str, ...]] = ()

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        writer.write(answer(self.status, self.body, *self.headers))
        await writer.drain()


class IsAWebSite(Answers):
    """Answers with a page."""

    right = unusable("HTTP 200")
    status, body = "200 OK", b"<!doctype html><title>Welcome</title><script>alert(1)</script>"
    headers = ("Content-Type: text/html",)


class KnowsNoSuchPlace(Answers):
    """Answers 404."""

    right = unusable("HTTP 404")
    status = "404 Not Found"


class IsATeapot(Answers):
    """Answers 418."""

    right = unusable("HTTP 418")
    status, body = "418 I'm a teapot", b"short and stout"


class ThrottlesEveryHandshake(Answers):
    """Answers 429."""

    right = trouble("HTTP 429|throttl")
    status, headers = "429 Too Many Requests", ("Retry-After: 0",)


class FailsEveryHandshake(Answers):
    """Answers 500."""

    right = unusable("HTTP 500")
    status, body = "500 Internal Server Error", b"java.lang.NullPointerException"


class RedirectsElsewhere(Endpoint):
    """Redirects to a place that would be given the key."""

    right = unusable("HTTP 302")

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await asked(reader)
        if head.path.startswith("/elsewhere"):
            self.betrayed = "the redirect was followed" + (", with the key" if head.key else "")
        port = writer.get_extra_info("sockname")[1]
        writer.write(answer("302 Found", b"", f"Location: ws://localhost:{port}/elsewhere"))
        await writer.drain()


class Upgrades(Endpoint):
    """Upgrades, wrongly, and then waits."""

    async def response(self, reader: asyncio.StreamReader) -> bytes:
        """The response to the handshake."""
        raise NotImplementedError

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await self.response(reader))
        await reader.read()


class UpgradesWithAWrongKey(Upgrades):
    """Answers 101 with an accept key that has nothing to do with the request's."""

    right = unusable("Sec-WebSocket-Accept")

    async def response(self, reader: asyncio.StreamReader) -> bytes:
        return accepts(await asked(reader), key=b"c29tZXRoaW5nIGVsc2UgaXM=")


class UpgradesToSomethingElse(Upgrades):
    """Answers 101 and goes over to HTTP/2."""

    right = unusable("Upgrade")

    async def response(self, reader: asyncio.StreamReader) -> bytes:
        return accepts(await asked(reader)).replace(b"Upgrade: websocket", b"Upgrade: h2c")


class UpgradesWithoutAWord(Upgrades):
    """Answers 101 with no header at all."""

    right = unusable("Nothing can be said")

    async def response(self, reader: asyncio.StreamReader) -> bytes:
        await asked(reader)
        return b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


class ChoosesAnExtensionThatWasNotOffered(Upgrades):
    """Answers 101 with a compression that nobody asked for."""

    right = unusable("Nothing can be said.*(xtension|deflate)")

    async def response(self, reader: asyncio.StreamReader) -> bytes:
        return accepts(await asked(reader), "Sec-WebSocket-Extensions: permessage-deflate")


class ChoosesASubprotocolThatWasNotOffered(Upgrades):
    """Answers 101 with a sub-protocol that nobody asked for."""

    right = unusable("ubprotocol")

    async def response(self, reader: asyncio.StreamReader) -> bytes:
        return accepts(await asked(reader), "Sec-WebSocket-Protocol: chat")


class HasASelfSignedCertificate(Upgrades):
    """Speaks TLS with a certificate that nobody vouches for."""

    right = unusable("TLS.*certificate")
    tls, scheme = True, "wss"

    async def response(self, reader: asyncio.StreamReader) -> bytes:
        head = await asked(reader)
        self.betrayed = "the key came to a server whose certificate is not to be trusted" if head.key else ""
        return accepts(head)


class SpeaksNoTls(Upgrades):
    """Is a plain server at a wss:// address."""

    right = unusable("TLS")
    scheme = "wss"

    async def response(self, reader: asyncio.StreamReader) -> bytes:
        await reader.read(5)
        return answer("400 Bad Request")
