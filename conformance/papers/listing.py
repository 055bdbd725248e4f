"""The program for a finding in what the platform lists: it holds the session again and looks in the list.

The suite's mock keeps a list that any program can read.  A service's is in its console or its log: there the program
asks whoever runs it for the rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from conformance.judge.ledger import CLOCKS
from conformance.mock.options import MockOptions
from conformance.papers.company import Line
from conformance.papers.facts import Fact, holds
from conformance.papers.repro import NoReproduction, Reproduction, Subject, headers
from conformance.papers.script import Unplayable, script
from conformance.papers.stand import plays
from conformance.wire.call import Dial
from conformance.wire.transcript import Transcript

MINE = "[row for row in seen.rows if seen.id in str(row)]"
GREETED = "str(seen.value('session.created', 0, 0, 'session.model'))"


@dataclass(frozen=True)
class Look:
    """What is looked for in the rows: true where the finding is there, and in words what should be and what is."""

    test: str
    expected: str
    seen: str


LOOKS = {
    "CLO-020": Look("not seen.rows", "a row for the session", "none"),
    "CLO-021": Look(f"bool(seen.rows) and not {MINE}", "a row that names the session", "one that names another"),
    "CLO-022": Look(
        "any('usage' in row for row in seen.rows) and sum(cost(at(row, 'usage')) for row in seen.rows) "
        "!= sum(cost(at(one, 'response.usage')) for one in seen.of('response.done'))",
        "the tokens that the replies reported", "another number of tokens",
    ),
    "CLO-023": Look(
        f"any(not seen.began - {CLOCKS} <= float(at(row, 'start_unix_timestamp')) <= seen.ended + {CLOCKS} "
        f"for row in {MINE})",
        "a start while the session was open", "another time",
    ),
    "CLO-024": Look(
        f"any(not (str(at(row, 'model')).startswith({GREETED}) or {GREETED}.startswith(str(at(row, 'model')))) "
        f"for row in {MINE})",
        "the model that greeted", "another model",
    ),
    "CLO-025": Look("seen.key != '' and any(seen.key in str(row) for row in seen.rows)", "no key in a row", "the key"),
}  # fmt: skip
"""By the clause: those about what is listed of a session."""


def reproduction(subject: Subject, transcripts: Iterable[Transcript]) -> Reproduction:
    """The shortest session of which the list shows it, and not the list of a faithful mock.  Raises NoReproduction."""
    look = LOOKS[subject.check.id]
    fact = Fact(look.test, look.expected, look.seen, 0, lambda draft: None)
    why = "no session alone shows it"
    showing = (item for item in transcripts if item.legs and subject.claim(item) is True)
    for transcript in sorted(showing, key=lambda item: sum(len(leg.frames) for leg in item.legs)):
        leg = transcript.legs[-1]  # the one that its row is about
        try:
            steps = script(leg, transcript.path or "").steps
        except Unplayable as problem:
            why = str(problem)
            continue
        dial = subject.dials.get(transcript.conversation, Dial()) if len(transcript.legs) == 1 else Dial()
        line = Line(urlsplit(leg.url).query, headers(leg, dial), [*steps, [len(steps), [], 0, "look"]])
        mocks = [MockOptions(switches=side, seed=3) for side in subject.others()[:1]]
        mocks += [subject.liar] if subject.liar is not None else []
        honest, *lying = (seens[-1] for seens in plays(mocks, [line]))
        if not holds(look.test, honest) and all(holds(look.test, seen) for seen in lying):
            told = ["On the suite's own mock it does not show."]
            told += ["The mock on which it was seen shows it again."] if lying else []
            return Reproduction(transcript, leg, line, (fact,), " ".join(told))
        why = "what was found to look for does not come again, or comes of a faithful server as well"
    raise NoReproduction(why)
