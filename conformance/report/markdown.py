"""`summary.md`: the run in one screen, for a job summary.  Answers first, then findings."""

from __future__ import annotations

from typing import Any

from conformance.report import client_runs, drift
from conformance.report.answer import advice, said
from conformance.report.case import Case
from conformance.report.findings import Group, findings, word
from conformance.report.headline import transport_words
from conformance.report.html_text import cell, one_line, plural, told
from conformance.report.html_views import Answer, answers
from conformance.report.naming import GLYPH, RUN_GLYPH, verdict_class
from conformance.report.record import Record
from conformance.report.summary import cases

MOST = 30
"""Findings that are told; a job summary has a limit, and the report has them all."""


def render(record: Record, made: dict[str, Any]) -> str:
    """The summary as Markdown."""
    target = made["target"]
    judged = cases(record)
    out = [f"# {cell(client_runs.called(target))} · {cell(target['model'])}", ""]
    out += [f"{RUN_GLYPH.get(made['verdict'], '?')} **{cell(made['headline'])}**", ""]
    out += [transport_words(made["transport"]), ""] if made["transport"] else []
    out += [line for said in made["caveats"] for line in (_plain(said), "")]
    usage = made["usage"]
    cost = f"{usage['input_tokens']:,} input and {usage['output_tokens']:,} output tokens, {made['seconds']} s."
    out += [f"{plural(made['conversations'], 'conversation')}, {plural(made['sessions'], 'session')}, {cost}", ""]
    out += _in_words(made)
    out += _answers(list(answers(record, judged, made).values()))
    out += _close_paths(made["close_paths"])
    out += drift.markdown(made)
    sentences = {row["id"]: row["sentence"] for row in record.catalogue["clauses"]}
    sentences |= {row["id"]: row["ask"] for row in record.catalogue["questions"]}
    out += _findings(findings(judged, made), sentences)
    return "\n".join(out).rstrip("\n") + "\n"


def _in_words(made: dict[str, Any]) -> list[str]:
    """The three questions that the suite was asked for: a heading and a paragraph each."""
    out = []
    for answer in made["answers"]:
        todo = advice(made, answer)
        shown = ", ".join(f"`{name}`" for name in answer["conversations"][:4])
        more = len(answer["conversations"]) - 4
        out += [f"### {cell(answer['question'])}", "", f"**{_plain(said(answer))}**"]
        out += ["", f"{todo}: {_plain(answer['todo'])}"] if answer["todo"] else []
        if answer.get("code"):
            out += ["", "```python", *answer["code"].splitlines(), "```"]
        out += ["", *(_evidence(one) for one in answer["how"])] if answer["how"] else []
        out += ["", f"Still open: {_plain(answer['unknown'])}."] if answer["unknown"] else []
        out += ["", f"Shown by {shown}{f' and {more} more' if more > 0 else ''}."] if shown else []
        out.append("")
    return out


def _evidence(one: dict[str, Any]) -> str:
    names = ", ".join(
        f"[{source['name']}]({source['address']})" if source["address"] else source["name"] for source in one["sources"]
    )
    basis = "Against it" if one["basis"] == "but" else one["basis"].capitalize()
    return f"- {basis}: {_plain(one['text'])}{f' ({names})' if names else ''}"


def _plain(text: str) -> str:
    return one_line(text, 2000).replace("<", "&lt;")


def _answers(asked: list[Answer]) -> list[str]:
    answered = [item for item in asked if item.outcome]
    differing = [item for item in answered if not item.agrees]
    out = ["## Open questions", ""]
    out += [f"{len(answered)} of {len(asked)} answered, {len(answered) - len(differing)} as the reference says.", ""]
    if not differing:
        return out
    rows = [
        f"| {cell(item.question['ask'])} | **{cell(item.means)}** | {cell(item.reference or 'none')} |"
        for item in differing
    ]
    return [*out, "| question | seen | reference |", "|---|---|---|", *rows, ""]


def _close_paths(rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        return []
    out = ["## Close paths", "", "| way | what came of it | clean | platform status |", "|---|---|---|---|"]
    for row in rows:
        status = " ".join([row["status"].replace("_", " "), row["status_error"]]).strip()
        out.append(
            f"| {cell(row['way'])} | {cell(row['behaviour'])} | {'yes' if row['clean'] else 'no'} | {cell(status)} |"
        )
    return [*out, ""]


def _findings(found: list[Group], sentences: dict[str, str]) -> list[str]:
    out = ["## Findings", ""]
    if not found:
        return [*out, "Nothing that was judged went wrong.", ""]
    for item in found[:MOST]:
        status = f", {item.against}" if item.against else ""
        shown = item.cases[:1] if item.cause else item.cases
        out += [f"- **{cell(item.cause)}**"] if item.cause else []
        out += [_line(case, status, sentences) for case in shown]
        if item.cause and item.cases[1:]:
            out.append(f"  With it: {', '.join(case.id for case in item.cases[1:])}.")
        names = "".join(f", `{name}`" for name in item.conversations[:5])
        out.append(f"  Seen {item.breadth}{names}: {cell(told(item.first.detail)[0])}")
        if item.blocked:
            out.append(f"  Not judged because of it: {', '.join(case.id for case in item.blocked)}.")
    if len(found) > MOST:
        out.append(f"- and {len(found) - MOST} more in `report.html`")
    return [*out, ""]


def _line(case: Case, status: str, sentences: dict[str, str]) -> str:
    glyph = GLYPH[verdict_class(case.verdict, case.level)]
    return f"- {glyph} **{case.id}** ({word(case)}{status}) {one_line(sentences.get(case.id, ''), 300)}"
