"""What chapters and verdicts are called where people read them, and the sign of each: the same on every page.

A program gets the verdict itself; a terminal's lines are sentences with words of their own (`conformance.terminal`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from conformance.cut import listed
from conformance.report.case import Case

LIES = 3  # lies of a mock that a sentence names
CHAPTERS = {
    "00": "General rules",
    "01": "Connection",
    "02": "Envelope and errors",
    "03": "Session configuration",
    "04": "Audio input",
    "05": "Voice activity detection",
    "06": "Images",
    "07": "Items and tools",
    "08": "Responses",
    "09": "Cancel and barge-in",
    "10": "Usage",
    "11": "Closing",
    "12": "Event acceptance",
    "13": "Isolation",
    "14": "Generated conversations",
    "c1": "Clients: the connection",
    "c2": "Clients: events",
    "c3": "Clients: session configuration",
    "c4": "Clients: audio",
    "c5": "Clients: images",
    "c6": "Clients: responses and tools",
    "c7": "Clients: what they survive",
    "c8": "Clients: how they leave",
}
GLYPH = {
    "pass": "✓",
    "fail": "✗",
    "missed": "△",
    "accepted": "≈",
    "blocked": "⊘",
    "skipped": "–",  # noqa: RUF001
    "inconclusive": "?",
    "not_run": "·",
    "observed": "◆",
    "error": "!",
}
WORST = ("error", "fail", "missed", "accepted", "blocked", "inconclusive", "pass", "observed", "skipped", "not_run")
"""The order in which verdicts are counted for people: what asks for somebody comes first."""
WORDS = {"not_run": "not run"}
RUN_GLYPH = {
    "conforms": "✓",
    "fails": "✗",
    "infrastructure": "?",
    "incomplete": "?",
    "nothing_judged": "?",
    "interrupted": "?",
    "inconsistent": "!",
}
JUDGED = frozenset({"pass", "fail", "accepted", "observed"})
"""Verdicts that say something of what was judged."""
UNJUDGED = {
    "blocked": "Blocked: the evidence never arrived, and another check answers for that",
    "inconclusive": "Inconclusive: the model or the network did not cooperate",
    "skipped": "Skipped: does not apply to this model or target",
    "not_run": "Not run: left out by a filter, a budget, or the end of the run",
}


READ_FROM = {
    "mock": "the list that the mock keeps of its own sessions",
    "bl": "the platform's call log (`bl`)",
    "sls": "the platform's audit log (SLS)",
    "prometheus": "the platform's counters (Prometheus)",
    "file": "a file that somebody filled in",
}
"""Where a status was read, by the reader's name."""


def verdict_class(verdict: str, level: str) -> str:
    """The verdict as it is coloured: a missed SHOULD is no failed MUST."""
    return "missed" if verdict == "fail" and level != "MUST" else verdict


def verdict_word(verdict: str, level: str) -> str:
    """The verdict as it is read."""
    return WORDS.get(verdict, verdict_class(verdict, level))


def chapter_name(number: str) -> str:
    """`Session configuration` for `03`."""
    return CHAPTERS.get(number, f"Chapter {number}")


def lies(run: Mapping[str, Any]) -> str:
    """What the mock of a run was told to do wrong, as the rest of a sentence; three of them by name."""
    names = [str(name) for name in run.get("quirks") or ()]
    more = [f"{len(names) - LIES} more"] if len(names) > LIES else []
    return f", which was told to misbehave ({listed([*names[:LIES], *more])})" if names else ""


def tally(cases: Iterable[Case]) -> dict[str, int]:
    """How many cases have each verdict, the worst first."""
    counted = Counter(verdict_class(case.verdict, case.level) for case in cases)
    return {name: counted[name] for name in WORST if counted[name]}
