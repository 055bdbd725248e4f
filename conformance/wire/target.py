"""Where an endpoint is, how to authenticate, and how long to wait for it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from conformance.secrets import Secrets, of_header, of_url
from conformance.wire.pace import BACK_OFF, TOKENS_A_MINUTE

PATH = "/api-ws/v1/realtime"

WORKSPACE = re.compile(r"[A-Za-z0-9-]{1,63}")  # a label of a host's name
PROVIDER = "aliyuncs.com"

# Shared hosts are the SDKs' defaults; workspace hosts are what the guide lists since June 2026 (RT, PY, JAVA).
REGIONS = {
    "beijing": ("dashscope.aliyuncs.com", "cn-beijing.maas.aliyuncs.com"),
    "singapore": ("dashscope-intl.aliyuncs.com", "ap-southeast-1.maas.aliyuncs.com"),
}


class TargetError(ValueError):
    """The target can't be used as it was named; the message says what to change."""


@dataclass(frozen=True)
class Deadlines:
    """How long to wait, in ms.

    `answer`: for an event that must come, counted from the last thing heard.  `quiet`: how long nothing must come
    before we say that nothing comes.  `total`: the most that one wait, or one sending, may take however much arrives
    meanwhile.  `conversation`: the most that a whole conversation may take, its waits for a turn to connect left out.
    """

    connect: float
    answer: float
    quiet: float
    total: float
    close: float
    conversation: float


LIVE_CONCURRENCY = 4  # conversations at once: few enough that no account is throttled for it
EMBEDDED_CONCURRENCY = 32  # many of them listen to silence: with half as many there were times when all did
LOOPBACK_CONCURRENCY = 16
LIVE_RPM = 40  # connections a minute: two thirds of the quota of these models (60 a minute, F5), others use it, too
LOCAL_BACK_OFF = 1.0  # seconds: what throttles on this machine is a stand-in
LIVE = Deadlines(connect=15_000, answer=20_000, quiet=3_000, total=60_000, close=5_000, conversation=180_000)
LOOPBACK = Deadlines(connect=5_000, answer=6_000, quiet=600, total=30_000, close=2_000, conversation=90_000)
EMBEDDED = Deadlines(connect=5_000, answer=300, quiet=150, total=10_000, close=2_600, conversation=60_000)


@dataclass(frozen=True)
class Target:
    """An endpoint.

    `pace` is audio seconds per second sent (0: as fast as it goes).  `rpm` is how many connections a minute may be
    opened (None: any number), `tokens_a_minute` likewise; `back_off` is how many seconds it is left alone when it
    throttles.  `ca_file` holds authorities that are trusted beside those of this machine.  `name` may be shown; the
    `url` may hold a login, and `secrets.shown` says what may be shown of it.
    """

    kind: Literal["mock", "live", "replay"]
    name: str
    url: str = field(repr=False)
    model: str
    key: str | None = field(default=None, repr=False)
    workspace: str | None = None
    deadlines: Deadlines = LIVE
    pace: float = 1.0
    concurrency: int = LIVE_CONCURRENCY
    rpm: int | None = None
    tokens_a_minute: int | None = None
    back_off: float = 0.0
    ca_file: str | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """What this endpoint wants beside the key, name and value; the values are secrets."""
    others: Secrets = field(default_factory=Secrets, repr=False, compare=False)
    """Secrets of the run beside the key."""

    @cached_property
    def secrets(self) -> Secrets:
        """Everything that must not be kept of what this endpoint says."""
        sent = (self.key, *(of_header(value) for _, value in self.headers))
        return self.others | filter(None, (*sent, *(value for _, value in of_url(self.url, ""))))

    def address(self, *, model: str | None = None, with_model: bool = True) -> str:
        """The URL to dial; `model` overrides the target's, `with_model=False` leaves the parameter out."""
        if not with_model:
            return self.url
        joint = "&" if urlsplit(self.url).query else "?"
        return f"{self.url}{joint}model={quote(self.model if model is None else model, safe='')}"

    def at(self, url: str) -> Target:
        """The same target at another address (the embedded mock learns its port when it starts)."""
        return replace(self, url=url)


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine, judged by its name alone (no look-up)."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def resolve(
    endpoint: str | None,
    *,
    model: str,
    key: str | None,
    workspace: str | None,
    concurrency: int | None = None,
    rpm: int | None = None,
    headers: tuple[tuple[str, str], ...] = (),
    others: Secrets | None = None,
) -> Target:
    """Turn `--endpoint` and the environment into a target; only what is not on this machine is paced unasked.

    `others` are secrets of the run beside the key: what this endpoint says is searched for them, too.

    Raises TargetError for an unknown name, a URL that is not ws:// or wss://, a region without a key, a workspace that
    is no id (it is a part of the host), a plain ws:// URL that leaves this machine while a key is set (the key, and all
    headers, would cross the network in the clear; without a key nothing leaves), or a header for the embedded mock.
    """
    if workspace is not None and not WORKSPACE.fullmatch(workspace):
        raise TargetError("--workspace is an id of letters, digits and hyphens")
    found = _resolved(endpoint or ("beijing" if key else "mock"), model, key, workspace, concurrency, rpm)
    if headers and found.kind == "mock":
        raise TargetError("--header is for an endpoint that wants it, and the embedded mock wants none")
    return replace(found, headers=headers, others=others or Secrets())


def _resolved(  # noqa: PLR0917  # `resolve` names them
    name: str, model: str, key: str | None, workspace: str | None, concurrency: int | None, rpm: int | None
) -> Target:
    if name == "mock":
        # The live key never goes to the embedded mock: it gets one of its own.
        return Target(
            "mock", "mock", "", model, "mock-key", None, EMBEDDED, pace=0.0,
            concurrency=concurrency or EMBEDDED_CONCURRENCY, rpm=rpm,
        )  # fmt: skip
    if name in REGIONS:
        if not key:
            raise TargetError(f"--endpoint {name} needs an API key in $DASHSCOPE_API_KEY")
        shared, per_workspace = REGIONS[name]
        host = f"{workspace}.{per_workspace}" if workspace else shared
        url = f"wss://{host}{PATH}"
        if urlsplit(url).netloc != host or not host.endswith(f".{PROVIDER}"):  # the key goes nowhere else
            raise TargetError(f"--workspace leads to another host than one of {PROVIDER}")
        return _paced(Target("live", name, url, model, key, workspace), concurrency, rpm)
    shown = Secrets(value for _, value in of_url(name, "")).shown(name)
    try:
        parts = urlsplit(name)
    except ValueError as problem:
        raise TargetError(f"--endpoint {shown!r} is no URL: {problem}") from None
    if parts.scheme not in {"ws", "wss"} or not parts.hostname:
        known = ", ".join(["mock", *REGIONS])
        raise TargetError(f"--endpoint {shown!r} is neither one of {known} nor a ws:// or wss:// URL")
    try:
        _ = parts.port
    except ValueError as problem:
        raise TargetError(f"--endpoint {shown!r}: {problem}") from None
    local = is_loopback(name)
    if parts.scheme == "ws" and not local and key:
        raise TargetError(f"--endpoint {shown}: the key goes only over TLS; use wss://")
    # The model has an option of its own; one in the URL would make two.
    query = urlencode([pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "model"])
    url = urlunsplit((parts.scheme, parts.netloc, parts.path or PATH, query, ""))
    if local:
        return Target(
            "live", shown, url, model, key or "mock-key", workspace, LOOPBACK, 0.0,
            concurrency=concurrency or LOOPBACK_CONCURRENCY, rpm=rpm, back_off=BACK_OFF if rpm else LOCAL_BACK_OFF,
        )  # fmt: skip
    if not key:
        raise TargetError(f"--endpoint {shown} needs an API key in $DASHSCOPE_API_KEY")
    return _paced(Target("live", shown, url, model, key, workspace), concurrency, rpm)


def _paced(target: Target, concurrency: int | None, rpm: int | None) -> Target:
    return replace(
        target,
        concurrency=concurrency or LIVE_CONCURRENCY,
        rpm=rpm or LIVE_RPM,
        tokens_a_minute=TOKENS_A_MINUTE,
        back_off=BACK_OFF,
    )
