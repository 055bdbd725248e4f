"""The verdict of a run as one sentence with its share: of how many, how many were judged, and how they came out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.report.html_text import plural
from conformance.report.unjudged import sentence as words


def sentence(made: dict[str, Any]) -> str:
    """`Conforms: 146 of 150 MUST judged, all hold.`; what is neither yes nor no keeps the words of the headline.

    A run that lacks a part of its MUST checks alone tells its share as well.
    """
    must = made["levels"].get("MUST", {})
    failed = must.get("fail", 0)
    held = "all hold" if not failed else f"{failed} {'fails' if failed == 1 else 'fail'}"
    if must.get("accepted"):
        held += f", {plural(must['accepted'], 'failure')} accepted"
    missed = sum(made["levels"].get(level, {}).get("fail", 0) for level in ("SHOULD", "MAY"))
    held += f"; {missed} SHOULD missed" if missed else ""
    if not _shares(made):
        return str(made["headline"])
    share = f"{_judged(made)} of {sum(must.values())} MUST"
    if made["partial"]:
        return f"Partial: {share} {'' if made.get('client') else 'selected and '}judged, {held}."
    if made["verdict"] == "fails":
        changed = "" if failed else ", but it differs from its baseline"
        return f"Does not conform: {share} judged, {held}{changed}."
    return f"{'Conforms' if made['verdict'] == 'conforms' else 'Incomplete'}: {share} judged, {held}."


def why(made: dict[str, Any], unjudged: Mapping[str, int]) -> str:
    """Why the others were not judged, of how many by their reason; a selection is its own."""
    return words(unjudged) if _shares(made) and (made.get("client") or not made["partial"]) else ""


def _judged(made: dict[str, Any]) -> int:
    must = made["levels"].get("MUST", {})
    return sum(must.get(verdict, 0) for verdict in ("pass", "fail", "accepted"))


def _shares(made: dict[str, Any]) -> bool:
    """Whether the verdict is about a share of the MUST checks, and no more than that."""
    part = made["verdict"] == "incomplete" and made["reach"]["not_judged"] and not made["partial"]
    return bool(_judged(made)) and (part or made["verdict"] in {"conforms", "fails"})


def tone(made: dict[str, Any]) -> str:
    """The class of the verdict: a selection is neither green nor, unless something fails, red."""
    return "partial" if made["partial"] and made["verdict"] == "conforms" else str(made["verdict"])
