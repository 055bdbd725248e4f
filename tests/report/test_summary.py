"""From verdict lines to the run's verdict: pure, and hard to fool."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.report.headline import transport_words
from conformance.report.record import Record
from conformance.report.summary import ASK, EXIT, MOCK_SERVER, cases, caveats, drift, ended, of_mock, summary, verdict
from conformance.spec.profiles import MODELS, profile_for
from support.talks import talk

CHECKS = {
    "GEN-1": {"level": "MUST", "conversation": None, "where": "test_00_rules.py:1"},
    "SES-1": {"level": "MUST", "conversation": "session/One", "where": "test_03_session.py:1"},
    "SES-2": {"level": "SHOULD", "conversation": "session/One", "where": "test_03_session.py:2"},
    "Q-1": {"level": "OBSERVE", "conversation": "session/One", "where": "test_03_session.py:3"},
}


def said(check_id: str, verdict_: str, **more: Any) -> dict[str, Any]:
    line = {"id": check_id, "level": CHECKS[check_id]["level"], "verdict": verdict_, "detail": "", "seconds": 0.1}
    return {**line, "outcome": None, "owner": None, **more}


def record(*lines: dict[str, Any], footer: dict[str, Any] | None = None, **recorded: Any) -> Record:
    return Record(
        run={"target": {"kind": "mock", "endpoint": "mock", "model": "m"}, "suite": {"version": "0"}, "started": "t"},
        catalogue={"clauses": [], "questions": [{"id": "Q-1", "expected": "yes"}], "checks": CHECKS},
        recorded={"sessions": 1, "not_held": {}, "infrastructure": None, **recorded},
        verdicts=list(lines),
        footer={"interrupted": False, "seconds": 1.0} if footer is None else footer,
    )


PASSING = [
    said("GEN-1", "pass"),
    said("SES-1", "pass"),
    said("SES-2", "pass"),
    said("Q-1", "observed", outcome="yes"),
]


def result(made: Record) -> str:
    judged = cases(made)
    return verdict(made, judged, drift(made, judged))


def test_all_pass() -> None:
    made = summary(record(*PASSING))
    assert made["verdict"] == "conforms"
    assert made["counts"] == {"observed": 1, "pass": 3}
    assert made["observations"] == [{"id": "Q-1", "outcome": "yes", "expected": "yes", "evidence": "session/One"}]


def test_a_must_that_fails_fails_the_run() -> None:
    assert result(record(*PASSING[:1], said("SES-1", "fail"), *PASSING[2:])) == "fails"


def test_a_should_that_is_missed_is_a_fail_at_its_level_and_no_failed_run() -> None:
    made = summary(record(*PASSING[:2], said("SES-2", "fail"), PASSING[3]))
    assert made["verdict"] == "conforms"
    assert made["counts"]["fail"] == 1
    assert "1 SHOULD missed" in made["headline"]


def test_blocked_with_a_failed_owner_is_blocked() -> None:
    made = record(said("GEN-1", "fail"), said("SES-1", "blocked", owner="GEN-1"))
    assert [case.verdict for case in cases(made)][:2] == ["fail", "blocked"]
    assert result(made) == "fails"


@pytest.mark.parametrize("owner", ["GEN-1", "NO-SUCH", None])
def test_blocked_without_a_failed_owner_is_inconclusive(owner: str | None) -> None:
    made = record(said("GEN-1", "pass"), said("SES-1", "blocked", owner=owner))
    assert cases(made)[1].verdict == "inconclusive"
    assert result(made) != "inconsistent"


def test_two_that_block_each_other_are_inconclusive() -> None:
    made = record(said("GEN-1", "blocked", owner="SES-1"), said("SES-1", "blocked", owner="GEN-1"))
    assert {case.verdict for case in cases(made)[:2]} == {"inconclusive"}


def test_a_check_judged_several_times_has_its_worst_verdict() -> None:
    made = record(said("SES-1", "pass"), said("SES-1", "fail", detail="third value"), said("SES-1", "pass"))
    case = cases(made)[1]
    assert (case.verdict, case.detail) == ("fail", "third value")


def test_what_was_not_judged_says_why() -> None:
    made = record(said("GEN-1", "pass"), not_held={"session/One": "the budget of 1 sessions is spent"})
    assert [(case.verdict, case.detail) for case in cases(made)[1:2]] == [
        ("not_run", "the budget of 1 sessions is spent")
    ]


def test_every_check_is_counted_once() -> None:
    made = summary(record())
    assert sum(made["counts"].values()) == len(CHECKS)
    assert made["verdict"] == "nothing_judged"


def test_what_ended_a_run_is_said_beside_a_failure() -> None:
    told = "The run was stopped early: HTTP 401."
    assert told in caveats(record(said("GEN-1", "fail"), infrastructure="HTTP 401"))
    assert told not in caveats(record(said("GEN-1", "pass"), infrastructure="HTTP 401"))  # the headline says it
    assert told not in caveats(record(said("SES-2", "fail"), infrastructure="HTTP 401"))


def test_precedence() -> None:
    error = said("SES-1", "error")
    infra = {"infrastructure": "HTTP 401"}
    assert result(record(said("GEN-1", "fail"), error, **infra)) == "inconsistent"
    assert result(record(said("GEN-1", "fail"), **infra)) == "fails"
    assert result(record(said("GEN-1", "pass"), **infra)) == "infrastructure"
    assert result(record(error, footer={"interrupted": True, "seconds": 0})) == "interrupted"


def test_exit_codes_are_those_of_the_contract() -> None:
    assert EXIT == {
        "conforms": 0,
        "fails": 1,
        "interrupted": 2,
        "nothing_judged": 5,
        "infrastructure": 10,
        "incomplete": 10,
        "inconsistent": 11,
    }


def test_blocked_must_are_counted_beside_must_and_the_rest_is_not_judged() -> None:
    made = summary(
        record(said("GEN-1", "fail"), said("SES-1", "blocked", owner="GEN-1"), said("SES-2", "inconclusive"),
               said("Q-1", "inconclusive"))
    )  # fmt: skip
    assert "0 MUST hold, 1 fail, 1 blocked; 0 SHOULD missed; 2 not judged" in made["headline"]
    other = summary(
        record(said("GEN-1", "fail"), said("SES-1", "skipped"), said("SES-2", "blocked", owner="GEN-1"),
               said("Q-1", "inconclusive"))
    )  # fmt: skip
    assert "0 MUST hold, 1 fail, 0 blocked; 0 SHOULD missed; 3 not judged" in other["headline"]


def test_what_the_transport_owes_is_told_apart() -> None:
    made = record(said("GEN-1", "pass"), said("SES-1", "fail"))
    assert summary(made)["transport"] == {}
    made.catalogue["clauses"] = [{"id": "SES-1", "basis": "transport"}, {"id": "SES-2", "basis": "transport"}]
    told = summary(made)
    assert told["transport"] == {"fail": 1}  # a SHOULD is not counted
    assert "1 fail (of the transport)" in told["headline"]
    assert transport_words(told["transport"]).endswith("not this protocol's: 1 fail.")
    made.catalogue["clauses"] = [{"id": "GEN-1", "basis": "transport"}, {"id": "SES-1"}]
    told = summary(made)
    assert told["transport"] == {"pass": 1}
    assert "1 fail;" in told["headline"]


@pytest.mark.parametrize("model", MODELS)
def test_a_model_that_leaves_says_so(model: str) -> None:
    made = record(*PASSING)
    made.run["target"] = {"kind": "live", "endpoint": "beijing", "model": model}
    assert any("taken out of service" in words for words in caveats(made)) == profile_for(model).leaving
    assert not any("by the rules of" in words for words in caveats(made))


def test_a_family_that_somebody_named_is_told() -> None:
    made = record()
    made.run["target"] = {**made.run["target"], "model": "mine", "profile": "qwen3"}
    assert any(words.startswith("mine is judged by the rules of the qwen3 family") for words in caveats(made))


def test_a_run_that_judged_no_must_does_not_claim_to_conform() -> None:
    made = summary(record(PASSING[3]))
    assert made["exit"] == 0
    assert made["headline"].startswith("Nothing was found wrong, and no MUST was judged")


MOCK = {"kind": "mock", "endpoint": "mock", "model": "m"}
LIVE = {"kind": "live", "endpoint": "beijing", "model": "m"}


def replay(of: dict[str, Any], version: str = "0", why: str | None = None) -> Record:
    made = record(*PASSING)
    made.run["target"] = {"kind": "replay", "endpoint": "record.jsonl", "model": "m"}
    made.run["replayed"] = {"target": of, "started": "t0", "suite": {"version": version}, "ended": why}
    return made


def test_a_mock_stays_the_mock_when_its_record_is_judged_again() -> None:
    assert of_mock(record(*PASSING))
    assert of_mock(replay(MOCK))
    assert not of_mock(replay(LIVE))
    assert "it tells nothing about the live service" in " ".join(caveats(replay(MOCK)))
    assert summary(replay(MOCK))["target"]["kind"] == "replay"


def test_a_server_that_calls_itself_our_mock_is_the_mock_in_a_replay_too() -> None:
    made = replay(LIVE)
    greeted = talk().transcript
    shake = replace(greeted.legs[0].handshake, response_headers=(("Server", f"{MOCK_SERVER}/1.0"),))
    greeted.legs[0].handshake = shake
    made.transcripts["test/Talk"] = greeted
    assert of_mock(made)


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (record(*PASSING), [f"This run judged the embedded mock. It tells nothing about the live service. {ASK}"]),
        (replay(LIVE), ["This run judged a saved record of beijing, begun t0; no connection was opened."]),
        (replay(LIVE, version="9"), [..., "Version 9 of the suite held the conversations; this one judged them."]),
        (
            replay(LIVE, why="its run was interrupted"),
            [..., "The saved record is not whole: its run was interrupted. What it lacks is not judged."],
        ),
    ],
)
def test_caveats(made: Record, says: list[Any]) -> None:
    assert len(caveats(made)) == len(says)
    assert all(wanted in (..., told) for wanted, told in zip(says, caveats(made), strict=True))


@pytest.mark.parametrize(("quirks", "told"), [("", ""), ("a", "a"), ("abc", "a, b, c"), ("abcd", "a, b, c, 1 more")])
def test_what_a_mock_was_told_to_do_wrong_is_said(quirks: str, told: str) -> None:
    made = record(*PASSING)
    made.run["quirks"] = list(quirks)
    misbehaves = f", which was told to misbehave ({told})" if told else ""
    more = "" if told else f" {ASK}"  # who asks for a lie wants no service
    assert caveats(made) == [
        f"This run judged the embedded mock{misbehaves}. It tells nothing about the live service.{more}"
    ]


def test_a_record_that_is_not_whole_says_why() -> None:
    made = record(*PASSING)
    assert ended(made) is None
    made.footer = {"interrupted": True, "seconds": 1.0}
    assert ended(made) == "its run was interrupted"
    made.footer = None
    assert ended(made) == "it is cut short"
    assert any("cut short" in words for words in caveats(made))
