"""What a conversation met that tells nothing about the protocol: found wherever it may appear.

In the handshake's status and body, in any server frame (typed or not), in a close reason, and in an end that is none.
The words come from `conformance.spec.trouble`.  Trouble of the account and of the quota is so by itself.  What looks
like a fault of the service or of the line may be the endpoint's own doing, and only a second attempt tells (`lost`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance import guarded
from conformance.cut import cut
from conformance.spec.trouble import Kind, Row, by_status, by_words, upstream
from conformance.wire.transcript import Frame, Leg, Transcript

_WAIT = re.compile(r"(?:retry|try again|wait)\D{0,20}?(\d{1,4}) ?(s|m)(?:ec|in|\b)", re.IGNORECASE)
LONGEST_WAIT = 600.0  # seconds: nobody is told to wait longer
TOO_LONG = "control frame too long"
# RFC 6455 §7.4.1 and its registry: an unexpected condition, a restart, "try again later".
SERVICE_CODES = frozenset({1011, 1012, 1013, 1014})


@dataclass(frozen=True)
class Trouble:
    """What was in the way.

    `words` is what was seen, `what` what it means, `todo` what a person can do.  `sure`: said by a code or a text and
    not by a status alone.  `wait` is how many seconds the answer asks to wait, where it does.  `full`: there was no
    room for it beside what was open.
    """

    kind: Kind
    words: str
    what: str = ""
    todo: str = ""
    sure: bool = True
    wait: float | None = None
    full: bool = False


def find(transcript: Transcript, *, greeted: bool = False) -> Trouble | None:
    """The first trouble that a conversation met, of any kind that its words tell; None where there is none.

    `greeted`: only on connections that had their session.  Where a script asked whether it would be let in, a refusal
    is its answer.
    """
    answers = transcript.notes.get("refused") or ()
    for number, leg in enumerate(transcript.legs):
        if number in answers:
            continue
        if greeted and not any(frame.side == "server" and frame.type == "session.created" for frame in leg.frames):
            continue
        found = _handshake(leg) or _frames(leg) or _ending(leg)
        if found is not None:
            return found
    return None


def _handshake(leg: Leg) -> Trouble | None:
    shake = leg.handshake
    if shake.status is None:
        return Trouble("line", shake.problem or "no handshake", "", "check the network, the address and the proxy")
    if shake.status == 101:
        return None
    code, text = _of_body(shake.body)
    row = by_words(code, text) if shake.status >= 400 else None
    sure = row is not None
    # A status of the table is trouble; another one only by its words, where these are an account's or a quota's.
    if row is None or (by_status(shake.status) is None and row.kind not in {"account", "quota"}):
        row = by_status(shake.status)
    if row is None:
        return None
    said = f": {cut(shake.body, 200)}" if shake.body else ""
    header = next((value for name, value in shake.response_headers if name.lower() == "retry-after"), "")
    wait = float(header) if header.isdecimal() else _wait(text)
    words = f"the handshake was refused with HTTP {shake.status}{said}"
    wait = None if wait is None else min(wait, LONGEST_WAIT)
    return Trouble(row.kind, words, row.what, row.todo, sure, wait, sure and row.full)


def _of_body(body: str) -> tuple[str, str]:
    try:
        value = guarded.parse(body)
    except guarded.Refused:
        return "", body
    return _of_event(value) or ("", body)


def _frames(leg: Leg) -> Trouble | None:
    for frame, code, text in complaints(leg):
        row = by_words(code, text)
        if row is not None and row.kind in {"account", "quota"}:
            said = ": ".join(part for part in (code, cut(text, 200)) if part)
            where = "the session was refused" if _is_first(leg, frame) else "the server said"
            # How a gateway's upstream answered it is a status, and no surer than one of our own handshake.
            sure = upstream(text) is not row
            return Trouble(row.kind, f"{where}: {said}", row.what, row.todo, sure, wait=_wait(text))
    return None


def _ending(leg: Leg) -> Trouble | None:
    ending = leg.ending
    reason = ending.reason_received
    row = by_words("", reason)
    if row is not None and row.kind in {"account", "quota"}:
        words = f"the server closed with {ending.code_received}: {cut(reason, 200)}"
        return Trouble(row.kind, words, row.what, row.todo, wait=_wait(reason))
    problem = ending.problem or ""
    row = by_words("", problem)
    if row is not None and row.kind in {"account", "quota"}:
        return Trouble(row.kind, problem, row.what, row.todo, wait=_wait(problem))
    if TOO_LONG in problem and _unanswered_create(leg):
        words = "a reply was refused by a close frame too long to be read, as where the free tier is used up"
        return Trouble("account", words, "", "look at the account's free quota in the console", sure=False)
    return None


def complaints(leg: Leg) -> Iterator[tuple[Frame, str, str]]:
    """Every server frame that complains, with the code and the message of its complaint ("": it has none)."""
    for frame in leg.frames:
        if frame.side == "server" and frame.text is not None and (said := _of_event(frame.event)) is not None:
            yield frame, *said


def _of_event(event: Any) -> tuple[str, str] | None:
    """The code and message of an `error`, of an event without a type, or of a failed response; None: it is no error."""
    if not isinstance(event, dict):
        return None
    kind = event.get("type")
    if kind == "response.done":
        response = event.get("response")
        if not isinstance(response, dict) or response.get("status") != "failed":
            return None
        details = response.get("status_details")
        return _words(details.get("error") if isinstance(details, dict) else None, {})
    # The `error` of any other event is about that event's own matter (a failed transcription).
    if kind == "error" or (not isinstance(kind, str) and {"error", "code", "message"} & set(event)):
        return _words(event.get("error"), event)
    return None


def _words(error: Any, event: dict[str, Any]) -> tuple[str, str]:
    if isinstance(error, str):
        code = event.get("code")
        return code if isinstance(code, str) else "", error
    place = error if isinstance(error, dict) else event
    code, text = place.get("code"), place.get("message")
    return code if isinstance(code, str) else "", text if isinstance(text, str) else ""


def _is_first(leg: Leg, frame: Frame) -> bool:
    return frame is next((one for one in leg.frames if one.side == "server" and one.text is not None), None)


def _wait(text: str) -> float | None:
    """The seconds that a text asks to wait for, or None."""
    found = _WAIT.search(text)
    if found is None:
        return None
    return min(float(found[1]) * (60 if found[2].lower() == "m" else 1), LONGEST_WAIT)


def _unanswered_create(leg: Leg) -> bool:
    """Whether the last thing of the client was a `response.create` that nothing answered."""
    data = [frame for frame in leg.frames if frame.text is not None]
    return bool(data) and data[-1].side == "client" and data[-1].type == "response.create"


# -- lost sessions

HUNG_UP = "TCP ended in the place of an answer to the close frame"


@dataclass(frozen=True)
class Loss:
    """A session that ended by the line or by a fault of the service.

    `leg` and `step` say at which connection and step of the script, `sent` how many frames the client had sent on it.
    `sudden`: it was ended, and not only silent.  `full`: the server had no room for it beside the others.
    """

    kind: Kind
    how: str
    leg: int
    step: int
    sent: int
    sudden: bool = True
    full: bool = False

    def same_place(self, other: Loss) -> bool:
        """Whether two losses are at the same place: the same step, after about as much was sent, in the same way."""
        near = abs(self.sent - other.sent) <= max(1, self.sent // 10)
        return (self.kind, self.leg, self.step) == (other.kind, other.leg, other.step) and near


def lost(transcript: Transcript) -> Loss | None:
    """Where and how a conversation lost its session, if it looks like the line's or the service's doing; else None."""
    for number, leg in enumerate(transcript.legs):
        if leg.handshake.status != 101:
            continue
        found = _how_lost(transcript, number, leg)
        if found is not None:
            kind, how, at = found
            sudden = leg.ending.first == "server" or at < len(leg.frames)
            sent = [frame for frame in leg.frames[:at] if frame.side == "client" and frame.opcode in {"text", "binary"}]
            step = next((frame.step for frame in reversed(leg.frames[:at]) if frame.step is not None), 0)
            return Loss(kind, how, number, step, len(sent), sudden, kind == "service" and _full(leg))
    return None


def _full(leg: Leg) -> bool:
    """Whether the server says that it has no room for one more."""
    said = [(code, text) for _, code, text in complaints(leg)]
    reason = leg.ending.reason_received if leg.ending.first == "server" else ""
    return any(row is not None and row.full for row in (by_words(*one) for one in (*said, ("", reason))))


def _how_lost(transcript: Transcript, number: int, leg: Leg) -> tuple[Kind, str, int] | None:
    """Whose fault, in words, and after how many frames."""
    ending, at = leg.ending, len(leg.frames)
    for frame, code, text in complaints(leg):
        row = by_words(code, text)
        if row is not None and row.kind == "service":
            return (
                "service",
                f"the server said: {': '.join(part for part in (code, cut(text, 120)) if part)}",
                frame.index,
            )
    row = by_words("", ending.reason_received) if ending.first == "server" else None
    if row is not None and row.kind == "service" and ending.code_received not in SERVICE_CODES:
        said = f"the server closed with {ending.code_received} {cut(ending.reason_received, 120)}"
        return "service", said, at
    if ending.code_received in SERVICE_CODES and ending.first == "server":
        return (
            "service",
            f"the server closed with {ending.code_received} {cut(ending.reason_received, 120)}".rstrip(),
            at,
        )
    gone = ending.first == "server" and ending.code_received is None and ending.tcp in {"fin", "rst"}
    if gone and ending.problem is None and ending.code_sent is None:
        return "line", "TCP ended without a close frame", at
    stop = transcript.stop
    if stop is not None and stop.waiting_for and stop.waited_ms and stop.refused is None and ending.first == "client":
        last = number == len(transcript.legs) - 1
        return ("line", f"silence while waiting for {' or '.join(stop.waiting_for)}", at) if last else None
    ours = ending.first == "client" and ending.code_sent is not None and ending.code_received is None
    if ours and ending.problem is None and ending.tcp in {"fin", "rst"}:
        return "line", HUNG_UP, at
    return None


__all__ = ["Loss", "Row", "Trouble", "complaints", "find", "lost"]
