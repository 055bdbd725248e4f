"""`summary.md`: the run in one screen, for a job summary."""

from __future__ import annotations

from typing import Any

from conformance.report.record import Record
from conformance.report.summary import Case, cases

_MOCK = "This run judged the embedded mock. It tells nothing about the live service."


def render(record: Record, made: dict[str, Any]) -> str:
    """The summary as Markdown."""
    target = made["target"]
    out = [f"# {target['endpoint']} · {target['model']}", ""]
    if target["kind"] == "mock":
        out += [_MOCK, ""]
    out += [made["headline"], ""]
    usage = made["usage"]
    out += [
        f"{made['conversations']} conversations, {made['sessions']} sessions, {usage['input_tokens']} input and "
        f"{usage['output_tokens']} output tokens, {made['seconds']} s.",
        "",
    ]
    sentences = {row["id"]: row["sentence"] for row in record.catalogue["clauses"]}
    judged = cases(record)
    for title, chosen in (
        ("Failed", [case for case in judged if case.counts_against]),
        ("Missed (SHOULD, MAY)", [case for case in judged if case.verdict == "fail" and not case.counts_against]),
        ("The suite's own errors", [case for case in judged if case.verdict == "error"]),
    ):
        if chosen:
            out += [f"## {title}", "", *(_line(case, sentences) for case in chosen), ""]
    return "\n".join(out)


def _line(case: Case, sentences: dict[str, str]) -> str:
    detail = " ".join(case.detail.split())[:300]
    return f"- **{case.id}** {sentences.get(case.id, '')} Seen in `{case.conversation or 'any conversation'}`: {detail}"
