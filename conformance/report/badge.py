"""`badge.json`: the verdict for a badge, in the form that shields.io reads from an endpoint."""

from __future__ import annotations

import json
from typing import Any

COLOR = {
    "conforms": "brightgreen",
    "fails": "red",
    "infrastructure": "lightgrey",
    "incomplete": "lightgrey",
    "nothing_judged": "lightgrey",
    "interrupted": "lightgrey",
    "inconsistent": "orange",
}


def render(made: dict[str, Any]) -> str:
    """The file's content."""
    must = made["levels"]["MUST"]
    held, failed = must.get("pass", 0), must.get("fail", 0)
    accepted = made["counts"].get("accepted", 0)
    message = {
        "conforms": f"{held} MUST hold" + (f", {accepted} accepted" if accepted else "") if held else "no MUST judged",
        "fails": f"{failed} MUST fail" if failed else "drifted",
    }.get(made["verdict"], made["verdict"].replace("_", " "))
    color = COLOR[made["verdict"]]
    if made["verdict"] == "conforms" and (not held or made["partial"]):
        color = "lightgrey"  # nobody earned a green that stands for the whole
    if made["partial"]:
        message = f"partial: {message}"
    label = (
        "client conformance"
        if made["target"]["kind"] == "client"
        else "mock conformance"
        if made["mock"]
        else f"conformance {made['target']['model']}"
    )
    badge = {"schemaVersion": 1, "label": label, "message": message, "color": color}
    return json.dumps(badge, ensure_ascii=False) + "\n"
