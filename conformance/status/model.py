"""What the platform says of a session, in the words of this suite.

Times are ms of the Unix epoch unless a name ends in `_s` (seconds).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

Json = dict[str, Any]

SUCCEEDED = "succeeded"
FAILED = ("failed_client", "failed_throttled", "failed_server", "failed_unspecified")
STATUSES = (
    SUCCEEDED,  # 2xx
    "cancelled",  # an explicit 0 or CANCEL; a missing code is `unknown`
    "failed_client",  # 4xx but 429
    "failed_throttled",  # 429
    "failed_server",  # 5xx
    "failed_unspecified",  # the console says "Failed" and no more
    "in_progress",
    "unknown",  # there is a row, and it does not say
    "absent",  # the reader lists other sessions, waited long enough, and has no row of this one
    "not_visible_yet",  # no row, and the wait was too short to call it absent
    "not_observable",  # nothing can be said; `why` starts with the reason
    "ambiguous",  # something was listed, and whether it is this session can't be told
)

ATTRIBUTIONS = (
    "exact_id",  # the row carries the session's id
    "unique_in_window",  # the only row of a dedicated key that started while the session was open
    "counter_delta",  # a counter rose by one around the session
    "human",  # a person read it in the console
    "none",
)

REASONS = (
    "no_reader_configured",
    "no_console_token",
    "delivery_off",
    "model_not_covered",
    "region_unsupported",
    "control_missing",
    "counters_only",
    "unreachable",
    "refused",
    "malformed",
    "timeout",
)


class NotObservable(Exception):  # noqa: N818  (it is a state of affairs, not an error: nobody did anything wrong)
    """Nothing can be said of the platform's status: `reason` is one of REASONS, `words` says it to a person."""

    def __init__(self, reason: str, words: str = "") -> None:
        if reason not in REASONS:
            raise ValueError(f"{reason!r} is none of {', '.join(REASONS)}")
        super().__init__(f"{reason}: {words}" if words else reason)
        self.reason = reason
        self.words = words


@dataclass(frozen=True)
class Session:
    """A session we held.  `path` names the way in which it was closed and is its name among the others.

    `tokens` is what its replies reported in all, `request_id` what the handshake's answer called the call.
    """

    session_id: str | None
    path: str
    t_open: int
    t_close: int
    tokens: int = 0
    request_id: str = ""


@dataclass(frozen=True)
class Reading:
    """What one reader says of one session.

    `rows` are the source's own rows without what identifies the account; `usage` is their sum in tokens, `error` the
    code and text the platform gives.  `started` is when the first row begins, `lasted` how long they last in all (ms),
    `models` what they name; what no row tells is None.  `lag_s` runs from our close to the first sight of this status.
    `other` is the session that a row names which has this one's time and tokens, where no row names this one.
    `quotes` are the members of rows that show the whole key, which is masked in them; None: nobody looked.
    """

    status: str
    attribution: str = "none"
    reader: str = ""
    rows: tuple[Json, ...] = ()
    usage: Json | None = None
    error: str = ""
    why: str = ""
    observed_at: int = 0
    lag_s: float | None = None
    other: str = ""
    started: float | None = None
    lasted: float | None = None
    models: tuple[str, ...] = ()
    quotes: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"status {self.status!r} is none of {', '.join(STATUSES)}")
        if self.attribution not in ATTRIBUTIONS:
            raise ValueError(f"attribution {self.attribution!r} is none of {', '.join(ATTRIBUTIONS)}")

    def to_json(self) -> Json:
        """Return the reading as a JSON object, every field present."""
        return {**asdict(self), "rows": [dict(row) for row in self.rows], "models": list(self.models),
                "quotes": None if self.quotes is None else list(self.quotes)}  # fmt: skip

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """Return what `to_json` wrote; fields of later versions are left out."""
        known = {one.name for one in fields(cls)}
        values = {name: value for name, value in given.items() if name in known}
        tuples = {name: tuple(values.get(name) or ()) for name in ("rows", "models")}
        quotes = values.get("quotes")
        return cls(**{**values, **tuples, "quotes": None if quotes is None else tuple(quotes)})


def not_observable(problem: NotObservable, reader: str, observed_at: int) -> Reading:
    """Return the reading of a session of which nothing can be said."""
    return Reading("not_observable", reader=reader, why=str(problem), observed_at=observed_at)
