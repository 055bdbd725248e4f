"""The verdict of a run as one sentence with its share: of how many, how many were judged, and how they came out."""

from __future__ import annotations

from typing import Any

from conformance.report.html_text import plural


def sentence(made: dict[str, Any]) -> str:
    """`Conforms: 146 of 150 MUST judged, all hold.`; what is neither yes nor no keeps the words of the headline."""
    must = made["levels"].get("MUST", {})
    judged = sum(must.get(verdict, 0) for verdict in ("pass", "fail", "accepted"))
    total = sum(must.values())
    failed = must.get("fail", 0)
    held = "all hold" if not failed else f"{failed} {'fails' if failed == 1 else 'fail'}"
    if must.get("accepted"):
        held += f", {plural(must['accepted'], 'failure')} accepted"
    missed = sum(made["levels"].get(level, {}).get("fail", 0) for level in ("SHOULD", "MAY"))
    held += f"; {missed} SHOULD missed" if missed else ""
    if made["verdict"] not in {"conforms", "fails"} or not judged:
        return str(made["headline"])
    if made["partial"]:
        return f"Partial: {judged} of {total} MUST {'' if made.get('client') else 'selected and '}judged, {held}."
    if made["verdict"] == "conforms":
        return f"Conforms: {judged} of {total} MUST judged, {held}."
    changed = "" if failed else ", but it differs from its baseline"
    return f"Does not conform: {judged} of {total} MUST judged, {held}{changed}."


def tone(made: dict[str, Any]) -> str:
    """The class of the verdict: a selection is neither green nor, unless something fails, red."""
    return "partial" if made["partial"] and made["verdict"] == "conforms" else str(made["verdict"])
