"""From a check to its verdict: what is asked, on what evidence, and what comes of each way to end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.judge.checks import Bench, Check, conversation_name, judge
from conformance.judge.verdicts import Blocked, Inconclusive, Seen, Uncooperative
from conformance.spec.profiles import DEFAULT_MODEL, profile_for
from conformance.wire.transcript import Transcript

PROFILE = profile_for(DEFAULT_MODEL)
OLD = profile_for("qwen-omni-turbo-realtime")
ONE = {"a/B": Transcript(conversation="a/B", started="", model=DEFAULT_MODEL)}


def check(does: Any, *, id: str = "SES-002", conversation: str | None = "a/B", takes: str = "wire") -> Check:  # noqa: A002
    return Check(id, "MUST", lambda self, given: does(given), object, conversation, "here.py:1", takes)


def raising(problem: Exception) -> Any:
    def does(_given: Any) -> None:
        raise problem

    return does


@pytest.mark.parametrize(
    ("does", "verdict"),
    [
        (lambda wire: None, "pass"),
        (raising(AssertionError("it is not so")), "fail"),
        (raising(Blocked("session.updated", "SES-002")), "blocked"),
        (raising(Inconclusive("the sources disagree")), "inconclusive"),
        (raising(Uncooperative("it told a story")), "inconclusive"),
        (raising(ZeroDivisionError("ours")), "error"),
        (lambda wire: "a value", "error"),
    ],
)
def test_a_check_of_a_clause_ends_in_one_of_these_ways(does: Any, verdict: str) -> None:
    assert Bench(ONE, PROFILE).judge(check(does)).verdict == verdict


def test_a_probe_observes_what_the_question_foresees_and_never_fails() -> None:
    bench = Bench(ONE, PROFILE)
    seen = bench.judge(check(lambda wire: Seen("merge", "it kept them"), id="Q-UPDATE-MERGE"))
    assert (seen.verdict, seen.outcome, seen.detail) == ("observed", "merge", "it kept them")
    assert bench.judge(check(lambda wire: "no such outcome", id="Q-UPDATE-MERGE")).verdict == "error"
    assert bench.judge(check(raising(AssertionError("")), id="Q-UPDATE-MERGE")).verdict == "inconclusive"


def test_what_is_our_own_fault_keeps_what_was_raised() -> None:
    problem = ZeroDivisionError("ours")
    assert Bench(ONE, PROFILE).judge(check(raising(problem))).problem is problem
    assert Bench(ONE, PROFILE).judge(check(lambda wire: None)).problem is None


def test_a_clause_of_another_family_is_not_asked() -> None:
    other = Bench(ONE, OLD).judge(check(raising(AssertionError("asked")), id="SES-101"))
    assert (other.verdict, "qwen3.8, qwen3.5, qwen3 only" in other.detail) == ("skipped", True)


def test_what_was_not_held_is_not_run_and_says_why() -> None:
    bench = Bench(ONE, PROFILE, {"a/C": "the budget"}, "the network is down")
    assert bench.judge(check(raising(AssertionError), conversation="a/C")).detail == "the budget"
    assert bench.judge(check(raising(AssertionError), conversation="a/D")).detail == "its conversation was not held"
    empty = Bench({}, PROFILE, nothing="the network is down")
    for takes in ("wires", "held"):
        told = empty.judge(check(raising(AssertionError), conversation=None, takes=takes))
        assert (told.verdict, told.detail) == ("not_run", "the network is down")


def test_a_rule_gets_what_it_takes() -> None:
    got: dict[str, Any] = {}
    checks = [check(lambda given, takes=takes: got.update({takes: given}), conversation=None, id=takes, takes=takes)
              for takes in ("wires", "held")]  # fmt: skip
    judge(checks, {"a/B": ONE["a/B"], "a/A": replace(ONE["a/B"], conversation="a/A")}, PROFILE)
    assert [one.conversation for one in got["held"]] == ["a/A", "a/B"]


def test_a_chapter_that_fills_several_files_is_one() -> None:
    first, second = (type("TestVoiceChange", (), {"__module__": f"conformance.cases.test_03_session{more}"})
                     for more in ("", "_voices"))  # fmt: skip
    assert conversation_name(first) == conversation_name(second) == "session/VoiceChange"
