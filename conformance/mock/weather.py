"""The weather in which a mock stands: what its quota, its line, its service and its model do to those who call it.

None of it is a deviation from the protocol.  A quirk is a lie that a check has to find; weather is what no check may
take for one.  The words are those of `spec/trouble.toml`'s sources, written down here a second time: neither side of
the suite reads the other's.  What befalls the n-th connection follows from the seed and n alone.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass
from typing import Literal, get_args

Account = Literal["no-model", "arrears", "free-tier", "throttled"]
ACCOUNTS: tuple[Account, ...] = get_args(Account)
MINUTE = 60.0


@dataclass(frozen=True)
class Weather:
    """What the weather is like; shares are of connections (of replies and utterances for `whims`), 0 to 1.

    `rpm`: connections a minute; what is more is refused by HTTP 429.  `lag_ms` and up to `jitter_ms` more: what every
    byte takes, each way.  `first_ms`: from a request to its first output.  `drops`: TCP lost in the middle.  `whims`: a
    model that does not do as told.  `faults`: ended by a fault of the service.  `throttled`: told to slow down though
    they kept to the quota.  `gateway`: opened by a gateway whose upstream refuses it.  `outage`: every so many seconds
    nothing answers for so many seconds.  `only`: it answers so many connections and then none.
    """

    rpm: int | None = None
    lag_ms: float = 0.0
    jitter_ms: float = 0.0
    first_ms: float | None = None
    drops: float = 0.0
    whims: float = 0.0
    faults: float = 0.0
    throttled: float = 0.0
    gateway: float = 0.0
    outage: tuple[float, float] = (0.0, 0.0)
    only: int | None = None
    account: Account | None = None


CALM = Weather()
WEATHERS = {
    # The documented quota is 60 a minute; nothing else is in the way.
    "fair": Weather(rpm=60, lag_ms=30, jitter_ms=20),
    "busy": Weather(rpm=40, lag_ms=60, jitter_ms=120, drops=0.02, whims=0.35),
    "storm": Weather(
        rpm=20,
        lag_ms=150,
        jitter_ms=600,
        first_ms=2500,
        drops=0.08,
        whims=0.6,
        faults=0.06,
        throttled=0.04,
        gateway=0.04,
        outage=(100, 10),
    ),
}


@dataclass(frozen=True)
class Fate:
    """What befalls a connection once `after` data frames have crossed it, or at its first `response.create` (None).

    `event` is sent, then TCP ends (`drop`), or the connection is closed with `close`, or nothing more is ever said.
    """

    after: int | None
    event: str | None = None
    close: tuple[int, str] | None = None
    drop: bool = False


FAULT = (
    '{"type":"error","error":{"type":"server_error","code":"InternalError","message":"Internal service error: null"}}'
)
UPSTREAM = (
    '{"type":"error","error":{"type":"server_error","message":"Upstream realtime handshake rejected with HTTP 404"}}'
)
NO_MODEL = Fate(1, '{"code":"AccessDenied","message":"Access denied","request_id":"r-1"}', drop=True)  # F1
ARREARS = Fate(0, close=(1007, "Access denied, please make sure your account is in good standing."))  # E15
# E16: longer than a control frame may be.
FREE_TIER = Fate(None, close=(1007, "The free tier of the model has been exhausted. " * 3))
TOO_FAST = "Requests rate limit exceeded, please try again later."
SMOOTHER = (
    "Request rate increased too quickly. To ensure system stability, please adjust your client logic to scale requests "
    "more smoothly over time."
)
# F4: throttling after the upgrade, in the forms in which it was met.
THROTTLINGS = (
    Fate(1, f'{{"type":"error","error":{{"code":"Throttling.BurstRate","message":"{SMOOTHER}"}}}}'),
    Fate(None, '{"type":"error","error":{"type":"server_error","code":"","message":'
         '"You exceeded your current requests list."}}'),
    Fate(0, close=(1007, TOO_FAST)),
    Fate(1, '{"code":"Throttling.AllocationQuota","message":'
         '"Allocated quota exceeded, please increase your quota limit."}', drop=True),
)  # fmt: skip
THROTTLED = (429, "Throttling.RateQuota", TOO_FAST)
_OF_ACCOUNT = {"no-model": NO_MODEL, "arrears": ARREARS, "free-tier": FREE_TIER}


class Sky:
    """The weather over one server: who is let in, and what becomes of them.  Times are seconds of any one clock."""

    def __init__(self, weather: Weather, seed: int) -> None:
        self.weather = weather
        self._seed = seed
        self._number = 0
        self._began: float | None = None
        self._admitted: deque[float] = deque()

    def dark(self, now: float) -> bool:
        """Whether nothing answers now."""
        if self._began is None:
            self._began = now
        if self.weather.only is not None and self._number > self.weather.only:
            return True
        every, lasts = self.weather.outage
        return every > 0 and (now - self._began) % every >= every - lasts

    def admit(self, now: float) -> tuple[int, str, str] | None:
        """How an upgrade is refused (status, code, message), or None; what is refused does not count."""
        while self._admitted and self._admitted[0] <= now - MINUTE:
            self._admitted.popleft()
        if self.weather.rpm is not None and len(self._admitted) >= self.weather.rpm:
            return THROTTLED
        self._admitted.append(now)
        return None

    def next(self) -> tuple[random.Random, Fate | None]:
        """The chance of the next connection, and what befalls it."""
        chance = random.Random(f"{self._seed}/{self._number}/weather")
        number, self._number = self._number, self._number + 1
        return chance, self._fate(chance, number)

    def _fate(self, chance: random.Random, number: int) -> Fate | None:
        weather = self.weather
        if weather.account == "throttled":
            return THROTTLINGS[number % len(THROTTLINGS)]
        if weather.account is not None:
            return _OF_ACCOUNT[weather.account]
        draw, after = chance.random(), chance.randint(2, 9)
        fates = (
            (weather.drops, Fate(after, drop=True)),
            (weather.faults, Fate(after, FAULT, (1011, "Internal service error: null"))),
            (weather.throttled, THROTTLINGS[number % len(THROTTLINGS)]),
            (weather.gateway, Fate(0, UPSTREAM, (1011, "upstream"))),
        )
        for share, fate in fates:
            if draw < share:
                return fate
            draw -= share
        return None
