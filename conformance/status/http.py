"""One HTTP GET that always comes back: an answer, or NotObservable."""

from __future__ import annotations

import contextlib
import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from conformance import guarded
from conformance.status.model import NotObservable
from conformance.wire.target import is_loopback

LIMIT = 64 * 2**20  # bytes; a day of one account's rows is far below


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON; NotObservable when it is none."""
        try:
            return guarded.parse(self.body)
        except guarded.Refused:
            raise NotObservable("malformed", f"the answer (HTTP {self.status}) is not JSON") from None


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: urllib would take the credentials along to wherever it leads."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


def get(url: str, headers: Mapping[str, str] | None = None, *, timeout_s: float = 15.0) -> Answer:
    """Return the answer to a GET, whatever its status; NotObservable if there is none within `timeout_s` in all.

    The exchange runs in a thread: urllib's own timeout covers neither the look-up of the name nor a server that sends
    a byte now and then.
    """
    try:
        parts = urlsplit(url)
        request = urllib.request.Request(url, headers=dict(headers or {}))  # noqa: S310  (checked below)
        # A proxy of the environment knows nothing of this machine's own ports.
        proxies = [urllib.request.ProxyHandler({})] if is_loopback(url) else []
    except ValueError:
        raise NotObservable("malformed", "the reader's address is no URL") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise NotObservable("malformed", "the reader's address is no http:// or https:// URL without a login in it")
    host = parts.netloc
    opener = urllib.request.build_opener(_Stay(), *proxies)
    done: queue.SimpleQueue[Answer | Exception] = queue.SimpleQueue()

    def exchange() -> None:
        try:
            done.put(_answer(opener, request, timeout_s))
        except Exception as problem:  # noqa: BLE001  (it is raised again where it is awaited)
            done.put(problem)

    threading.Thread(target=exchange, name="status-http", daemon=True).start()
    try:
        found = done.get(timeout=timeout_s)
    except queue.Empty:
        raise NotObservable("timeout", f"{host} gave no whole answer in {timeout_s:g} s") from None
    if isinstance(found, Answer):
        return found
    if isinstance(found, NotObservable):
        raise found
    cause = found.reason if isinstance(found, urllib.error.URLError) else found
    if isinstance(cause, TimeoutError):
        raise NotObservable("timeout", f"{host} gave no whole answer in {timeout_s:g} s")
    if isinstance(found, OSError | HTTPException):
        raise NotObservable("unreachable", f"{host}: {cause}")
    # Its text may quote a header, and a header may be a secret.
    raise NotObservable("malformed", f"{host}: {type(found).__name__}")


def _answer(opener: urllib.request.OpenerDirector, request: urllib.request.Request, timeout_s: float) -> Answer:
    try:
        response = opener.open(request, timeout=timeout_s)
    except urllib.error.HTTPError as refused:
        response = refused
    with contextlib.closing(response):
        body = response.read(LIMIT + 1)
        if len(body) > LIMIT:
            raise NotObservable("malformed", f"the answer is longer than {LIMIT} bytes")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status or 0, headers, body)
