"""`summary.md`: the run in one screen, for a job summary.  Answers first, then findings."""

from __future__ import annotations

from typing import Any

from conformance.report.findings import Finding, findings, word
from conformance.report.html_text import cell, one_line, plural, told
from conformance.report.html_views import GLYPH, RUN_GLYPH, Answer, answers, verdict_class
from conformance.report.record import Record
from conformance.report.summary import Case, cases

BIG_THREE = ("Q-FINISH", "Q-CLOSE-STATUS", "Q-SILENCE-BILLED")
MOST = 30
"""Findings that are told; a job summary has a limit, and the report has them all."""


def render(record: Record, made: dict[str, Any]) -> str:
    """The summary as Markdown."""
    target = made["target"]
    judged = cases(record)
    out = [f"# {cell(target['endpoint'])} · {cell(target['model'])}", ""]
    out += [f"{RUN_GLYPH.get(made['verdict'], '?')} **{cell(made['headline'])}**", ""]
    if target["kind"] == "mock":
        out += ["This run judged the embedded mock. It tells nothing about the live service.", ""]
    elif target["kind"] == "replay":
        out += ["This run judged a saved record; no connection was opened.", ""]
    if record.truncated:
        out += ["The record is cut short: the run did not end in order.", ""]
    usage = made["usage"]
    cost = f"{usage['input_tokens']:,} input and {usage['output_tokens']:,} output tokens, {made['seconds']} s."
    out += [f"{plural(made['conversations'], 'conversation')}, {plural(made['sessions'], 'session')}, {cost}", ""]
    out += _answers(list(answers(record, judged, made).values()))
    out += _close_paths(made.get("close_paths") or [])
    sentences = {row["id"]: row["sentence"] for row in record.catalogue["clauses"]}
    sentences |= {row["id"]: row["ask"] for row in record.catalogue["questions"]}
    out += _findings(findings(judged, made), sentences)
    return "\n".join(out).rstrip("\n") + "\n"


def _answers(asked: list[Answer]) -> list[str]:
    out = ["## Answers", "", "| question | answer | |", "|---|---|---|"]
    by_id = {item.id: item for item in asked}
    chosen = [by_id[key] for key in BIG_THREE if key in by_id]
    chosen += [item for item in asked if item.id not in BIG_THREE and item.outcome and not item.agrees]
    for item in chosen:
        said = f"**{cell(item.means)}**" if item.outcome else f"No answer: {cell(item.why)}"
        differs = f"differs from the reference (`{item.reference}`)" if not item.agrees else ""
        out.append(f"| {cell(item.question['ask'])} | {said} | {differs if item.outcome else ''} |")
    answered = sum(item.outcome is not None for item in asked)
    same = sum(item.outcome is not None and item.agrees for item in asked)
    return [*out, "", f"{answered} of {len(asked)} open questions answered, {same} as the reference says.", ""]


def _close_paths(rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        return []
    out = ["## Close paths", "", "| path | first to close | code | clean | platform status |", "|---|---|---|---|---|"]
    for row in rows:
        code = row.get("server_code")
        out.append(
            f"| {cell(row.get('path', ''))} | {cell(row.get('who_first', ''))} | {'none' if code is None else code} "
            f"| {'yes' if row.get('clean') else 'no'} | {cell(row.get('status') or 'not read')} |"
        )
    return [*out, ""]


def _findings(found: list[Finding], sentences: dict[str, str]) -> list[str]:
    out = ["## Findings", ""]
    if not found:
        return [*out, "Nothing that was judged went wrong.", ""]
    for item in found[:MOST]:
        status = f", {item.status}" if item.status else ""
        out += [_line(case, status, sentences) for case in item.cases]
        where = ", ".join(f"`{name}`" for name in item.conversations[:5]) or "any conversation"
        out.append(f"  Seen {item.breadth}, {where}: {cell(told(item.first.detail)[0])}")
        if item.blocked:
            out.append(f"  Not judged because of it: {', '.join(case.id for case in item.blocked)}.")
    if len(found) > MOST:
        out.append(f"- and {len(found) - MOST} more in `report.html`")
    return [*out, ""]


def _line(case: Case, status: str, sentences: dict[str, str]) -> str:
    glyph = GLYPH[verdict_class(case.verdict, case.level)]
    return f"- {glyph} **{case.id}** ({word(case)}{status}) {one_line(sentences.get(case.id, ''), 300)}"
