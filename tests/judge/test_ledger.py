"""A ledger is judged: who is missing, who is called by another's name, and what does not add up."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.judge import ledger
from conformance.judge.finding import Failed
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


def test_a_connection_that_was_never_greeted_is_no_session_that_is_missing() -> None:
    mute = walked("b", "C close 1000", **ABSENT)
    mute.transcript.legs[0].frames[:] = [frame for frame in mute.transcript.legs[0].frames if frame.side == "client"]
    assert mute.transcript.session_id is None
    assert wrong(ledger.shows_up([walked("a"), mute])) == []
    with pytest.raises(NotApplicable, match="has an id"):
        list(ledger.shows_up([mute]))


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


def test_what_is_wrong_is_a_finding_of_the_last_connection() -> None:
    wire = walked("a", *reply(), models=["another"])
    with pytest.raises(Failed) as failed:
        ledger.is_right("CLO-020", ledger.names_its_model([wire]))
    (found,) = failed.value.findings
    assert (found.clause, found.conversation, found.connection, found.frame) == ("CLO-020", "closing/a", 0, None)
    assert found.seen == f"a: another is listed, and {_greeted(wire)} greeted"
    assert str(failed.value) == found.seen
    ledger.is_right("CLO-020", ledger.names_its_model([walked("a", *reply(), models=[_greeted(wire)])]))


def _greeted(wire: Wire) -> str:
    model: str = wire.the("session.created")["session"]["model"]
    return model


def test_only_sessions_with_a_path_and_a_reading_are_listed() -> None:
    nowhere, unread, absent = walked("a"), walked("b"), walked("c", **ABSENT)
    nowhere.transcript.path = None
    unread.transcript.status = None
    untold = walked("d", attribution="none")
    assert [item.path for item, _ in ledger.listed([nowhere, unread, absent, untold, walked("e")])] == ["c", "e"]
    with pytest.raises(NotApplicable):
        ledger.listed([nowhere, unread, untold])


@pytest.mark.parametrize(
    ("reading", "says"),
    [
        ({"started": -60_000.0}, ""),
        ({"started": -60_001.0}, "it begins -60 s after it was opened"),
        ({"started": 60_000.0}, ""),
        ({"started": 60_001.0}, "it begins 60 s after it was opened"),
        ({"lasted": 60_100.0}, ""),
        ({"lasted": 60_101.0}, "it lasted 60101 ms, and its replies alone took 50 ms"),
        ({"lasted": 25.0}, ""),
        ({"lasted": 24.0}, "it lasted 24 ms, and its replies alone took 50 ms"),
        ({"lasted": 24.0, "status": "in_progress"}, ""),  # it goes on
        ({"started": 60_001.0, "status": "in_progress"}, "it begins 60 s after it was opened"),
        ({"started": 60_001.0, "lasted": 1.0}, "60 s after it was opened, and that it lasted 1 ms"),
    ],
)
def test_when_a_row_begins_and_how_long_it_lasts(reading: dict[str, Any], says: str) -> None:
    stage = Stage().server("response.created", 50.0).server("response.done", 50.0)
    wire = walked("a")
    wire.transcript.legs = [stage.leg]
    leg = stage.leg
    leg.closed_at_ms = leg.opened_at_ms
    assert leg.frames[-1].at == 100.0
    started = reading.get("started")
    told = {**reading, **({} if started is None else {"started": leg.opened_at_ms + started})}
    wire.transcript.status = {**(wire.transcript.status or {}), **told}
    (said,) = wrong(ledger.is_timed_right([wire])) or [""]
    assert says in said
    assert bool(said) == bool(says)


@pytest.mark.parametrize(
    "reading", [{"attribution": "human", "started": 1.0}, {"started": None, "lasted": None}, {"attribution": "window"}]
)
def test_times_that_are_nobodys_are_not_judged(reading: dict[str, Any]) -> None:
    with pytest.raises(NotApplicable, match="with a time"):
        list(ledger.is_timed_right([walked("a", *reply(), **reading)]))


@pytest.mark.parametrize("reading", [{"models": []}, {"models": None}, {"models": ["another"], "attribution": "human"}])
def test_models_that_are_nobodys_are_not_judged(reading: dict[str, Any]) -> None:
    with pytest.raises(NotApplicable, match="with its model"):
        list(ledger.names_its_model([walked("a", *reply(), **reading)]))


def test_who_greeted_is_read_of_the_greeting_alone() -> None:
    renamed = s("session.updated", session={"model": "another"})
    assert len(wrong(ledger.names_its_model([walked("a", renamed, models=["another"])]))) == 1
    for greeting in ([], [s("session.created", session={"model": 7})], [s("session.created", session=7)]):
        wire = talk(*greeting, greeting=False)
        wire.transcript.path, wire.transcript.status = "a", {**(walked("a").transcript.status or {}), "models": ["x"]}
        with pytest.raises(NotApplicable):
            list(ledger.names_its_model([wire]))


def test_a_name_that_is_longer_or_shorter_is_the_same_model() -> None:
    greeted = _greeted(walked("a"))
    for same in (greeted[:-1], greeted + "-x"):
        assert wrong(ledger.names_its_model([walked("a", models=[same])])) == []


def test_what_cost_nothing_need_not_be_listed_with_usage() -> None:
    with pytest.raises(NotApplicable):
        list(ledger.counts_right([walked("a")]))


def test_a_session_that_still_runs_adds_up_later() -> None:
    running = walked("a", reply(), status="in_progress", usage={"total_tokens": 31})
    with pytest.raises(NotApplicable):
        list(ledger.counts_right([running]))
    assert len(wrong(ledger.counts_right([running, walked("b", reply(), usage={"total_tokens": 31})]))) == 1
