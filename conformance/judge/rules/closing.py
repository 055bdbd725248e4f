"""How connections end: close frames answered, meaning something, and the last word."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from conformance.judge.evidence import Evidence
from conformance.judge.finding import Breach
from conformance.judge.rules.base import rule
from conformance.spec.unsolicited import is_unsolicited
from conformance.wire.transcript import Leg, Transcript

# RFC 6455 §7.4: 1004, 1005, 1006 and 1015 never stand in a frame; 1012 to 1014 were registered later.
REGISTERED = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})
LONGEST_REASON = 123  # bytes: a control frame carries 125, two of them the code
SEVERAL = 3
"""Conversations that show how a server is, and not what it makes of one way of closing."""


def answers_no_close(run: Iterable[Transcript]) -> bool:
    """Whether each of several conversations of a run had a close frame of the client's that nothing answered.

    Then that is one defect, for which GEN-060 answers, and not one for each way of closing.
    """
    asked = [
        [leg.ending.code_received is not None for leg in one.legs if _was_asked(leg)]
        for one in run
        if not one.broken_off and not one.interrupted and "close" not in one.gaps
    ]
    told = [answers for answers in asked if answers]
    return len(told) >= SEVERAL and not any(itertools.chain(*told))


def _was_asked(leg: Leg) -> bool:
    return leg.ending.first == "client" and leg.ending.code_sent is not None and leg.ending.problem is None


@rule("GEN-060", "a close frame of the client that came first")
def close_is_answered(wire: Evidence) -> Iterator[Breach | None]:
    """The client's close frame is answered by a close frame."""
    ending = wire.ending
    if ending.first != "client" or ending.code_sent is None:
        return
    answered = ending.code_received is not None or ending.problem is not None
    last = wire.last("close", "client")
    said = f"the close frame {ending.code_sent} was not answered; {ending.tcp_words}"
    yield None if answered else Breach(last, said)


@rule("GEN-061", "a close frame of the server")
def nothing_follows_a_close(wire: Evidence) -> Iterator[Breach | None]:
    """No data frame follows the server's close frame."""
    closed = False
    for frame in wire.frames:
        if frame.side != "server":
            continue
        if closed and frame.opcode in {"text", "binary"}:
            yield Breach(frame, f"{frame.type or frame.opcode} came after the close frame")
        elif frame.opcode == "close":
            closed = True
            yield None


@rule("GEN-074", "session.finished")
def nothing_follows_the_finish(wire: Evidence) -> Iterator[Breach | None]:
    """A session that is finished says nothing more by itself; what answers a later event of the client, it may."""
    finished = False
    for frame in wire.frames:
        if frame.side == "client" and frame.opcode == "text":
            finished = False
        elif frame.side == "server" and frame.type is not None:
            if finished and not is_unsolicited(frame.type):
                yield Breach(frame, f"{frame.type} came after session.finished, and nobody had asked for it")
            if frame.type == "session.finished":
                yield None
                finished = True


@rule("GEN-062", "a close frame of the server")
def close_is_well_formed(wire: Evidence) -> Iterator[Breach | None]:
    """A close frame has no body, or a code that may stand there and a short reason in UTF-8."""
    problem = wire.ending.problem or ""
    if _is_of_the_close(problem):
        yield Breach(wire.last("close"), f"the close frame is malformed: {problem}")
    for frame in wire.frames:
        if frame.side != "server" or frame.opcode != "close":
            continue
        code, reason = int.from_bytes(frame.data[:2]), frame.data[2:]
        if not frame.data:
            yield None
        elif len(frame.data) == 1:
            yield Breach(frame, "the close frame has a body of one byte")
        elif code not in REGISTERED and not 3000 <= code <= 4999:
            yield Breach(frame, f"the close frame has the code {code}, which must not be sent")
        elif len(reason) > LONGEST_REASON:
            yield Breach(frame, f"the reason of the close frame has {len(reason)} bytes")
        else:
            yield None if _is_utf8(reason) else Breach(frame, "the reason of the close frame is not UTF-8")


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True


# How the protocol core words what is wrong with a close frame; of all frames it decodes only the close's reason.
OF_THE_CLOSE = ("close", "status code", "control frame too long", "UnicodeDecodeError")


def _is_of_the_close(problem: str) -> bool:
    return any(words in problem for words in OF_THE_CLOSE)


@rule("GEN-072", "a frame of the server")
def frames_are_well_formed(wire: Evidence) -> Iterator[Breach | None]:
    """Every frame is one that RFC 6455 §5 allows: what is none ends the connection, and is in no list of frames."""
    problem = wire.ending.problem
    if problem is not None and not _is_of_the_close(problem):
        yield Breach(wire.last(), f"after {len(wire.frames)} frames: {problem}")
    elif any(frame.side == "server" for frame in wire.frames):
        yield None


@rule("GEN-063", "an ended connection")
def server_says_goodbye(wire: Evidence) -> Iterator[Breach | None]:
    """The server ends no connection without a close frame."""
    ending = wire.ending
    if ending.first == "nobody":
        return
    dropped = ending.first == "server" and ending.code_received is None and ending.problem is None
    said = f"{ending.tcp_words} without a close frame"
    yield Breach(wire.last(), said) if dropped else None


@rule("GEN-064", "a server that closed after an error")
def trouble_is_no_normal_end(wire: Evidence) -> Iterator[Breach | None]:
    """A server that closes after an `error` does not close with 1000."""
    if wire.ending.first == "server" and wire.types[-1:] == ["error"] and wire.ending.code_received is not None:
        normal = wire.ending.code_received == 1000
        yield Breach(wire.last("close"), "the server closed with 1000 after an error") if normal else None
