"""What the platform lists of a session: rows in the shape of the audit log's, under a policy of the user's choice.

Nobody outside knows how the platform judges a session; the policies are the known ways of peers:

* `finish_required`: only `session.finished` makes a success, any other end is `400 ClientDisconnect` (what the
  reporter of I140 sees; the default).
* `clean_close_ok`: a close frame 1000 or 1001 is a success too.
* `cancelled`: such a close is listed as cancelled, `0`.
* `pending_until_finish`: without `session.finished` the row stays in progress (no `status_code`).
* `absent_unless_success`: without it there is no row.

Numbers are strings and `usage` or `extras` sometimes JSON in a string, as in the recorded rows; a parser must take
both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from conformance.mock import encoding
from conformance.mock.core import Billed
from conformance.mock.errors import Json
from conformance.mock.options import MockOptions, StatusPolicy
from conformance.mock.quirks import Quirks
from conformance.mock.switches import Switches

Span = tuple[float, float]
"""Start and end, ms of the Unix epoch."""

KEPT = 20_000  # sessions; past it the older half is forgotten
CLEAN = (1000, 1001, 1005)  # 1005: a close frame without a code
DISCONNECT = ("400", "ClientDisconnect")
SERVER_FAULTS = {1007: ("400", "InvalidParameter"), 1009: ("400", "InvalidParameter"), 1011: ("500", "InternalError")}


@dataclass(frozen=True)
class Call:
    """A session that has ended.  Times are ms of the Unix epoch; `code` is that of the first close frame."""

    session_id: str
    request_id: str
    model: str
    started_ms: float
    ended_ms: float
    first: Literal["client", "server", "nobody"]
    code: int | None
    finished: bool
    billed: tuple[Billed, ...] = ()
    clock_origin: float = 0.0
    """The session's clock at `started_ms`, in seconds."""
    client_ip: str = "127.0.0.1"
    workspace: str | None = None
    key: str = ""


class Ledger:
    """The rows of one server."""

    def __init__(self, options: MockOptions) -> None:
        self._options = options
        self._switches = Switches(options.switches)
        self._quirks = Quirks(options.quirks)
        self.calls: list[Call] = []
        """The last sessions that ended, the oldest first."""
        self._gone = 0

    def record(self, call: Call) -> None:
        """Take down a session that has ended."""
        self.calls.append(call)
        if len(self.calls) > KEPT:
            self._gone += len(self.calls) - KEPT // 2
            del self.calls[: -KEPT // 2]

    def rows(self, now_ms: float, from_ms: float = 0.0, to_ms: float = float("inf")) -> list[Json]:
        """Return the rows of sessions that ran within [from_ms, to_ms] and ended at least the lag ago."""
        found: list[Json] = []
        for number, call in enumerate(self.calls, self._gone):
            seen = call.ended_ms + self._options.ledger_lag_ms <= now_ms
            if seen and call.started_ms <= to_ms and call.ended_ms >= from_ms:
                found += self._rows(call, number)
        return found

    def _rows(self, call: Call, number: int) -> list[Json]:
        status = self._status(call)
        if status is None:
            return []
        if self._options.ledger_rows == "response" and call.billed:
            spans = [(self._wall(call, one.started), self._wall(call, one.ended)) for one in call.billed]
            made = [
                self._row(call, number + position, status, [one], span)
                for position, (one, span) in enumerate(zip(call.billed, spans, strict=True))
            ]
        else:
            made = [self._row(call, number, status, call.billed, (call.started_ms, call.ended_ms))]
        told = (self._quirks.row(row, call) for row in made)
        return [row for row in told if row is not None]

    def _wall(self, call: Call, at: float | None) -> float:
        return call.ended_ms if at is None else call.started_ms + (at - call.clock_origin) * 1000

    @property
    def policy(self) -> StatusPolicy:
        """The policy in force: the switch `close-status`, where it was chosen, or the option."""
        by_switch: dict[str | None, StatusPolicy] = {
            "finish-required": "finish_required",
            "clean-close-ok": "clean_close_ok",
            "cancelled": "cancelled",
            "pending-until-finish": "pending_until_finish",
            "absent-unless-success": "absent_unless_success",
        }
        return by_switch.get(self._switches.chosen("close-status"), self._options.status_policy)

    def _status(self, call: Call) -> tuple[str, str] | None:
        """Return (status_code, error_code), "" for none; None: there is no row."""
        if call.finished:
            return ("200", "")
        if call.first == "server" and call.code in SERVER_FAULTS:
            return None if self.policy == "absent_unless_success" else SERVER_FAULTS[call.code]
        if call.first == "server" and call.code is None:  # a drop of the server's own is not the client's doing
            return None if self.policy == "absent_unless_success" else SERVER_FAULTS[1011]
        clean = call.first == "server" or call.code in CLEAN
        if clean and not call.billed:
            side = self._switches.chosen("empty-session-status")
            if side is not None:
                return {"failed": DISCONNECT, "succeeded": ("200", "")}.get(side)
        if self.policy == "absent_unless_success":
            return None
        if self.policy == "pending_until_finish":
            return ("", "")
        if not clean or self.policy == "finish_required":
            return DISCONNECT
        return ("0", "") if self.policy == "cancelled" else ("200", "")

    def _row(self, call: Call, number: int, status: tuple[str, str], billed: Sequence[Billed], span: Span) -> Json:
        code, error = status
        started_ms, ended_ms = span
        firsts = [one.first_output for one in billed if one.first_output is not None]
        usage = total([one.usage for one in billed if one.usage])
        extras = {"protocol": "ws", "sub_protocol": "DEFAULT", "model_type": "omni", "encrypt": "false"}
        row: Json = {
            "start_unix_timestamp": str(int(started_ms)),
            "start_time": datetime.fromtimestamp(started_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3],
            "apikey_id": "1",
            "model": call.model,
            "client_ip": call.client_ip,
            "uid": "1000000000000000",
            "channel": "api",
            "source": "mock",
            "task_uuid": call.session_id,
            "request_id": call.request_id,
            "extras": extras if number % 2 else encoding.dumps(extras),
        }
        if call.workspace:
            row["workspace_id"] = call.workspace
        if code:
            row |= {"status_code": code, "duration": str(int(ended_ms - started_ms))}
        if error:
            row["error_code"] = error
        if firsts:
            row["first_output_duration"] = str(int(max(0.0, self._wall(call, firsts[0]) - started_ms)))
        if usage and (code == "200" or self._options.usage_on_failed_rows):
            row["usage"] = encoding.dumps(usage) if number % 2 else usage
        return row


def total(usages: list[Json]) -> Json:
    """Return the sum of usages, key by key."""
    found: Json = {}
    for usage in usages:
        for key, value in usage.items():
            if isinstance(value, Mapping):
                found[key] = total([found.get(key, {}), dict(value)])
            elif isinstance(value, int):
                found[key] = found.get(key, 0) + value
            else:
                found[key] = value
    return found
