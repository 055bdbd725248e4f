"""Eight defects in different handlers, three seeds each: at least 22 of 24 are found and shrunk."""

import collections
import functools
from itertools import islice

import pytest

from conformance.fuzz import breaches, generate, shrink
from conformance.fuzz.generate import scripts
from conformance.fuzz.oracle import ALL, NEXT
from conformance.fuzz.script import PROBE
from conformance.mock.options import MockOptions
from conformance.mock.session import Session
from conformance.spec.profiles import DEFAULT_MODEL, profile_for
from support.defects import DEFECTS, planted
from support.driven import held

PROFILE = profile_for(DEFAULT_MODEL)
OPTIONS = MockOptions()
SEEDS = (101, 202, 303)
EXAMPLES = 200
MOST_EVENTS = 10


def broken(moves, make):
    return breaches(held(moves, PROFILE, OPTIONS, make), PROFILE, ALL)


def events(moves, make):
    """Client events of a script, the closing question left out."""
    frames = held(moves, PROFILE, OPTIONS, make).legs[0].frames
    return sum(frame.side == "client" and frame.label != PROBE for frame in frames)


@functools.cache
def search(plant, seed):
    """How many scripts it took, and the shrunk script; None: not found."""
    make = planted(plant)
    for number, moves in enumerate(islice(scripts(seed, PROFILE), EXAMPLES), 1):
        found = broken(moves, make)
        if found:
            return number, shrink(moves, lambda tried: found[0].id in {one.id for one in broken(tried, make)})  # noqa: B023
    return None


def test_planted_defects_are_found_and_shrunk():
    small = 0
    told = []
    for plant in DEFECTS:
        for seed in SEEDS:
            found = search(plant, seed)
            size = None if found is None else events(found[1], planted(plant))
            small += size is not None and size <= MOST_EVENTS
            told.append(f"{plant.__name__}, seed {seed}: {found and found[0]} scripts, {size} events")
    assert small >= 22, "\n".join(told)


@pytest.mark.parametrize("plant", DEFECTS)
def test_a_defect_is_named_by_the_clause_that_it_breaks(plant):
    expected = {
        "cancel_leaves_the_response_open": {"GEN-016", "GEN-024", "GEN-026"},
        "commit_loses_the_buffer": {"GEN-012"},
        "an_error_is_swallowed": {"GEN-011", "GEN-018"},
        "two_responses_run": {"GEN-024", "GEN-026"},
        "an_item_id_comes_again": {"GEN-014", "GEN-048"},
        "clear_does_not_answer": {"GEN-013"},
        "finish_answers_twice": {"GEN-017"},
        "usage_does_not_add_up": {"GEN-057"},
    }
    named = collections.Counter()
    for seed in SEEDS:
        found = search(plant, seed)
        if found is not None:
            named.update({one.id for one in broken(found[1], planted(plant))})
    assert set(named) & expected[plant.__name__], named


def test_a_shrunk_script_is_told_in_words():
    found = search(DEFECTS[5], SEEDS[0])
    assert found is not None
    (breach,) = broken(found[1], planted(DEFECTS[5]))
    assert str(breach).startswith("GEN-013 (MUST): input_audio_buffer.clear (move 1) got neither")


class Poisoned(Session):
    """A server that greets nobody any more once it was sent what is not JSON."""

    struck = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if type(self).struck:
            self.take()

    def _malformed(self, switch, fault):
        type(self).struck = True
        super()._malformed(switch, fault)


def test_what_outlives_its_session_is_found():
    def fails(moves):
        Poisoned.struck = False
        return any(found.id == NEXT for found in broken(moves, Poisoned))

    found = next(moves for moves in generate(1, EXAMPLES, PROFILE) if fails(moves))
    small = shrink(found, fails)
    assert len(small) == 1
    fails(small)
    assert [str(one) for one in broken(small, Poisoned) if one.id == NEXT] == [
        "FUZZ-NEXT (SHOULD): the next connection began with silence, not with session.created"
    ]


def test_a_refused_next_connection_is_no_trouble_of_the_network():
    transcript = held([{"do": "wait"}], PROFILE, OPTIONS)
    transcript.trouble = "no handshake"
    second = transcript.legs[1]
    for status, told in ((None, 1), (500, 1), (429, 0), (401, 0)):
        second.handshake = type(second.handshake)(status, 0.0)
        assert len(breaches(transcript, PROFILE)) == told


def test_a_session_that_falls_silent_is_found():
    def deaf(session):
        session.memory["deaf"] = False
        receive = session.receive_text

        def heard(text, now):
            session.memory["deaf"] |= "no.such" in text
            if not session.memory["deaf"]:
                receive(text, now)

        session.receive_text = heard

    moves = [{"do": "send", "event": {"type": "no.such.event"}}]
    assert "FUZZ-ALIVE" in {found.id for found in broken(moves, planted(deaf))}
