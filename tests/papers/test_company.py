"""Connections beside each other: in which order they go on, and what they have in common."""

from types import SimpleNamespace

import pytest

from conformance.papers import repro
from conformance.papers.company import NEVER, Line, beside, moments, shared, turns
from conformance.papers.facts import Courses, holds
from conformance.papers.player import Seen, introduced, together
from conformance.papers.trace import Draft, Entry
from conformance.wire.transcript import Ending, Frame, Handshake, Leg

STEPS = [[0, ["session.created"], 0, "text", "{}"], [1, [], 0.5, "text", "{}"]]


def line(*times: float, steps=STEPS, key="Bearer {key}") -> Line:
    return Line("", {"Authorization": key}, steps, times)


def test_connections_take_turns_as_it_was() -> None:
    assert turns([line(0, 10, 20, 30), line(5, 15, 25, NEVER)]) == [0, 1, 0, 1, 0, 1, 0, 1]
    assert turns([line(0, 1, 2, 3), line(4, 5, 6, 7)]) == [0] * 4 + [1] * 4


def test_without_times_one_goes_on_after_the_other() -> None:
    assert turns([line(), line()]) == [0] * 4 + [1] * 4


def moves(name: str, many: int):
    """A connection that is seen after so many moves."""
    for _ in range(many):
        log.append(name)
        yield None
    log.append(f"{name} ends")
    yield Seen([(0, {"type": name})])


log: list[str] = []


def test_who_takes_turns_ends_when_it_ends() -> None:
    """The first ends before its turns are over, as where a server closes early: what was seen stays seen."""
    log.clear()
    seens = together([moves("a", 1), moves("b", 2)], [0, 1, 0, 1, 0, 1])
    assert log == ["a", "b", "a ends", "b", "b ends"]
    assert [seen.got[0][1]["type"] for seen in seens] == ["a", "b"]
    assert [[other.got[0][1]["type"] for other in seen.beside] for seen in seens] == [["b"], ["a"]]


def trace(*times: float, begun=(0, 1, 1, 2), first="client", status=101):
    """A connection whose frames crossed at these times."""
    frames = [Frame(place, "server", at, "text", text="{}") for place, at in enumerate(times)]
    leg = Leg("wss://x", frames=frames, ending=Ending(first=first), handshake=Handshake(status, 0.0))
    return SimpleNamespace(leg=leg, script=SimpleNamespace(begun=begun, steps=STEPS))


def test_a_connection_has_moments_when_it_opens_acts_and_ends() -> None:
    assert moments(trace(1, 2, 3, 4)) == (1, 2, 4, 4)
    assert moments(trace(1, 2, 3, 4, first="nobody")) == (1, 2, 4, NEVER), "it is heard until nothing comes any more"
    assert moments(trace(1, 2, begun=(0, 1))) == (1, 2, 2, 2), "who leaves does so after the last that crossed"


def test_what_one_waits_while_another_acts_it_does_not_wait_again() -> None:
    """The second step came 500 ms after the step before it, and 100 after what crossed on the other connection."""
    first, second = trace(0, 100, 100, 600), trace(0, 500, 500, 900)
    mine, theirs = beside([first, second], [line(), line()])  # type: ignore[list-item]
    assert [step[2] for step in mine.steps] == [0, 0.1]
    assert [step[2] for step in theirs.steps] == [0, 0.3]
    assert [step[2] for step in beside([first], [line()])[0].steps] == [0, 0.5]  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("other", "may"),
    [
        (line(0, 1, 2, 3), True),
        (line(20, 21, 22, NEVER), True),
        (line(20.1, 21, 22, NEVER), False),
        (line(0, 1, 2, 3, key="bearer {key}"), True),
        (line(0, 1, 2, 3, key="Bearer {start}-invalid-{end}"), False),
    ],
)
def test_one_suffers_from_another_that_was_there_before_its_end_with_the_same_key(other, may) -> None:
    assert other.beside(line(10, 11, 12, 20)) == may


@pytest.mark.parametrize(("ended", "many"), [(10.0, [0, 1, 1]), (10.1, [0, 1])])
def test_what_was_over_before_may_be_enough(ended, many) -> None:
    """Two that were open at the same time are not played one after the other."""
    sides = {0: line(0, 1, 2, ended), 1: line(10, 11, 12, 20)}
    companies = repro._companies(1, {0: line(), 1: line()}, sides, [0])
    assert [len(company) for _, company in companies] == many
    assert [one.moments for one, _ in companies][-1] == (10, 11, 12, 20)


def test_a_cut_line_keeps_the_moments_of_its_steps() -> None:
    assert repro._cut(line(0, 1, 2, 3), [1]) == line(0, 2, 3, steps=[[1, ["session.created"], 0.5, "text", "{}"]])
    assert repro._cut(line(), []) == line(steps=[])


def courses(mine: str, theirs: str) -> Courses:
    """Two connections whose sessions have these names, and those of an honest server."""
    created = [[(0, {"type": "session.created", "session": {"id": name}})] for name in (mine, theirs, "a", "b")]
    one, beside_it, honest, again = map(Seen, created)
    introduced([honest, again])
    said = [Entry(key, step, SimpleNamespace(), event) for key, (step, event) in enumerate(one.got)]
    held = SimpleNamespace(seen=lambda: one, said=said, entries=said, script=SimpleNamespace(steps=[]))
    return Courses(held, honest, again, [beside_it])  # type: ignore[arg-type]


def test_a_name_that_two_connections_share_is_a_difference() -> None:
    found = courses("sess_0", "sess_0")
    (fact,) = shared(found)
    assert fact.test == (
        "GONE != seen.value('session.created', 0, 0, 'session.id') "
        "== seen.beside[0].value('session.created', 0, 0, 'session.id')"
    )
    assert holds(fact.test, found.mine)
    draft = Draft([entry.fresh() for entry in found.said], Leg("wss://x"))
    fact.edit(draft)
    assert draft.entries[0].event["session"]["id"] != "sess_0"
    assert shared(courses("sess_0", "sess_1")) == []
