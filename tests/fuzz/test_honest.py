"""An honest session breaks nothing, whatever it is sent: Hypothesis looks for what the rules say wrongly."""

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from conformance.fuzz import breaches, events, script
from conformance.fuzz.oracle import ALL, MUST
from conformance.mock.options import MockOptions
from conformance.spec.profiles import DEFAULT_MODEL, MODELS, profile_for
from support import strategies
from support.driven import Driven, at_once, held

PROFILE = profile_for(DEFAULT_MODEL)
TRAVEL = 0.02  # s that a frame travels: enough for answers and requests to cross
# Sides of open questions that change what follows what; a session that takes one is as honest as any other.
VARIATIONS = (
    {"finish": "finished"},
    {"cancel-done": "done-cancelled", "barge-in-done": "done-completed"},
    {"commit-in-vad": "committed"},
    {"update-during-response": "error"},
    {"error-event-id": "echoed", "client-event-id": "duplicate-refused"},
    {"unknown-type": "ignored", "not-json": "closed", "missing-type": "ignored"},
    {"append-odd": "error", "append-empty": "error", "wav-header-in-pcm": "error"},
)


def honest(moves, model, **switches):
    profile = profile_for(model)
    transcript = held(moves, profile, MockOptions(switches=switches))
    return [str(found) for found in breaches(transcript, profile, ALL)]


def tried(count):
    # Never stored, never random: the same examples in every run.
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )


def test_what_is_drawn_rests_on_no_module_that_happens_to_be_imported():
    assert len(providers._get_local_constants()) == 0


@pytest.mark.parametrize("model", MODELS)
def test_the_default_mock_breaks_nothing(model):
    @tried(40)
    @given(strategies.scripts(profile_for(model)))
    def holds(moves):
        assert honest(moves, model) == []

    holds()


@pytest.mark.parametrize("switches", VARIATIONS, ids=lambda switches: next(iter(switches)))
def test_the_other_sides_of_open_questions_break_nothing(switches):
    @tried(20)
    @given(strategies.scripts(PROFILE))
    def holds(moves):
        assert honest(moves, DEFAULT_MODEL, **switches) == []

    holds()


@pytest.mark.parametrize("latency", ["fast", "live"])
def test_a_distant_mock_breaks_nothing(latency):
    """Where frames travel, requests and answers cross: a client that hurries must not make a server look guilty."""

    @tried(20)
    @given(strategies.scripts(PROFILE))
    def holds(moves):
        transcript = held(moves, PROFILE, MockOptions(latency=latency), travel=TRAVEL)
        assert [str(found) for found in breaches(transcript, PROFILE, ALL)] == []

    holds()


class Client(RuleBasedStateMachine):
    """A client that looks at what it was answered before its next move."""

    def __init__(self):
        super().__init__()
        self.view = events.View()
        self.moves = 0
        self.caller = Driven(PROFILE, MockOptions())
        at_once(self.caller.connect())

    @rule(data=st.data())
    def move(self, data):
        move = data.draw(strategies.moves(PROFILE, self.view))
        self.moves += 1
        if self.caller.alive:
            at_once(script.act(self.caller, move, self.moves))
            self.view.take(move)

    @rule()
    def believes_what_it_is_told(self):
        frames = [frame for frame in self.caller.leg.frames if frame.side == "server"]
        shown = [frame for frame in frames if frame.type in {"session.created", "session.updated"}]
        self.view.manual = shown[-1].event["session"].get("turn_detection") is None
        self.view.active = frames[-1].type.startswith("response.") and frames[-1].type != "response.done"

    @invariant()
    def nothing_is_broken_yet(self):
        assert [str(found) for found in breaches(self.caller.transcript, PROFILE, MUST)] == []

    def teardown(self):
        at_once(script.part(self.caller))
        self.caller.note(moves=[])
        self.caller.leave()
        assert [str(found) for found in breaches(self.caller.transcript, PROFILE, ALL)] == []


TestClient = Client.TestCase
TestClient.settings = hypothesis.settings(tried(25), stateful_step_count=15)
