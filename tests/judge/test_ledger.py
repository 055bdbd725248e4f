"""A ledger is judged: who is missing, who is called by another's name, and what does not add up."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.judge import ledger
from conformance.judge.verdicts import NotApplicable
from conformance.judge.view import Wire
from support.records import Stage
from support.talks import Line, audio, s, talk, text_reply

USAGE = {"total_tokens": 30, "input_tokens": 20, "output_tokens": 10}


def reply(usage: Any = USAGE) -> list[str | Line | list[Line]]:
    lines: list[Any] = list(text_reply())
    body: dict[str, Any] = {"id": "resp_1", "object": "realtime.response", "status": "completed", "output": []}
    lines[-1] = s("response.done", response={**body, "usage": usage} if usage else body)
    return lines


def walked(path: str, *lines: Any, **reading: Any) -> Wire:
    wire = talk(*lines)
    wire.transcript.conversation = f"closing/{path}"
    wire.transcript.path = path
    told = {"status": "succeeded", "attribution": "exact_id", "why": "", "usage": None, "other": "", **reading}
    wire.transcript.status = told
    return wire


def wrong(found: ledger.Judged) -> list[str]:
    return [f"{one[0].path}: {one[1]}" for one in found if one]


ABSENT = {"status": "absent", "attribution": "none", "why": "the wait is over"}


def test_a_session_that_is_not_listed_is_missing() -> None:
    wires = [walked("a"), walked("b", **ABSENT)]
    assert len(list(ledger.shows_up(wires))) == 2
    (said,) = wrong(ledger.shows_up(wires))
    assert said.startswith("b: sess_")
    assert "the wait is over" in said


@pytest.mark.parametrize("status", ["not_visible_yet", "not_observable", "ambiguous"])
def test_what_nobody_can_tell_is_not_missing(status: str) -> None:
    untold = walked("b", status=status, attribution="none")
    assert wrong(ledger.shows_up([walked("a"), untold])) == []
    for judge in (ledger.shows_up, ledger.names_itself, ledger.counts_right):
        with pytest.raises(NotApplicable):
            list(judge([untold]))


def test_a_row_of_another_name_is_one_finding_and_not_two() -> None:
    wires = [walked("b", **ABSENT | {"other": "sess_stranger"})]
    assert wrong(ledger.shows_up(wires)) == []
    (said,) = wrong(ledger.names_itself(wires))
    assert said.endswith("names sess_stranger")
    assert wrong(ledger.names_itself([walked("a")])) == []


@pytest.mark.parametrize(
    ("usage", "finding"),
    [
        (USAGE, ""),
        ({"total_tokens": 30}, ""),
        ({"total_tokens": 31}, "total_tokens 31 for 30"),
        ({"total_tokens": 29}, "total_tokens 29 for 30"),
        ({**USAGE, "input_tokens": 40}, "input_tokens 40 for 20"),
        ({**USAGE, "output_tokens": 0}, "output_tokens 0 for 10"),
    ],
)
def test_what_is_listed_is_the_sum(usage: dict[str, int], finding: str) -> None:
    (said,) = wrong(ledger.counts_right([walked("a", reply(), usage=usage)])) or [""]
    assert finding in said
    assert bool(said) == bool(finding)


@pytest.mark.parametrize(
    ("lines", "reading"),
    [
        ([], {"usage": {"total_tokens": 7}}),  # nothing was answered: nothing is known of what it cost
        ([reply()], {"usage": None, "status": "failed_client"}),  # a failed row may have no usage
        ([reply()], {"usage": {"total_tokens": 7}, "status": "in_progress"}),
        ([reply()[:-1]], {"usage": {"total_tokens": 7}}),  # a reply that never ended may have cost more
        ([reply(None)], {"usage": {"total_tokens": 7}}),
        ([reply(), audio(1000)], {"usage": {"total_tokens": 7}}),  # audio that nobody answered may be billed
    ],
)
def test_what_can_not_be_added_up_is_not_judged(lines: list[Any], reading: dict[str, Any]) -> None:
    with pytest.raises(NotApplicable, match="added up"):
        list(ledger.counts_right([walked("a", *lines, **reading)]))


def test_a_path_of_several_connections_is_one_session() -> None:
    twice = walked("a")
    assert len(list(ledger.shows_up([twice, Wire(twice.transcript, twice.profile)]))) == 1


def test_rows_begin_within_the_session_and_last_as_long_as_its_replies() -> None:
    opened = walked("x", *reply()).transcript.legs[-1].opened_at_ms
    inside = [walked("a", *reply(), started=opened + 59_000.0), walked("b", *reply(), lasted=60_000.0)]
    assert wrong(ledger.is_timed_right(inside)) == []
    late = [walked("a", *reply(), started=opened + 3_600_000.0), walked("b", *reply(), lasted=3_600_000.0)]
    assert len(wrong(ledger.is_timed_right(late))) == 2
    with pytest.raises(NotApplicable):
        list(ledger.is_timed_right([walked("a", *reply())]))


def test_rows_name_the_model_that_greeted_or_a_snapshot_of_it() -> None:
    wire = walked("a", *reply())
    model = wire.the("session.created")["session"]["model"]
    for same in (model, f"{model}-2026-09-15"):
        assert wrong(ledger.names_its_model([walked("a", *reply(), models=[same])])) == []
    assert len(wrong(ledger.names_its_model([walked("a", *reply(), models=[model, "another"])]))) == 1


def test_a_row_that_shows_the_key_is_wrong_and_where_nobody_looked_nothing_is_said() -> None:
    assert wrong(ledger.quotes_no_key([walked("a", *reply(), quotes=[])])) == []
    assert wrong(ledger.quotes_no_key([walked("a", quotes=["apikey"])])) == ["a: the key is in apikey"]
    with pytest.raises(NotApplicable, match="nobody looked"):
        list(ledger.quotes_no_key([walked("a", *reply())]))


def test_a_session_that_cost_something_is_listed_with_its_usage() -> None:
    assert wrong(ledger.counts_right([walked("a", *reply())])) == [
        "a: no usage is listed for the 30 tokens that its replies reported"
    ]
    untold = walked("a", *reply(), attribution="human")  # a console shows none
    with pytest.raises(NotApplicable):
        list(ledger.counts_right([untold]))


def test_replies_took_what_lay_between_their_first_and_their_last_event() -> None:
    stage = Stage().server("response.done", 10.0).server("response.created", 10.0).server("x", 5.0)
    assert ledger._spoken(stage.leg) == 0.0
    assert ledger._spoken(stage.server("response.done", 20.0).server("response.done", 50.0).leg) == 25.0
    stage.client("response.created", 5.0).server("response.done", 5.0)
    assert ledger._spoken(stage.leg) == 25.0
