"""The verdict of a run as one sentence with its share: of how many, how many were judged, and how they came out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.report.html_text import plural
from conformance.report.unjudged import sentence as words

_ALL: Mapping[str, int] = {}


def sentence(made: dict[str, Any], unjudged: Mapping[str, int] = _ALL) -> str:
    """`Conforms: 146 of 150 MUST judged, all hold.`, and why the others were not.

    What is neither yes nor no keeps the words of the headline, but where a part of the run alone is missing; `unjudged`
    counts what was not judged by its reason.
    """
    must = made["levels"].get("MUST", {})
    judged = sum(must.get(verdict, 0) for verdict in ("pass", "fail", "accepted"))
    total = sum(must.values())
    failed = must.get("fail", 0)
    held = "all hold" if not failed else f"{failed} {'fails' if failed == 1 else 'fail'}"
    if must.get("accepted"):
        held += f", {plural(must['accepted'], 'failure')} accepted"
    missed = sum(made["levels"].get(level, {}).get("fail", 0) for level in ("SHOULD", "MAY"))
    held += f"; {missed} SHOULD missed" if missed else ""
    why = reasons(unjudged)
    part = made["verdict"] == "incomplete" and bool(unjudged) and made["reach"]["not_judged"] and not made["partial"]
    if not judged or not (part or made["verdict"] in {"conforms", "fails"}):
        return str(made["headline"])
    if made["partial"]:
        if made.get("client"):
            return f"Partial: {judged} of {total} MUST judged, {held}.{why}"
        return f"Partial: {judged} of {total} MUST selected and judged, {held}."
    if made["verdict"] == "fails":
        changed = "" if failed else ", but it differs from its baseline"
        return f"Does not conform: {judged} of {total} MUST judged, {held}{changed}.{why}"
    return f"{'Incomplete' if part else 'Conforms'}: {judged} of {total} MUST judged, {held}.{why}"


def reasons(unjudged: Mapping[str, int]) -> str:
    """The sentence about what was not judged, behind a space; empty where all was."""
    told = words(unjudged)
    return f" {told}" if told else ""


def tone(made: dict[str, Any]) -> str:
    """The class of the verdict: a selection is neither green nor, unless something fails, red."""
    return "partial" if made["partial"] and made["verdict"] == "conforms" else str(made["verdict"])
