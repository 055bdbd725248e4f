"""What a run would take, said beforehand; and that it is little."""

from __future__ import annotations

import re
import statistics
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

import pytest

from conformance import cli, fuzz
from conformance.judge.checks import load
from conformance.mock.options import Latency, MockOptions
from conformance.plan import MOVES, costs, plan, seconds
from conformance.report.cost import tokens
from conformance.runner import Run
from conformance.spec.profiles import DEFAULT_MODEL, MODELS, profile_for
from conformance.status.base import APART
from conformance.trial import GENERATED, Trial, failures, needed, run
from conformance.wire.target import LIVE_CONCURRENCY, LIVE_RPM, resolve
from support import runs

AT_ONCE = "qwen3.5-omni-plus-realtime"
"""The model that the mock plays without latency, which is as legitimate as the other ways: one run shows both."""
SESSIONS, TOKENS, MINUTES = 120, 60_000, 3.1  # what a full live run stays under; a tenth is what is held alone


OTHERS = tuple(model for model in MODELS if model != DEFAULT_MODEL)
"""Every family is among them: the default model's is that of the model that is played at once."""


@pytest.mark.parametrize("model", OTHERS)
def test_a_full_run_meets_no_failure_is_frugal_and_planned_by_the_ledger(model: str) -> None:
    profile = profile_for(model)
    wanted = [item for name in needed(profile) if not (item := load().conversations[name]).slow]
    told = plan(wanted, profile, 4)
    over_tls = plan([item for item in wanted if not item.plain], profile, 4)
    latency: Latency = "none" if model == AT_ONCE else "fast"
    (result,) = run([Trial(None, model, MockOptions(key="the-key", latency=latency))])
    assert failures(result.outcomes, level=None) == {}
    sessions, seen = len(result.calls), sum(tokens(result.transcripts.values()).values())
    billed = sum(one.usage.get("total_tokens", 0) for call in result.calls for one in call.billed if one.usage)
    assert told.unknown == (), "python -m conformance.plan"
    assert sessions <= told.connections
    assert over_tls.connections < SESSIONS
    assert told.connections - sessions <= 6, "connections that were refused at the handshake are no sessions"
    assert billed < TOKENS
    assert abs(sum(told.tokens.values()) - seen) <= 0.2 * seen
    assert abs(sum(told.tokens.values()) - billed) <= 0.2 * billed
    assert over_tls.minutes < MINUTES


def test_the_default_run_is_planned_by_the_ledger_too(green: runs.Finished) -> None:
    """The run that the other tests look at as well: that nothing fails in it is asked in test_run.py."""
    assert {profile_for(model).family for model in OTHERS} == {profile_for(model).family for model in MODELS}
    profile = profile_for(DEFAULT_MODEL)
    told = plan([item for name in needed(profile) if not (item := load().conversations[name]).slow], profile, 4)
    # What a machine that stood still has spoiled is held once more, and no plan knows of that.
    held = [line for line in green.record if line["kind"] == "conversation" and line["attempt"] == 1]
    generated = sum(line["conversation"].startswith("fuzz/") for line in held)
    assert 0 <= told.connections + 2 * generated - sum(len(line["legs"]) for line in held) <= 6
    seen = sum(tokens(green.read_back.transcripts.values()).values())
    assert seen < TOKENS
    assert abs(sum(told.tokens.values()) - seen) <= 0.2 * seen


def test_a_plan_needs_no_key_and_has_generated_conversations_and_the_budget_in_it(tmp_path: Path) -> None:
    more = ("--fuzz-examples", "5", "--budget-sessions", "90")
    done = runs.run(tmp_path / "none", "--plan", "--endpoint", "singapore", "--workspace", "ws-1", *more)
    assert done.code == 0, done.output
    assert "minutes at a live pace" in done.output
    counted = re.search(r"(\d+) conversations, (\d+) connections", done.output)
    assert counted is not None, done.output
    profile = profile_for(DEFAULT_MODEL)
    wanted = [item for name in needed(profile) if not ((item := load().conversations[name]).slow or item.plain)]
    fewer, without = len(wanted), plan(wanted, profile, 4).connections
    assert (int(counted[1]) - fewer, int(counted[2]) - without) == (5, 10)
    assert "more than the budget of 90 sessions" in done.output
    assert "not measured" not in done.output


def test_a_plan_opens_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    more = ("--against", "ws://127.0.0.1:9/y", "--fuzz-budget-tokens", "5000")
    done = runs.run(tmp_path / "none", "--plan", "--case", "SES-*", "--endpoint", "ws://127.0.0.1:9/x", *more)
    assert done.code == 0, done.output
    assert "10 conversations, 10 connections" in done.output  # the first of every run is among them
    assert "minutes at a live pace" in done.output
    assert "USD by list prices (APIYI, 2026-09-14)" in done.output
    assert "The same again on ws://127.0.0.1:9/y" in done.output
    assert "generated conversations spend 5,000 tokens" in done.output
    assert not (tmp_path / "none").exists()


def test_a_plan_counts_the_pace_and_tells_tokens_as_a_range() -> None:
    profile = profile_for(MODELS[0])
    wanted = [load().conversations["connection/Sanity"]] * 91 + [load().conversations["responses/Typed"]]
    slow, fast = plan(wanted, profile, 100, 10), plan(wanted, profile, 100, None)
    assert slow.minutes == pytest.approx(9.1667, abs=1e-4), "what comes first takes its time from the pace"
    assert fast.minutes < 1.0
    assert slow.hidden == 341, "sessions without a reply are billed nothing"
    minutes = 9.2
    assert slow.to_json() == {"connections": 92, "minutes": minutes, "tokens": [slow.least, slow.least + 341]}


def test_what_is_held_apart_takes_its_time_one_by_one() -> None:
    profile = profile_for(MODELS[0])
    wanted = [load().conversations[name] for name in ("closing/Idle", "closing/Rst", "responses/Typed")]
    beside, apart = plan(wanted, profile, 4), plan(wanted, profile, 4, apart=wanted[:2])
    alone = sum(costs()[profile.family][item.name]["seconds"] for item in wanted[:2])
    assert apart.minutes * 60 >= alone + 2 * APART
    assert apart.minutes * 60 - beside.minutes * 60 <= alone + 2 * APART
    assert (apart.connections, apart.tokens) == (beside.connections, beside.tokens)


def test_the_three_answers_alone_take_less_than_45_seconds_and_3000_tokens_live() -> None:
    globs = cli.ANSWERS[1::2]
    checks = [check for check in load().checks.values() if any(fnmatch(check.id, glob) for glob in globs)]
    live = resolve("beijing", model=DEFAULT_MODEL, key="sk-0123456789", workspace=None)
    asked = Run(live, profile_for(DEFAULT_MODEL), load())
    chosen = asked.chosen(checks)[0]
    apart = asked.held_apart(chosen)
    told = plan(chosen, asked.profile, LIVE_CONCURRENCY, LIVE_RPM, apart, first=asked.first(chosen, apart))
    assert len(apart) == 2, "a person looks their rows up in a console"
    assert 60 * told.minutes < 45
    assert told.least + told.hidden < 3000


def test_what_is_held_before_or_after_all_others_takes_its_own_time() -> None:
    profile = profile_for(MODELS[0])
    known = load().conversations
    beside = [known["closing/Idle"]] * 8
    for held_alone in (known["isolation/UncleanEnds"], known["responses/Typed"]):
        assert held_alone.last or held_alone.ready
        more = plan([*beside, held_alone], profile, 8, None).minutes - plan(beside, profile, 8, None).minutes
        assert more * 60 == pytest.approx(costs()[profile.family][held_alone.name]["seconds"])


def test_what_is_held_first_counts_once_and_alone_whether_it_was_asked_for_or_not() -> None:
    profile = profile_for(MODELS[0])
    known = load().conversations
    first, beside = known["connection/Sanity"], [known["closing/Idle"]] * 8
    without = plan(beside, profile, 8, None)
    for asked in (beside, [*beside, first]):
        told = plan(asked, profile, 8, None, first=first)
        assert (told.conversations, told.connections) == (without.conversations + 1, without.connections + 1)
        more = 60 * (told.minutes - without.minutes)
        assert more == pytest.approx(costs()[profile.family]["connection/Sanity"]["seconds"])


def test_a_generated_conversation_costs_by_its_moves() -> None:
    profile = profile_for(MODELS[0])
    measured = fuzz.generate(1, GENERATED, profile)
    assert statistics.mean(map(len, measured)) == pytest.approx(MOVES, rel=0.02), "what costs.json holds"
    usual, deep = (
        plan([fuzz.conversation(moves, fuzz.name(1, 1))], profile, 1, None)
        for moves in ([{"do": "finish"}] * 7, [{"do": "finish"}] * 70)
    )
    assert deep.minutes == pytest.approx(10 * usual.minutes)
    assert deep.least == pytest.approx(10 * usual.least, rel=0.1)


def test_what_one_conversation_takes_is_what_was_measured_and_nothing_where_nobody_measured() -> None:
    profile = profile_for(DEFAULT_MODEL)
    turn = load().conversations["vad/Turn"]
    assert seconds(turn, profile) == costs()[profile.family]["vad/Turn"]["seconds"] > 10
    assert seconds(replace(turn, name="vad/Unknown"), profile) == 0.0
