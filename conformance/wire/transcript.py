"""What crossed the wire in one conversation: the only evidence a check may look at.

A transcript is plain data.  It is written to `record.jsonl` as one line and read back to the same value, so a
check cannot tell a fresh recording from an old one.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

from conformance import guarded
from conformance.wire import gaps

Side = Literal["client", "server"]
Opcode = Literal["text", "binary", "ping", "pong", "close"]
INTERRUPTED = "the run was interrupted"


UNREAD: Any = object()
"""What a frame has instead of an event as long as nobody asked for it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One WebSocket message or control frame.

    `at` is in ms since the conversation began, monotonic.  `text` is the exact payload of a text frame; a payload
    that is not text is kept in `data`.  Fragments are joined: `fragments` says of how many frames a message was made.
    `gap` says what a recording leaves out of this frame: its `audio`, or the end of a text that is `cut`.
    """

    index: int
    side: Side
    at: float
    opcode: Opcode
    text: str | None = None
    data: bytes = b""
    label: str | None = None
    step: int | None = None
    fragments: int = 1
    gap: Literal["", "audio", "cut"] = ""

    # What was read of the text, kept: a slot takes an eighth of what `cached_property` takes in a dictionary.
    _event: Any = field(default=UNREAD, init=False, repr=False, compare=False)
    _type: Any = field(default=UNREAD, init=False, repr=False, compare=False)

    @property
    def event(self) -> Any:
        """The JSON value as `conformance.guarded` reads it, or None when the frame holds none."""
        found = self._event
        if found is UNREAD:
            found = self._read()
            object.__setattr__(self, "_event", found)
        return found

    @property
    def type(self) -> str | None:
        """The event's `type`, or None when there is no event or it has no string type."""
        found: Any = self._type
        if found is UNREAD:
            event = self.event
            kind = event.get("type") if isinstance(event, dict) else None
            found = kind if isinstance(kind, str) else None
            object.__setattr__(self, "_type", found)
        return found  # type: ignore[no-any-return]

    def _read(self) -> Any:
        if self.opcode != "text" or self.text is None:
            return None
        try:
            if self.gap == "cut":
                return gaps.known(gaps.torn(self.text))
            return guarded.parse(self.text, gaps.restored if self.gap else None)
        except guarded.Refused:
            return None

    def seen_as(self, **changes: Any) -> Frame:
        """This frame with other values, also of what was read of it: what was read stays read."""
        made = object.__new__(Frame)
        for name in _SLOTS:
            object.__setattr__(made, name, changes[name] if name in changes else getattr(self, name))
        return made


_SLOTS = tuple(one.name for one in fields(Frame))


@dataclass(frozen=True)
class Handshake:
    """The opening HTTP exchange; what carries the key is masked before it comes here."""

    status: int | None
    ms: float
    request_headers: tuple[tuple[str, str], ...] = ()
    response_headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    problem: str | None = None


@dataclass(frozen=True)
class Ending:
    """How a connection ended.

    `first` is who sent the first close frame or, without any, who ended TCP.  `code_sent` and `code_received` are what
    the two close frames carried (None: no frame; 1005: a frame without a code).  `clean` is RFC 6455 §7.1.4: both close
    frames before TCP ended.  `seconds` runs from the first move to the end of TCP; `tcp` says how TCP ended.
    `broken_off` names the bound that the server passed, where the client cut the connection for it.
    """

    first: Literal["client", "server", "nobody"] = "nobody"
    code_sent: int | None = None
    reason_sent: str = ""
    code_received: int | None = None
    reason_received: str = ""
    clean: bool = False
    seconds: float = 0.0
    tcp: Literal["fin", "rst", "client", "timeout", "open"] = "open"
    problem: str | None = None
    broken_off: str = ""

    @property
    def tcp_words(self) -> str:
        """How TCP ended, as a clause: `the server ended TCP`."""
        return TCP_ENDED[self.tcp]


TCP_ENDED = {
    "fin": "the server ended TCP",
    "rst": "the server reset TCP",
    "client": "the client ended TCP",
    "timeout": "TCP stayed open",
    "open": "TCP was left open",
}


@dataclass(frozen=True)
class Echo:
    """Where the server quoted a credential that the client had sent, and never what.

    `place` is `frame`, `header` or `body` (of the handshake's answer), `at` the frame's index or the header's name;
    `form` says how it was written, `whole` whether all of it was there.
    """

    place: str
    at: int | str
    form: str
    whole: bool


Cause = Literal["", "silence", "refused", "ended", "unsent"]


def cause_of(why: str) -> Cause:
    """The cause of a stop in a record that is older than causes, and has it in words alone."""
    if why.startswith("nothing came"):
        return "silence"
    if "could not send" in why:
        return "unsent"
    return "ended" if "ended" in why else ""


@dataclass(frozen=True)
class Stop:
    """Where a script broke off: the step, what it waited for, how long, and why.

    `cause` is the kind of reason, for those who must not read `why`: nothing came, what was waited for was refused, the
    connection ended, or something could not be sent; empty for any other.  `refused` is the index of the error that
    refused, where one did.
    """

    step: int
    waiting_for: tuple[str, ...]
    waited_ms: float
    why: str
    cause: Cause = ""
    refused: int | None = None


@dataclass
class Leg:
    """One connection of a conversation."""

    url: str
    opened_at_ms: int = 0
    closed_at_ms: int = 0
    handshake: Handshake = field(default_factory=lambda: Handshake(None, 0.0))
    frames: list[Frame] = field(default_factory=list)
    ending: Ending = field(default_factory=Ending)
    echoes: list[Echo] | None = None
    """Where a credential was quoted; None where nobody looked."""

    @property
    def session_id(self) -> str | None:
        """The id the server gave in `session.created`, which names the session in the platform's logs."""
        for frame in self.frames:
            if frame.side == "server" and frame.type == "session.created":
                session = frame.event.get("session")
                found = session.get("id") if isinstance(session, dict) else None
                return found if isinstance(found, str) else None
        return None


@dataclass
class Transcript:
    """One conversation as it was held.

    `trouble` is infrastructure trouble, in words, and `trouble_kind` whose it is (a `conformance.spec.trouble.Kind`);
    `retried` says why there was an attempt before this one, `lost` how this one lost its session; `doubted` are the
    checks of what a model chose to say that fail here, as they did in no attempt before; `otherwise` are answers of an
    attempt before to open questions, where this one does not repeat them.  `path`
    names the way in which it closes, where that is what it is about; `status` is then what the platform said of its
    (last) session, when it was asked: the JSON form of `conformance.status.model.Reading`.  `origin` says what kind of
    recording an imported conversation comes from (empty: the suite held it), `gaps` what it does not show
    (`conformance.wire.gaps`).
    """

    conversation: str
    started: str
    legs: list[Leg] = field(default_factory=list)
    stop: Stop | None = None
    trouble: str | None = None
    trouble_kind: str = ""
    lost: str = ""
    attempt: int = 1
    retried: str = ""
    doubted: tuple[str, ...] = ()
    otherwise: dict[str, str] = field(default_factory=dict)
    model: str = ""
    seconds: float = 0.0
    notes: dict[str, Any] = field(default_factory=dict)
    path: str | None = None
    status: dict[str, Any] | None = None
    origin: str = ""
    gaps: tuple[str, ...] = ()

    @property
    def interrupted(self) -> bool:
        """Whether the run was stopped while this conversation was held: what is missing says nothing."""
        return self.stop is not None and self.stop.why == INTERRUPTED

    @property
    def broken_off(self) -> str:
        """The bound that the server passed first, in words; empty: it kept within all of them."""
        return next((leg.ending.broken_off for leg in self.legs if leg.ending.broken_off), "")

    @property
    def generated(self) -> bool:
        """Whether its client's moves were generated, and not written in a chapter."""
        return "moves" in self.notes

    @property
    def session_id(self) -> str | None:
        """The session of the last connection."""
        return self.legs[-1].session_id if self.legs else None

    @property
    def usage(self) -> dict[str, int]:
        """Tokens that `response.done` reported, summed over the conversation."""
        total = {"input_tokens": 0, "output_tokens": 0}
        for leg in self.legs:
            for frame in leg.frames:
                if frame.side != "server" or frame.type != "response.done":
                    continue
                response = frame.event.get("response")
                usage = response.get("usage") if isinstance(response, dict) else None
                if isinstance(usage, dict):
                    for key in total:
                        value = usage.get(key)
                        total[key] += value if isinstance(value, int) and not isinstance(value, bool) else 0
        return total

    def to_json(self) -> dict[str, Any]:
        """The record's form: JSON values only; what is usual in a frame is left out of it."""
        out = asdict(replace(self, legs=[]))  # asdict copies deeply, and frames have a form of their own
        out["legs"] = [_leg_to_json(leg) for leg in self.legs]
        if self.stop is not None and self.stop.refused is None:
            del out["stop"]["refused"]
        for name in ("origin", "gaps", "otherwise"):  # what the suite held itself has neither of the first two
            if not out[name]:
                del out[name]
        return out

    @classmethod
    def from_json(cls, line: dict[str, Any]) -> Transcript:
        """Read the record's form back; raises KeyError or TypeError when it is not one."""
        legs = [
            Leg(
                url=leg["url"],
                opened_at_ms=leg["opened_at_ms"],
                closed_at_ms=leg["closed_at_ms"],
                handshake=Handshake(
                    **{
                        **leg["handshake"],
                        "request_headers": tuple((k, v) for k, v in leg["handshake"]["request_headers"]),
                        "response_headers": tuple((k, v) for k, v in leg["handshake"]["response_headers"]),
                    }
                ),
                frames=[_frame_from_json(index, frame) for index, frame in enumerate(leg["frames"])],
                ending=Ending(**leg["ending"]),
                echoes=[Echo(**echo) for echo in leg["echoes"]] if "echoes" in leg else None,
            )
            for leg in line["legs"]
        ]
        stop = line["stop"]
        return cls(
            conversation=line["conversation"],
            started=line["started"],
            legs=legs,
            stop=_stop_from_json(stop) if stop else None,
            trouble=line["trouble"],
            trouble_kind=line.get("trouble_kind", ""),
            lost=line.get("lost", ""),
            attempt=line["attempt"],
            retried=line.get("retried", ""),
            doubted=tuple(line.get("doubted", ())),
            otherwise=line.get("otherwise", {}),
            path=line.get("path"),
            status=line.get("status"),
            model=line["model"],
            seconds=line["seconds"],
            notes=line["notes"],
            origin=line.get("origin", ""),
            gaps=tuple(line.get("gaps", ())),
        )


def _leg_to_json(leg: Leg) -> dict[str, Any]:
    """The members of a connection in their order; what they hold does not change, and so needs no copy."""
    out = {name: value for name, value in vars(leg).items() if name != "echoes" or value is not None}
    out |= {"handshake": dict(vars(leg.handshake)), "ending": dict(vars(leg.ending))}
    if leg.echoes is not None:
        out["echoes"] = [dict(vars(echo)) for echo in leg.echoes]
    out["frames"] = [_frame_to_json(frame) for frame in leg.frames]
    return out


def _frame_to_json(frame: Frame) -> dict[str, Any]:
    out: dict[str, Any] = {"side": frame.side, "at": round(frame.at, 3)}
    if frame.opcode != "text":
        out["opcode"] = frame.opcode
    if frame.text is not None:
        out["text"] = frame.text
    if frame.data:
        out["data"] = base64.b64encode(frame.data).decode()
    if frame.label is not None:
        out["label"] = frame.label
    if frame.step is not None:
        out["step"] = frame.step
    if frame.fragments != 1:
        out["fragments"] = frame.fragments
    if frame.gap:
        out["gap"] = frame.gap
    return out


def _stop_from_json(line: dict[str, Any]) -> Stop:
    cause: Cause = line["cause"] if "cause" in line else cause_of(line["why"])
    waiting_for = tuple(line["waiting_for"])
    return Stop(line["step"], waiting_for, line["waited_ms"], line["why"], cause, line.get("refused"))


def _frame_from_json(index: int, line: dict[str, Any]) -> Frame:
    return Frame(
        index=index,
        side=line["side"],
        at=line["at"],
        opcode=line.get("opcode", "text"),
        text=line.get("text"),
        data=_bytes_from_json(line.get("data", "")),
        label=line.get("label"),
        step=line.get("step"),
        fragments=line.get("fragments", 1),
        gap=line.get("gap", ""),
    )


def _bytes_from_json(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:  # a mask stands in the middle of it
        return text.encode()
