"""`report.html`: one page that opens from disk, a pure function of the record.

What a reader needs stands in the page as text: the verdict, the answers, changes, findings, close paths and a line for
each check.  What he opens (a check's details, a conversation and its frames) is compressed data until then.  Server
text reaches the page through autoescaping or inside that data, which the page's script only ever shows as text.  The
content security policy names the page's one script and one style sheet by their digests; nothing else may run or be
fetched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Literal

from jinja2 import Template

from conformance.judge import schema
from conformance.judge.leaving import listings
from conformance.report import (
    client_runs,
    html_close,
    html_detail,
    html_finding,
    html_text,
    html_verdict,
    html_views,
    naming,
    unjudged,
)
from conformance.report.answer import advice
from conformance.report.case import Case
from conformance.report.drift import groups
from conformance.report.findings import findings
from conformance.report.headline import transport_words
from conformance.report.html_trace import Complaints, complaints
from conformance.report.page import asset, environment, light, policy
from conformance.report.record import Record
from conformance.report.summary import cases, stand_in

GLOSSARY = (
    ("MUST, SHOULD", "A sentence of the sources that an endpoint has to keep, or is expected to keep."),
    ("Question", "A point where the sources disagree or are silent: observed, never failed."),
    ("Documented", "The vendor says so, in its pages or in code of its own."),
    ("Reported", "Somebody else says that he saw it."),
    ("Seen here", "This run saw it on the wire, or read it from the platform."),
    ("Conversation", "A scripted call that is held and recorded once; checks judge the recording."),
    ("Finding", "A sentence that does not hold, with what was seen instead."),
    ("Close path", "One way of ending a session."),
    ("Status", "How the platform lists a session after its end; the wire does not show it."),
    ("Baseline", "Failures and answers that were accepted before; what differs from it is a change."),
    ("Blocked", "Not judged, because what it needs never came; another finding answers for that."),
    ("Mock", "The endpoint that comes with the suite: it tells nothing about the live service."),
)


@cache
def _template() -> Template:
    made = environment()
    made.filters.update(
        ms=html_text.ms,
        slug=html_text.slug,
        words=lambda detail: html_text.told(detail)[0],
        cut=html_text.cut,
        chapter=naming.chapter_name,
        vclass=naming.verdict_class,
        listings=listings,
        vword=naming.verdict_word,
        vglyph=lambda verdict, level: naming.GLYPH[naming.verdict_class(verdict, level)],
    )
    return made.get_template("report.html.j2")


def render(record: Record, made: dict[str, Any], redact: Callable[[str], str] = lambda text: text) -> str:
    """The page.  `redact` is applied to what is compressed; the rest can be redacted and searched as text."""
    judged = cases(record)
    clauses = {row["id"]: row for row in record.catalogue["clauses"]}
    questions = {row["id"]: row for row in record.catalogue["questions"]}
    sentences = {**{key: row["sentence"] for key, row in clauses.items()},
                 **{key: row["ask"] for key, row in questions.items()}}  # fmt: skip
    shown = [html_finding.shown(item, record, sentences) for item in findings(judged, made)]
    most, whole = html_finding.room(changes=bool(made.get("drift")))
    asked = html_views.answers(record, judged, made)
    silence = html_views.silence(record, next((case for case in judged if case.id == "Q-SILENCE-BILLED"), None))
    script, first, style = asset("report.js"), asset("first.css"), asset("report.css")
    proof = html_views.proof(record)
    traces, where = _traces(record, judged, made, redact)
    details = {
        "checks": {
            case.id: html_detail.check(case, record, clauses.get(case.id, {}), questions.get(case.id))
            for case in judged
        },
        "where": where,
        **html_detail.extras(record, shown, proof),
    }
    html = _template().render(  # names that an older record lacks show as nothing
        script=script,
        first=first,
        style=style,
        policy=policy(first, style, script=script),
        record=record,
        run=record.run,
        made=made,
        target=client_runs.called(made["target"]),
        advice=advice,
        stand_in=stand_in(record),
        sentence=html_verdict.sentence(made),
        why=html_verdict.why(made, unjudged.reasons(record, judged)),
        tone=html_verdict.tone(made),
        run_glyph="◐" if html_verdict.tone(made) == "partial" else naming.RUN_GLYPH.get(made["verdict"], "?"),
        glossary=GLOSSARY,
        read_from=naming.READ_FROM,
        transport=transport_words(made["transport"]) if made["transport"] else "",
        counts=naming.tally(judged),
        glyphs=naming.GLYPH,
        audio=html_views.audio_seconds(record),
        changes=groups(made["drift"]) if isinstance(made.get("drift"), dict) else None,
        findings=shown[:most],
        reckoned=html_finding.reckoned(item.finding for item in shown),
        whole=whole,
        further=shown[most:],
        sentences=sentences,
        silence_chart=html_views.silence_chart(silence),
        silence=silence,
        matrix=html_close.matrix(made["close_paths"]),
        differing=[item for item in asked.values() if item.outcome and item.against],
        answered=Counter(item.standing for item in asked.values() if item.outcome),
        by_hand=sum(item.case is None for item in asked.values()),
        family=html_views.family_groups(html_views.family(record)),
        fates=html_views.FATE,
        chapters=_chapters(judged, clauses, questions),
        total=len(judged),
        unjudged=_unjudged(judged),
        unjudged_words=naming.UNJUDGED,
        coverage=html_views.coverage(record, judged),
        proof=proof,
        latencies=html_views.latencies(record),
        details=html_detail.packed(details, redact),
        traces=traces,
    )
    return light(redact(html))  # a secret may hold a letter that has become a reference then


def _traces(
    record: Record, judged: list[Case], made: dict[str, Any], redact: Callable[[str], str]
) -> tuple[list[str], dict[str, int]]:
    by_conversation: dict[str, list[Case]] = {}
    for case in judged:
        by_conversation.setdefault(case.conversation, []).append(case)
    rows = {row["conversation"]: row for row in made["close_paths"]}
    found = []
    for name, transcript in sorted(record.transcripts.items()):
        said: Complaints = complaints(transcript, _explain)
        head = html_detail.conversation(transcript, said, by_conversation.get(name, []), rows.get(name))
        found.append((transcript, said, head))
    return html_detail.traces(found, redact)


def _explain(side: Literal["client", "server"], event: Any) -> list[tuple[str, str]]:
    try:
        return [(item.path, item.says) for item in schema.explain(side, event)]
    except schema.UnknownType as problem:
        return [("$.type", str(problem))]
    except RecursionError:
        return [("$", "the event is nested too deeply to be judged")]


def _chapters(
    judged: Iterable[Case], clauses: dict[str, Any], questions: dict[str, Any]
) -> list[tuple[str, list[Case], list[tuple[str, int]]]]:
    """Chapters with their checks, and how many of each verdict."""
    found: dict[str, list[Case]] = {}
    for case in judged:
        row = clauses.get(case.id) or questions.get(case.id) or {}
        found.setdefault(str(row.get("chapter", "99")), []).append(case)
    return [(number, rows, list(naming.tally(rows).items())) for number, rows in sorted(found.items())]


def _unjudged(judged: list[Case]) -> list[tuple[str, int, list[tuple[str, list[Case]]]]]:
    """Cases without a verdict of their own, by kind and reason."""
    out = []
    for verdict in naming.UNJUDGED:
        reasons: dict[str, list[Case]] = {}
        for case in judged:
            if case.verdict == verdict:
                reasons.setdefault(html_text.one_line(case.detail, 200), []).append(case)
        if reasons:
            ordered = sorted(reasons.items(), key=lambda item: -len(item[1]))
            out.append((verdict, sum(map(len, reasons.values())), ordered))
    return out
