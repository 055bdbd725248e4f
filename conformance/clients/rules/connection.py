"""How a client connects, keeps the line and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

from conformance.clients.rules.base import Finding, depends, rule
from conformance.clients.view import Played, Session
from conformance.wire.transcript import Leg

PATH = "/api-ws/v1/realtime"
SECRETS = ("key", "token", "secret", "authorization", "password")
PAUSE_MS = 1000
"""A pause after throttling; the figure is ours (the documented quota is one request a second)."""
AT_ONCE_MS = 500
AT_ONCE = 2
"""So many reconnects in a row may follow a loss without a pause."""
UNREAD_MS = 1000
"""A client that still speaks so long after a ping has had it before it."""
DEAF_MS = 2000
DEAF_MESSAGES = 10


def _opened(played: Played) -> list[Leg]:
    return [leg for leg in played.transcript.legs if leg.handshake.status is not None]


@rule("CLI-001", "opened no connection")
def model_is_named(played: Played) -> Iterator[Finding]:
    for leg in _opened(played):
        named = parse_qs(urlsplit(leg.url).query).get("model", [""])[0]
        yield None if named else f"connects to {urlsplit(leg.url).path} without `?model=`"


@rule("CLI-002", "opened no connection")
def key_is_in_the_header(played: Played) -> Iterator[Finding]:
    for leg in _opened(played):
        query = parse_qs(urlsplit(leg.url).query, keep_blank_values=True)
        exposed = [name for name in query if any(word in name.lower() for word in SECRETS)]
        offered = [value for name, value in leg.handshake.request_headers if name.lower() == "sec-websocket-protocol"]
        if exposed:
            yield f"`{exposed[0]}` is in the address, where logs and proxies keep it"
        elif any("key" in value or "<masked>" in value for value in offered):
            yield "the key is offered as a sub-protocol, which servers and proxies log"
        else:
            yield None


@rule("CLI-003", "opened no connection")
def path_is_the_documented_one(played: Played) -> Iterator[Finding]:
    for leg in _opened(played):
        path = urlsplit(leg.url).path
        if path == PATH:
            yield None
        elif path.rstrip("/") in {"", PATH}:
            yield depends(f"whether {path or '/'} is answered like {PATH}")
        else:
            yield f"connects to {path}, not to {PATH}"


@rule("CLI-004", "was never refused by 401 or 403")
def refusals_are_believed(played: Played) -> Iterator[Finding]:
    refused = [leg for leg in played.refused if leg.handshake.status in {401, 403}]
    if refused:
        times = len(refused)
        yield f"tried {times} times with a key that was refused" if times > 2 else None


@rule("CLI-005", "was never throttled")
def throttling_slows_it_down(played: Played) -> Iterator[Finding]:
    for earlier, later in pairwise(_opened(played)):
        if throttled(earlier) and later.opened_at_ms >= earlier.closed_at_ms:
            waited = later.opened_at_ms - earlier.closed_at_ms
            yield f"came back {waited} ms after it was told to slow down" if waited < PAUSE_MS else None
    if played.transcript.legs and throttled(played.transcript.legs[-1]):
        yield None


def throttled(leg: Leg) -> bool:
    """Whether this connection was refused or ended for want of quota."""
    reason = leg.ending.reason_received.lower()
    return leg.handshake.status == 429 or any(word in reason for word in ("throttl", "too many request", "rate limit"))


@rule("CLI-006", "was never denied the model or the account")
def denials_are_believed(played: Played) -> Iterator[Finding]:
    denied = [session for session in played.sessions if _denied(session)]
    if denied:
        times = len(denied)
        yield f"opened {times} sessions though access was denied" if times > 2 else None


def _denied(session: Session) -> bool:
    said = session.leg.ending.reason_received + "".join(
        frame.text or "" for frame in session.frames if frame.side == "server" and frame.type is None
    )
    return "accessdenied" in said.lower().replace(" ", "")


@rule("CLI-007", "never came back after a loss")
def coming_back_has_pauses(played: Played) -> Iterator[Finding]:
    row = 0
    for earlier, later in pairwise(_opened(played)):
        lost = earlier.handshake.status != 101 or earlier.ending.first == "server"
        quick = 0 <= later.opened_at_ms - earlier.closed_at_ms < AT_ONCE_MS  # below: they were open side by side
        row = row + 1 if lost and quick else 0
        if lost:
            yield f"came back {row} times in a row without a pause" if row == AT_ONCE + 1 else None


@rule("CLI-008", "was never pinged")
def pings_are_answered(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        pongs = [frame.data for frame in session.frames if frame.side == "client" and frame.opcode == "pong"]
        for frame in session.frames:
            if frame.side == "server" and frame.opcode == "ping":
                # Who leaves at once may never have read it.
                later = any(message.at - frame.at > UNREAD_MS for message in session.messages)
                if frame.data in pongs:
                    yield None
                elif later:
                    yield session.told(frame, "a ping got no pong with its payload")


@rule("CLI-009", "was never pinged while it was sending")
def it_reads_while_it_sends(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        for ping in [frame for frame in session.frames if frame.side == "server" and frame.opcode == "ping"]:
            after = session.frames[ping.index + 1 :]
            pong = next((f for f in after if f.side == "client" and f.opcode == "pong" and f.data == ping.data), None)
            if pong is None:
                continue  # that no pong came at all is another clause's business
            between = [frame for frame in session.messages if ping.index < frame.index < pong.index]
            deaf = len(between) >= DEAF_MESSAGES and pong.at - ping.at > DEAF_MS
            yield (
                session.told(
                    ping, f"sent {len(between)} messages in the {pong.at - ping.at:.0f} ms before it read a ping"
                )
                if deaf
                else None
            )
