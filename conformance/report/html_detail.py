"""What the page makes when it is opened: checks, conversations and their frames, as compressed data.

Redacted before it is compressed, because a compressed text can't be searched for the key.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable
from typing import Any

from conformance.report import html_text, html_views, naming
from conformance.report.answer import SHOWN
from conformance.report.case import Case
from conformance.report.closing import stopped
from conformance.report.findings import places
from conformance.report.html_finding import Shown
from conformance.report.html_trace import PAYLOAD, Complaints, frames, kind, payload
from conformance.report.record import Record
from conformance.spec import sources
from conformance.wire.transcript import Leg, Transcript

GROUP = 400_000
"""Characters of frames that are compressed together: what conversations have in common costs once."""

TRACES = 16_000_000
"""Characters of frames after which those of further conversations are shown by their beginnings."""

BRIEF = 200
"""Characters of a payload that are then shown; the record has the whole."""

Redact = Callable[[str], str]


def packed(value: Any, redact: Redact) -> str:
    """Data for the page's script: JSON, redacted, deflated, Base64."""
    text = redact(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    return base64.b64encode(zlib.compress(text.encode("utf-8", "backslashreplace"))).decode()


# -- checks


def check(case: Case, record: Record, row: dict[str, Any], question: dict[str, Any] | None) -> dict[str, Any]:
    """The page of one check."""
    transcript = record.transcripts.get(_scene(case, record))
    again, replay = html_views.commands(case, record)
    made = record.catalogue["checks"].get(case.id, {})
    found: dict[str, Any] = {
        "glyph": naming.GLYPH[naming.verdict_class(case.verdict, case.level)],
        "cls": naming.verdict_class(case.verdict, case.level),
        "word": naming.verdict_word(case.verdict, case.level),
        "says": html_text.shown((question or row).get("ask") or row.get("sentence", "")),
        "facts": _facts(case, row, question, made),
        "at": html_text.slug(transcript.conversation) if transcript is not None else "",
        "again": again,
        "replay": replay,
    }
    words, assertion = html_text.told(case.detail)
    if question is not None:
        found["outcomes"] = [_outcome(one, case) for one in question.get("outcomes", ())]
        found["outcome"] = html_text.one_line(case.outcome or "") if case.verdict == "observed" else ""
    if case.findings:
        found["seen"] = [[one.conversation, html_text.shown(one.seen, 600)] for one in case.findings]
        found["more"] = max(0, case.places - len(case.findings))
    elif where := places(case):
        found["seen"] = [[name, html_text.shown(text, 600)] for name, text in where]
    elif words:
        found["seen"] = [["", html_text.shown(words)]]
    elif case.verdict == "pass" and not case.conversation:
        found["seen"] = [["", f"Judged on {html_text.plural(len(record.transcripts), 'conversation')} of this run."]]
    if case.scenes:
        found["scenes"] = [[name, html_text.slug(name)] for name in case.scenes if name in record.transcripts]
    if assertion:
        found["assertion"] = html_text.shown(assertion)
    if case.owner:
        found["owner"] = case.owner
    if transcript is not None:
        found["decisive"] = _decisive(case, transcript)
    return found


def _scene(case: Case, record: Record) -> str:
    told = (name for name, _ in places(case))
    names = [case.conversation, *case.scenes, *(one.conversation for one in case.findings), *told]
    return next((name for name in names if name in record.transcripts), "")


def _outcome(row: dict[str, Any], case: Case) -> list[Any]:
    seen = case.verdict == "observed" and row.get("id") == case.outcome
    named = [[sources.name(key), sources.address(key)] for key in row.get("sources") or ()]
    return [seen, html_text.shown(row.get("means", "")), named, html_text.shown(row.get("evidence", ""))]


def _facts(case: Case, row: dict[str, Any], question: dict[str, Any] | None, made: dict[str, Any]) -> list[list[Any]]:
    facts: list[list[Any]] = []
    if question is not None:
        facts.append(["How it is settled", html_text.shown(question.get("probe") or "")])
    else:
        facts.append(["Level", f"{case.level}{': ' + row['why'] if row.get('why') else ''}"])
        if row.get("must_for"):
            facts.append(["A MUST for", f"{', '.join(map(str, row['must_for']))} alone: for others it is a SHOULD"])
        if case.basis == "transport":
            facts.append(["Whose demand", "the transport's (RFC 6455): any WebSocket server owes it"])
        named = [[sources.name(key), sources.address(key)] for key in row.get("source") or ()]
        date = str(row.get("date") or "")
        said = bool(named) and all(date in str(name) for name, _ in named)  # what somebody saw has its day in its name
        facts.append(["Sources", named, f"as of {date}" if date and not said else ""])
    if made.get("scenario") or case.conversation:
        facts.append(["Scenario", html_text.shown(made.get("scenario") or case.conversation)])
    facts.append(["The check", case.where])
    killed = made.get("killed_by") or ()
    if killed:
        more = f" and {len(killed) - 6} more" if len(killed) > 6 else ""
        of = "client" if case.id.startswith("CLI-") else "mock"
        facts.append([f"Fails on a {of} with", html_text.one_line(", ".join(map(str, killed[:6])) + more, 400)])
    return facts


def _decisive(case: Case, transcript: Transcript) -> list[list[Any]]:
    at: list[tuple[int, Any]] = [
        (one.connection + 1, transcript.legs[one.connection].frames[one.frame])
        for one in case.findings
        if one.conversation == transcript.conversation
        and one.frame is not None
        and 0 <= one.connection < len(transcript.legs)
        and 0 <= one.frame < len(transcript.legs[one.connection].frames)
    ][:3]
    if not case.findings and case.verdict in {"fail", "error"}:  # a record that is older than findings
        at = html_views.decisive(case, transcript)
    return [
        [leg, frame.index, frame.side, round(frame.at), html_text.shown(kind(frame), 120),
         html_text.cut(payload(frame), 900)]
        for leg, frame in at
    ]  # fmt: skip


# -- conversations


def conversation(
    transcript: Transcript, said: Complaints, cases: list[Case], row: dict[str, Any] | None
) -> dict[str, Any]:
    """What is told of a conversation above its frames."""
    notes = []
    if transcript.trouble:
        notes.append(f"Trouble: {html_text.shown(transcript.trouble, 600)}")
    if transcript.stop is not None:
        why = stopped(transcript.stop)
        wanted = " or ".join(transcript.stop.waiting_for)
        waited = (
            f", waiting for {wanted}" if wanted and not all(one in why for one in transcript.stop.waiting_for) else ""
        )
        notes.append(
            f"The script stopped at step {transcript.stop.step}, after {html_text.ms(transcript.stop.waited_ms)}: "
            f"{html_text.shown(why, 400)}{html_text.shown(waited, 200)}."
        )
    if transcript.retried:
        notes.append(f"Attempt {transcript.attempt}, because of the first: {html_text.one_line(transcript.retried)}")
    return {
        "name": html_text.shown(transcript.conversation, 200),
        "started": transcript.started,
        "head": f"{html_text.plural(len(transcript.legs), 'connection')} · {transcript.seconds} s · "
        f"{transcript.usage['input_tokens']} tokens in, {transcript.usage['output_tokens']} out",
        "notes": notes,
        "legs": [_leg(leg) for leg in transcript.legs],
        "close": _close(row) if row is not None else [],
        "complaints": [
            [leg, frame.index, frame.side, html_text.shown(kind(frame), 120), words]
            for leg, frame, words in list(said.listed(transcript))[:20]
        ],
        "checks": [case.id for case in cases],
    }


BY = {
    "exact_id": "by the session's id",
    "unique_in_window": "as the only one that was listed for its time",
    "counter_delta": "by a counter that rose around it",
    "human": "by a person, in the console",
    "none": "",
}
"""How the platform's rows are told to be of a session, in words."""


def _close(row: dict[str, Any]) -> list[list[str]]:
    """The close path that it walked, as pairs; of one that it did not walk to the end, why."""
    if row["stopped"]:
        return [["Close path", row["way"]], ["Not walked to the end", html_text.shown(row["stopped"], 400)]]
    told = [["Close path", row["way"]], ["What the client did", row["does"]], ["What came of it", row["behaviour"]],
            ["After the client's move", ", ".join(row["said_after"])], ["A reply that ran", row["pending"]],
            ["Status", f"{SHOWN.get(row['status'], row['status'].replace('_', ' '))} {row['status_error']}".strip()],
            ["Why it is not known", row["status_why"]],
            ["How it was attributed", BY.get(row["attribution"], row["attribution"])],
            ["Tokens by the platform", str((row["platform_usage"] or {}).get("total_tokens", ""))]]  # fmt: skip
    if row["status_lag_s"] is not None:
        told.append(["Listed", f"{row['status_lag_s']:.1f} s after the end"])
    return [[name, html_text.shown(text, 400)] for name, text in told if text]


def _leg(leg: Leg) -> dict[str, Any]:
    shake, end = leg.handshake, leg.ending
    quotes = [
        f"{'frame #' if echo.place == 'frame' else 'header ' if echo.place == 'header' else 'the body'}"
        f"{'' if echo.place == 'body' else html_text.one_line(echo.at, 80)}: "
        f"{'all of it' if echo.whole else 'a part of it'}, {html_text.one_line(echo.form, 80)}"
        for echo in (leg.echoes or [])[:20]
    ]
    return {
        "url": html_text.shown(leg.url, 400),
        "status": shake.status,
        "ms": round(shake.ms),
        "problem": html_text.shown(shake.problem or "", 300),
        "sent": [[html_text.shown(name, 100), html_text.shown(value, 300)] for name, value in shake.request_headers],
        "got": [[html_text.shown(name, 100), html_text.shown(value, 300)] for name, value in shake.response_headers],
        "body": html_text.shown(shake.body, 1000),
        "session": html_text.shown(leg.session_id or "", 80),
        "end": [
            ["First to close", end.first],
            ["Client's close frame", _frame_words(end.code_sent, end.reason_sent)],
            ["Server's close frame", _frame_words(end.code_received, end.reason_received)],
            ["Clean", "yes" if end.clean else "no"],
            ["Took", html_text.ms(end.seconds * 1000)],
            ["TCP", end.tcp_words],
            *([["Problem", html_text.shown(end.problem, 300)]] if end.problem else []),
        ],
        "quotes": quotes,
    }


def _frame_words(code: int | None, reason: str) -> str:
    if code is None:
        return "none"
    return f"{'without a code' if code == 1005 else code} {html_text.one_line(reason)}".strip()


def traces(
    found: list[tuple[Transcript, Complaints, dict[str, Any]]], redact: Redact
) -> tuple[list[str], dict[str, int]]:
    """All conversations in groups, and which group has which."""
    groups: list[str] = []
    where: dict[str, int] = {}
    group: dict[str, Any] = {}
    size = total = 0
    for transcript, said, head in found:
        rows = frames(transcript, said, PAYLOAD if total < TRACES else BRIEF)
        length = sum(len(row["b"]) + 60 for row in rows)
        if group and size + length > GROUP:
            groups.append(packed(group, redact))
            group, size = {}, 0
        slug = html_text.slug(transcript.conversation)
        group[slug] = head | {"frames": rows}
        where[slug] = len(groups)
        size, total = size + length, total + length
    if group:
        groups.append(packed(group, redact))
    return groups, where


def extras(record: Record, shown: list[Shown], proof: html_views.Proof) -> dict[str, Any]:
    """What is opened rarely: findings as Markdown, what no run judges, the kill matrix."""
    left = [
        [row["id"], html_text.shown(row.get("sentence", "")), html_text.shown(row["excluded"])]
        for row in record.catalogue["clauses"]
        if row.get("excluded")
    ]
    return {
        "markdown": {item.finding.first.id: item.markdown for item in shown},
        "left": left,
        "proof": [[name, ", ".join(checks)] for name, checks in proof.quirks.items()],
    }
