"""The three questions that the suite was asked for, answered from one run's evidence.

Each answer is one sentence of at most twenty words with a mark, what to do about it, and how it is known.  It is
derived from observations and from findings together: an endpoint that contradicts itself is told as such.  Client
evidence never stands in for the platform's status, and a way that was not walked to its end says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from conformance.report import answer_finish, answer_silence, answer_status, hindered
from conformance.report.answer import SHOWN, Evidence, InWords, Known, plain
from conformance.report.case import Case
from conformance.report.causes import Cause

__all__ = ["SHOWN", "Evidence", "InWords", "in_words", "plain", "unread"]


def in_words(
    judged: Iterable[Case],
    close_paths: list[dict[str, Any]],
    model: str = "this model",
    *,
    questions: Iterable[Mapping[str, Any]] = (),
    silence: Sequence[tuple[float, int]] = (),
    rate: float | None = None,
    mock: bool = False,
    ended: str = "",
    untried: int = 0,
    causes: Sequence[Cause] = (),
) -> list[InWords]:
    """The three answers.

    `model` is what was asked, `questions` are the catalogue's, for what their sources say; `silence` holds seconds of
    silence before a spoken turn and the audio tokens billed for it, `rate` the tokens a second of audio costs, and
    `mock` says that the mock was judged; `ended` is what to do about what ended the run before it had held everything,
    `untried` how many ways of closing it was kept from, and `causes` are what most of it hangs on.
    """
    stops = [cause for cause in causes if cause.remedy]
    known = Known(
        cases={case.id: case for case in judged},
        rows={row["path"]: row for row in close_paths},
        questions={row["id"]: row for row in questions},
        model=model,
        mock=mock,
        untried=untried,
        held_up={key: cause.words for cause in reversed(stops) for key in (*cause.checks, *cause.conversations)},
    )
    found = [answer_finish.answer(known), answer_status.answer(known), answer_silence.answer(known, silence, rate)]
    return hindered.told(found, known, stops, ended)


def unread(close_paths: Iterable[dict[str, Any]]) -> str | None:
    """Why the platform told the status of no close path, in words; None when it told one or was not asked."""
    rows = list(close_paths)
    if not rows or any(row["status"] in SHOWN for row in rows):
        return None
    return next((plain(row["status_why"]) for row in rows if row["status_why"]), None)
