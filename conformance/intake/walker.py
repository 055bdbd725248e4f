"""A JSON document read piece by piece: one value of it at a time is in memory, however long the whole is."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import IO, Any

from conformance.intake.connection import Unread

CHUNK = 1 << 18  # bytes
LARGEST = 64_000_000  # characters of one value
_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


class Walker:
    """Where in a document we are; members and elements are walked in order, or passed over."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("replace").decode
        self._text, self._place = "", 0
        self._over = False
        self.line = 1

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            found = _SPACE.match(self._text, self._place)
            assert found is not None
            self._step(found.end())
            if self._place < len(self._text):
                return self._text[self._place]
            if not self._more():
                return ""

    def members(self) -> Iterator[str]:
        """The names of an object's members; the value of each must be taken, walked or passed over."""
        self._expect("{")
        while self.peek() != "}":
            name = self.value()
            self._expect(":")
            if not isinstance(name, str):
                raise self._odd()
            yield name
            if self.peek() == ",":
                self._step(self._place + 1)
            elif self.peek() != "}":
                raise self._odd()
        self._step(self._place + 1)

    def elements(self) -> Iterator[None]:
        """One step for each element of an array; each must be taken, walked or passed over."""
        self._expect("[")
        while self.peek() != "]":
            yield None
            if self.peek() == ",":
                self._step(self._place + 1)
            elif self.peek() != "]":
                raise self._odd()
        self._step(self._place + 1)

    def value(self) -> Any:
        """The next value."""
        if not self.peek():
            raise self._odd()
        wanted = CHUNK
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._place)
            except (ValueError, RecursionError):
                value, end = None, -1
            # A number may go on where the text ends, or with what has no digit behind it yet.
            ends = end < len(self._text) and (isinstance(value, str) or self._text[end] not in "0123456789.eE+-")
            if end >= 0 and (ends or self._over):
                self._step(end)
                return value
            before = len(self._text) - self._place
            if self._over or before > LARGEST:
                raise self._odd()
            while len(self._text) - self._place < before + wanted and self._more():
                pass
            wanted *= 2

    def _expect(self, letter: str) -> None:
        if self.peek() != letter:
            raise self._odd()
        self._step(self._place + 1)

    def _step(self, end: int) -> None:
        self.line += self._text.count("\n", self._place, end)
        self._place = end

    def _more(self) -> bool:
        """Read on, and forget what was walked."""
        if self._over:
            return False
        raw = self._file.read(CHUNK)
        self._over = not raw
        self._text = self._text[self._place :] + self._decode(raw, self._over)
        self._place = 0
        return not self._over

    def _odd(self) -> Unread:
        told = self._text[self._place : self._place + 40]
        return Unread(
            f"line {self.line}: this is not JSON: {told!r}" if told else f"line {self.line}: the JSON is cut off"
        )
