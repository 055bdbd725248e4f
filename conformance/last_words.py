"""The last lines on the terminal: what was judged, what was lost, and where the report is."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance import terminal
from conformance.against.words import PAGE, SIDES
from conformance.against.words import words as against_words
from conformance.conduct import FORM, Conduct
from conformance.report import answer
from conformance.report.answers import unread
from conformance.report.causes import Cause
from conformance.report.explored import LONG
from conformance.report.explored import words as explored_words
from conformance.report.headline import table, transport_words
from conformance.report.html_text import plural
from conformance.spec.catalogue import clauses, questions
from conformance.wire.target import is_loopback


def closing_words(conduct: Conduct) -> Iterator[str]:
    """The last lines on the terminal."""
    made, target = conduct.summary, conduct.run.target
    assert made is not None
    yield ""
    if conduct.writer.problem:
        # What could be written is a part, and its figures would be wrong.
        yield f"The record is incomplete: {conduct.writer.problem}. What is said above is all that there is."
        return
    for text in made["caveats"] or [f"This run judged {target.name} with the model {target.model}."]:
        yield terminal.folded(conduct.config, text)
    usage = made["usage"]
    sessions = f", {plural(made['sessions'], 'session')}" if made["sessions"] else ""  # none where nothing was opened
    tokens = f"{usage['input_tokens']:,} input and {usage['output_tokens']:,} output tokens"
    yield f"{plural(made['conversations'], 'conversation')}{sessions}, {tokens}"
    lost = made["stability"]
    if lost["lost"]:
        yield f"{lost['lost']} of {plural(lost['sessions'], 'session')} lost on the way; the report says where."
    if made["rested"]:
        yield f"The run was held up by throttling for {made['rested']:.0f} s."
    if any(made["counts"].keys() - {"not_run"}):
        yield from table(made["levels"])
        if made["transport"]:
            yield transport_words(made["transport"])
    untested = sum(bool(row.excluded) for row in clauses().values())
    by_hand = sum(row.reach == "by-hand" for row in questions().values())
    yield f"Beside these: {untested} clauses and {by_hand} questions that no run can judge; the report says why."
    for cause in made["causes"]:
        yield Cause(**cause).sentence
    if "explored" in made and made["explored"]["longest"] > LONG:
        yield explored_words(made["explored"])
    for text in _unexpected(made["observations"]):
        yield terminal.folded(conduct.config, text)
    for text in (*terminal.named(made), *answer.lines(made), made["headline"]):
        yield terminal.folded(conduct.config, text)
    if "against" in made:
        yield from against_words(made["against"])
    folder = conduct.directory
    with contextlib.suppress(ValueError):
        folder = folder.relative_to(conduct.config.invocation_params.dir)
    if (why := unread(made["close_paths"])) is not None:
        yield f"The platform's status of the sessions is not known: {why}."
        if target.kind == "live":
            yield from bring_in_later(
                folder, form=(conduct.directory / FORM).is_file(), log=not is_loopback(target.url)
            )
    if made["verdict"] == "interrupted" and made["conversations"]:
        yield f"To judge what was recorded: pytest conformance/ --replay {folder / 'record.jsonl'}"
    if conduct.cut:
        yield "The page is brief, for the run was interrupted.  To make the whole one:"
        yield f"  realtime-conformance report {folder / 'record.jsonl'}"
    yield from terminal.annotated(made, {check.id: check.where for check in conduct.chapters.checks.values()})
    for name in (PAGE, SIDES) if conduct.beside is not None else ():
        if (conduct.directory / name).is_file():
            yield f"Differences: {folder / name}" if name == PAGE else f"Side by side: {folder / name}"
    page = conduct.directory / "report.html"
    if page.is_file():
        yield f"Report: {page.as_uri() if terminal.links(conduct.config) else folder / 'report.html'}"


def _unexpected(observations: list[dict[str, Any]]) -> Iterator[str]:
    """The answers that no source allows, a line each."""
    for row in observations:
        if "unexpected" in row:
            question = questions().get(row["id"])
            means = next((one.means for one in question.outcomes if one.id == row["outcome"]), "") if question else ""
            told = f"{question.ask} {means or row['outcome']}" if question else f"is `{row['outcome']}`."
            yield f"Unexpected answer: {row['id']} {told} Why that is not expected: {row['unexpected']}"


def bring_in_later(folder: Path, *, form: bool, log: bool) -> Iterator[str]:
    """The commands by which a run without a reader gets its statuses from what the platform lists later.

    `form`: one lies there to be filled in; `log`: the sessions are in the vendor's log at all.
    """
    again = ["pytest", "conformance/", "--replay", str(folder / "record.jsonl"), "--status-source"]
    if log:
        yield "To bring it in later, from the vendor's log (`bl auth login --console` first):"
        yield f"  {shlex.join([*again, 'bl'])}"
    if form:
        yield f"To bring it in by hand: fill in `shown` and `seen_at` in {folder / FORM}, the first lines first, and"
        yield f"  {shlex.join([*again, f'file:{folder / FORM}'])}"
