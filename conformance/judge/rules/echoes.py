"""Whether a server quotes the credential that the client sent: judged by the notes that were made before masking."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.judge.verdicts import NotApplicable
from conformance.wire.transcript import Echo, Leg, Transcript

MOST_TOLD = 5


def quoted_keys(held: Iterable[Transcript]) -> str:
    """Where the whole key came back, and in which form; empty where it did not.

    Every connection counts: refused ones, those that met trouble, those of a probe's wrong key.  A part of a key is
    masked and noted and no breach: "sk-12345…cdef is not valid" is how some services name a key without telling it.
    Raises NotApplicable where nobody looked, as in recordings of others.
    """
    legs = [(transcript, leg) for transcript in held for leg in transcript.legs if leg.echoes is not None]
    if not legs:
        raise NotApplicable("the record does not say where the key was: it is older than that, or made elsewhere")
    found = [told for transcript, leg in legs for told in _told(transcript, leg)]
    more = f" (and {len(found) - MOST_TOLD} more)" if len(found) > MOST_TOLD else ""
    return "; ".join(found[:MOST_TOLD]) + more


def _told(transcript: Transcript, leg: Leg) -> Iterator[str]:
    places: dict[str, list[str]] = {}
    for echo in leg.echoes or ():
        if echo.whole:
            forms = places.setdefault(_where(echo, leg), [])
            forms += [] if echo.form in forms else [echo.form]
    for place, forms in places.items():
        yield f"{transcript.conversation}: the key is in {place} ({', '.join(forms)})"


def _where(echo: Echo, leg: Leg) -> str:
    if echo.place == "header":
        return f"the header {echo.at} of the handshake"
    if echo.place == "body":
        return "the body of the handshake"
    frame = leg.frames[echo.at] if isinstance(echo.at, int) and echo.at < len(leg.frames) else None
    if frame is not None and frame.opcode == "close":
        return "the reason of the close frame"
    return f"frame {echo.at}" + (f", {frame.type or frame.opcode}" if frame is not None else "")
