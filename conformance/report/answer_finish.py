"""The first answer: is `session.finish` accepted, and is there a compliant way to end a session."""

from __future__ import annotations

import json
from dataclasses import dataclass

from conformance.report import answer_close
from conformance.report.answer import (
    KNOWN_IN_PART,
    MOST_WORDS,
    WORDS,
    Evidence,
    InWords,
    Known,
    Mark,
    Rows,
    conversations,
)
from conformance.report.answer_close import End
from conformance.report.ending import last_lines

ASK = "Is `session.finish` accepted, and is there a protocol-compliant way to end a session?"

MOMENTS = {
    "finish-and-wait": "on an idle session",
    "event-after-finish": "on an idle session",
    "finish-twice": "on an idle session",
    "finish-then-close": "after a reply",
    "finish-then-drop": "after a reply",
    "finish-after-speech": "after a spoken reply",
    "finish-mid-response": "during a reply",
    "finish-mid-utterance": "mid-utterance",
    "finish-with-audio": "with input waiting",
    "cancel-finish-close": "after a cancel",
}
"""When `session.finish` is said, by the close path."""

MET = {"finished": "accepted", "error": "refused", "silent": "not answered", "closed": "met by a close"}
QUESTIONS = ("Q-FINISH-ACTIVE", "Q-FINISH-MID-UTTERANCE", "Q-FINISH-AUDIO", "Q-FINISH-UNANSWERED")
"""What becomes of what is under way."""

MEANS = {
    "finished-after-response": "During a reply, `session.finished` comes when the reply is over.",
    "finished-at-once": "During a reply, `session.finished` comes at once and cuts it off.",
    "committed": "What is being said becomes a turn first.",
    "dropped": "What is being said, or was not committed, is lost.",
    "answered": "A committed turn without a reply gets one first.",
    "unanswered": "A committed turn without a reply gets none: ask for it before.",
}
FINISHES = ("finish-and-wait", "finish-then-close", "finish-then-drop", "finish-mid-response", "finish-mid-utterance",
            "finish-with-audio", "finish-after-speech")  # fmt: skip
WAIT = "Wait for a running reply's `response.done`"


@dataclass(frozen=True)
class _Said:
    mark: Mark
    text: str
    todo: str


def answer(known: Known) -> InWords:
    """The first answer."""
    rows = known.walked()
    outcome = known.outcome("Q-FINISH")
    both = [path for path, row in rows.items() if row.get("finish") == "both"]
    met = _moments(rows)
    said = _said(known, rows, outcome, both, met)
    shown = conversations(rows, [*both, *FINISHES, "close-1000-after-response"])
    return InWords(
        question=ASK,
        text=said.text,
        unknown="" if outcome is not None else "whether `session.finish` is accepted",
        conversations=tuple(dict.fromkeys(shown)),
        code=last_lines("both" if both else outcome, known.outcome("Q-FINISH-ACTIVE"), answer_close.end(known).code),
        mark=said.mark,
        todo=said.todo,
        how=tuple(_how(known, rows, outcome, both, met)),
    )


def _moments(rows: Rows) -> dict[str, list[str]]:
    """What `session.finish` met and the paths on which it did."""
    found: dict[str, list[str]] = {}
    for path, row in rows.items():
        if path in MOMENTS and row.get("finish") in MET:
            found.setdefault(MET[row["finish"]], []).append(path)
    return found


def _said(known: Known, rows: Rows, outcome: str | None, both: list[str], met: dict[str, list[str]]) -> _Said:
    end = answer_close.end(known)
    if both:
        return _Said(
            "partly",
            _halves("Partly: one `session.finish` gets both an `error` and `session.finished`", end),
            end.advised(f"{WAIT}, send `session.finish`, read past the `error` until `session.finished`"),
        )
    if outcome is None:
        nothing = "Not known: nothing in this run shows how `session.finish` is answered"
        return _Said(
            "unknown",
            _halves(nothing, end) if end.mark != "unknown" else f"{nothing}.",
            "Run `pytest conformance/ --case Q-FINISH` against this endpoint.",
        )
    idle = MET.get(outcome)
    if idle is not None and set(met) - {idle}:
        return _uneven(idle, met, end)
    if outcome == "finished":
        return _accepted(known, rows, end)
    if outcome in {"error", "silent"}:
        first = "`session.finish` is refused" if outcome == "error" else "nothing answers `session.finish`"
    elif outcome == "closed":
        row = rows.get("finish-and-wait", {})
        code = row.get("server_code")
        frame = "without a close frame" if code is None else "without a code" if code == 1005 else f"with {code}"
        first = f"on `session.finish` the server closes {frame}"
    else:
        first = "`session.finish` is answered by neither `session.finished` nor `error`"
    mark: Mark = "no" if end.mark == "no" and outcome in {"error", "silent"} else "partly"
    todo = "; leave `session.finish` out" if end is answer_close.YES and outcome in {"error", "silent"} else ""
    word = KNOWN_IN_PART if end.mark == "unknown" else WORDS[mark]
    text = _halves(f"{word}: {first}", end, {"yes": ", but", "no": ", and"}.get(end.mark, ";"))
    return _Said(mark, text, end.advised(WAIT, todo))


def _halves(first: str, end: End, joint: str = ";") -> str:
    """A sentence that answers both halves of the question, as fully as twenty words allow."""
    told = (f"{first}{joint} {form}." for form in end.forms)
    return next((text for text in told if len(text.split()) <= MOST_WORDS), f"{first}.")


def _accepted(known: Known, rows: Rows, end: End) -> _Said:
    closes = known.outcome("Q-FINISH-SOCKET") == "server-closes"
    after = rows.get("finish-then-close") or rows.get("finish-and-wait")
    ended = after is None or after["clean"]
    if not ended:
        return _Said(
            "partly",
            "Partly: `session.finished` answers `session.finish`, but the connection then does not end cleanly.",
            answer_close.advised(_finishing(known), answer_close.HASTY, workaround=True),
        )
    how = "the server then closes the connection" if closes else "a close frame then ends the connection cleanly"
    return _Said(
        "yes",
        f"Yes: `session.finished` answers `session.finish`, and {how}.",
        f"{_finishing(known)}, and expect the server to close."
        if closes
        else answer_close.advised(_finishing(known), end.close, workaround=False),
    )


def _finishing(known: Known) -> str:
    if known.outcome("Q-FINISH-ACTIVE") == "finished-after-response":
        return "Send `session.finish`, wait for `session.finished`"
    return f"{WAIT}, send `session.finish`, wait for `session.finished`"


def _uneven(idle: str, met: dict[str, list[str]], end: End) -> _Said:
    odd = {MOMENTS[path]: what for what, paths in met.items() if what != idle for path in paths}
    moment, what = next(iter(odd.items()))
    more = f" and in {len(odd) - 1} more settings" if len(odd) > 2 else f" and {[*odd][1]}" if len(odd) == 2 else ""
    if len(set(odd.values())) > 1:
        more = ", and otherwise elsewhere"
    first = f"Partly: `session.finish` is {idle} when idle, but {what} {moment}"
    told = [_halves(f"{first}{tail}", end) for tail in dict.fromkeys((more, ""))]
    # That there is a way to end a session matters more than in how many settings something is odd.
    text = next((text for text in told if "; " in text), told[0])
    if idle == "accepted" or "accepted" in met:
        return _Said("partly", text, end.advised(f"{WAIT}, send `session.finish`, wait for any answer"))
    return _Said("partly", text, end.advised(WAIT))


def _how(known: Known, rows: Rows, outcome: str | None, both: list[str], met: dict[str, list[str]]) -> list[Evidence]:
    found = known.said("Q-FINISH")
    here = known.conversation("Q-FINISH")
    if outcome is None:
        found.append(Evidence("seen here", f"Nothing: {known.why('Q-FINISH')}.", (), here))
    else:
        found.append(Evidence("seen here", _idle(known, outcome), (), here))
    if both:
        found.append(Evidence("but", "Both `error` and `session.finished` answer one `session.finish`.", (),
                              conversations(rows, both)))  # fmt: skip
    for what, paths in met.items():
        text = f"`session.finish` is {what} {_listed(list(dict.fromkeys(MOMENTS[path] for path in paths)))}."
        found.append(Evidence("seen here", text, (), conversations(rows, paths)))
    under_way: dict[str, tuple[str, ...]] = {}
    for question in QUESTIONS:
        words = MEANS.get(str(known.outcome(question)))
        if words is not None:
            under_way[words] = (*under_way.get(words, ()), *known.conversation(question))
    found += [Evidence("seen here", words, (), names) for words, names in under_way.items()]
    found += answer_close.evidence(known)
    found += [*_against(known), *answer_close.against(known)]
    if left := known.left():
        told = "; ".join(dict.fromkeys(left.values()))
        found.append(Evidence("but", f"{len(left)} close paths were not walked to their end: {told}.", (), tuple(left)))
    return found


def _idle(known: Known, outcome: str) -> str:
    if outcome == "error":
        same = known.outcome("Q-FINISH-ERROR")
        words = {"same": ", as any unknown event type is", "different": ", otherwise than an unknown event type"}
        return f"On an idle session an `error` answers it{words.get(str(same), '')}: {_message(known)}"
    said = {
        "finished": "On an idle session `session.finished` answers it.",
        "silent": "On an idle session nothing answers it, and the connection stays.",
        "closed": f"On an idle session the server closes: {known.detail('Q-FINISH')}.",
    }
    return said.get(outcome, f"On an idle session it is answered by {known.detail('Q-FINISH') or outcome}.")


def _message(known: Known) -> str:
    detail = known.detail("Q-FINISH")
    try:
        error = json.loads(detail)
    except ValueError:
        return detail[:200]
    message = error.get("message") if isinstance(error, dict) else None
    return str(message if isinstance(message, str) else detail)[:200]


def _against(known: Known) -> list[Evidence]:
    """What this run found broken and the answer rests on."""
    said = {
        "CLO-010": "After a refused `session.finish` and an unknown event, `session.update` is not answered.",
        "CLO-011": "`session.finish` is not answered within five seconds.",
        "GEN-017": "A `session.finish` is answered late, never, or twice in at least one conversation.",
    }
    if known.outcome("Q-FINISH") != "error":
        del said["CLO-010"]
    return [Evidence("but", said[case.id], (), known.conversation(case.id)) for case in known.failed(*said)]


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
