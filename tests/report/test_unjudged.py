"""Why a share is less than all: reasons in words, the most frequent first."""

from __future__ import annotations

from html import unescape
from pathlib import Path
from typing import Any

import pytest

from conformance.report import html, html_verdict, unjudged
from conformance.report.case import Case
from conformance.report.record import Record, read
from conformance.report.summary import cases, summary
from conformance.wire.transcript import Transcript
from support import records


def record(family: str = "qwen3.5", **recorded: Any) -> Record:
    target = {"kind": "mock", "endpoint": "mock", "model": f"{family}-omni-flash-realtime"}
    clauses = [{"id": "SES-104", "models": ["qwen3.8"]}, {"id": "SES-105"}]
    return Record({"target": target}, {"clauses": clauses}, recorded={"not_held": {}, "kept_out": {}, **recorded})


def case(verdict: str, key: str = "SES-105", conversation: str = "session/One", level: str = "MUST") -> Case:
    return Case(key, level, verdict, "its own words", conversation, 0.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (case("skipped", "SES-104"), "for other models"),
        (case("skipped"), "no occasion came"),
        (case("blocked"), "no occasion came"),
        (case("inconclusive"), "undecided"),
        (case("not_run"), "its own words"),
    ],
)
def test_each_verdict_that_is_none_has_its_reason(found: Case, why: str) -> None:
    assert unjudged.reasons(record(), [found]) == {why: 1}


@pytest.mark.parametrize("verdict", ["pass", "fail", "accepted", "error"])
def test_what_was_judged_needs_no_reason(verdict: str) -> None:
    assert not unjudged.reasons(record(), [case(verdict)])
    assert not unjudged.reasons(record(), [case("blocked", level="SHOULD")])


def test_what_holds_for_this_family_or_for_one_that_nobody_knows_is_not_for_other_models() -> None:
    skipped = [case("skipped", "SES-104")]
    assert unjudged.reasons(record("qwen3.8"), skipped) == {"no occasion came": 1}
    elsewhere = record()
    elsewhere.run["target"]["model"] = "nobody-knows-it"
    assert unjudged.reasons(elsewhere, skipped) == {"no occasion came": 1}


@pytest.mark.parametrize(
    ("cause", "why"),
    [("budget", "the budget ran out"), ("trouble", "the run was stopped"), ("throttling", "throttling")],
)
def test_what_kept_a_conversation_out_is_the_reason(cause: str, why: str) -> None:
    made = record(kept_out={"session/One": cause}, not_held={"session/One": "why"})
    whole = case("not_run", conversation="")  # such as the generated conversations
    assert unjudged.reasons(made, [case("not_run"), whole]) == {why: 2}
    assert unjudged.reasons(made, [case("not_run", conversation="session/Slow")]) == {"its own words": 1}


def test_trouble_of_a_conversation_is_the_reason_and_no_doubt() -> None:
    made = record()
    made.transcripts["session/One"] = Transcript("session/One", "t", trouble="it was lost", trouble_kind="line")
    assert unjudged.reasons(made, [case("inconclusive")]) == {"trouble of the line": 1}


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ({}, ""),
        ({"a": 4}, "Not judged: 4 (a)."),
        ({"a": 4, "b": 69}, "Not judged: 69 (b), 4 (a)."),
        ({"a": 4, "b": 69, "c": 2}, "Not judged: 69 (b), 4 (a), 2 (c)."),
        ({"a": 4, "b": 69, "c": 2, "d": 2}, "Not judged: 69 (b), 4 (a), 4 for other reasons."),
    ],
)
def test_the_most_frequent_reasons_are_named(found: dict[str, int], says: str) -> None:
    assert unjudged.sentence(found) == says


def made(verdict: str, **levels: int) -> dict[str, Any]:
    return {"levels": {"MUST": levels}, "verdict": verdict, "partial": False, "headline": "as it is",
            "reach": {"not_judged": levels.get("not_run", 0)}}  # fmt: skip


WHY = "Not judged: 4 (for other models)."


@pytest.mark.parametrize(
    ("run", "says", "why"),
    [
        (made("conforms", **{"pass": 146, "skipped": 4}), "Conforms: 146 of 150 MUST judged, all hold.", WHY),
        (made("incomplete", **{"pass": 76, "not_run": 70, "skipped": 4}),
         "Incomplete: 76 of 150 MUST judged, all hold.", WHY),
        (made("incomplete", **{"pass": 146, "skipped": 4}), "as it is", ""),  # one of the three questions is missing
        (made("incomplete", not_run=150), "as it is", ""),
        (made("infrastructure", **{"pass": 1, "not_run": 149}), "as it is", ""),
    ],
)  # fmt: skip
def test_the_share_is_of_all_whatever_the_verdict(run: dict[str, Any], says: str, why: str) -> None:
    assert html_verdict.sentence(run) == says
    assert html_verdict.why(run, {"for other models": 4}) == why


def test_a_selection_is_its_own_reason() -> None:
    selected = made("conforms", **{"pass": 8, "not_run": 142}) | {"partial": True}
    assert html_verdict.why(selected, {"not selected": 142}) == ""
    assert html_verdict.why(selected | {"client": [{}]}, {"x": 142}) == "Not judged: 142 (x)."


@pytest.mark.parametrize("kind", ["mock", "live"])
def test_the_page_tells_it_beside_the_share(kind: str, tmp_path: Path) -> None:
    path = records.write(tmp_path, records.conversations(), records.verdicts(records.USUAL), kind=kind)
    held = read(path)
    told = html_verdict.why(summary(held), unjudged.reasons(held, cases(held)))
    assert told.startswith("Not judged: ")
    assert f'<span class="why">{told}</span>' in unescape(html.render(held, summary(held)))
