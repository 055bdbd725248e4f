"""`report.html`: one page that opens from disk, a pure function of the record.

Server text reaches the page through autoescaping, through `svg` (which escapes) or inside the compressed traces, which
the page's script only ever shows as text.  The content security policy names the page's one script and one style sheet
by their digests; nothing else may run or be fetched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from jinja2 import Template

from conformance.judge import schema
from conformance.report import html_text, html_views, svg
from conformance.report.case import Case
from conformance.report.findings import Finding, as_markdown, findings, places
from conformance.report.headline import transport_words
from conformance.report.html_trace import PAYLOAD, Complaints, complaints, embedded, kind, payload
from conformance.report.page import asset, environment, policy
from conformance.report.record import Record
from conformance.report.summary import cases
from conformance.spec import sources
from conformance.wire.transcript import Frame, Transcript

STATIC_DIAGRAMS = 2_000_000
"""Characters of diagrams that are drawn into the page itself; the others are compressed with their frames."""

TRACES = 16_000_000
"""Characters of compressed frames after which the frames of further conversations are shown by their beginnings."""

BRIEF = 200
"""Characters of a payload that are then shown; the record has the whole."""

BIG_THREE = ("Q-FINISH", "Q-CLOSE-STATUS", "Q-SILENCE-BILLED")
RELATED = {
    "Q-FINISH": (
        "Q-FINISH-ACTIVE",
        "Q-FINISH-SOCKET",
        "Q-FINISH-ERROR",
        "Q-FINISH-AUDIO-MODE",
        "Q-FINISH-MID-UTTERANCE",
        "Q-FINISH-UNANSWERED",
    ),
    "Q-CLOSE-STATUS": (
        "Q-EMPTY-SESSION-STATUS",
        "Q-FINISHED-STATUS",
        "Q-FINISHED-DROP-STATUS",
        "Q-FIN-STATUS",
        "Q-RST-STATUS",
    ),
    "Q-SILENCE-BILLED": (
        "Q-NOISE-BILLED",
        "Q-LOUD-NOISE-BILLED",
        "Q-IDLE-SILENCE-BILLED",
        "Q-SILENCE-ALONE-BILLED",
        "Q-CLEARED-BILLED",
        "Q-UNCOMMITTED-BILLED",
    ),
}


@cache
def _template() -> Template:
    made = environment()
    made.filters.update(
        ms=html_text.ms,
        slug=html_text.slug,
        words=lambda detail: html_text.told(detail)[0],
        assertion=lambda detail: html_text.told(detail)[1],
        payload=lambda frame: html_text.cut(payload(frame), 900),
        kind=lambda frame: html_text.shown(kind(frame), 120),
        address=sources.address,
        described=sources.described,
        chapter=html_views.chapter_name,
        vclass=html_views.verdict_class,
        vword=html_views.verdict_word,
        vglyph=lambda verdict, level: html_views.GLYPH[html_views.verdict_class(verdict, level)],
    )
    return made.get_template("report.html.j2")


@dataclass
class Scene:
    """A conversation as the page shows it."""

    name: str
    transcript: Transcript
    cases: list[Case]
    complaints: list[tuple[int, Frame, list[tuple[str, str]]]]
    diagram: str
    trace: str
    frames: int


@dataclass
class CheckPage:
    """A check's page: its row of the catalogue, its verdict and what to look at."""

    case: Case
    row: dict[str, Any]
    question: dict[str, Any] | None
    check: dict[str, Any]
    decisive: list[tuple[int, Frame]]
    scene: str
    """The conversation to look at: the check's own, or the first in which a rule was broken."""
    places: list[tuple[str, str]]
    again: str
    replay: str


def render(record: Record, made: dict[str, Any], redact: Callable[[str], str] = lambda text: text) -> str:
    """The page.  `redact` is applied to what is compressed; the rest can be redacted and searched as text."""
    judged = cases(record)
    found = findings(judged, made)
    clauses = {row["id"]: row for row in record.catalogue["clauses"]}
    questions = {row["id"]: row for row in record.catalogue["questions"]}
    sentences = {**{key: row["sentence"] for key, row in clauses.items()},
                 **{key: row["ask"] for key, row in questions.items()}}  # fmt: skip
    asked = html_views.answers(record, judged, made)
    silence = html_views.silence(record, next((case for case in judged if case.id == "Q-SILENCE-BILLED"), None))
    answered = [item for key, item in asked.items() if item.outcome and not _told(key)]
    script, style = asset("report.js"), asset("report.css")
    return _template().render(  # names that an older record lacks show as nothing
        script=script,
        style=style,
        policy=policy(style, script),
        record=record,
        run=record.run,
        made=made,
        transport=transport_words(made["transport"]) if made["transport"] else "",
        counts=Counter(html_views.verdict_class(case.verdict, case.level) for case in judged),
        glyphs=html_views.GLYPH,
        run_glyph=html_views.RUN_GLYPH.get(made["verdict"], "?"),
        audio=html_views.audio_seconds(record),
        findings=found,
        markdown={item.first.id: as_markdown(item, record, sentences) for item in found},
        sentences=sentences,
        big=[
            (words, asked[key], [asked[other] for other in RELATED[key] if other in asked])
            for words, key in zip(made["answers"], BIG_THREE, strict=False)
            if key in asked
        ],
        answered=answered,
        differing=[item for item in answered if not item.agrees],
        agreeing=[item for item in answered if item.agrees],
        unanswered=[item for key, item in asked.items() if not item.outcome and not _told(key)],
        silence=silence,
        silence_chart=html_views.silence_chart(silence),
        close_paths=made["close_paths"],
        family=html_views.family(record),
        fates=html_views.FATE,
        drift=html_views.drift_groups(made),
        chapters=_chapters(judged, clauses, questions),
        unjudged=_unjudged(judged),
        unjudged_words=html_views.UNJUDGED,
        coverage=html_views.coverage(record, judged),
        proof=html_views.proof(record),
        latencies=html_views.latencies(record),
        pages=[_page(case, record, clauses, questions) for case in judged],
        scenes=_scenes(record, judged, found, redact),
        owners={case.id: case for case in judged},
    )


def _told(key: str) -> bool:
    return key in BIG_THREE or any(key in others for others in RELATED.values())


def _chapter_of(case: Case, clauses: dict[str, Any], questions: dict[str, Any]) -> str:
    row = clauses.get(case.id) or questions.get(case.id) or {}
    return str(row.get("chapter", "99"))


def _chapters(judged: list[Case], clauses: dict[str, Any], questions: dict[str, Any]) -> list[tuple[str, list[Case]]]:
    groups: dict[str, list[Case]] = {}
    for case in judged:
        groups.setdefault(_chapter_of(case, clauses, questions), []).append(case)
    return sorted(groups.items())


def _unjudged(judged: list[Case]) -> list[tuple[str, list[tuple[str, list[Case]]]]]:
    """Cases without a verdict of their own, by kind and reason."""
    out = []
    for verdict in html_views.UNJUDGED:
        reasons: dict[str, list[Case]] = {}
        for case in judged:
            if case.verdict == verdict:
                reasons.setdefault(html_text.one_line(case.detail, 300), []).append(case)
        if reasons:
            out.append((verdict, sorted(reasons.items(), key=lambda item: -len(item[1]))))
    return out


def _page(case: Case, record: Record, clauses: dict[str, Any], questions: dict[str, Any]) -> CheckPage:
    question = questions.get(case.id)
    where = places(case)
    scene = case.conversation or (where[0][0] if where else "")
    transcript = record.transcripts.get(scene)
    again, replay = html_views.commands(case, record)
    return CheckPage(
        case=case,
        row=clauses.get(case.id) or question or {},
        question=question,
        check=record.catalogue["checks"].get(case.id, {}),
        decisive=html_views.decisive(case, transcript) if transcript is not None else [],
        scene=scene if transcript is not None else "",
        places=where,
        again=again,
        replay=replay,
    )


def _explain(side: Literal["client", "server"], event: Any) -> list[tuple[str, str]]:
    try:
        return [(item.path, item.says) for item in schema.explain(side, event)]
    except schema.UnknownType as problem:
        return [("$.type", str(problem))]
    except RecursionError:
        return [("$", "the event is nested too deeply to be judged")]


def _scenes(record: Record, judged: list[Case], found: list[Finding], redact: Callable[[str], str]) -> list[Scene]:
    by_conversation: dict[str, list[Case]] = {}
    for case in judged:
        by_conversation.setdefault(case.conversation, []).append(case)
    shown_first = {name for item in found for name in [*item.conversations, *(name for name, _ in item.places)]}
    drawn = traced = 0
    scenes = []
    for name, transcript in sorted(record.transcripts.items()):
        said = complaints(transcript, _explain)
        diagram = svg.sequence(transcript, _broken(transcript, said))
        static = name in shown_first and drawn + len(diagram) < STATIC_DIAGRAMS
        drawn += len(diagram) if static else 0
        trace = embedded(transcript, said, redact, "" if static else diagram, PAYLOAD if traced < TRACES else BRIEF)
        traced += len(trace)
        scenes.append(
            Scene(
                name=name,
                transcript=transcript,
                cases=by_conversation.get(name, []),
                complaints=list(said.listed(transcript))[:20],
                diagram=diagram if static else "",
                trace=trace,
                frames=sum(len(leg.frames) for leg in transcript.legs),
            )
        )
    return scenes


def _broken(transcript: Transcript, said: Complaints) -> frozenset[tuple[int, int]]:
    """Server frames that break their schema; what the client gets wrong, it gets wrong on purpose."""
    return frozenset((leg - 1, frame.index) for leg, frame, _ in said.listed(transcript) if frame.side == "server")
