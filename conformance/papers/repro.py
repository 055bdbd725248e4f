"""A reproduction of a finding: found in the recording, cut down, tried, and written as one file that needs no suite."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from conformance.judge.checks import Check, judge
from conformance.mock import switches
from conformance.mock.options import MockOptions
from conformance.papers.company import Line, beside
from conformance.papers.facts import Courses, Fact, holds
from conformance.papers.player import Seen
from conformance.papers.script import Unplayable, script
from conformance.papers.stand import PATIENCE, plays
from conformance.papers.trace import Trace
from conformance.papers.turning import Claim, turning
from conformance.spec.profiles import Profile
from conformance.wire.call import NEAR, Dial
from conformance.wire.transcript import Leg, Transcript


class NoReproduction(Exception):  # noqa: N818  # it is the reason, told in the paper
    """There is no reproduction; the message says why, in a sentence without its full stop."""


@dataclass(frozen=True)
class Subject:
    """What is to be shown again: a check, what it said (an open question's outcome, or None: it fails), and where.

    `liar` is the mock on which it was seen, where it was one.
    """

    check: Check
    profile: Profile
    outcome: str | None = None
    liar: MockOptions | None = None
    dials: dict[str, Dial] = field(default_factory=dict)

    def claim(self, transcript: Transcript) -> bool | None:
        """Whether a conversation shows it; None where it tells nothing of it."""
        said = judge([self.check], {transcript.conversation: transcript}, self.profile)[self.check.id]
        if self.outcome is not None:
            return said.outcome == self.outcome if said.verdict == "observed" else None
        return {"fail": True, "pass": False}.get(said.verdict)

    @property
    def words(self) -> list[str]:
        """The words that the check has of its own, among them those that it looks for in what is said."""
        return [one for one in self.check.function.__code__.co_consts[1:] if isinstance(one, str) and one.strip()]

    def others(self) -> list[Mapping[str, str]]:
        """The switches of mocks that should not show it: those of the liar, or its own where a switch is the lie."""
        given = self.liar.switches if self.liar is not None else {}
        if self.outcome is None:
            return [given, {}] if given else [{}]
        name = self.check.id.lower().removeprefix("q-")
        # Many an answer follows from a more general one: how a session is finished in the middle of speech from
        # whether it can be at all.
        names = [known for known in switches.known() if f"{name}-".startswith(f"{known}-")]
        return [{**given, known: value} for known in sorted(names, key=len)[-1:] for value in switches.known()[known]]


@dataclass(frozen=True)
class Reproduction:
    """How a finding is shown again.

    `leg` is the connection it is taken from, `line` what is played of it; `tried` says on what it was tried.
    """

    transcript: Transcript
    leg: Leg
    line: Line
    facts: tuple[Fact, ...]
    tried: str
    company: list[Line] = field(default_factory=list)
    """Other connections that have to be there, before this one or beside it; mostly none."""

    @property
    def steps(self) -> list[Any]:
        """What the client does on the connection."""
        return self.line.steps

    @property
    def test(self) -> str:
        """The expression that is true where the finding is there."""
        return " or ".join(fact.test for fact in self.facts)


def reproduction(subject: Subject, transcripts: Iterable[Transcript]) -> Reproduction:
    """The reproduction of what a check said of these conversations.  Raises NoReproduction."""
    held = list(transcripts)
    showing = [(alone, whole) for whole in held for alone in _alone(subject, whole) if _shows(subject, alone)]
    together = [] if showing else [(whole, whole) for whole in held if _shows(subject, whole)]
    if not showing and not together:
        raise NoReproduction("no conversation alone shows it: the check looks at several together")
    why = ""
    # The shortest first; a rule that is broken in one is broken in the others in the same way.
    showing.sort(key=_length)
    # What one connection does to another is likeliest where most is done.
    together.sort(key=_length, reverse=True)
    for transcript, whole in (*showing, *together)[:3]:
        dial = subject.dials.get(transcript.conversation, Dial())
        ways = [headers(leg, dial if leg is whole.legs[0] else Dial()) for leg in transcript.legs]
        for side in subject.others():
            try:
                return _of(subject, transcript, ways, side)
            except NoReproduction as problem:
                why = str(problem)
    raise NoReproduction(why)


def _alone(subject: Subject, transcript: Transcript) -> list[Transcript]:
    """What a check judges by itself: a rule each connection, any other check its whole conversation."""
    if subject.check.conversation is not None:
        return [transcript]
    return [dataclasses.replace(transcript, legs=[leg]) for leg in transcript.legs]


def _length(pair: tuple[Transcript, Transcript]) -> tuple[int, str]:
    return sum(len(leg.frames) for leg in pair[0].legs), pair[1].conversation


def _shows(subject: Subject, transcript: Transcript) -> bool:
    return bool(transcript.legs) and subject.claim(transcript) is True


def _of(subject: Subject, transcript: Transcript, ways: list[dict[str, str]], side: Mapping[str, str]) -> Reproduction:
    """The reproduction on one of a conversation's connections; `ways` are the headers by which each is opened."""
    # Of other seeds than a mock usually has: by the same one it would give the same names to what the liar mixes up.
    honest = [MockOptions(switches=side, seed=seed) for seed in (1, 2)]
    why = "what it turns on is not among the things that a short program can look for"
    traces: dict[int, Trace] = {}
    for number, leg in enumerate(transcript.legs):
        try:
            traces[number] = Trace(transcript, number, script(leg, transcript.path or ""))
        except Unplayable as problem:
            why = str(problem)
    lines = {
        number: Line(urlsplit(trace.leg.url).query, ways[number], trace.script.steps)
        for number, trace in traces.items()
    }  # fmt: skip
    sides = dict(zip(lines, beside(list(traces.values()), list(lines.values())), strict=True))
    seens = [dict(zip(traces, played, strict=True)) for played in plays(honest, list(sides.values()))]
    seens.append({number: trace.seen() for number, trace in traces.items()})
    courses: dict[int, Courses] = {}
    peers: dict[int, list[int]] = {}
    for number, trace in traces.items():
        peers[number] = [other for other in lines if other != number and sides[other].beside(sides[number])]
        honestly, again, mine = (_among(seen, number, peers[number]) for seen in seens)
        courses[number] = Courses(trace, honestly, again, mine.beside)
    for number, course in courses.items():
        # A check that sees the same on several connections is shown on one when the others are as they should be.
        base = transcript
        for other, there in courses.items():
            if other != number and (edits := [fact.edit for fact in there.facts()]):
                base = there.trace.on(base).mended(edits)
        trace = course.trace.on(base)
        if subject.claim(base) is not True:
            continue
        if base is not transcript:  # the same on another ground
            course = Courses(trace, course.other, course.again, course.mine.beside)  # noqa: PLW2901
        if facts := turning(course, subject.claim, words=subject.words):
            for company in _companies(number, lines, sides, peers[number]):
                found = _tried(subject, course, facts, honest[0], company)
                if found is not None:
                    return dataclasses.replace(found, transcript=transcript, leg=transcript.legs[number])
            why = "what was found to look for does not come again, or comes of a faithful server as well"
    raise NoReproduction(why)


def _among(seens: Mapping[int, Seen], number: int, peers: Sequence[int]) -> Seen:
    """What was seen on one connection, beside those that were opened in the same way."""
    seen = copy.copy(seens[number])
    seen.beside = [seens[other] for other in peers]
    return seen


def _companies(
    number: int, lines: Mapping[int, Line], sides: Mapping[int, Line], peers: Sequence[int]
) -> list[tuple[Line, list[Line]]]:
    """What may have to happen on other connections that were opened as this one, the least first.

    That is nothing, or all on those that were over before, or all on all of them, side by side as it was.
    """
    over = [lines[other] for other in peers if sides[other].moments[-1] <= sides[number].moments[0]]
    found: list[tuple[Line, list[Line]]] = [(lines[number], [])]
    found += [(lines[number], over)] * bool(over)
    return [*found, *[(sides[number], [sides[other] for other in peers])] * bool(peers)]


USUAL = {"host", "upgrade", "connection", "user-agent", "authorization", "x-dashscope-workspace"}
"""Headers that a reproduction sends as its library does, or as its reader's account needs them."""


def headers(leg: Leg, dial: Dial) -> dict[str, str]:
    """The headers that a reproduction sends; `{key}` stands for the key, `{start}` and `{end}` for its halves."""
    sent = leg.handshake.request_headers
    found = {
        name: value
        for name, value in sent
        if (name.lower() not in USUAL and not name.lower().startswith("sec-websocket-"))
        or (name.lower() == "user-agent" and not value.startswith("qwen-realtime-conformance/"))
    }  # fmt: skip
    if any(name.lower() == "authorization" for name, _ in sent):
        named = {None: "{key}", "target": "{key}", NEAR: "{start}-invalid-{end}"}
        scheme = next(value for name, value in sent if name.lower() == "authorization").partition(" ")
        found["Authorization"] = f"{scheme[0] if scheme[1] else dial.scheme} {named.get(dial.key, dial.key)}"
    return found


def _tried(
    subject: Subject, courses: Courses, facts: Sequence[Fact], honest: MockOptions, lines: tuple[Line, list[Line]]
) -> Reproduction | None:
    """The shortest script of a few that shows it where it was seen and not on a faithful mock; None: none does."""
    test, (line, company) = " or ".join(fact.test for fact in facts), lines
    if "seen.beside" in test and not any(one.moments for one in company):
        return None
    cuts = [_tail(courses, test, subject.claim), list(range(len(line.steps)))]
    if subject.liar is not None:  # who leaves out what came before must see that it still happens
        cuts.insert(0, _fewest(courses, test, subject.claim, cuts[0]))
    patience = PATIENCE + max(fact.seconds for fact in facts)
    mocks = [dataclasses.replace(honest, seed=3), *([subject.liar] if subject.liar is not None else [])]
    for kept in dict.fromkeys(map(tuple, cuts)):
        chosen = _cut(line, kept)
        seen = [seens[-1] for seens in plays(mocks, [*company, chosen], patience)]
        if holds(test, seen[0]) or (subject.liar is not None and not holds(test, seen[1])):
            continue
        told = ["On the suite's own mock it does not show."]
        if subject.outcome is not None:
            told = ["A mock that takes another side does not show it."]
        if subject.liar is not None:
            told += ["The mock on which it was seen shows it again."]
        return Reproduction(courses.trace.transcript, courses.trace.leg, chosen, tuple(facts), " ".join(told), company)
    return None


# -- cutting


def joined(steps: Sequence[Any], kept: Sequence[int]) -> list[Any]:
    """These steps alone: each waits for what came after the one that is now before it.

    Left with its own, a step would wait in vain for what answers those that are gone, and until patience ends.
    """
    before = [0, *(number + 1 for number in kept)]
    return [[number, steps[after][1], *steps[number][2:]] for number, after in zip(kept, before, strict=False)]


def _cut(line: Line, kept: Sequence[int]) -> Line:
    """A line with these steps alone, each when it was."""
    places = [0, *(number + 1 for number in kept), len(line.steps) + 1]
    when = tuple(line.moments[place] for place in places if line.moments)
    return dataclasses.replace(line, steps=joined(line.steps, kept), moments=when)


def _still(courses: Courses, test: str, claim: Claim) -> Callable[[Sequence[int]], bool]:
    """Whether the recording shows the same, and a faithful course does not, with only these steps and what came after.

    What can't be so in what was seen already is not worth trying.
    """
    trace = courses.trace

    def still(kept: Sequence[int]) -> bool:
        begun = {0, *(number + 1 for number in kept)}
        if not holds(test, courses.mine.during(begun)) or holds(test, courses.other.during(begun)):
            return False
        return claim(trace.with_frames(entry.frame for entry in trace.entries if entry.step in begun)) is True

    return still


def _tail(courses: Courses, test: str, claim: Claim) -> list[int]:
    """The steps without those at the end that nothing needs."""
    still, kept = _still(courses, test, claim), list(range(len(courses.trace.script.steps)))
    while kept and still(kept[:-1]):
        kept.pop()
    return kept


def _fewest(courses: Courses, test: str, claim: Claim, kept: list[int]) -> list[int]:
    """The steps that are needed, as far as the recording can tell."""
    still, size = _still(courses, test, claim), max(1, len(kept) // 2)
    while True:
        start = 0
        while start < len(kept):
            fewer = kept[:start] + kept[start + size :]
            if still(fewer):
                kept = fewer
            else:
                start += size
        if size == 1:
            return kept
        size //= 2
