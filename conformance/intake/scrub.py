"""What is taken out of a recording on the way in: keys, and audio unless it is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from conformance import guarded
from conformance.cut import MASK
from conformance.judge.evidence.frames import decoded
from conformance.wire.gaps import Elided

SOUND = frozenset({"audio", "image", "video"})
SHORT = 100  # Base64 characters: two milliseconds of sound, too little to hear or to take out
_SECRET_HEADERS = re.compile(r"(?i)authorization|cookie|token|secret|api-?key|credential")
_SECRET_QUERY = re.compile(r"(?i)([?&](?:[^=&#]*(?:key|token|secret|signature|authorization)[^=&#]*)=)[^&#]+")
_KEYS = re.compile(r"\b(?:sk|ek|ak|st)-[A-Za-z0-9._-]{12,}|(?i:\bbearer\s+)[A-Za-z0-9._~+/=-]{8,}")


def words(text: str) -> str:
    """A text without what looks like a key."""
    return _KEYS.sub(MASK, text) if "-" in text or "earer" in text else text


def url(text: str) -> str:
    """An address without the keys in its query."""
    return words(_SECRET_QUERY.sub(rf"\g<1>{MASK}", text))


def headers(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Header fields without values that are secrets by their name or their looks."""
    return tuple((name, MASK if _SECRET_HEADERS.search(name) else words(value)) for name, value in pairs)


def silent(text: str) -> tuple[str, bool]:
    """An event without its audio and images, and whether there was any: the rest of the text stays as it is."""
    if len(text) <= SHORT:
        return text, False
    try:
        event = guarded.parse(text)
    except guarded.Refused:
        return text, False
    found = list(_sounds(event, str(event.get("type"))) if isinstance(event, dict) else ())
    for sound in found:
        pcm = decoded(sound) or b""
        mark = str(Elided(len(pcm), sound[:4]))
        slashed = sound if sound in text else sound.replace("/", "\\/")
        text = text.replace(slashed, mark)
    return text, bool(found)


def _sounds(value: Any, kind: str) -> Iterator[str]:
    """Strings that are Base64 of sound or pictures; a member that only looks as if stays, for it is a finding."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, list):
            left += one
            continue
        if not isinstance(one, dict):
            continue
        for name, inner in one.items():
            if not isinstance(inner, str):
                left.append(inner)
                continue
            sound = name in SOUND or (name == "delta" and kind.endswith("audio.delta"))
            if sound and len(inner) > SHORT and decoded(inner) is not None:
                yield inner
