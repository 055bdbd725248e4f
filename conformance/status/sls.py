"""The audit log where it was delivered to the account's own Log Service (SLS) store.

Read by `GetLogs`, signature version 1 (HMAC-SHA1), as the service's Python SDK does it.  `PullLogs` would need no
index, but answers in protobuf; a store without an index is said to be one.  A key that may read the store suffices
(`log:GetLogStoreLogs`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from conformance.status.base import LOG_WAIT
from conformance.status.http import Answer, get
from conformance.status.model import Json, NotObservable
from conformance.wire.target import is_loopback

STORE = "bailian-model-audit-log"
LINES = 100  # rows a page, the most that GetLogs gives
PAGES = 200  # 20 000 rows; a window that lists more belongs to an account too busy to be read like this
TRIES = 10  # for a page that the service has not finished searching
NEEDED = (
    "BAILIAN_SLS_ENDPOINT",
    "BAILIAN_SLS_PROJECT",
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
)
# What the service calls it when there is nothing to read from.
NOTHING_THERE = {
    "IndexConfigNotExist": "the logstore has no index",
    "LogStoreNotExist": "there is no such logstore",
    "ProjectNotExist": "there is no such project",
}


class SlsReader:
    """Reads one logstore.  `endpoint` is the region's host, such as `cn-beijing.log.aliyuncs.com`."""

    name = "sls"
    poll_s = 30.0
    wait_s = LOG_WAIT
    by_time = True  # that a row names the session is in no document

    def __init__(  # noqa: PLR0917  (the order of the service's own SDK)
        self,
        endpoint: str,
        project: str,
        logstore: str,
        access_key_id: str,
        access_key_secret: str,
        security_token: str | None = None,
        *,
        timeout_s: float = 20.0,
        pause: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.endpoint, self.project = endpoint, project
        self.logstore = logstore
        self._id, self._secret, self._token = access_key_id, access_key_secret, security_token
        self._timeout_s, self._pause, self._now = timeout_s, pause, now

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self | None:
        """Return the reader that the environment describes; None when something is missing."""
        if missing(env):
            return None
        return cls(
            env["BAILIAN_SLS_ENDPOINT"],
            env["BAILIAN_SLS_PROJECT"],
            env.get("BAILIAN_SLS_LOGSTORE") or STORE,
            env["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
            env.get("ALIBABA_CLOUD_SECURITY_TOKEN") or None,
        )

    def rows(self, since_ms: int, until_ms: int) -> list[Json]:
        """Return the rows that were logged within the window; the service counts in whole seconds."""
        found: list[Json] = []
        for _ in range(PAGES):
            page = self._page(since_ms // 1000, until_ms // 1000 + 1, len(found))
            found += page
            if len(page) < LINES:
                return found
        raise NotObservable("malformed", f"the logstore lists more than {PAGES * LINES} rows for this window")

    def _page(self, since_s: int, until_s: int, offset: int) -> list[Json]:
        for _ in range(TRIES):
            answer = self._get(
                f"/logstores/{self.logstore}",
                {
                    "type": "log",
                    "from": str(since_s),
                    "to": str(until_s),
                    "query": "*",
                    "line": str(LINES),
                    "offset": str(offset),
                    "reverse": "false",
                },
            )
            if answer.headers.get("x-log-progress", "Complete").lower() == "complete":
                return _rows(answer.json())
            self._pause(1.0)
        raise NotObservable("timeout", f"the log service did not finish its search in {TRIES} tries")

    @property
    def base(self) -> str:
        """The project's URL; always TLS but on this machine, since a security token goes with each request."""
        url = self.endpoint if "://" in self.endpoint else f"https://{self.endpoint}"
        parts = urlsplit(url)
        if is_loopback(url):
            return f"{parts.scheme}://{parts.netloc}"
        own = parts.netloc.startswith(f"{self.project}.")
        return f"https://{parts.netloc}" if own else f"https://{self.project}.{parts.netloc}"

    def _get(self, resource: str, query: Mapping[str, str]) -> Answer:
        url = f"{self.base}{resource}?{urlencode(query)}"
        answer = get(url, self.headers(resource, query), timeout_s=self._timeout_s)
        if answer.status != 200:
            raise _refusal(answer)
        return answer

    def headers(self, resource: str, query: Mapping[str, str]) -> dict[str, str]:
        """Return the headers of a signed GET: what is signed, and the signature."""
        signed = {"x-log-apiversion": "0.6.0", "x-log-bodyrawsize": "0", "x-log-signaturemethod": "hmac-sha1"}
        if self._token:
            signed["x-acs-security-token"] = self._token
        date = format_datetime(self._now().astimezone(UTC), usegmt=True)
        told = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        # The values are signed as they are, not as the URL quotes them.
        asked = "&".join(f"{name}={query[name]}" for name in sorted(query))
        # Method, MD5 and type of the body (there is none), date, headers, resource.
        text = f"GET\n\n\n{date}\n{told}{resource}?{asked}"
        digest = hmac.new(self._secret.encode(), text.encode(), hashlib.sha1).digest()
        return {**signed, "Date": date, "Authorization": f"LOG {self._id}:{base64.b64encode(digest).decode()}"}


def missing(env: Mapping[str, str]) -> list[str]:
    """Return the variables without which there is nothing to read."""
    return [variable for variable in NEEDED if not env.get(variable)]


def _refusal(answer: Answer) -> NotObservable:
    try:
        told = answer.json()
    except NotObservable:
        told = {}
    code = str(told.get("errorCode") or "") if isinstance(told, dict) else ""
    named = f"the log service answers {code or 'no code'} (HTTP {answer.status})"
    if code in NOTHING_THERE:
        return NotObservable("delivery_off", NOTHING_THERE[code])
    return NotObservable("unreachable" if answer.status >= 500 else "refused", named)


def _rows(found: Any) -> list[Json]:
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise NotObservable("malformed", "the log service's answer is no list of rows")
    return found
