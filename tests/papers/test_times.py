"""What a program can tell of when things come: by the bound of the check, and far from what a faithful server needs."""

import json
from types import SimpleNamespace

import pytest

from conformance.papers.facts import Courses, Fact, holds, value
from conformance.papers.player import Seen
from conformance.papers.times import LONG, OPEN, times
from conformance.papers.trace import Draft, Trace
from conformance.wire.transcript import Ending, Frame, Handshake, Leg, Transcript

CREATED = {"type": "response.created", "response": {"id": "r"}}
DELTA = {"type": "response.text.delta", "response_id": "r", "delta": "a"}
DONE = {"type": "response.text.done", "response_id": "r"}


def seen(*rows: tuple[int, float, dict], acted=None) -> Seen:
    """Events of steps at times in s, and when the client did what comes before a step."""
    found = Seen([(step, event) for step, _, event in rows])
    found.times = [at for _, at, _ in rows]
    found.acted = acted or {}
    return found


def test_what_is_late_is_counted_from_what_the_client_did() -> None:
    error = {"type": "error"}
    found = seen((1, 3.0, error), (1, 3.5, error), (2, 9.0, error), acted={0: 1.0, 1: 4.0})
    assert value("seen.late('error', 1)", found) == pytest.approx(2.5), "the last of that step, and none of a later"
    assert value("seen.late('error', 2)", found) == pytest.approx(5.0)
    assert value("seen.late('error', 0)", found) == 0, "nothing was done before"
    assert value("seen.late('other', 1)", found) < 0


def test_what_is_of_a_response_may_be_late_in_any_later_step() -> None:
    other = DELTA | {"response_id": "s"}
    found = seen((0, 0.1, CREATED), (1, 1.1, DELTA), (2, 4.0, DELTA), (3, 9.0, other), acted={0: 1.0})
    told = "seen.late('response.text.delta', 1, seen.value('response.created', 0, 0, 'response.id'))"
    assert value(told, found) == pytest.approx(3.0)


def trace(frames: list[Frame], begun: list[int], steps: int, ending: Ending) -> Trace:
    leg = Leg("wss://x", frames=frames, ending=ending, handshake=Handshake(101, 0.0))
    script = SimpleNamespace(begun=begun, steps=[[number, [], 0, "text", "{}"] for number in range(steps)])
    return Trace(Transcript("a/B", "now", [leg]), 0, script)  # type: ignore[arg-type]


def error_after(ms: float) -> Trace:
    """A mistake at 100 ms, and its error so much later."""
    frames = [
        Frame(0, "server", 50, "text", text='{"type":"session.created"}'),
        Frame(1, "client", 100, "text", text="{}"),
        Frame(2, "server", 100 + ms, "text", text='{"type":"error"}'),
    ]
    return trace(frames, [0, 1, 1], 1, Ending())


def prompt(late: float = 0.001) -> Seen:
    """An honest server's answer to the same."""
    return seen((0, 0, {"type": "session.created"}), (1, late, {"type": "error"}), acted={-1: 0, 0: 0})


def narrowed(fact: Fact, found: Courses, bound: float) -> Fact | None:
    """By a check that fails where the error comes after so many ms."""

    def ask(edit):
        draft = Draft([entry.fresh() for entry in found.trace.entries], found.trace.leg)
        edit(draft)
        return draft.entries[2].frame.at - 100 > bound

    assert fact.narrowed is not None
    return fact.narrowed(ask, [])


def test_the_bound_is_the_checks_own() -> None:
    found = Courses(error_after(2200), prompt(), prompt())
    (fact,) = times(found)
    narrow = narrowed(fact, found, 2000)
    assert narrow is not None
    assert (narrow.test, narrow.seconds) == ("seen.late('error', 1) > 2.0", 2.0)
    assert holds(narrow.test, found.mine)
    assert not holds(narrow.test, prompt(2.0))
    assert holds(narrow.test, prompt(2.01))


@pytest.mark.parametrize(("needs", "told"), [(1.0, True), (1.01, False)])
def test_of_a_bound_near_what_a_faithful_server_needs_there_is_no_fact(needs, told) -> None:
    found = Courses(error_after(2200), prompt(needs), prompt(0.001))
    (fact,) = times(found)
    assert (narrowed(fact, found, 2000) is not None) == told


@pytest.mark.parametrize(("ms", "many"), [(LONG * 1000, 0), (LONG * 1000 + 1, 1)])
def test_what_comes_soon_is_no_fact(ms, many) -> None:
    assert len(times(Courses(error_after(ms), prompt(), prompt()))) == many


def test_pieces_after_the_end_are_a_difference() -> None:
    moves = [None, CREATED, DELTA, DONE, None, DELTA]
    frames = [
        Frame(key, "client" if said is None else "server", key, "text", text=json.dumps(said or {}))
        for key, said in enumerate(moves)
    ]
    held = trace(frames, [1, 1, 1, 1, 2, 2], 2, Ending())
    honest = seen((1, 0, CREATED), (1, 1, DELTA), (1, 2, DONE), acted={0: 0})
    (fact,) = times(Courses(held, honest, honest))
    assert fact.where == (5,)
    assert not holds(fact.test, seen((1, 0, CREATED), (1, 1, DELTA), acted={0: 0})), "no end, nothing after it"


def closed(after: float, tcp: str = "fin") -> Trace:
    """A close at 100 ms and its answer."""
    frames = [Frame(0, "client", 100, "close"), Frame(1, "server", 100 + after, "close")]
    ending = Ending("client", 1000, "", 1000, "", seconds=after / 1000, tcp=tcp)  # type: ignore[arg-type]
    return trace(frames, [1, 1], 1, ending)


def test_the_answer_to_a_close_and_the_end_of_tcp_are_told_apart() -> None:
    honest = Seen([])
    honest.closed_by, honest.code = "client", 1000
    (late,) = times(Courses(closed(2100), honest, honest))
    assert late.test.startswith("seen.closing[0] >")
    (left,) = times(Courses(closed(1, "timeout"), honest, honest))
    assert left.test == f"seen.closing[1] > {OPEN}"
    assert times(Courses(closed(1), honest, honest)) == []
