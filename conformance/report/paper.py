"""A finding as a text for whoever has to act on it: what was expected and why, what was seen, where, how often."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance.report.case import Case
from conformance.report.html_text import one_line, plural, told, visible
from conformance.report.html_trace import Row, kind, payload, rows
from conformance.report.record import Record
from conformance.spec.sources import address, described
from conformance.wire.transcript import Leg, Transcript

MOST_FRAMES = 60
MOST_PLACES = 5
LONGEST = 240  # characters of a frame
LONGEST_WORDS = 2_000  # characters of what a check said


@dataclass(frozen=True)
class Program:
    """What the text says of the program that shows the finding by itself.

    `turns` are what is expected and what is seen, in the words of what the program looks for; `frames` those that it
    turns on; `steps` how many it takes; `tried` where it was tried.  Without one, `missing` says why or how to get it.
    """

    turns: tuple[tuple[str, str], ...] = ()
    frames: frozenset[int] = frozenset()
    steps: int = 0
    tried: str = ""
    missing: str = ""


@dataclass(frozen=True)
class Place:
    """The connection that the text shows, and the names of all conversations in which it was seen."""

    transcript: Transcript
    number: int
    names: tuple[str, ...] = field(default=())

    @property
    def leg(self) -> Leg:
        """The connection."""
        return self.transcript.legs[self.number]


def place_of(case: Case, record: Record) -> Place | None:
    """Where a finding was seen, as far as the record says; None where no conversation shows it."""
    named = tuple(dict.fromkeys(one.conversation for one in case.findings if one.conversation in record.transcripts))
    for one in case.findings:
        transcript = record.transcripts.get(one.conversation)
        if transcript is not None and one.connection < len(transcript.legs):
            return Place(transcript, one.connection, named)
    transcript = record.transcripts.get(case.conversation)
    return Place(transcript, 0, (case.conversation,)) if transcript is not None and transcript.legs else None


def kept_for(case: Case, record: Record, place: Place | None) -> list[Transcript]:
    """The conversations that the part of the record holds: the one that is shown, and a few more of a rule's."""
    names = [
        *([place.transcript.conversation] if place is not None else []),
        *(place.names if place is not None else ()),
    ]
    names += [one.conversation for one in case.findings]
    found = (record.transcripts.get(name) for name in dict.fromkeys(names))
    return [one for one in found if one is not None][: 1 if case.conversation else MOST_PLACES]


def text(case: Case, record: Record, place: Place | None, program: Program) -> str:
    """The text, as Markdown."""
    clause = next((row for row in record.catalogue["clauses"] if row["id"] == case.id), None)
    question = next((row for row in record.catalogue["questions"] if row["id"] == case.id), None)
    row = clause or question or {}
    sentence = one_line(row.get("sentence") or row.get("ask", ""), 400)
    out = [f"# {case.id}{f' ({case.level})' if clause else ''}: {sentence}", ""]
    out += [*_circumstances(case, record, place), ""]
    out += ["## Expected", "", *(_clause(clause) if clause else _question(question or {})), ""]
    out += ["## Seen", "", *_seen(case, program, question), ""]
    out += ["## How often", "", _how_often(case, record, place), ""]
    if place is not None:
        out += ["## What crossed the wire", "", *_frames(case, place, program), ""]
    out += ["## To see it again", "", *_again(case, program), ""]
    return "\n".join(out)


def _circumstances(case: Case, record: Record, place: Place | None) -> Iterator[str]:
    target = record.run["target"]
    first = record.run.get("replayed") or {}
    named = first.get("target") or target
    yield f"- Endpoint: {one_line(named.get('endpoint'))}, model {one_line(named.get('model', target['model']))}"
    yield f"- Begun: {one_line(first.get('started') or record.run['started'])}"
    if place is not None:
        session = place.leg.session_id
        yield f"- Session: {f'`{one_line(session)}`' if session else 'it was given no id'}"
        legs = len(place.transcript.legs)
        yield f"- Conversation: `{place.transcript.conversation}`, connection {place.number + 1} of {legs}"
    yield f"- Judged by version {record.run['suite']['version']} of the suite, check `{case.id}` in `{case.where}`"


def _clause(row: dict[str, Any]) -> Iterator[str]:
    yield one_line(row["sentence"], 600)
    yield ""
    yield f"Why it is a {row['level']}: {one_line(row.get('why', ''), 600)}."
    yield ""
    yield f"Sources, as of {row.get('date', 'an unknown day')}:"
    yield ""
    for key in row.get("source", ()):
        yield f"- {_source(str(key))}"


def _source(key: str) -> str:
    words = described(key)
    link = address(key)
    named = f"[{key}]({link})" if link else key
    return f"{named}: {words}" if words else named


def _question(row: dict[str, Any]) -> Iterator[str]:
    yield f"No source settles it. {one_line(row.get('ask', ''), 600)}"
    yield ""
    yield "These answers are possible; please say which is meant:"
    yield ""
    for outcome in row.get("outcomes", ()):
        yield f"- {one_line(outcome['means'], 400)} ({one_line(outcome['evidence'], 400) or 'no source'})"


def _seen(case: Case, program: Program, question: dict[str, Any] | None) -> Iterator[str]:
    if question is not None and case.outcome is not None:
        means = {one["id"]: one["means"] for one in question.get("outcomes", ())}
        yield one_line(means.get(case.outcome, case.outcome), 400)
        yield ""
    # Equal words are one line, with how many there were.
    lines: dict[tuple[str, str], int] = {}
    for one in case.findings:
        lines[one.expected, one.seen] = lines.get((one.expected, one.seen), 0) + 1
    for (expected, seen), times in list(lines.items())[:MOST_PLACES]:
        many = f" ({times} times)" if times > 1 else ""
        yield f"- {visible(seen)[:LONGEST_WORDS]}{many}"
        if expected:
            yield f"  Expected: {visible(expected)[:LONGEST_WORDS]}"
    if not lines:
        words, assertion = told(case.detail)
        yield visible(words)[:LONGEST_WORDS] or "The check has no words of its own."
        if assertion:
            yield from ("", "```", *visible(assertion)[:LONGEST_WORDS].splitlines(), "```")
    if program.turns:
        yield ""
        yield "It turns on this:"
        yield ""
        for wanted, found in program.turns[:MOST_PLACES]:
            yield f"- expected {visible(wanted)}; seen {visible(found)}"


def _frames(case: Case, place: Place, program: Program) -> Iterator[str]:
    leg = place.leg
    yield f"Times are in ms. `→` is the client, `←` the server. The handshake ended with HTTP {leg.handshake.status}."
    yield ""
    here = (place.transcript.conversation, place.number)
    decisive = program.frames or {
        one.frame for one in case.findings if one.frame is not None and (one.conversation, one.connection) == here
    }
    lines = [_line(row, decisive) for row in rows(leg)]
    whole = len(lines)
    if whole > MOST_FRAMES:
        half = MOST_FRAMES // 2
        turn = next((n for n, line in enumerate(lines) if line.startswith("*")), half)
        middle = min(max(turn, half), whole - half)
        lines = lines[middle - half : middle + half]
        yield f"Of {whole} lines the {len(lines)} around the one that it turns on; the record has all."
        yield ""
    fence = _fence(lines)
    yield from (fence, *lines, fence, "")
    if any(line.startswith("*") for line in lines):
        yield "What it turns on is marked `*`."
        yield ""
    yield _ending(leg)


def _line(row: Row, decisive: Iterable[int | None]) -> str:
    frames = row.frames
    mark = "*" if {frame.index for frame in frames} & set(decisive) else " "
    arrow = "→" if frames[0].side == "client" else "←"
    many = f"{len(frames)} times " if len(frames) > 1 else ""
    return (
        f"{mark} {frames[0].at:9.1f} {arrow} {many}{kind(frames[0])} {one_line(payload(frames[0]), LONGEST)}".rstrip()
    )


def _fence(lines: list[str]) -> str:
    """More backquotes than stand in a row in any line."""
    longest = (len(list(run)) for line in lines for mark, run in itertools.groupby(line) if mark == "`")
    return "`" * max(3, 1 + max(longest, default=0))


def _ending(leg: Leg) -> str:
    ending = leg.ending
    who = f"The {ending.first} closed first" if ending.first != "nobody" else "Nobody closed the connection"
    why = visible(ending.reason_received)
    sent = "none" if ending.code_sent is None else str(ending.code_sent)
    received = "none" if ending.code_received is None else str(ending.code_received)
    return f"{who}. Close code of the client: {sent}; of the server: {received} {why}".rstrip()


def _how_often(case: Case, record: Record, place: Place | None) -> str:
    """How often it was seen, as a sentence."""
    held = plural(len(record.transcripts), "conversation")
    if case.conversation:
        transcript = record.transcripts.get(case.conversation)
        if transcript is not None and transcript.attempt > 1:
            return f"In the one conversation that asks for it, at attempt {transcript.attempt} ({transcript.retried})."
        return "In the one conversation that asks for it, which was held once."
    names = place.names if place is not None else ()
    if not names:
        return f"Seen over {held} together; none shows it alone."
    named = ", ".join(f"`{name}`" for name in names[:MOST_PLACES])
    more = f" and {len(names) - MOST_PLACES} more" if len(names) > MOST_PLACES else ""
    times = f"{plural(case.places, 'time')}, " if case.places else ""
    least = "at least " if case.places > len(case.findings) else ""
    return f"{times}in {least}{len(names)} of {held}: {named}{more}."


def _again(case: Case, program: Program) -> Iterator[str]:
    if program.missing:
        yield program.missing
    else:
        yield f"`{case.id}.py` needs no part of the suite: `DASHSCOPE_API_KEY=… uv run {case.id}.py wss://…` sends"
        yield f"{plural(program.steps, 'step')} as they were sent here, prints what comes, and says whether it is still"
        yield "so. It ends with 1 where it is, with 0 where it is not, with 2 where it could not be tried."
        yield ""
        yield program.tried
    again = f"realtime-conformance run --replay {case.id}.jsonl --case {case.id}"
    yield ""
    yield f"`{case.id}.jsonl` holds what was recorded: `{again}` judges it again and opens no connection."
