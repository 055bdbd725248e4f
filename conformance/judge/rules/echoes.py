"""Whether a server quotes the credential that the client sent: judged by the notes that were made before masking."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conformance.judge.finding import Failed, Finding
from conformance.judge.verdicts import NotApplicable
from conformance.spec.catalogue import clauses
from conformance.wire.transcript import Echo, Leg, Transcript

CLAUSE = "GEN-071"


def quotes_no_key(held: Iterable[Transcript]) -> None:
    """Raises Failed with each place where the whole key came back, and in which form.

    Every connection counts: refused ones, those that met trouble, those of a probe's wrong key.  A part of a key is
    masked and noted and no breach: "sk-12345…cdef is not valid" is how some services name a key without telling it.
    Raises NotApplicable where nobody looked, as in recordings of others.
    """
    legs = [
        (transcript, number, leg)
        for transcript in held
        for number, leg in enumerate(transcript.legs)
        if leg.echoes is not None
    ]
    if not legs:
        raise NotApplicable("the record does not say where the key was: it is older than that, or made elsewhere")
    found = [finding for transcript, number, leg in legs for finding in _found(transcript, number, leg)]
    if found:
        raise Failed(found)


def _found(transcript: Transcript, number: int, leg: Leg) -> Iterator[Finding]:
    places: dict[str, tuple[int | None, list[str]]] = {}
    for echo in leg.echoes or ():
        if echo.whole:
            at = echo.at if echo.place == "frame" and isinstance(echo.at, int) else None
            _, forms = places.setdefault(_where(echo, leg), (at, []))
            forms += [] if echo.form in forms else [echo.form]
    expected = clauses()[CLAUSE].sentence
    for place, (frame, forms) in places.items():
        said = f"the key is in {place} ({', '.join(forms)})"
        yield Finding(CLAUSE, transcript.conversation, number, frame, expected, said, cause=CLAUSE)


def _where(echo: Echo, leg: Leg) -> str:
    if echo.place == "header":
        return f"the header {echo.at} of the handshake"
    if echo.place == "body":
        return "the body of the handshake"
    frame = leg.frames[echo.at] if isinstance(echo.at, int) and echo.at < len(leg.frames) else None
    if frame is not None and frame.opcode == "close":
        return "the reason of the close frame"
    return f"frame {echo.at}" + (f", {frame.type or frame.opcode}" if frame is not None else "")
