"""What a client makes of what is not kind: errors, news, losses, waits.

Most of it shows only in a run of ours, where the scenario and the program's end are known.  A program is held against
itself: what it does in `plain` too (running until it is stopped, ending with 1) is not the scenario's doing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from conformance.clients.rules.base import Finding, rule
from conformance.clients.view import Played, Session
from conformance.wire.transcript import Frame

REFUSED = 3
"""So often the same event may be sent and refused before it is a loop."""
_ID = re.compile(r"(?<![A-Za-z_])(?:item|call|resp)_[A-Za-z0-9]{6,}")


@rule("CLI-060", "met no error")
def errors_are_not_repeated(played: Played) -> Iterator[Finding]:
    for session in played.sessions:
        row: dict[str, int] = {}
        for frame in session.sent:
            answer = _refusal(session, frame)
            if answer is None or frame.type == "session.update":
                continue
            same = json.dumps({key: value for key, value in frame.event.items() if key != "event_id"}, sort_keys=True)
            row[same] = row.get(same, 0) + 1
            yield (
                session.told(frame, f"sent the same {frame.type} {REFUSED} times though it was refused")
                if row[same] == REFUSED
                else None
            )


def _refusal(session: Session, frame: Frame) -> Frame | None:
    """The error that answers an event: the next thing said by anybody."""
    for later in session.frames[frame.index + 1 :]:
        if later.type is not None:
            return later if later.side == "server" and later.type == "error" else None
    return None


def _trouble(played: Played) -> str | None:
    """What went wrong with a program in a scenario that did not go wrong in `plain`, in words."""
    ran, usual = played.program or {}, (played.usual.program if played.usual else None) or {}
    if ran.get("timed_out") and not usual.get("timed_out"):
        return "it waited until it was told to end"
    if ran.get("code") and not usual.get("code") and not ran.get("timed_out"):
        return f"it {ran.get('ended')}"
    torn = [one for one in played.sessions if one.by_client and one.close_sent is None]
    before = [one for one in played.usual.sessions if one.by_client and one.close_sent is None] if played.usual else []
    return "it left without a close frame" if torn and not before else None


def _survives(clause: str, scenario: str, what: str, *, absent: str = "") -> None:
    """Make the rule that a program survives a scenario."""

    @rule(clause, absent or f"did not run in the scenario `{scenario}`")
    def survived(played: Played) -> Iterator[Finding]:
        if played.scenario == scenario and played.program is not None and played.sessions:
            trouble = _trouble(played)
            yield None if trouble is None else f"{what}: {trouble}"


_survives("CLI-061", "error-mid-turn", "a recoverable error came, and the session went on")
_survives("CLI-062", "unknown-event", "an event came that it does not know")
_survives("CLI-063", "later-members", "events came with members that it does not know")
_survives("CLI-064", "preview-storm", "hundreds of previews came")
_survives("CLI-065", "no-usage", "a response ended without usage")
_survives("CLI-058", "barge-in", "its user spoke into the reply, which was cut off")


def _gives_up(clause: str, scenarios: tuple[str, ...], what: str) -> None:
    """Make the rule that a program does not wait for what can't come."""

    @rule(clause, f"did not run in the scenario `{scenarios[0]}`")
    def noticed(played: Played) -> Iterator[Finding]:
        usual = played.usual.program if played.usual else None
        if played.scenario in scenarios and played.program is not None and played.sessions:
            waits = played.program.get("timed_out") and not (usual or {}).get("timed_out")
            yield f"{what}, and it waited until it was told to end" if waits else None


_gives_up("CLI-067", ("stall",), "the server fell silent in the middle of a reply")
_gives_up("CLI-068", ("drop", "drop-then-back"), "the line was lost")
_gives_up(
    "CLI-070",
    (
        "server-closes-first-1000",
        "server-closes-first-1001",
        "server-closes-first-1007",
        "server-closes-first-1011",
        "fatal-error",
    ),
    "the server closed",
)


def _ids(text: str) -> set[str]:
    """The ids in an event's text.  Base64 has no underscore: a payload is passed over without a look at each letter."""
    return {found for part in text.split('"') if "_" in part for found in _ID.findall(part)}


@rule("CLI-066", "opened no second session")
def ids_stay_in_their_session(played: Played) -> Iterator[Finding]:
    seen: set[str] = set()
    for session in played.sessions:
        own: set[str] = set()
        for frame in session.frames:
            ids = _ids(frame.text or "") if frame.type is not None else set()
            if frame.side == "server":
                own |= ids
            elif seen:
                foreign = (ids & seen) - own
                yield (
                    session.told(frame, f"{frame.type} names {min(foreign)}, which is of an earlier session")
                    if foreign
                    else None
                )
        seen |= own


@rule("CLI-069", "was never closed by the server with a reason")
def close_codes_are_kept(played: Played) -> Iterator[Finding]:
    if played.program is None:
        return
    for session in played.sessions:
        ending = session.leg.ending
        if ending.first == "server" and ending.code_received is not None and ending.reason_received:
            told = str(ending.code_received) in played.output or ending.reason_received[:30] in played.output
            yield (
                None
                if told
                else session.told(
                    session.close_received, f"says nowhere that it was closed with {ending.code_received} and why"
                )
            )
