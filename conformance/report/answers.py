"""The three questions that the suite was asked for, answered in words from one run's evidence.

Each answer names the conversations that show it and what remains unknown.  Client evidence never stands in for the
platform's status, and a status that was not seen is never called a failure or a success.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from conformance.report.case import Case
from conformance.report.ending import last_lines
from conformance.status.model import REASONS

Rows = dict[str, dict[str, Any]]
SHOWN = {
    "succeeded": "succeeded",
    "cancelled": "cancelled",
    "failed_client": "failed (client error)",
    "failed_throttled": "failed (throttled)",
    "failed_server": "failed (server error)",
    "failed_unspecified": "failed",
    "in_progress": "in progress",
    "absent": "not listed at all",
    "unknown": "listed without a status",
}
"""Statuses that the platform has told; every other one means that it is not known."""


LEDGER = ("CLO-020", "CLO-021", "CLO-022", "CLO-023", "CLO-024")
"""The clauses about what the platform lists."""


@dataclass(frozen=True)
class InWords:
    """One answer."""

    question: str
    text: str
    unknown: str
    conversations: tuple[str, ...]
    code: str = ""
    """What to write tomorrow, where the answer is about that."""

    def to_json(self) -> dict[str, Any]:
        """The form of `summary.json`."""
        return {
            "question": self.question,
            "text": self.text,
            "unknown": self.unknown,
            "conversations": list(self.conversations),
            **({"code": self.code} if self.code else {}),
        }


def in_words(judged: Iterable[Case], close_paths: list[dict[str, Any]], model: str = "this model") -> list[InWords]:
    """The three answers; `model` is what was asked."""
    cases = {case.id: case for case in judged}
    rows = {row["path"]: row for row in close_paths}
    return [_finish(cases, rows, model), _status(cases, rows), _silence(cases)]


def _outcome(cases: dict[str, Case], question: str) -> str | None:
    case = cases.get(question)
    return case.outcome if case is not None and case.verdict == "observed" else None


def _why(cases: dict[str, Case], question: str) -> str:
    case = cases.get(question)
    return (
        f"{question} was not judged" if case is None else f"{question}: {case.verdict.replace('_', ' ')}, {case.detail}"
    )


# -- 1


def _finish(cases: dict[str, Case], rows: Rows, model: str) -> InWords:
    ask = "Is `session.finish` accepted, and is there a protocol-compliant way to end a session?"
    outcome = _outcome(cases, "Q-FINISH")
    said = {
        "error": f"No: for {model} this endpoint refuses `session.finish` with an `error`.",
        "finished": f"Yes: for {model} this endpoint answers `session.finish` with `session.finished`.",
        "silent": f"It is neither accepted nor refused: for {model} nothing answers `session.finish`, and the "
        "connection stays.",
        "closed": f"For {model} the server closes the connection when it gets `session.finish`, without an event.",
        "other": "`session.finish` gets an answer that no source foresaw.",
    }
    if outcome is None:
        first = f"Not known from this run ({_why(cases, 'Q-FINISH')})."
    else:
        first = said.get(outcome, f"`session.finish` gets: {outcome}.")
    parts = [first, *_detail(cases, outcome)]
    closing = rows.get("close-1000-after-response") or rows.get("close-1000-idle")
    if outcome == "finished":
        parts.append("So the compliant way is `session.finish`, wait for `session.finished`, then a close frame.")
        if _outcome(cases, "Q-FINISH-SOCKET") == "stays-open":
            parts.append("The server leaves the socket open after it; the client has to close.")
    elif closing is not None and closing["clean"] and closing["who_first"] == "client":
        parts.append(
            f"What remains is the close frame: 1000 is answered by {closing['server_code']}, a clean end by RFC 6455. "
            "What the vendor's sample does, `ws.close()`, is that."
        )
    elif closing is not None:
        parts.append(f"A close 1000 does not end a session cleanly either: {closing['behaviour']}.")
    used = [
        "finish-and-wait",
        "finish-mid-response",
        "finish-mid-utterance",
        "finish-with-audio",
        "finish-after-speech",
        "close-1000-after-response",
    ]
    unknown = "" if outcome is not None else "whether `session.finish` is accepted"
    code = last_lines(outcome, _outcome(cases, "Q-FINISH-ACTIVE"))
    if code:
        parts.append("The last lines of a client that ends as well as this endpoint allows are below.")
    return InWords(ask, " ".join(parts), unknown, _conversations(rows, used), code)


def _detail(cases: dict[str, Case], outcome: str | None) -> list[str]:
    parts = []
    error = cases.get("Q-FINISH")
    if outcome == "error" and error is not None and error.detail:
        parts.append(f"The error says: {_message(error.detail)}.")
    if outcome == "error" and _outcome(cases, "Q-FINISH-ERROR") == "same":
        parts.append("It is the refusal of any unknown event type.")
    if outcome == "error" and cases.get("CLO-010") and cases["CLO-010"].verdict == "pass":
        parts.append("The session goes on after it.")
    active = {
        "finished-after-response": "During a response, `session.finished` comes when the response is over.",
        "finished-at-once": "During a response, `session.finished` comes at once and cuts the response off.",
    }.get(_outcome(cases, "Q-FINISH-ACTIVE") or "")
    parts += [active] if active else []
    return parts + [words for (question, seen), words in MOMENTS.items() if _met(cases, question, outcome) == seen]


MOMENTS = {
    ("Q-FINISH-MID-UTTERANCE", "committed"): "In the middle of an utterance, the utterance becomes a turn first.",
    ("Q-FINISH-MID-UTTERANCE", "dropped"): "In the middle of an utterance, what was said is lost.",
    ("Q-FINISH-UNANSWERED", "answered"): "A committed turn without a reply gets one first.",
    ("Q-FINISH-UNANSWERED", "unanswered"): "A committed turn without a reply gets none: ask for it before.",
    ("Q-FINISH-AUDIO-MODE", "finished"): "It is accepted in a session that speaks, too.",
    ("Q-FINISH-MID-UTTERANCE", "otherwise"): "In the middle of an utterance it meets something else.",
    ("Q-FINISH-UNANSWERED", "otherwise"): "With a turn that has no reply it meets something else.",
    ("Q-FINISH-AUDIO-MODE", "otherwise"): "In a session that speaks it meets something else.",
}
"""What is worth a sentence: what becomes of what is under way, and whatever is not as on an idle session."""
ALIKE = {"error": "refused", "silent": "silent", "closed": "closed"}


def _met(cases: dict[str, Case], question: str, idle: str | None) -> str | None:
    """The outcome of `session.finish` at another moment; `otherwise`: another than on an idle session, None: alike."""
    seen = _outcome(cases, question)
    if seen is None or idle is None or seen == ALIKE.get(idle):
        return None
    return "otherwise" if seen in ALIKE.values() or idle != "finished" else seen


def _message(detail: str) -> str:
    found = re.search(r'"message": "((?:[^"\\]|\\.)*)"', detail)
    return (found[1] if found else detail[:200]).rstrip(".")


# -- 2


def _status(cases: dict[str, Case], rows: Rows) -> InWords:
    ask = "Which way of closing leaves which session status?"
    told: dict[str, list[str]] = {}
    untold: dict[str, list[str]] = {}
    for path, row in rows.items():
        if row["status"] in SHOWN:
            told.setdefault(row["status"], []).append(path)
        else:
            untold.setdefault(plain(row["status_why"]) or row["status"].replace("_", " "), []).append(path)
    parts = [
        f"{words.capitalize()}: {', '.join(f'`{path}`' for path in told[status])}."
        for status, words in SHOWN.items()
        if status in told
    ]
    if not rows:
        parts.append("No close path was walked in this run.")
    elif not told:
        parts.append(
            "Not known from this run: the platform told the status of no session. It can be brought in later: "
            "`pytest conformance/ --replay record.jsonl --status-source bl`, or `file:` and the form beside it."
        )
    parts += _lesson(rows)
    wrong = [case for case in (cases.get(key) for key in LEDGER) if case is not None and case.verdict == "fail"]
    parts += [f"What is listed is wrong in itself ({case.id}): {case.detail}." for case in wrong]
    unknown = "; ".join(f"{', '.join(paths)} ({why})" for why, paths in untold.items())
    shown = [path for paths in told.values() for path in paths]
    return InWords(ask, " ".join(parts), unknown, _conversations(rows, [path for path in rows if path in shown]))


def plain(why: str) -> str:
    """Why a status is not known, without the code before the words."""
    code, _, words = why.partition(": ")
    return (words or code.replace("_", " ")) if code in REASONS else why


def unread(close_paths: Iterable[dict[str, Any]]) -> str | None:
    """Why the platform told the status of no close path, in words; None when it told one or was not asked."""
    rows = list(close_paths)
    if not rows or any(row["status"] in SHOWN for row in rows):
        return None
    return next((plain(row["status_why"]) for row in rows if row["status_why"]), None)


def _lesson(rows: Rows) -> list[str]:
    """What the statuses together say, where they do."""
    finished = [row["status"] for row in rows.values() if "`session.finished` came" in row["behaviour"]]
    closed = rows.get("close-1000-after-response", {}).get("status")
    dropped = rows.get("drop-rst", {}).get("status")
    if closed not in SHOWN:
        return []
    if closed.startswith("failed") and "succeeded" in finished:
        return ["Only a session that was finished counts as a success; a clean close frame does not help."]
    if closed.startswith("failed") and not finished:
        return [
            "A clean close 1000 is listed as failed, and `session.finish` could not be used: no way that this run "
            "tried ends in a success."
            if "succeeded" not in {row["status"] for row in rows.values()}
            else "A clean close 1000 after a turn is listed as failed."
        ]
    if closed == "succeeded" and dropped in SHOWN and dropped != "succeeded":
        return ["A close frame is enough for a success; what matters is that the client does not just disappear."]
    if closed == "succeeded" and dropped == "succeeded":
        return ["A session counts as a success however its client leaves."]
    if closed == "cancelled":
        return ["A clean close without `session.finish` is listed as cancelled, which is not a failure."]
    if closed == "in_progress":
        return ["A session that is closed without `session.finish` stays in progress."]
    if closed == "absent":
        return ["A session that is closed without `session.finish` is not listed, while another one is."]
    return []


# -- 3


def _silence(cases: dict[str, Case]) -> InWords:
    ask = "In VAD mode, does streaming silence cost tokens?"
    outcome = _outcome(cases, "Q-SILENCE-BILLED")
    said = {
        "billed": "Yes: idle audio is billed like speech.",
        "not-billed": "No: idle audio is not billed.",
        "in-part": "Billed in part: an idle second costs something, and less than a second of speech.",
        "padding": "Idle audio is billed up to the padding: the silence around detected speech is in its turn, and "
        "what is streamed beyond that costs nothing.",
        "other": "Idle audio is billed in a way that no source foresaw.",
    }
    if outcome is None:
        parts = [f"Not known from this run ({_why(cases, 'Q-SILENCE-BILLED')})."]
    else:
        parts = [said[outcome], f"Measured: {cases['Q-SILENCE-BILLED'].detail}."]
    asides = {
        ("Q-NOISE-BILLED", "billed"): "Low background noise is billed too.",
        ("Q-NOISE-BILLED", "in-part"): "Low background noise is billed in part.",
        ("Q-NOISE-BILLED", "heard-as-speech"): "Low background noise is taken for speech.",
        ("Q-NOISE-BILLED", "not-billed"): "Low background noise is not billed either."
        if outcome == "not-billed"
        else "Low background noise beyond that is not billed.",
        ("Q-LOUD-NOISE-BILLED", "billed"): "Noise at -40 dBFS is billed like speech.",
        ("Q-LOUD-NOISE-BILLED", "in-part"): "Noise at -40 dBFS is billed in part.",
        ("Q-LOUD-NOISE-BILLED", "not-billed"): "Noise at -40 dBFS is not billed.",
        ("Q-LOUD-NOISE-BILLED", "heard-as-speech"): "Noise at -40 dBFS is taken for speech.",
        ("Q-SILENCE-ALONE-BILLED", "in-part"): "Silence that leads to no turn shows in part in the next reply's usage.",
        ("Q-SILENCE-ALONE-BILLED", "billed"): "Silence that leads to no turn shows in the next reply's usage.",
        ("Q-SILENCE-ALONE-BILLED", "not-billed"): "Silence that leads to no turn shows in no usage.",
        ("Q-CLEARED-BILLED", "billed"): "Audio that was cleared is billed.",
        ("Q-CLEARED-BILLED", "not-billed"): "Audio that was cleared is not billed.",
        ("Q-UNCOMMITTED-BILLED", "billed"): "Audio that was never committed is billed.",
        ("Q-UNCOMMITTED-BILLED", "not-billed"): "Audio that was never committed is not billed.",
    }
    idle = "Q-IDLE-SILENCE-BILLED"
    asides |= {
        (idle, "billed"): "A session that streams silence and gets no reply is billed for it, by the platform's usage.",
        (idle, "in-part"): "A session that streams silence and gets no reply is billed for it in part.",
        (
            idle,
            "not-billed",
        ): "A session that streams silence and gets no reply is not billed.",
    }
    parts += [words for (question, seen), words in asides.items() if _outcome(cases, question) == seen]
    questions = ["Q-SILENCE-BILLED", *dict.fromkeys(question for question, _ in asides)]
    missing = [question for question in questions if _outcome(cases, question) in {None, "other"} and question != idle]
    if _outcome(cases, idle) is None:
        missing.append("what a session costs that idles for minutes and gets no reply: not knowable from replies")
    unknown = "; ".join([*missing, "what an invoice says: usage is what `response.done` reports"])
    shown = dict.fromkeys(cases[question].conversation for question in questions if _outcome(cases, question))
    return InWords(ask, " ".join(parts), unknown, tuple(shown))


def _conversations(rows: Rows, paths: list[str]) -> tuple[str, ...]:
    return tuple(rows[path]["conversation"] for path in paths if path in rows)
