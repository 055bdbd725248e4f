"""Long scripts: several connections, where the run has not been, held until a budget is spent."""

import itertools
from collections import Counter

from conformance.fuzz import DEEPEST, LONGEST, breaches, conversation, generate, name, scripts, shrink, spend
from conformance.fuzz.oracle import ALL, NEXT
from conformance.fuzz.states import pair
from conformance.fuzz.view import View
from conformance.mock.options import MockOptions
from conformance.mock.server import MockServer
from conformance.spec.profiles import DEFAULT_MODEL, profile_for
from conformance.wire.recorder import Recorder
from conformance.wire.recording import Budget
from conformance.wire.target import resolve
from support.driven import held

PROFILE = profile_for(DEFAULT_MODEL)
AGAIN = {"do": "reconnect"}
WRITE = {"do": "send", "event": {"type": "conversation.item.create", "item": {}}}
TEXT = {"do": "send", "event": {"type": "session.update", "session": {"modalities": ["text"]}}}


def tried(longest: int, count: int) -> Counter:
    return Counter(
        met
        for moves in itertools.islice(scripts(9, PROFILE, longest), count)
        for met in map(tuple, held(moves, PROFILE, MockOptions()).notes["pairs"])
    )


def test_they_are_long_have_several_connections_and_are_the_same_for_the_same_seed():
    made = generate(5, 12, PROFILE, DEEPEST)
    assert made == generate(5, 12, PROFILE, DEEPEST)
    assert generate(5, 20, PROFILE, DEEPEST)[:12] == made
    assert all(DEEPEST // 2 <= len(moves) <= DEEPEST for moves in made)
    assert sum(AGAIN in moves for moves in made) > 6
    assert all(moves[at + 1]["event"]["type"] == "session.update" for moves in made
               for at, move in enumerate(moves[:-1]) if move == AGAIN)  # fmt: skip


def test_the_usual_scripts_have_one_connection_as_ever():
    assert not any(AGAIN in moves for moves in generate(5, 200, PROFILE, LONGEST))


def test_they_go_where_the_run_has_not_been():
    """With no more moves than the usual ones they see far more."""
    long, short = tried(DEEPEST, 6), tried(LONGEST, 50)
    assert short.total() > long.total()
    assert len(long) > 1.3 * len(short)


def test_an_honest_mock_breaks_nothing_over_long_scripts():
    for moves in generate(11, 12, PROFILE, DEEPEST):
        assert [str(one) for one in breaches(held(moves, PROFILE, MockOptions()), PROFILE, ALL)] == [], moves


def test_a_new_connection_is_a_new_session_to_the_client():
    view = View()
    view.take({"do": "send", "event": {"type": "session.update", "session": {"turn_detection": None}}})
    assert pair(WRITE, view) == ("conversation.item.create, broken", "manual, idle")
    view.take(AGAIN)
    assert pair(TEXT, view) == ("session.update", "VAD, idle")
    assert pair({"do": "wait"}, view) is None


def test_a_script_that_fails_by_its_connections_keeps_them():
    def fails(moves):
        return moves.count(AGAIN) > 1

    assert shrink([TEXT, AGAIN, TEXT, AGAIN, TEXT, TEXT], fails) == [AGAIN, AGAIN]


def test_each_connection_is_to_be_greeted():
    transcript = held([TEXT, AGAIN, TEXT, AGAIN, TEXT], PROFILE, MockOptions())
    assert len(transcript.legs) == 4
    assert breaches(transcript, PROFILE, ALL) == []
    transcript.legs[2].frames[:] = []
    assert [(one.id, one.connection) for one in breaches(transcript, PROFILE, ALL) if one.id == NEXT] == [(NEXT, 2)]


async def spent(tokens: int, budget: Budget | None = None) -> Recorder:
    target = resolve("mock", model=DEFAULT_MODEL, key=None, workspace=None, concurrency=4)
    async with MockServer(MockOptions()) as server:
        recorder = Recorder(target.at(server.url), PROFILE, budget or Budget())
        made = (conversation(moves, name(3, number)) for number, moves in enumerate(scripts(3, PROFILE, 16), 1))
        await spend(recorder, made, tokens, lambda transcript: None)
    return recorder


async def test_they_are_held_until_they_have_spent_what_is_given():
    recorder = await spent(60)
    assert recorder.recording.progress.tokens >= 60
    assert len(recorder.recording.transcripts) % 4 == 0


async def test_the_budget_of_the_run_ends_it_as_well():
    recorder = await spent(10**6, Budget(sessions=12))
    assert recorder.recording.progress.sessions <= 14
    assert recorder.recording.not_held
