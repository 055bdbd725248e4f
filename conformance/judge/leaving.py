"""How a client left a session: what it said first, what the wire shows of the end, and what it left running."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from conformance.wire.transcript import Frame, Leg

Finish = Literal["not sent", "accepted", "refused", "unanswered"]
State = Literal["idle", "with audio", "mid-response", "after a response"]

LABEL = {"not sent": "", "accepted": "finish-accepted", "refused": "finish-refused", "unanswered": "finish-unanswered"}


@dataclass(frozen=True)
class Leaving:
    """`how` is the end on the wire, in words; `by_client` whether it was the client's move."""

    finish: Finish
    how: str
    state: State
    by_client: bool

    @property
    def label(self) -> str:
        """A name for tables: `finish-refused, close-1000`."""
        state = "" if self.state == "after a response" or not self.by_client else f" {self.state}"
        return ", ".join(part for part in (LABEL[self.finish], self.how + state) if part)

    @property
    def words(self) -> str:
        """The same for people: "`session.finish` refused, then close 1000 during a reply"."""
        left = HOW.get(self.how, self.how.replace("close-", "close ")) + (WHEN[self.state] if self.by_client else "")
        return f"{FINISHED[self.finish]}, then {left}" if self.finish != "not sent" else left

    @property
    def torn(self) -> bool:
        """Whether the client left without a close frame."""
        return self.by_client and self.how in {"drop", "reset"}


FINISHED = {
    "accepted": "`session.finish` accepted",
    "refused": "`session.finish` refused",
    "unanswered": "`session.finish` not answered",
}
HOW = {"drop": "no close frame", "reset": "TCP reset", "close-1000": "close 1000"}
WHEN = {"idle": " on an idle session", "with audio": " with audio waiting", "mid-response": " during a reply",
        "after a response": ""}  # fmt: skip


def leaving(leg: Leg) -> Leaving:
    """How this connection was left."""
    return Leaving(finish(leg), _how(leg), state(leg), leg.ending.first == "client")


def finish(leg: Leg) -> Finish:
    """What became of `session.finish`; an error that came before it is not its answer."""
    sent = _last(leg, "session.finish")
    if sent is None:
        return "not sent"
    for frame in leg.frames[sent.index :]:
        if frame.side == "server" and frame.type == "session.finished":
            return "accepted"
    if any(frame.side == "server" and frame.type == "error" for frame in leg.frames[sent.index :]):
        return "refused"
    return "unanswered"


def state(leg: Leg) -> State:
    """What the session was about at the first move to end it."""
    end = next((frame.index for frame in leg.frames if frame.opcode == "close"), len(leg.frames))
    kinds = [frame.type for frame in leg.frames[:end] if frame.side == "server"]
    if kinds.count("response.created") > kinds.count("response.done"):
        return "mid-response"
    if "response.done" in kinds:
        return "after a response"
    sent = any(frame.type == "input_audio_buffer.append" for frame in leg.frames[:end])
    return "with audio" if sent else "idle"


def _how(leg: Leg) -> str:
    ending = leg.ending
    if ending.first == "nobody":
        return "left open"
    if ending.first == "server":
        return "dropped by the server" if ending.code_received is None else f"closed by the server {_answered(leg)}"
    if ending.code_sent is None:
        return "reset" if ending.problem else "drop"
    return "close without a code" if ending.code_sent == 1005 else f"close-{ending.code_sent}"


def _answered(leg: Leg) -> str:
    answer = "" if leg.ending.code_sent is not None else ", unanswered"
    return f"with {leg.ending.code_received}{answer}"


def in_words(left: Leaving, listed: Mapping[str, str]) -> str:
    """One sentence: how it left, and as what each policy lists the session (`listed`: by policy)."""
    finished = {
        "not sent": "",
        "accepted": "`session.finish` was accepted, then ",
        "refused": "`session.finish` was refused, then ",
        "unanswered": "`session.finish` was not answered, then ",
    }[left.finish]
    when = f" ({left.state})" if left.by_client else ""
    return f"{finished}{left.how}{when}; {statuses(listed)}"


RULES = {
    "finish_required": "where only `session.finish` counts",
    "clean_close_ok": "where a clean close counts",
    "pending_until_finish": "where a session runs until `session.finish`",
    "absent_unless_success": "where successes alone are listed",
    "cancelled": "where a close cancels",
}
"""What the platform may go by, in words."""
LISTED = {
    "failed_client": "failed (client error)",
    "failed_throttled": "failed (throttled)",
    "failed_server": "failed (server error)",
    "absent": "not at all",
}


def statuses(listed: Mapping[str, str]) -> str:
    """As what a session is listed, policies of one mind together."""
    found = listings(listed)
    return f"listed as {', '.join(found)}" if found else "the ledger does not list it"


def listings(listed: Mapping[str, str]) -> list[str]:
    """The same, a text for each status: `failed (client error) where a clean close counts`."""
    found: dict[str, list[str]] = {}
    for policy, status in listed.items():
        if policy != "here" and status:
            found.setdefault(LISTED.get(status, status.replace("_", " ")), []).append(policy)
    if len(found) == 1:
        return [f"{next(iter(found))} under every policy"]
    return [
        f"{status} {' and '.join(RULES.get(name, f'under {name}') for name in names)}"
        for status, names in found.items()
    ]


def _last(leg: Leg, kind: str) -> Frame | None:
    return next((frame for frame in reversed(leg.frames) if frame.side == "client" and frame.type == kind), None)
