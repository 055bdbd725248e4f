"""Holding conversations with an endpoint and keeping what crossed the wire.

Nothing in here knows what a verdict is.  A chapter needs only the step words: `send`, `until`, `close`, …
"""

from conformance.wire.steps import (
    OMIT,
    append,
    binary,
    close,
    drop,
    either,
    fragmented,
    half_close,
    likely,
    maybe,
    pause,
    ping,
    pong,
    quiet,
    send,
    silence,
    sized,
    speak,
    text,
    until,
)

__all__ = [
    "OMIT",
    "append",
    "binary",
    "close",
    "drop",
    "either",
    "fragmented",
    "half_close",
    "likely",
    "maybe",
    "pause",
    "ping",
    "pong",
    "quiet",
    "send",
    "silence",
    "sized",
    "speak",
    "text",
    "until",
]
