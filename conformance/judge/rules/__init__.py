"""Rules that hold in any conversation, each a small state machine over one connection's frames.

A rule takes a `Wire` and yields a sentence for every breach.  It stays clear of what the sources leave open; the
clause's `exempt` list in the catalogue says which open questions those are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from conformance.judge.view import Wire

Rule = Callable[[Wire], Iterator[str]]


def breaches(rule: Rule, wires: Iterable[Wire], most: int = 5) -> str:
    """All breaches of a rule in words, by conversation; empty when it holds everywhere."""
    found = [f"{wire.transcript.conversation}: {sentence}" for wire in wires for sentence in rule(wire)]
    if not found:
        return ""
    more = f" (and {len(found) - most} more)" if len(found) > most else ""
    return "; ".join(found[:most]) + more
