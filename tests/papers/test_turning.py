"""On what a finding turns, where no one difference undoes it or the check never got to see what would have followed."""

from types import SimpleNamespace

import pytest
from papers.showing import subject

from conformance.mock.options import MockOptions
from conformance.papers.facts import ENDED, Courses, Fact
from conformance.papers.player import Seen
from conformance.papers.trace import Draft, Entry
from conformance.papers.turning import turning
from conformance.wire.transcript import Leg


def fact(test: str) -> Fact:
    return Fact(test, "nobody", "server", 1, lambda draft: None)


@pytest.mark.parametrize(
    ("test", "says", "many"), [(ENDED, None, 1), (ENDED, True, 0), (ENDED, False, 1), ("seen.code == 1011", None, 0)]
)
def test_that_the_server_ended_it_is_looked_for_where_the_check_has_nothing_more_to_say(
    monkeypatch, test, says, many
) -> None:
    monkeypatch.setattr("conformance.papers.turning.differences", lambda courses: [fact(test)])
    trace = SimpleNamespace(mended=lambda edits: SimpleNamespace(notes={}))
    courses = SimpleNamespace(everywhere=list, trace=trace)
    assert len(turning(courses, lambda transcript: says)) == many  # type: ignore[arg-type]


def test_what_comes_after_several_that_it_should_precede_is_moved_before_all_of_them() -> None:
    """Of two calls each is shown after its arguments, and one of them came in pieces."""
    shown, delta, done = ({"type": kind} for kind in ("shown", "arguments.delta", "arguments.done"))
    mine = Seen([(1, one) for one in (delta, done, shown, done, shown)])
    other = Seen([(1, one) for one in (shown, delta, done, shown, done)])
    said = [Entry(key, step, SimpleNamespace(opcode="text"), event) for key, (step, event) in enumerate(mine.got)]
    trace = SimpleNamespace(seen=lambda: mine, said=said, entries=said, script=SimpleNamespace(steps=[]))
    (first, *_) = Courses(trace, other, other).everywhere()
    draft = Draft([entry.fresh() for entry in said], Leg("wss://x"))  # type: ignore[attr-defined]
    first.edit(draft)
    assert [entry.event["type"] for entry in draft.entries] == [event["type"] for _, event in other.got]


@pytest.mark.parametrize(("awaited", "pause", "place"), [([], 0, 2), (["created"], 0, 3), ([], 0.2, 3)])
def test_what_lacks_is_put_where_who_does_not_wait_could_have_heard_it(awaited, pause, place) -> None:
    """A mistake and, without waiting, an update: the error answers the mistake, and is heard behind the update."""
    mistake, update, updated, error = None, None, {"type": "updated"}, {"type": "error"}
    said = [
        Entry(key, step, SimpleNamespace(opcode="text", at=float(key)), event)
        for key, (step, event) in enumerate([(0, {"type": "created"}), (1, mistake), (2, update), (2, updated)])
    ]
    mine = Seen([(0, said[0].event), (2, updated)])
    other = Seen([(0, said[0].event), (2, error), (2, updated)])
    script = SimpleNamespace(steps=[[0, ["created"], 0, "text", "{}"], [1, awaited, pause, "text", "{}"]])
    spoken = [said[0], said[3]]
    trace = SimpleNamespace(seen=lambda: mine, said=spoken, entries=said, script=script)
    (fact,) = Courses(trace, other, other).everywhere()
    draft = Draft([entry.fresh() for entry in said], Leg("wss://x"))  # type: ignore[arg-type]
    fact.edit(draft)
    assert [entry.event for entry in draft.entries].index(error) == place


def test_where_a_switch_is_the_lie_a_mock_without_it_stands_beside() -> None:
    assert subject("unknown-model-is-welcome").others() == [{"unknown-model": "accepted"}, {}]
    assert subject("no-usage").others() == [{}]
    assert MockOptions(quirks=("no-usage",)).switches == {}
