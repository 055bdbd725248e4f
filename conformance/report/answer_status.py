"""The second answer: which way of closing leaves which session status."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from conformance.report import answer_close
from conformance.report.answer import (
    KNOWN_IN_PART,
    MOST_WORDS,
    NOT_READ,
    NOT_YET,
    SHOWN,
    Evidence,
    InWords,
    Known,
    Mark,
    Rows,
    after_mark,
    conversations,
    plain,
)
from conformance.report.ways import way as called

ASK = "Does any way of closing count as a success in the session status, and which?"
FINISH = "`session.finish`"
NO_READER = "no_reader_configured"  # of `conformance.status.model.REASONS`
CLEAN = {1000, 1001, 1005}
LEDGER = {
    "CLO-020": "A session that was held is missing from the platform's list.",
    "CLO-021": "A row of the platform's list names another session than the one that was held.",
    "CLO-022": "The usage that the platform lists is not the sum of the replies'.",
    "CLO-023": "A row of the platform's list has other times than the session that was held.",
    "CLO-024": "A row of the platform's list names another model than the one that greeted.",
}
KEY = ("close-1000-after-response", "finish-then-close", "drop-rst")
"""What the question is about first of all."""
LATER = (
    "Bring the status in: `pytest conformance/ --replay record.jsonl --status-source bl`, or fill in "
    "`status-form.jsonl` and give it as `file:`."
)
LATER_MOCK = "Run it again to its end, with `--status-source mock`: the mock tells what it lists while it runs."
REST = "Run it again with room for the others, too"
UNLISTED = "Ask the vendor which sessions are listed, and when: not even one that has to be there was told."

Row = dict[str, Any]


def answer(known: Known) -> InWords:
    """The second answer."""
    rows = known.walked()
    told = {path: row for path, row in rows.items() if _told(known, row)}
    ways = _ways(told)
    mark, text = _said(known, rows, told, ways)
    todo = _todo(known, told, ways)
    if told and mark == "unknown":
        known_end = known.outcome("Q-FINISH") is not None
        todo = f"{REST}; until then end as the first answer says." if known_end else f"{REST}."
    elif told and (untried := _untried(known)) and untried not in text:
        todo = f"{untried[:1].upper()}{untried[1:]}. {todo}"
    untold: dict[str, list[str]] = {}
    for path, row in rows.items():
        if path not in told:
            untold.setdefault(plain(row["status_why"]) or row["status"].replace("_", " "), []).append(called(path))
    return InWords(
        question=ASK,
        text=text,
        unknown="; ".join(f"{', '.join(paths)} ({why})" for why, paths in untold.items()),
        conversations=conversations(told, list(told)),
        mark=mark,
        todo=todo,
        how=tuple(_how(known, rows, told, ways)),
    )


def _told(known: Known, row: Row) -> bool:
    """Whether the platform told the status.

    A session that never got an id can't be missed in a list of ids, nor one in a list whose rows name others.
    """
    if row["status"] != "absent":
        return row["status"] in SHOWN
    return bool(row.get("session_id", True)) and not known.failed("CLO-021")


# -- ways: what paths have in common


def _move(row: Row) -> str:
    """How a session was left, as the start of a phrase."""
    if row.get("finish") in {"finished", "both"}:
        return FINISH
    if row["who_first"] == "server":
        code = row["server_code"]
        return "a close by the server" + ("" if code is None else f" with {code}")
    if row["client_code"] is None:
        return "leaving without a close frame"
    return "a close frame 1000 or 1001" if row["client_code"] in CLEAN else "a close frame with another code"


def _code(row: Row) -> str:
    code = row["client_code"]
    return "a close frame without a code" if code == 1005 else f"a close frame {code}"


def _ways(told: Rows) -> dict[str, set[str]]:
    """Ways of leaving and the statuses that they left, told apart as far as that explains the statuses."""
    out: dict[str, set[str]] = {}
    for move in sorted({_move(row) for row in told.values()}, key=lambda move: (move != FINISH, move)):
        those = [row for row in told.values() if _move(row) == move]
        found = _grouped(those, lambda _, move=move: move)  # type: ignore[misc]  # bound at once
        splits: list[Callable[[Row], str]] = [lambda row, move=move: f"{move} {_reply(row)}"]  # type: ignore[misc]
        if move.startswith("a close frame"):
            splits.append(_code)
        for split in splits:
            if max(map(len, found.values())) > 1:
                finer = _grouped(those, split)
                if max(map(len, finer.values())) == 1:
                    found = finer
        out |= found
    return out


def _reply(row: Row) -> str:
    return "after a reply" if row.get("replies") else "without a reply"


def _grouped(rows: list[Row], by: Callable[[Row], str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(by(row), set()).add(row["status"])
    return found


# -- the sentence


def _said(known: Known, rows: Rows, told: Rows, ways: dict[str, set[str]]) -> tuple[Mark, str]:
    if not rows:
        return "unknown", "Not known: no way of closing was carried out to its end in this run."
    if not told:
        return "unknown", "Not known: the platform told the status of no session of this run."
    success = "succeeded" in {row["status"] for row in told.values()}
    unlisted = any(row["status"] == "absent" for row in told.values())  # then a session that is missing is the answer
    wrong = known.failed("CLO-021", *(() if unlisted else ("CLO-020",)))
    key = [path for path in KEY if path in rows and path not in told]
    mixed = {way: statuses for way, statuses in ways.items() if len(statuses) > 1}
    mark: Mark = "partly" if wrong or key or mixed else "yes" if success else "no"
    text = _told_of(rows, told, ways, mixed)
    if known.mock and (ruled := f"By the mock's own rule {after_mark(text)}") and len(ruled.split()) < MOST_WORDS:
        text = ruled
    if known.untried and not success:
        tried = f"{NOT_YET}: {after_mark(text)[:-1]}"
        none = f"{NOT_YET}: none of the {len(told)} ways tried counts as a success"
        told_all = len(f"{tried} {_untried(known)}".split()) <= MOST_WORDS
        return "unknown", f"{tried if told_all else none}; {_untried(known)}."
    if known.untried and len(f"{text} {_untried(known)}".split()) <= MOST_WORDS:
        text = f"{text[:-1]}; {_untried(known)}."
    return mark, text if success or mark != "partly" else f"{KNOWN_IN_PART}: {after_mark(text)}"


def _untried(known: Known) -> str:
    """That what was tried is not all that can be; empty where it is."""
    if not known.untried:
        return ""
    return f"{known.untried} more {'was' if known.untried == 1 else 'were'} not tried"


def _told_of(rows: Rows, told: Rows, ways: dict[str, set[str]], mixed: dict[str, set[str]]) -> str:
    statuses = {row["status"] for row in told.values()}
    if mixed:
        way, found = next(iter(mixed.items()))
        names = ", now as ".join(_word(status) for status in sorted(found)[:2])
        return f"{way[:1].upper()}{way[1:]} counts now as {names}, for no reason that shows."
    if len(statuses) == 1:
        only = next(iter(statuses))
        which = "tried" if len(told) == len(rows) else "whose status was told"
        if len(told) == 1:
            return f"The one way of closing {which} {_listed(only)}."
        return f"All {len(told)} ways of closing {which} {_listed(only, many=True)}."
    return _sentence(ways)


def _sentence(ways: dict[str, set[str]]) -> str:
    """`A counts as succeeded, B as cancelled, every other way tried as failed`; the most common comes last."""
    by_status: dict[str, list[str]] = {}
    for way, statuses in ways.items():
        by_status.setdefault(next(iter(statuses)), []).append(way)
    order = sorted(by_status, key=lambda status: (status != "succeeded", len(by_status[status]), status))
    if "succeeded" in by_status and len(by_status["succeeded"]) > 2:
        order = [*order[1:], "succeeded"]
    told = [(" or ".join(by_status[status]), status) for status in order[:-1]]
    for few in range(len(told), 0, -1):
        rest = [("every other way tried", order[-1])] if few == len(told) else []
        words = ", ".join([*_chained([*told[:few], *rest]), *(() if rest else ("other ways count otherwise",))])
        text = f"{words[0].upper()}{words[1:]}."
        if len(text.split()) <= MOST_WORDS:
            return text
    return f"The status depends on the way: {len(by_status)} different ones were listed; the table tells which."


def _listed(status: str, *, many: bool = False) -> str:
    """What the platform does with a session that it gives this status."""
    return f"{_verb(status)[many]} {_named(status)}"


def _verb(status: str) -> tuple[str, str]:
    """What one way does, and what several do."""
    return ("is", "are") if status in {"absent", "unknown"} else ("counts", "count")


def _named(status: str) -> str:
    """What follows the verb."""
    return _word(status) if status in {"absent", "unknown"} else f"as {_word(status)}"


def _chained(parts: list[tuple[str, str]]) -> Iterator[str]:
    """`A counts as succeeded`, then `B as failed`: a verb that counts is said once, of (way, status)."""
    before = ("", "")
    for way, status in parts:
        verb = _verb(status)
        yield f"{way} {_named(status) if verb == before == ('counts', 'count') else _listed(status)}"
        before = verb


def _word(status: str) -> str:
    return "unlisted" if status == "absent" else SHOWN[status]


def _todo(known: Known, told: Rows, ways: dict[str, set[str]]) -> str:
    if not told:
        return _later(known)
    good = {way for way, statuses in ways.items() if statuses == {"succeeded"}}
    end = answer_close.end(known)
    if FINISH in good:
        return answer_close.advised(
            "End with `session.finish`, wait for `session.finished`", end.close, workaround=False
        )
    closed = told.get(KEY[0])
    if closed is not None and closed["status"] == "succeeded":
        last = "Wait for the last `response.done`"
        done = (
            end.advised(last) if end.code == 1000 else answer_close.advised(last, answer_close.HASTY, workaround=True)
        )
        return f"{done} Never let the process or its TCP connection just go."
    if good:
        return f"Leave like this: {min(good, key=len)} counts as a success."
    if known.outcome("Q-FINISH") is None:
        return "Ask the vendor what counts as a success; this run does not know how `session.finish` is met."
    return "End as the first answer says. Ask the vendor what is a success, and raise no alarm for this status alone."


def _later(known: Known) -> str:
    """How a status that nobody has told yet can be had; of the mock's own sessions no account has a log."""
    if not known.mock:
        return LATER
    rows = known.walked().values()
    read = any(row["status"] != NOT_READ and not row["status_why"].startswith(NO_READER) for row in rows)
    return UNLISTED if read else LATER_MOCK


def _how(known: Known, rows: Rows, told: Rows, ways: dict[str, set[str]]) -> list[Evidence]:
    found = known.said("Q-CLOSE-STATUS")
    for status in SHOWN:
        those = [path for path, row in told.items() if row["status"] == status]
        if those:
            of = [way for way, statuses in ways.items() if status in statuses]
            text = f"{_word(status).capitalize()}: {len(those)} of {len(told)} paths, by {', '.join(of)}."
            found.append(Evidence("seen here", text, (), conversations(told, those)))
    if len(told) < len(rows):
        found.append(Evidence("seen here", f"{len(rows) - len(told)} of {len(rows)} paths have no status yet."))
    if left := known.left():
        found.append(
            Evidence("but", f"{len(left)} paths were not walked to their end and are left out.", (), tuple(left))
        )
    return found + [Evidence("but", LEDGER[case.id]) for case in known.failed(*LEDGER)]
