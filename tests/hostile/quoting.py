"""Servers that quote the caller's key: it is found nowhere, and that they do so is a finding."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from .kit import BINARY, PING, TEXT, Endpoint, answer, asked, closes, finding, frame, text
from .relay import Relay, Talk

QUOTES = "key|credential|secret"


def percent(key: str) -> str:
    """The key with every letter percent-encoded, in lower case."""
    return "".join(f"%{ord(letter):02x}" for letter in key)


def spellings(key: str) -> list[str]:
    """The key in the forms that a server might write."""
    raw = key.encode()
    return [key, quote(key, safe=""), percent(key), raw.hex(), raw.hex().upper(), base64.b64encode(raw).decode(),
            key.upper(), key.lower(), key[-16:], key[:16], f"Bearer {key}"]  # fmt: skip


class RefusesAndQuotes(Endpoint):
    """Answers 401 and says which key was wrong."""

    right = finding(QUOTES)
    status = "401 Unauthorized"

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await asked(reader)
        body = "x" * 150 + " Incorrect API key provided: " + " ".join(spellings(head.key))
        # A header holds what is printable only.
        writer.write(answer(self.status, body.encode(), f"X-Your-Key: {head.key}"))
        await writer.drain()


class ForbidsAndQuotes(RefusesAndQuotes):
    """Answers 403 and says which key was wrong."""

    status = "403 Forbidden"


class Quotes(Relay):
    """Says `piece` behind the first events of a response."""

    right = finding(QUOTES)

    def piece(self, talk: Talk) -> bytes:
        """What is said, on the wire."""
        raise NotImplementedError

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        yield text(event)
        if event["type"] == "response.created":
            yield self.piece(talk)


class QuotesInAnError(Quotes):
    """Sends an `error` that quotes the key, in every spelling."""

    def piece(self, talk: Talk) -> bytes:
        about = {
            "type": "invalid_request_error",
            "code": talk.key,
            "message": "Your key " + " ".join(spellings(talk.key)),
        }
        return text({"event_id": "event_q", "type": "error", "error": about})


class QuotesInJsonEscapes(Quotes):
    """Sends an `error` with the key written in JSON escapes."""

    def piece(self, talk: Talk) -> bytes:
        words = "".join(f"\\u{ord(letter):04x}" for letter in talk.key)
        return frame(TEXT, b'{"event_id":"event_q","type":"error","error":{"message":"%s"}}' % words.encode())


class QuotesInABinaryFrame(Quotes):
    """Sends the key in a binary frame."""

    def piece(self, talk: Talk) -> bytes:
        return frame(BINARY, b"\0\1\2" + talk.key.encode() + b"\xff" + percent(talk.key).encode())


class QuotesInAPing(Quotes):
    """Sends the key as the content of a ping."""

    def piece(self, talk: Talk) -> bytes:
        return frame(PING, b"\x00" + talk.key.encode())


class QuotesInWhatIsNoJson(Quotes):
    """Sends the key in text that is no JSON."""

    def piece(self, talk: Talk) -> bytes:
        return frame(TEXT, f"your key: {talk.key} {' '.join(spellings(talk.key))}".encode())


class QuotesInWhatIsNotUtf8(Quotes):
    """Sends the key in text that is not UTF-8."""

    def piece(self, talk: Talk) -> bytes:
        return frame(TEXT, b"\xff " + talk.key.encode())


class QuotesInACloseReason(Relay):
    """Closes with the key as its reason."""

    right = finding(QUOTES)

    def close(self, talk: Talk, body: bytes) -> Iterable[bytes]:
        return [closes(1000, f"bye {talk.key}".encode()[:123])]


class NamesTheSessionAfterTheKey(Relay):
    """Gives the session an id that holds the key."""

    right = finding(QUOTES)

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        if isinstance(event.get("session"), dict):
            event["session"]["id"] = f"sess_{talk.key}"
        return [text(event)]


class NamesAMemberAfterTheKey(Relay):
    """Sends events whose type and members are named after the key."""

    right = finding(QUOTES)

    def event(self, talk: Talk, event: dict[str, Any]) -> Iterable[bytes]:
        return [text(event), text({"event_id": "event_q", "type": talk.key, talk.key: {talk.key: [talk.key]}})]


class SplitsTheKeyOverTwoFrames(Quotes):
    """Sends the first half of the key in one event and the second in the next."""

    def piece(self, talk: Talk) -> bytes:
        half = len(talk.key) // 2
        place = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}
        event = {"event_id": "event_q", "type": "response.text.delta", **place}
        return text({**event, "delta": talk.key[:half]}) + text({**event, "delta": talk.key[half:]})
