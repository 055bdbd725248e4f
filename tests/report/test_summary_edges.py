"""The summary at its edges: who excuses a blocked check, what outweighs what, and what each sentence depends on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.report.headline import RunVerdict, headline, levels, table, transport
from conformance.report.record import Record
from conformance.report.summary import (
    EXIT,
    MOCK_SERVER,
    cases,
    caveats,
    drift,
    ended,
    of_mock,
    owned,
    summary,
    target,
    verdict,
)
from conformance.wire.transcript import Transcript
from support.talks import talk, text_reply

CHECKS = {
    "GEN-1": {"level": "MUST", "conversation": None, "where": "rules:1"},
    "SES-1": {"level": "MUST", "conversation": "session/One", "where": "session:1"},
    "SES-2": {"level": "SHOULD", "conversation": "session/One", "where": "session:2"},
    "SES-3": {"level": "MAY", "conversation": "session/One", "where": "session:3"},
    "Q-1": {"level": "OBSERVE", "conversation": "session/One", "where": "session:4"},
}


def said(check_id: str, verdict_: str, **more: Any) -> dict[str, Any]:
    line = {"id": check_id, "level": CHECKS[check_id]["level"], "verdict": verdict_, "detail": "", "seconds": 0.1}
    return {**line, "outcome": None, "owner": None, **more}


def record(*lines: dict[str, Any], **recorded: Any) -> Record:
    return Record(
        run={"target": {"kind": "live", "endpoint": "e", "model": "m"}, "suite": {"version": "0"}, "started": "t"},
        catalogue={"clauses": [], "questions": [{"id": "Q-1", "expected": "yes"}], "checks": CHECKS},
        recorded={"sessions": 1, "not_held": {}, "infrastructure": None, **recorded},
        verdicts=list(lines),
        footer={"interrupted": False, "seconds": 1.0},
    )


def words(made: Record) -> str:
    judged = cases(made)
    changed = drift(made, judged)
    return headline(made, judged, verdict(made, judged, changed), changed)


def held(name: str = "test/Talk", **fields: Any) -> Transcript:
    return replace(talk().transcript, conversation=name, **fields)


BASELINE: dict[str, Any] = {"format": 1, "model": "m", "accepted": {}, "answers": {}, "shapes": {}}
ALL = [said("GEN-1", "pass"), said("SES-1", "pass"), said("SES-2", "pass"), said("SES-3", "pass"),
       said("Q-1", "observed", outcome="yes")]  # fmt: skip


@pytest.mark.parametrize(
    ("owner", "stays"),
    [("fail", True), ("error", True), ("not_run", True), ("inconclusive", True), ("pass", False), ("skipped", False),
     ("observed", False), ("accepted", False)],
)  # fmt: skip
def test_whose_verdict_excuses_a_blocked_check(owner: str, stays: bool) -> None:
    found = cases(record(said("SES-1", "blocked", owner="GEN-1"), said("GEN-1", "pass")))
    first, blocked = (
        replace(found[0], verdict=owner),
        replace(found[1], verdict="blocked", owner="GEN-1", absent=False, detail=""),
    )
    (_, after) = owned([first, blocked])
    assert (after.verdict, after.absent) == (("blocked", False) if stays else ("inconclusive", True))
    (chained,) = owned([first, replace(blocked, id="B"), replace(blocked, id="C", owner="B")])[2:]
    assert chained.verdict == after.verdict
    assert ("did not fail" in after.detail) == (not stays)


def test_a_blocked_check_without_owner_is_told_so() -> None:
    (case,) = [one for one in cases(record(said("SES-1", "blocked", detail="x"))) if one.id == "SES-1"]
    assert case.detail.startswith("x; ")
    assert "no check" in case.detail
    assert case.absent


def test_a_run_in_which_only_that_counts() -> None:
    for verdict_, want in (("pass", "conforms"), ("fail", "fails"), ("observed", "conforms"), ("skipped",
         "nothing_judged"),
                           ("error", "inconsistent")):  # fmt: skip
        made = record(said("GEN-1", verdict_))
        judged = [case for case in cases(made) if case.id == "GEN-1"]
        assert verdict(made, judged, drift(made, judged)) == want, verdict_
    made = record(said("SES-2", "fail"))
    judged = cases(made)
    assert verdict(made, judged, drift(made, judged)) == "conforms"


def test_seconds_and_members_of_a_case() -> None:
    line = said("SES-1", "fail", seconds=0.1004, owner="o", outcome="x", places=3, excuses=[{"code": "U5"}])
    case = cases(record(said("SES-1", "pass", seconds=0.2), line))[1]
    assert (case.seconds, case.owner, case.outcome, case.places) == (0.3, "o", "x", 3)
    assert (case.excuses, case.where, case.conversation) == (({"code": "U5"},), "session:1", "session/One")
    told = summary(record(line))["cases"][1]
    assert told["excuses"] == [{"code": "U5"}]
    assert "findings" not in told
    assert "places" not in told
    assert "excuses" not in summary(record(said("SES-1", "pass")))["cases"][1]


def test_findings_are_told_with_their_number() -> None:
    one = {"clause": "SES-1", "conversation": "c", "connection": 0, "frame": 1, "expected": "e", "seen": "s"}
    told = summary(record(said("SES-1", "fail", findings=[one], places=4)))["cases"][1]
    assert told["places"] == 4
    assert told["findings"][0]["seen"] == "s"


@pytest.mark.parametrize(
    ("not_held", "footer", "reason"),
    [
        ({"session/One": "no budget"}, False, "no budget"),
        ({"session/Other": "no budget"}, False, "not selected"),
        ({}, True, "the run was interrupted"),
        ({"session/One": "no budget"}, True, "no budget"),
    ],
)
def test_why_a_check_was_not_run(not_held: dict[str, str], footer: bool, reason: str) -> None:
    made = record(not_held=not_held)
    made.footer = {"interrupted": footer, "seconds": 0.0}
    case = cases(made)[1]
    assert (case.verdict, case.detail, case.seconds) == ("not_run", reason, 0.0)


def test_a_second_attempt_is_told() -> None:
    made = record(said("SES-1", "fail", detail="x"), said("SES-2", "fail"))
    made.transcripts["session/One"] = held("session/One", retried="lost", attempt=2)
    assert cases(made)[1].detail == "x (attempt 2; the one before: lost)"
    assert cases(made)[2].detail == "(attempt 2; the one before: lost)"
    assert cases(made)[0].detail == "not selected"
    made.transcripts["session/One"] = held("session/One")
    assert cases(made)[1].detail == "x"


def test_what_a_baseline_accepts() -> None:
    made = record(said("GEN-1", "fail", detail="d"), *ALL[1:])
    assert words(made).startswith("Does not conform")
    made.baseline = {**BASELINE, "accepted": {"GEN-1": {"reason": "d", "note": "known"}}}
    assert cases(made)[0].verdict == "accepted"
    assert words(made).startswith("Conforms with 1 accepted exception: 1 MUST hold, 0 fail")
    made.baseline = {**BASELINE, "accepted": {"GEN-1": {"reason": "other", "note": "known"}}}
    assert cases(made)[0].verdict == "fail"
    made.verdicts[0] = said("GEN-1", "pass", detail="d")
    made.baseline = {**BASELINE, "accepted": {"GEN-1": {"reason": "d", "note": "known"}}}
    assert cases(made)[0].verdict == "pass"
    assert words(made).startswith("Does not conform")  # an entry that is stale


def test_who_the_target_is() -> None:
    made = record(*ALL)
    assert target(made)["kind"] == "live"
    assert not of_mock(made)
    transcript = held()
    for name, value, ours in (("server", MOCK_SERVER, True), ("Server", f"{MOCK_SERVER}/2", True),
                              ("server", "nginx", False), ("x-server", MOCK_SERVER, False)):  # fmt: skip
        shake = replace(transcript.legs[0].handshake, response_headers=((name, value),))
        transcript.legs[0].handshake = shake
        made.transcripts["a"] = transcript
        assert (target(made)["kind"] == "mock") == of_mock(made) == ours, name
    assert "embedded" not in " ".join(caveats(made))
    made.transcripts["a"].legs[0].handshake = replace(shake, response_headers=(("server", MOCK_SERVER),))
    assert "the mock." in " ".join(caveats(made))
    made.run["target"]["kind"] = "replay"
    assert target(made)["kind"] == "replay"


def test_what_recordings_do_not_show() -> None:
    made = record(*ALL)
    made.run["replayed"] = {"target": {"kind": "live", "endpoint": "e"}, "started": "t0", "suite": {"version": "0"}}
    assert len(caveats(made)) == 1
    made.transcripts = {"a": held("a", gaps=("times",)), "b": held("b")}
    assert len(caveats(made)) == 2
    assert "(1 of 2 conversations)" in caveats(made)[1]
    made.transcripts = {"a": held("a", gaps=("times",), notes={"left_out": 3}), "b": held("b", gaps=("times", "close"))}
    said_ = caveats(made)
    assert len(said_) == 4
    assert "1 long conversation " in said_[1]
    assert "conversations)" not in said_[2]
    made.run["replayed"]["origin"] = "HAR"
    assert "(HAR)" in caveats(made)[0]
    assert "a saved record" not in caveats(made)[0]


def test_what_ended_a_run() -> None:
    told = "The run was stopped early: HTTP 401."
    for line, shown in ((said("GEN-1", "fail"), True), (said("GEN-1", "pass"), False), (said("SES-2", "fail"), False)):
        assert (told in caveats(record(line, infrastructure="HTTP 401"))) == shown
    assert told not in caveats(record(said("GEN-1", "fail")))


@pytest.mark.parametrize(
    ("endpoint", "reader", "many"),
    [
        ("ws://127.0.0.1:9/x", "mock", 2),
        ("ws://127.0.0.1:9/x", "none", 1),
        ("ws://localhost/x", "bl", 1),
        ("wss://gateway.example/x", "mock", 0),
        ("singapore", "sls", 0),
    ],
)
def test_an_endpoint_on_this_machine_is_told_as_one(endpoint: str, reader: str, many: int) -> None:
    made = record(*ALL)
    made.run["target"]["endpoint"] = endpoint
    made.status = {"reader": reader, "readings": {}}
    assert len(caveats(made)) == many
    assert ("from no platform" in " ".join(caveats(made))) == (many == 2)


def test_damage_is_told_up_to_five() -> None:
    made = record(*ALL)
    made.damage = [f"line {number}" for number in range(5)]
    assert caveats(made)[-1] == f"Part of the record can't be read: {'; '.join(made.damage)}."
    made.damage.append("line 5")
    assert caveats(made)[-1].endswith("line 4 and 1 more.")
    made.damage.append("line 6")
    assert caveats(made)[-1].endswith("and 2 more.")


def test_a_record_that_is_cut_short_may_have_no_verdict() -> None:
    made = record(*ALL)
    made.footer = None
    assert len(caveats(made)) == 1
    assert ended(made, "the record") == "the record is cut short"
    made.verdicts = []
    assert len(caveats(made)) == 2


def test_usage_and_sessions_are_added_up() -> None:
    made = record(*ALL)
    replied = talk("C response.create", text_reply()).transcript  # 341 and 9 tokens
    made.transcripts, made.earlier = {"a": replied, "b": held("b")}, [replied]
    told = summary(made)
    assert told["usage"] == {"input_tokens": 682, "output_tokens": 18}
    assert (told["sessions"], told["conversations"], told["seconds"]) == (1, 2, 1.0)
    assert (told["rested"], told["lag_ms"]) == (0.0, 0.0)
    made.recorded = None
    assert summary(made)["sessions"] == 2
    made.footer = None
    assert summary(made)["seconds"] == 0.0


def test_the_answers_that_were_expected() -> None:
    made = record(*ALL)
    (seen,) = summary(made)["observations"]
    assert (seen["expected"], seen["evidence"]) == ("yes", "session/One")
    assert "drift" not in summary(made)
    made.baseline = {**BASELINE, "answers": {"Q-1": "no"}}
    assert summary(made)["observations"][0]["expected"] == "no"
    assert "drift" in summary(made)
    assert "unexpected" not in seen


def test_levels_and_what_the_transport_owes() -> None:
    made = record(said("GEN-1", "pass"), said("SES-1", "pass"), said("SES-2", "fail"), said("SES-3", "fail"))
    made.catalogue["clauses"] = [{"id": name, "basis": "transport"} for name in ("GEN-1", "SES-2")]
    judged = cases(made)
    assert levels(judged) == {"MUST": {"pass": 2}, "SHOULD": {"fail": 1}, "MAY": {"fail": 1}, "OBSERVE": {"not_run": 1}}
    assert transport(judged) == {"pass": 1}
    rows = table(levels(judged))
    assert [row.split() for row in rows] == [
        ["hold", "fail", "not", "run", "in", "all"],
        ["MUST", "2", "0", "0", "2"],
        ["SHOULD", "0", "1", "0", "1"],
        ["MAY", "0", "1", "0", "1"],
        ["questions", "0", "0", "1", "1"],
        ["in", "all", "2", "2", "1", "5"],
    ]
    assert len({len(row) for row in rows}) == 1
    assert all(
        row.startswith(name) for row, name in zip(rows[1:], ("MUST ", "SHOULD ", "MAY ", "questions "), strict=False)
    )


def test_the_headline_counts_each_kind() -> None:
    assert words(record(*ALL)) == "Conforms: 2 MUST hold, 0 fail, 0 blocked; 0 SHOULD missed; 1 question answered."
    missed = record(*ALL[:2], said("SES-2", "fail"), said("SES-3", "fail"), said("Q-1", "skipped"))
    assert "2 SHOULD missed; 1 not judged" in words(missed)
    failed = record(said("GEN-1", "fail"), *ALL[1:])
    assert words(failed).startswith("Does not conform: 1 MUST hold, 1 fail, 0 blocked; 0 SHOULD missed; 1 question")
    assert "not judged" not in words(failed)
    for open_ in ("inconclusive", "skipped", "not_run"):
        assert "; 1 not judged" in words(record(*ALL[:2], said("SES-2", open_), *ALL[3:])), open_
    assert words(record(*ALL[:4], said("Q-1", "error"))).startswith("The suite contradicts itself in 1 check: ")
    interrupted = record(*ALL)
    interrupted.footer = {"interrupted": True, "seconds": 1.0}
    assert words(interrupted).startswith("Interrupted: so far 2 MUST hold")
    assert words(record(said("GEN-1", "pass"), *ALL[1:], infrastructure="DNS")) == "Nothing can be said: DNS."


def test_what_the_transport_owes_in_the_headline() -> None:
    made = record(said("GEN-1", "fail"), said("SES-1", "fail"), *ALL[2:])
    assert "of the transport" not in words(made)
    made.catalogue["clauses"] = [{"id": "GEN-1", "basis": "transport"}]
    assert "2 fail (1 of the transport)" in words(made)
    made.catalogue["clauses"].append({"id": "SES-1", "basis": "transport"})
    assert "2 fail (all of the transport)" in words(made)


def test_a_selection_is_partial() -> None:
    assert words(record(said("GEN-1", "pass"))) == "Partial: 1 of 1 selected MUST hold; 1 not selected."
    failed = record(said("GEN-1", "fail"), said("SES-2", "fail"))
    told = "Partial, and does not conform: 0 of 1 selected MUST hold, 1 fail; 1 SHOULD missed; 1 not selected."
    assert words(failed) == told
    failed.catalogue["clauses"] = [{"id": "GEN-1", "basis": "transport"}]
    assert "1 fail (of the transport);" in words(failed)


def test_each_verdict_has_its_exit_code() -> None:
    wanted: dict[RunVerdict, int] = {"conforms": 0, "fails": 1, "interrupted": 2, "nothing_judged": 5,
                                     "infrastructure": 10, "incomplete": 10, "inconsistent": 11}  # fmt: skip
    assert wanted == EXIT
    assert summary(record(*ALL))["exit"] == 0
    assert summary(record(said("GEN-1", "fail")))["exit"] == 1
