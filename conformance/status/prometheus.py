"""The workspace's Prometheus instance: how many calls ended in which way, and nothing about any one of them.

One session in a quiet window can still be told: the counter of exactly one ending rises by exactly one.  That needs a
key or workspace that nobody else uses, and `guard_s` of quiet on either side, because points come once a minute.

No page says whether the vendor's points are running totals or sums of a minute.  The rule below is for running totals,
which is what a counter is; a fall between two looks is `ambiguous`, so sums of a minute are not mistaken for them.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Self
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

from conformance.status.base import Cell
from conformance.status.http import get
from conformance.status.model import Json, NotObservable, Reading
from conformance.status.rows import number, status_of
from conformance.wire.target import is_loopback

METRIC = "model_call_count"


class PrometheusReader:
    """Reads counters of WebSocket calls of a model; `step_s` is how often the instance gets a point."""

    name = "prometheus"

    def __init__(
        self,
        url: str,
        *,
        user: str | None = None,
        password: str | None = None,
        model: str | None = None,
        workspace: str | None = None,
        step_s: float = 60,
        guard_s: float = 120,
        timeout_s: float = 15.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        parts = urlsplit(url)
        self.url = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))
        self.model, self.workspace = model, workspace
        self.step_s, self.guard_s = step_s, guard_s
        self.poll_s = step_s
        if user is None and parts.username is not None:  # a login in the address is a login like another
            user, password = unquote(parts.username), unquote(parts.password or "")
        self._login = None if user is None else f"{user}:{password or ''}"
        self._timeout_s = timeout_s
        self._clock = clock

    @classmethod
    def from_env(cls, env: Mapping[str, str], *, model: str | None = None) -> Self | None:
        """Return the reader that the environment describes; None without an address."""
        url = env.get("BAILIAN_PROMETHEUS_URL")
        if not url:
            return None
        user, password = env.get("BAILIAN_PROMETHEUS_USER") or None, env.get("BAILIAN_PROMETHEUS_PASSWORD") or None
        return cls(url, user=user, password=password, model=model)

    @property
    def query(self) -> str:
        """What is asked: the number of calls by the way they ended."""
        wanted = {"protocol": "WS", "model": self.model, "workspace_id": self.workspace}
        # A JSON string is escaped as PromQL's strings are.
        labels = ",".join(
            f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in wanted.items() if value is not None
        )
        return f"sum by (status_code, error_code) ({METRIC}{{{labels}}})"

    def rows(self, since_ms: int, until_ms: int) -> list[Json]:
        """Raise: a counter has no rows."""
        del since_ms, until_ms
        raise NotObservable("counters_only", "a counter names no session; it is read before and after a single one")

    def snapshot(self, at_ms: int) -> dict[Cell, float]:
        """Return the counters as they stood at a time."""
        url = f"{self.url}/api/v1/query?{urlencode({'query': self.query, 'time': f'{at_ms / 1000:.3f}'})}"
        answer = get(url, self._headers(), timeout_s=self._timeout_s)
        if answer.status in {401, 403}:
            raise NotObservable("refused", f"Prometheus answers HTTP {answer.status}")
        if answer.status >= 500:
            raise NotObservable("unreachable", f"Prometheus answers HTTP {answer.status}")
        return _cells(answer.json())

    def delta(self, before: Mapping[Cell, float], after: Mapping[Cell, float]) -> Reading:
        """Return what the difference between two looks says of the one session between them."""
        now = int(self._clock() * 1000)
        steps = {cell: after.get(cell, 0.0) - before.get(cell, 0.0) for cell in sorted({*before, *after})}
        moved = {cell: step for cell, step in steps.items() if abs(step) > 1e-6}
        rows = tuple({"status_code": code, "error_code": error, "count": step} for (code, error), step in moved.items())
        if not moved:
            return Reading("not_visible_yet", reader=self.name, why="no counter has moved", observed_at=now)
        (code, error), step = next(iter(moved.items()))
        if len(moved) > 1 or abs(step - 1) > 1e-6:
            told = ", ".join(f"{' '.join(filter(None, cell)) or '(none)'} by {by:+g}" for cell, by in moved.items())
            return Reading("ambiguous", reader=self.name, rows=rows, why=f"counters moved: {told}", observed_at=now)
        return Reading(
            status_of(code) or "unknown",
            attribution="counter_delta",
            reader=self.name,
            rows=rows,
            error=error,
            why="one counter rose by one",
            observed_at=now,
        )

    def _headers(self) -> dict[str, str]:
        if self._login is None:
            return {}
        if urlsplit(self.url).scheme != "https" and not is_loopback(self.url):
            raise NotObservable("refused", "the login to Prometheus goes only over https")
        return {"Authorization": f"Basic {base64.b64encode(self._login.encode()).decode()}"}


def _cells(answer: Any) -> dict[Cell, float]:
    try:
        if answer["status"] != "success":
            raise NotObservable("refused", f"Prometheus answers {str(answer.get('error'))[:200]}")
        cells: dict[Cell, float] = {}
        for one in answer["data"]["result"]:
            labels, value = one["metric"], number(one["value"][1])
            if value is None:
                raise NotObservable("malformed", f"{one['value'][1]!r} is no count")
            cell = (str(labels.get("status_code", "")), str(labels.get("error_code", "")))
            cells[cell] = cells.get(cell, 0.0) + value
    except (KeyError, IndexError, TypeError, AttributeError):
        raise NotObservable("malformed", "Prometheus's answer has not the form of one") from None
    return cells
