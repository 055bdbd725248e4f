"""How much was judged: what makes a run incomplete, and what only makes it partial."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.report.record import Record
from conformance.report.summary import summary
from conformance.wire.recording import Limit, spent
from conformance.wire.transcript import Ending, Leg, Transcript

MUSTS = 40


def checks(musts: int = MUSTS) -> dict[str, dict[str, Any]]:
    found = {
        f"SES-{number}": {"level": "MUST", "conversation": f"session/{number}", "where": "x.py:1"}
        for number in range(musts)
    }
    return {**found, "SES-900": {"level": "SHOULD", "conversation": "session/900", "where": "x.py:2"}}


def record(
    verdicts: dict[str, str] | None = None, *, unselected: int = 0, owner: str | None = None, **recorded: Any
) -> Record:
    """A run whose checks pass unless it is said otherwise; the last so many MUSTs were not selected."""
    told = dict.fromkeys(checks(), "pass") | (verdicts or {})
    kept = [*list(told)[: MUSTS - unselected], "SES-900"]
    return Record(
        run={
            "target": {"kind": "live", "endpoint": "beijing", "model": "m"},
            "suite": {"version": "0"},
            "started": "t",
        },
        catalogue={"clauses": [], "questions": [], "checks": checks()},
        recorded={"sessions": 1, "not_held": {}, "infrastructure": None, **recorded},
        verdicts=[
            {
                "id": name,
                "level": "MUST",
                "verdict": told[name],
                "detail": "",
                "seconds": 0.0,
                "outcome": None,
                "owner": owner if told[name] == "blocked" else None,
            }
            for name in kept
        ],
        footer={"interrupted": False, "seconds": 1.0},
    )


def not_held(count: int, cause: str = "budget") -> dict[str, Any]:
    names = [f"session/{number}" for number in range(count)]
    return {"kept_out": dict.fromkeys(names, cause), "not_held": dict.fromkeys(names, "why")}


def not_run(count: int, verdict: str = "not_run") -> dict[str, str]:
    return {f"SES-{number}": verdict for number in range(count)}


@pytest.mark.parametrize("cause", ["budget", "trouble", "throttling"])
@pytest.mark.parametrize(
    ("count", "verdict"), [(0, "conforms"), (2, "conforms"), (3, "incomplete"), (40, "incomplete")]
)
def test_more_than_five_percent_unjudged_is_incomplete(count: int, verdict: str, cause: str) -> None:
    made = summary(record(not_run(count), **not_held(count, cause)))
    assert made["verdict"] == verdict
    assert made["exit"] == {"conforms": 0, "incomplete": 10}[verdict]
    assert made["reach"]["not_judged"] == count
    if verdict == "incomplete":
        assert made["headline"].startswith(
            f"Incomplete: {MUSTS - count} of 40 MUST that apply judged and hold; {count} MUST could not"
        )
        assert ("(why)" if cause == "budget" else cause) in made["headline"]  # what it said itself, where it is a limit
    assert "--budget" not in " ".join(made["caveats"])  # of that one no option is known


@pytest.mark.parametrize(
    ("given", "what", "says"),
    [
        (130, "sessions", "The budget of 130 sessions ran out: `--budget-sessions` sets a higher one."),
        (60_000, "tokens", "The budget of 60,000 tokens ran out: `--budget-tokens` sets a higher one."),
        (129, "sessions", ""),
    ],
)
def test_the_limit_that_ran_out_is_named_with_what_raises_it(given: int, what: Limit, says: str) -> None:
    """What none of a record's limits says is told in its own words alone."""
    kept = {name: spent(given, what) for name in not_held(3)["kept_out"]}
    held = record(not_run(3), **(not_held(3) | {"not_held": kept}))
    held.run["budget"] = {"sessions": 130, "tokens": 60_000}
    made = summary(held)
    assert f"3 MUST could not be judged ({spent(given, what)})" in made["headline"]
    assert [said for said in made["caveats"] if "--budget" in said] == ([says] if says else [])


@pytest.mark.parametrize(("what", "takes"), [("sessions", "146"), ("tokens", "52,800 to 101,000")])
def test_a_run_that_was_planned_says_how_much_would_do(what: Limit, takes: str) -> None:
    given = {"sessions": 130, "tokens": 50_000}
    kept = {name: spent(given[what], what) for name in not_held(3)["kept_out"]}
    plan = {"connections": 146, "minutes": 4.0, "tokens": [52_800, 101_000]}
    held = record(not_run(3), **(not_held(3) | {"not_held": kept, "plan": plan}))
    held.run["budget"] = given
    said = f"The budget of {given[what]:,} {what} ran out, and all of it was planned to take {takes}: "
    assert f"{said}`--budget-{what}` sets a higher one." in summary(held)["caveats"]


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        ("account", "trouble of the account"),
        ("quota", "throttling"),
        ("line", "trouble of the line"),
        ("service", "faults of the service"),
        ("own", "a stall of this machine"),
        ("", "trouble"),  # as records of earlier versions have it
    ],
)
def test_what_met_trouble_is_unjudged(kind: str, cause: str) -> None:
    made = record(not_run(3, "inconclusive"))
    for number in range(3):
        name = f"session/{number}"
        made.transcripts[name] = Transcript(name, "t", trouble="it was in the way", trouble_kind=kind)
    assert summary(made)["verdict"] == "incomplete"
    assert summary(made)["reach"]["causes"] == [cause]


def test_what_was_broken_off_is_unjudged() -> None:
    made = record(not_run(3, "inconclusive"))
    for number in range(3):
        leg = Leg("wss://x", ending=Ending("client", tcp="client", broken_off="more than 8 MB in one message"))
        name = f"session/{number}"
        made.transcripts[name] = Transcript(name, "t", [leg])
    told = summary(made)
    assert (told["verdict"], told["reach"]["causes"]) == ("incomplete", ["broken off"])


def test_a_model_that_did_not_cooperate_is_no_trouble() -> None:
    assert summary(record(not_run(20, "inconclusive")))["verdict"] == "conforms"


def test_what_takes_minutes_or_does_not_apply_is_not_missed() -> None:
    slow = {f"session/{number}": "held with --slow only" for number in range(10)}
    made = summary(record({**not_run(10), **{f"SES-{n}": "skipped" for n in range(10, 20)}}, not_held=slow))
    assert made["verdict"] == "conforms"
    assert made["reach"]["must"] == MUSTS - 20


def test_one_conversation_of_the_questions_is_enough() -> None:
    lacking = {"kept_out": {"closing/Idle": "budget"}, "urgent": ["closing/Idle", "closing/Rst"]}
    made = summary(record(**lacking))
    assert made["verdict"] == "incomplete"
    assert "closing/Idle" in made["headline"]
    assert summary(record(kept_out={"session/900": "budget"}, urgent=["closing/Idle"]))["verdict"] == "conforms"


def test_a_must_that_fails_is_told_before_what_is_missing() -> None:
    made = summary(record({**not_run(10), "SES-30": "fail"}, **not_held(10)))
    assert (made["verdict"], made["exit"]) == ("fails", 1)
    assert "10 MUST could not be judged" in made["headline"]


def test_a_record_that_is_cut_short_is_incomplete() -> None:
    made = record()
    made.footer = None
    assert summary(made)["verdict"] == "incomplete"
    again = record()
    again.run["replayed"] = {"target": {}, "started": "t", "suite": {"version": "0"}, "ended": "it is cut short"}
    assert (summary(again)["verdict"], summary(again)["exit"]) == ("incomplete", 10)


def test_a_selection_is_partial_and_its_own_measure() -> None:
    made = summary(record(unselected=30))
    assert (made["verdict"], made["exit"], made["partial"]) == ("conforms", 0, True)
    assert made["headline"] == "Partial: 10 of 10 selected MUST hold; 30 not selected."
    lacking = summary(record(not_run(1), unselected=30, **not_held(1)))
    assert (lacking["verdict"], lacking["exit"]) == ("incomplete", 10)
    failing = summary(record({"SES-1": "fail"}, unselected=30))
    assert failing["headline"].startswith("Partial, and does not conform: 9 of 10 selected MUST hold, 1 fail;")


def test_a_whole_run_is_not_partial() -> None:
    assert summary(record())["partial"] is False


# -- stability


def attempts(*lost: str, trouble: str | None = None) -> Record:
    made = record()
    for number, how in enumerate(lost, 1):
        one = Transcript("session/1", "t", lost=how, attempt=number)
        if "session/1" in made.transcripts:
            made.earlier.append(made.transcripts["session/1"])
        made.transcripts["session/1"] = one
    made.transcripts["session/1"].trouble = trouble
    return made


def test_a_session_that_was_lost_once_is_told() -> None:
    told = summary(attempts("TCP ended", ""))["stability"]
    assert told["lost"] == 1
    assert told["where"] == [{"conversation": "session/1", "attempt": 1, "how": "TCP ended"}]


def test_lost_at_two_places_both_are_told_and_at_one_place_none() -> None:
    assert summary(attempts("TCP ended", "1011", trouble="lost"))["stability"]["lost"] == 2
    assert summary(attempts("TCP ended", "TCP ended"))["stability"]["lost"] == 0
    assert summary(attempts(""))["stability"]["lost"] == 0


@pytest.mark.parametrize(
    ("owner", "verdict", "missing"),
    [("SES-39", "fails", 0), ("SES-900", "incomplete", 4), ("SES-38", "incomplete", 4), (None, "incomplete", 4)],
)
def test_what_is_blocked_by_no_failing_must_was_not_judged(owner: str | None, verdict: str, missing: int) -> None:
    others = {"SES-900": "fail"} | ({"SES-39": "fail"} if owner == "SES-39" else {})
    made = summary(record({**not_run(4, "blocked"), **others}, owner=owner))
    assert made["verdict"] == verdict
    assert made["reach"]["not_judged"] == missing
