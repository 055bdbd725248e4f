"""The mock's ledger: `GET http://HOST:PORT/__status/calls?from=MS&to=MS`, rows in the shape of the audit log's."""

from __future__ import annotations

from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

from conformance.status.http import get
from conformance.status.model import Json, NotObservable
from conformance.wire.target import is_loopback

CALLS = "/__status/calls"


class LedgerReader:
    """Reads the ledger of the server at `url`; any path of it is replaced, `ws` becomes `http`."""

    name = "mock"
    poll_s = 0.05
    complete = True  # it lists a session as soon as it is over: one that is not there is absent

    def __init__(self, url: str, *, timeout_s: float = 5.0) -> None:
        parts = urlsplit(url)
        scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
        self.url = urlunsplit((scheme, parts.netloc, CALLS, "", ""))
        self.timeout_s = timeout_s

    @classmethod
    def probe(cls, ws_url: str) -> Self | None:
        """Return a reader when `ws_url` is on this machine and serves a ledger; None otherwise.

        Blocks for up to a second: call it in a thread where the mock runs in the caller's event loop.
        """
        if not is_loopback(ws_url):
            return None  # a foreign server is not asked for paths that it never offered
        reader = cls(ws_url, timeout_s=1.0)
        try:
            reader.rows(0, 0)
        except NotObservable:
            return None
        return cls(ws_url)

    def rows(self, since_ms: int, until_ms: int) -> list[Json]:
        """Return the rows of sessions that ran within the window."""
        answer = get(f"{self.url}?from={since_ms}&to={until_ms}", timeout_s=self.timeout_s)
        if answer.status != 200:
            raise NotObservable("refused", f"the ledger answers HTTP {answer.status}")
        found = answer.json()
        return _rows(found.get("rows") if isinstance(found, dict) else found)


def _rows(found: Any) -> list[Json]:
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise NotObservable("malformed", "the ledger's answer is no list of rows")
    return found
