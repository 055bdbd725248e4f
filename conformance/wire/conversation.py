"""A conversation as it is asked for: its script, and what the recorder has to know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.spec.profiles import Profile
from conformance.wire import steps
from conformance.wire.call import Dial, Talk


@dataclass(frozen=True)
class Whims:
    """What a model did instead of what was asked: in words ("": it did as told), and the checks that fail for it.

    `answers` are those that the attempt gives to open questions, whatever the model did.
    """

    why: str = ""
    failing: frozenset[str] = frozenset()
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Conversation:
    """One conversation to be held: a script or a `talk`, and how it dials.

    `connections` is how many sessions it opens.  `probes_handshake` says that a refused handshake is what it is about,
    not trouble.  `urgent` conversations are held first; `last` ones alone, after all others.  `ready` is the one that
    does what every session needs; it is held alone, before the rest, where it is held at all.
    """

    name: str
    script: Callable[[Profile], Sequence[steps.Step]] | None = None
    talk: Talk | None = None
    dial: Dial = field(default_factory=Dial)
    connections: int = 1
    probes_handshake: bool = False
    slow: bool = False
    urgent: bool = False
    last: bool = False
    ready: bool = False
    retry: bool = True
    plain: bool = False
    """Whether it can be held over plain TCP alone."""
    path: str | None = None
    """The way in which it closes, when that is what it is about."""
    moves: int | None = None
    """How many moves a generated one makes."""


def as_conversation(name: str, cls: type[Any]) -> Conversation:
    """Make a conversation of a chapter's class: its `script` (a list, or a function of the profile) or its `talk`."""
    script = cls.__dict__.get("script")
    talk = cls.__dict__.get("talk")
    if (script is None) == (talk is None):
        raise TypeError(f"{name}: a conversation has either a `script` or a `talk`")
    if isinstance(script, staticmethod):
        made = script.__func__
    elif script is not None:
        fixed = list(script)

        def made(profile: Profile) -> Sequence[steps.Step]:  # noqa: ARG001  # same shape as a script made per model
            return fixed
    else:
        made = None
    return Conversation(
        name=name,
        script=made,
        talk=cls().talk if talk is not None else None,
        dial=cls.__dict__.get("dial", Dial()),
        connections=cls.__dict__.get("connections", 1),
        probes_handshake=cls.__dict__.get("probes_handshake", False),
        slow=cls.__dict__.get("slow", False),
        urgent=cls.__dict__.get("urgent", False),
        last=cls.__dict__.get("last", False),
        ready=cls.__dict__.get("ready", False),
        retry=cls.__dict__.get("retry", True),
        plain=cls.__dict__.get("plain", False),
        path=cls.__dict__.get("path"),
    )
