"""What `session.updated` shows: what was sent, and nothing of what was refused."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from conformance.judge import schema
from conformance.judge.evidence import Evidence
from conformance.judge.evidence.requests import Request
from conformance.judge.finding import Breach
from conformance.judge.rules.base import body, objects, rule
from conformance.spec.profiles import Profile

UPDATED = "session.updated"


def _same(sent: Any, shown: Any) -> bool:
    """Whether an echo shows what was sent; the echo may say more."""
    if isinstance(sent, bool) or isinstance(shown, bool):
        return sent is shown
    if isinstance(sent, int | float) and isinstance(shown, int | float):
        return math.isclose(sent, shown, rel_tol=0, abs_tol=1e-6)
    if isinstance(sent, dict) and isinstance(shown, dict):
        return all(name in shown and _same(value, shown[name]) for name, value in sent.items() if value is not None)
    if isinstance(sent, list) and isinstance(shown, list):
        return len(sent) == len(shown) and all(map(_same, sent, shown))
    return bool(sent == shown)


def _functions(tools: Any) -> dict[str, tuple[Any, Any]]:
    """Function tools by name, in either the nested or the flat form."""
    found = {}
    for tool in objects(tools):
        if tool.get("type") == "function":
            inner = body(tool, "function") or tool
            found[str(inner.get("name"))] = (inner.get("description"), inner.get("parameters"))
    return found


def _judged(session: dict[str, Any], profile: Profile) -> dict[str, Any]:
    """The fields of an update that every faithful echo shows as they were sent; the rest is open."""
    fields: dict[str, Any] = {}
    for name in ("modalities", "instructions"):
        fields[name] = session.get(name)
    if profile.can("sampling"):
        for name in ("max_tokens", "temperature", "top_p", "top_k", "repetition_penalty", "presence_penalty", "seed"):
            fields[name] = session.get(name)
        # C41; and values that switch something off, or that one family alone takes, may be converted (U5).
        for name, low, high in (("seed", 0, 2**31), ("top_k", 0, 100), ("repetition_penalty", 1e-9, 2)):
            if isinstance(fields[name], int | float) and not low <= fields[name] <= high:
                fields[name] = None
    if (session.get("max_tokens") or 1) > (profile.max_tokens_limit or math.inf):
        fields["max_tokens"] = None
    if profile.can("tools"):
        fields["tools"] = session.get("tools")
    if profile.can("search"):
        fields["enable_search"] = session.get("enable_search")
    detection = session.get("turn_detection")
    if isinstance(detection, dict) and detection.get("type") == "server_vad":
        kept = ("type", "threshold", "silence_duration_ms")  # the others are missing from the client's table (C26)
        fields["turn_detection"] = {name: detection[name] for name in kept if detection.get(name) is not None}
    return {name: value for name, value in fields.items() if value is not None}


def _shows(name: str, sent: Any, shown: Any) -> bool:
    match name:
        case "modalities":
            return isinstance(shown, list) and isinstance(sent, list) and set(map(str, sent)) == set(map(str, shown))
        case "tools":
            ours, theirs = _functions(sent), _functions(shown)
            return set(ours) <= set(theirs) and all(
                all(
                    _same(mine, other) for mine, other in zip(ours[tool], theirs[tool], strict=True) if mine is not None
                )
                for tool in ours
            )
        case _:
            return _same(sent, shown)


@rule("GEN-065", "a session.update that was accepted")
def echo_shows_what_was_sent(wire: Evidence) -> Iterator[Breach | None]:
    """`session.updated` shows every supported field of its update with the value that was sent."""
    updates = [request for request in wire.requests if request.type == "session.update"]
    sent_by = {name for request in updates for name, value in body(request.frame.event, "session").items() if value}
    open_names = {"tools", "enable_search"} if {"tools", "enable_search"} <= sent_by else set()
    for request in updates:
        valid = schema.is_valid("client", request.frame.event)  # what becomes of others is open (U5)
        if not request.answers or not _is_sure(wire, request) or request.moment.active or not valid:
            continue
        shown = body(request.answers[0].event, "session")
        for name, sent in _judged(body(request.frame.event, "session"), wire.profile).items():
            if name in open_names or (name not in shown and name == "enable_search" and sent is False):
                continue  # tools together with search are open, and a default need not be shown
            right = _shows(name, sent, shown.get(name)) or (not sent and not shown.get(name))
            said = f"{request.called} sent {name} {_brief(sent)}; it shows {_brief(shown.get(name))}"
            yield None if right else Breach(request.answers[0], said)


@rule("GEN-022", "a refused update between two echoes")
def refused_updates_change_nothing(wire: Evidence) -> Iterator[Breach | None]:
    """After a refused update the next echo shows the refused field with its old value.

    Judged for updates of one field, whose refusal is in no doubt, when the next accepted update names another one.
    """
    echoes = [frame for frame in wire.received if frame.type in {"session.created", UPDATED}]
    updates = [request for request in wire.requests if request.type == "session.update"]
    for number, request in enumerate(updates):
        session = body(request.frame.event, "session")
        if not request.errors or request.answers or not _is_sure(wire, request) or len(session) != 1:
            continue
        ((name, bad),) = session.items()
        before = [body(frame.event, "session") for frame in echoes if frame.index < request.frame.index][-1:]
        following = next((later for later in updates[number + 1 :] if later.answers), None)
        if not before or following is None or following.frame.index in wire.settled.doubted or name not in before[0]:
            continue
        between = [later for later in updates[number + 1 :] if later.frame.index <= following.frame.index]
        if any(name in body(later.frame.event, "session") and not later.errors for later in between):
            continue
        after = body(following.answers[0].event, "session")
        kept = name not in after or _same(before[0][name], after[name]) or not _same(bad, after[name])
        said = f"{name} {_brief(bad)} was refused and is shown by the next session.updated"
        yield None if kept else Breach(following.answers[0], said)


def _is_sure(wire: Evidence, request: Request) -> bool:
    """Whether what answers a request is its own."""
    return request.alone and request.frame.index not in wire.settled.doubted


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:56]}…"
