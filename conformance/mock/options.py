"""How a mock is told to behave."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from conformance.mock.weather import CALM, Weather

Latency = Literal["fast", "live", "none"]
StatusPolicy = Literal[
    "finish_required", "clean_close_ok", "pending_until_finish", "absent_unless_success", "cancelled"
]
SilenceBilling = Literal["none", "all", "padding", "quarter"]
LedgerRows = Literal["session", "response"]

STATUS_POLICIES: tuple[StatusPolicy, ...] = get_args(StatusPolicy)

MIB = 1024 * 1024
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)+|/")  # nothing that two programs could write in two ways


class OptionError(ValueError):
    """An option that the mock does not know; the message names the nearest that it does."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the end of an error message: the nearest known name."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0)
    return f"did you mean {found[0]!r}?" if found else "there are none"


@dataclass(frozen=True)
class Limits:
    """Limits of the mock, in bytes, seconds and counts."""

    append_bytes: int = 15 * MIB
    """Longest `audio` of one append, as Base64 (CE, the copy of 2025)."""
    message_bytes: int = 32 * MIB
    """A longer message is met by close 1009."""
    buffer_bytes: int = 64 * MIB
    """Audio that waits to be committed, in bytes of PCM: 35 minutes at 16 kHz.  No source gives a number; a speaker's
    turn is far shorter, and a client that never commits must not fill the memory of the machine."""
    appends: int = 200_000
    """Appends that wait to be committed: a hundred a second for as long as `buffer_bytes` of audio take."""
    conversation_bytes: int = 32 * MIB
    """What the client adds to a conversation by items of its own, in characters of JSON."""
    held_bytes: int = 256 * MIB
    """What is held for all clients together: audio, items, and messages on their way in."""
    connections: int = 1000
    """Sessions that are open at once; a further one is refused by HTTP 503."""
    sockets: int = 1200
    """TCP connections at once, also before a handshake; a further one is refused by HTTP 503 whatever it asks for."""
    unread_bytes: int = MIB
    """Answers to pings that wait for a client that does not read; past them TCP is cut."""
    unread_seconds: float = 60.0
    """A client that takes nothing for so long is cut off."""
    idle_seconds: float = 300.0
    """Without a response or a client event (E9)."""
    session_seconds: float = 7200.0
    """RT (2026)."""
    session_close_code: int = 1001
    """Nothing is known of the code at that limit."""
    audio_items: int | None = None
    """After this many audio items: E10.  320 was seen once, on qwen3.8; by default old turns are dropped silently."""


@dataclass(frozen=True)
class Moment:
    """What a mock does at a moment: see `conformance.mock.stage`.

    `when`: types of server events that are about to be sent (`*`: any), `> TYPE` for a client's event that has come, or
    `upgrade`.  `nth`: which of them in a session (0: each; of `upgrade`: which one of the server's).  `session`: in
    which of the server's sessions, from 1 (None: in each).  `does`: actions, a table each.
    """

    when: tuple[str, ...]
    does: tuple[Mapping[str, Any], ...]
    nth: int = 1
    session: int | None = None


@dataclass(frozen=True)
class Line:
    """What the model says or calls: see `conformance.mock.answers`."""

    hears: str | None
    after_tools: bool | None
    say: str
    calls: int | tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class MockOptions:
    """What a mock does.  The model comes from the URL of each connection.

    `switches` chooses sides of open questions by name (`questions.toml`, id without "q-", lower case); `quirks` names
    deviations.  `key`: the only key that is accepted; None accepts every key that does not hold "invalid".
    `voices` are accepted besides those that `models` names.
    """

    switches: Mapping[str, str] = field(default_factory=dict)
    quirks: tuple[str, ...] = ()
    latency: Latency = "fast"
    key: str | None = None
    seed: int = 0
    limits: Limits = field(default_factory=Limits)
    voices: tuple[str, ...] = ()
    status_policy: StatusPolicy = "finish_required"
    silence_billing: SilenceBilling = "none"
    ledger_rows: LedgerRows = "session"
    ledger_lag_ms: int = 0
    usage_on_failed_rows: bool = True
    weather: Weather = CALM
    moments: tuple[Moment, ...] = ()
    answers: tuple[Line, ...] = ()
    path: str = "/api-ws/v1/realtime"
    """Where it is served: the vendor's path, or the one that a gateway asks its upstream for."""
    lenient: bool = False
    """Take what no source settles: voices outside an incomplete list, `…-latest` models, a path with a slash at its
    end or none at all.  A client that is judged must not fail for want of knowledge on our side."""

    def __post_init__(self) -> None:
        # Imported here, and only for names: reading questions and quirks takes a tenth of what collecting does.
        if self.switches:
            from conformance.mock import switches  # noqa: PLC0415

            switches.Switches(self.switches)
        if self.quirks:
            from conformance.mock import quirks  # noqa: PLC0415

            quirks.chosen(self.quirks)
        if not _PATH.fullmatch(self.path) or self.path.startswith("/__status"):
            raise OptionError(f"--path {self.path!r}: the path of a URL, such as /v1/realtime")
        for name, values in _POLICIES.items():
            if getattr(self, name) not in values:
                wrong = str(getattr(self, name))
                raise OptionError(f"no {name} {wrong!r}; {nearest(wrong, values)}")


_POLICIES: dict[str, tuple[str, ...]] = {
    "latency": get_args(Latency),
    "status_policy": STATUS_POLICIES,
    "silence_billing": get_args(SilenceBilling),
    "ledger_rows": get_args(LedgerRows),
}
