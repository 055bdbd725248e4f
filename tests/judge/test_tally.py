"""What becomes of what many recordings say of one check: which verdict, in which words, with which findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from conformance.judge.checks import Check
from conformance.judge.finding import MOST, Failed, Finding
from conformance.judge.place import Places
from conformance.judge.tally import Tally, asked
from conformance.judge.verdicts import Blocked, Inconclusive, NotApplicable, Seen
from conformance.judge.view import Wire
from conformance.spec.profiles import profile_for
from conformance.spec.requests import FINISHED
from conformance.wire.gaps import Unshown
from conformance.wire.transcript import Transcript
from support.records import MODEL, Stage, transcript

PROFILE = profile_for(MODEL)
ID = "SES-002"


def each_frame(wire: Wire) -> Iterator[Wire]:
    """As many places as there are frames."""
    for _ in wire.frames:
        yield wire


class Chapter:
    """A chapter whose checks are asked of every frame."""

    on = Places("frames", each_frame).asked(ID)


class Alone:
    """A chapter of which only its own script shows anything."""


def check(does: Any, *, owner: type[Any] = Chapter, takes: str = "wire", id: str = ID) -> Check:  # noqa: A002
    conversation = "a/B" if takes == "wire" else None
    return Check(id, "MUST", lambda self, given: does(given), owner, conversation, "here.py:1", takes)


def calls(*sizes: int) -> list[Transcript]:
    """Recordings with so many frames each."""
    return [transcript(f"recording/{place}", _stage(size).leg) for place, size in enumerate(sizes)]


def _stage(size: int) -> Stage:
    stage = Stage()
    for _ in range(size):
        stage.server("error", error={"message": "no"})
    return stage


def tallied(does: Any, *sizes: int, **members: Any) -> Any:
    """The outcome of one check on recordings of these sizes."""
    one = check(does, **members)
    tally = Tally([one], PROFILE)
    for call in calls(*sizes):
        tally.add(call)
    return tally.outcomes()[one.id]


def raising(*problems: BaseException | None) -> Any:
    """A check that raises these, one after the other, and the last again and again."""
    left = list(problems)

    def does(_given: Any) -> None:
        problem = left.pop(0) if len(left) > 1 else left[0]
        if problem is not None:
            raise problem

    return does


NO = AssertionError("no")


@pytest.mark.parametrize(
    ("problems", "verdict", "detail"),
    [
        ([None], "pass", "held in 3 of 3 frames"),
        ([None, Inconclusive("x")], "pass", "held in 1 of 1 frames"),
        ([Inconclusive("first"), Inconclusive("second")], "skipped", "first"),
        ([Blocked("y", None, "gone"), Inconclusive("x")], "skipped", "x"),
        ([NotApplicable("z"), Blocked("y", None, "gone")], "skipped", "y never came (gone)"),
        ([ZeroDivisionError("ours"), NO, None], "error", "ZeroDivisionError: ours"),
    ],
)
def test_one_verdict_of_many_places(problems: list[BaseException | None], verdict: str, detail: str) -> None:
    outcome = tallied(raising(*problems), 2, 1)
    assert (outcome.verdict, outcome.detail) == (verdict, detail)


def found(seen: str, *, times: int = 1) -> Failed:
    return Failed([Finding(ID, "recording/0", 0, 0, "e", seen)] * times, named=False)


def test_a_check_fails_where_one_place_fails_and_says_of_how_many() -> None:
    outcome = tallied(raising(None, found("it is not so"), Inconclusive("x")), 3)
    assert outcome.verdict == "fail"
    assert outcome.detail == "1 of 2 frames fail: recording/0: it is not so"
    assert outcome.places == 1
    assert [one.seen for one in outcome.findings] == ["it is not so"]


def test_five_breaches_are_told_and_the_others_counted() -> None:
    told = "; ".join(["recording/0: no"] * 5)
    assert tallied(raising(found("no")), 5).detail == f"5 of 5 frames fail: {told}"
    assert tallied(raising(found("no")), 6).detail == f"6 of 6 frames fail: {told} (and 1 more)"


def test_findings_have_a_bound_and_places_none() -> None:
    outcome = tallied(raising(found("no", times=2)), MOST)
    assert (len(outcome.findings), outcome.places) == (MOST, 2 * MOST)


def test_the_answers_to_a_question_are_one_or_all_counted() -> None:
    seen = iter([Seen("merge", "it kept them"), Seen("merge"), Seen("replace")])
    probe = check(lambda _: next(seen), id="Q-UPDATE-MERGE", owner=type("Asks", (), {
        "on": Places("frames", each_frame).asked("Q-UPDATE-MERGE")}))  # fmt: skip
    tally = Tally([probe], PROFILE)
    first, second = calls(2, 1)
    tally.add(first)
    one = tally.outcomes()[probe.id]
    assert (one.verdict, one.outcome, one.detail) == ("observed", "merge", "it kept them (in 2 of 2 frames)")
    tally.add(second)
    several = tally.outcomes()[probe.id]
    assert (several.outcome, several.detail) == ("other", "merge: 2, replace: 1")


def test_a_rule_is_asked_of_every_connection_at_once_and_names_no_share() -> None:
    got: list[int] = []
    passed = tallied(lambda wires: got.append(len(wires)), 1, 2, owner=Alone, takes="wires", id="GEN-005")
    assert (passed.verdict, passed.detail, got) == ("pass", "", [1, 1])
    failed = tallied(raising(found("no")), 1, owner=Alone, takes="wires", id="GEN-005")
    assert (failed.verdict, failed.detail) == ("fail", "no")


def test_what_a_rule_excuses_is_added_up() -> None:
    outcome = tallied(lambda wires: wires[0].excused(FINISHED) and None, 1, 1, owner=Alone, takes="wires", id="GEN-005")
    assert outcome.excuses == ((FINISHED, 2),)


@pytest.mark.parametrize(
    ("members", "sizes", "detail"),
    [
        ({}, (0,), "no frames in the recording"),
        ({"owner": Alone}, (1,), "only the suite's own script of a/B shows it"),
        ({"owner": Alone, "takes": "held", "id": "GEN-005"}, (1,), "only a run of the suite's own shows it"),
        ({"owner": Alone, "takes": "wires", "id": "GEN-005"}, (), "nothing to judge"),
    ],
)
def test_why_there_is_nothing_to_judge(members: dict[str, Any], sizes: tuple[int, ...], detail: str) -> None:
    outcome = tallied(raising(None), *sizes, **members)
    assert (outcome.verdict, outcome.detail) == ("skipped", detail)


def test_what_a_recording_does_not_show_is_said() -> None:
    def hidden(wire: Wire) -> Iterator[Wire]:
        yield wire
        raise Unshown("cut")

    owner = type("Hides", (), {"on": Places("frames", hidden).asked(ID)})
    outcome = tallied(raising(NotApplicable("nothing there")), 1, owner=owner)
    assert outcome.detail == "nothing there"
    nothing = type("Nothing", (), {"on": Places("frames", lambda wire: iter(_unshown())).asked(ID)})
    assert tallied(raising(None), 1, owner=nothing).detail == str(Unshown("cut"))


def _unshown() -> Iterator[Wire]:
    raise Unshown("cut")
    yield


def test_a_model_of_another_family_is_not_asked() -> None:
    one = check(raising(NO), id="SES-101", owner=Alone, takes="wires")
    tally = Tally([one], profile_for("qwen-omni-turbo-realtime"))
    assert tally.add(calls(1)[0]) == []
    assert tally.outcomes()["SES-101"].verdict == "skipped"
    assert "only" in tally.outcomes()["SES-101"].detail


def test_what_an_added_conversation_breaks_is_told_at_once() -> None:
    tally = Tally([check(raising(None, found("no")))], PROFILE)
    (failure,) = tally.add(calls(2)[0])
    assert (failure.check.id, failure.conversation, failure.detail) == (ID, "recording/0", "recording/0: no")


def test_a_check_may_be_asked_of_several_kinds_of_places() -> None:
    other = Places("others", each_frame).asked("SES-003")
    owner = type("Both", (), {"on": (Chapter.on, Places("more", each_frame).asked(ID), other)})
    assert [places.name for places in asked(check(raising(None), owner=owner))] == ["frames", "more"]
    assert tallied(raising(None), 2, owner=owner).detail == "held in 4 of 4 frames and more"
