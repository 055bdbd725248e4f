"""Audio and pictures in a record: kept once, by digest, and put back where they were when the record is read.

Most of what crosses the wire is Base64 of the same few sounds.  A frame's `text` is kept as an array where it holds a
long one: the pieces around it as they stand, and in its place (at every odd index) the digest of its bytes.  The bytes
are in a `payloads` line before the first conversation that needs them.  What is not Base64 to the letter, and what a
mask would touch, stays in the text.

A `payloads` line lists its parts and holds the bytes of those that are new, one after the other: first every even byte
and then every odd one (the low and the high halves of samples are alike among themselves), deflated.  All bytes of a
record make one row; a part `at` a place of it is what already stood there, as the same speech cut into other packets
does.  After a line that says `anew` nothing is named that stood before it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable
from typing import Any

SHORTEST = 256  # characters: below it a digest and two pieces save nothing worth the looking up
MARK = 32  # bytes, 1 ms of speech: what a sound cut elsewhere is found by
WINDOW = 32_000_000
"""Characters after which a writer forgets what it has kept, so that a record without end is written in bounded memory,
and can be read so one conversation at a time.  A run keeps a tenth of it."""
MOST = 4 * WINDOW
"""Bytes of payloads that whoever reads one conversation at a time remembers; what names more is damaged, or hostile."""

Line = dict[str, Any]


class PayloadError(ValueError):
    """Payloads can't be put back; the message says why."""


def digest(content: bytes) -> str:
    """What a payload is called: half of its SHA-256 in URL-safe Base64, so much that no two are made to share it."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()[:16])[:22].decode()


def _apart(content: bytes) -> bytes:
    return content[0::2] + content[1::2]


def _together(content: bytes) -> bytes:
    whole = bytearray(len(content))
    middle = (len(content) + 1) // 2
    whole[0::2], whole[1::2] = content[:middle], content[middle:]
    return bytes(whole)


class Keeper:
    """Takes the payloads out of conversations before they are written, and remembers which are written already."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._redact = redact
        self._known: dict[str, str | None] = {}  # Base64 → digest; None: stays where it is
        self._held = 0  # characters of these
        self._row = bytearray()  # what is remembered of it
        self._before = 0  # bytes of the row that were forgotten
        self._anew = False  # whether something was, since a line was last written
        self._marks: dict[bytes, int] = {}  # where in what is remembered some bytes were first seen

    def take(self, conversation: Line) -> tuple[Line | None, Line]:
        """The fields of a `payloads` line for what was not seen before (None: nothing), and of the conversation's."""
        if self._held > WINDOW:
            self._before += len(self._row)
            self._held, self._anew = 0, True
            self._row, self._known, self._marks = bytearray(), {}, {}
        new: dict[str, bytes] = {}
        legs = [{**leg, "frames": [self._frame(frame, new) for frame in leg["frames"]]} for leg in conversation["legs"]]
        payloads = self._packed(new) if new else None
        if new and payloads is None:
            return self.take(conversation)
        return payloads, {**conversation, "legs": legs}

    def _packed(self, new: dict[str, bytes]) -> Line | None:
        start = len(self._row)
        parts: list[Line] = []
        for name, content in new.items():
            part = {"digest": name, "bytes": len(content)}
            at = self._marks.get(content[:MARK], -1)
            if at >= 0 and self._row[at : at + len(content)] == content:
                part["at"] = self._before + at
            else:
                here = len(self._row)
                self._row += content
                for place in range(0, len(content) - MARK, MARK):
                    self._marks.setdefault(content[place : place + MARK], here + place)
            parts.append(part)
        deflated = base64.b64encode(zlib.compress(_apart(bytes(self._row[start:])))).decode()
        if self._redact(deflated) != deflated:  # a short secret stands in it by chance, and a mask would spoil it all
            del self._row[start:]
            self._known |= {base64.b64encode(content).decode(): None for content in new.values()}
            return None
        anew, self._anew = self._anew, False
        return {"parts": parts, "deflated": deflated, **({"anew": True} if anew else {})}

    def _frame(self, frame: Line, new: dict[str, bytes]) -> Line:
        text = frame.get("text")
        if text is None or len(text) < SHORTEST:
            return frame
        pieces: list[str] = []
        rest: list[str] = []
        # A payload is a whole JSON string: no part of anything else can begin or end in it unseen.
        for part in text.split('"'):
            name = self._named(part, new) if len(part) >= SHORTEST and rest else None
            if name is None:
                rest.append(part)
            else:
                pieces += ['"'.join([*rest, ""]), name]
                rest = [""]
        return {**frame, "text": [*pieces, '"'.join(rest)]} if pieces else frame

    def _named(self, part: str, new: dict[str, bytes]) -> str | None:
        if part in self._known:
            return self._known[part]
        name = None
        try:
            content = base64.b64decode(part, validate=True)
        except ValueError:  # no Base64, or not even ASCII
            content = b""
        if base64.b64encode(content).decode() == part and self._redact(part) == part:
            name = digest(content)
            new[name] = content
        self._known[part] = name
        self._held += len(part)
        return name


class Restorer:
    """Puts payloads back while a record is read.

    `largest` bounds the characters that texts may come to (None: no bound), for a small file may name a large payload
    any number of times: all texts, or with `each` those of each line; then it forgets where the writer did.  `mask` is
    what the file's lines have passed.
    """

    def __init__(self, largest: int | None, mask: Callable[[str], str] = str, *, each: bool = False) -> None:
        self._largest = self._left = largest
        self._mask = mask
        self._each = each
        self._known: dict[str, str] = {}
        self._held = 0  # characters of these
        self._row = bytearray()  # what is remembered of it
        self._told = 0  # bytes of the row that lines told of, also of those that could not be read
        self._before = 0  # bytes of it that were forgotten

    def learn(self, line: Line) -> None:
        """Take a `payloads` line.  Raises PayloadError when it does not hold what it says."""
        parts = line["parts"]
        if any(part["bytes"] < 0 or part.get("at", 0) < 0 for part in parts):
            raise PayloadError("a payload has less than no bytes, or begins before all others")
        size = sum(part["bytes"] for part in parts if "at" not in part)
        self._begin()
        if self._each and line.get("anew"):
            self._before, self._held = self._told, 0
            self._row, self._known = bytearray(), {}
        self._told += size
        self._held += sum(part["bytes"] for part in parts)
        if self._each and self._held > MOST:
            raise PayloadError("it names more payloads at once than are read")
        self._spend(sum(part["bytes"] for part in parts))
        try:
            unpacking = zlib.decompressobj()
            content = unpacking.decompress(base64.b64decode(line["deflated"], validate=True), size + 1)
        except (binascii.Error, ValueError, zlib.error) as problem:
            raise PayloadError(f"payloads can't be unpacked: {problem}") from None
        if len(content) != size:
            raise PayloadError("payloads are not as long as they are said to be")
        end = len(self._row)
        self._row += _together(content)
        for said in parts:
            at = said["at"] - self._before if "at" in said else end
            if at < 0:
                raise PayloadError(f"payload {said['digest'][:30]} is in a part of the record that is over")
            part = bytes(self._row[at : at + said["bytes"]])
            if digest(part) != said["digest"]:
                raise PayloadError(f"payload {said['digest'][:30]} is not what its digest says")
            self._known[said["digest"]] = self._mask(base64.b64encode(part).decode())
            end += 0 if "at" in said else said["bytes"]

    def restore(self, conversation: Line) -> None:
        """Make the texts of a `conversation` line whole, in place.  Raises PayloadError when a payload is missing."""
        self._begin()
        for leg in conversation["legs"]:
            for frame in leg["frames"]:
                pieces = frame.get("text")
                if isinstance(pieces, list):
                    frame["text"] = self._whole(pieces)

    def _whole(self, pieces: list[Any]) -> str:
        if not all(isinstance(piece, str) for piece in pieces):
            raise PayloadError("a piece of a text is no string")
        whole: list[str] = list(pieces)
        for at in range(1, len(pieces), 2):
            found = self._known.get(pieces[at])
            if found is None:
                raise PayloadError(f"payload {pieces[at][:30]} is not in the record")
            self._spend(len(found))
            whole[at] = found
        return "".join(whole)

    def _begin(self) -> None:
        if self._each:
            self._left = self._largest

    def _spend(self, size: int) -> None:
        if self._left is not None:
            self._left -= size
            if self._left < 0:
                raise PayloadError("its texts come to more than is read")
