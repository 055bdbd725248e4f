"""What the ways of closing are called where people read of them; a close path's name is for programs."""

from __future__ import annotations

WAYS = {
    "close-1000-idle": "close 1000 on an idle session",
    "close-1000-after-response": "close 1000 after a reply",
    "close-1000-before-created": "close 1000 before the greeting",
    "close-1000-mid-response": "close 1000 during a reply",
    "close-1000-with-audio": "close 1000 with audio waiting",
    "close-1000-bye": "close 1000 with the reason `bye`",
    "close-1001": "close 1001 (going away)",
    "close-1011": "close 1011, as the Java SDK sends it",
    "close-4000": "close 4000 (an application's own)",
    "close-without-code": "close without a code",
    "cancel-then-close": "cancel, then close 1000",
    "drop-fin": "TCP ended, no close frame",
    "drop-rst": "TCP reset, no close frame",
    "half-close": "only the client's half of TCP ended",
    "finish-and-wait": "`session.finish`, then wait",
    "finish-then-close": "`session.finish`, then close 1000",
    "finish-then-drop": "`session.finish`, then TCP ended",
    "finish-after-speech": "`session.finish` after a spoken reply",
    "finish-with-audio": "`session.finish` with input waiting",
    "finish-mid-utterance": "`session.finish` in mid-utterance",
    "finish-mid-response": "`session.finish` during a reply",
    "finish-twice": "`session.finish` twice",
    "event-after-finish": "`session.finish`, then another event",
    "cancel-finish-close": "cancel, `session.finish`, close 1000",
    "fatal-error": "a mistake that ends the session",
    "idle-with-silence": "silence is streamed until the server ends it",
    "drop": "left without a close frame",  # these three are of recordings that somebody else made
    "closed by the server": "closed by the server",
    "left open": "left open",
}
"""By the names of the close paths."""

UNSCRIPTED = frozenset({"idle-with-silence", "drop", "closed by the server", "left open"})
"""What no run does unless it is asked for more: it takes minutes, or somebody else recorded it."""
TRIED = frozenset(WAYS) - UNSCRIPTED
"""The close paths that a whole run walks."""


def way(path: str) -> str:
    """What a close path is called; one that nobody has named is called as it is."""
    return WAYS.get(path, path)
