"""One thing that keeps the answers from being known, and what to do about it: a cause before what ended the run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.report import hindered, html
from conformance.report.answer import MOST_WORDS, InWords, Known
from conformance.report.answers import in_words
from conformance.report.case import Case
from conformance.report.causes import Cause, causes
from conformance.report.record import Record, read
from conformance.report.summary import caveats, summary
from conformance.spec.trouble import rows
from conformance.wire.transcript import Ending, Leg, Transcript
from support import records
from support.talks import c, s, talk

BINARY = Cause(
    "every event of the server comes in a binary frame, and none of them can be read",
    ("closing/FinishIdle", "closing/Idle", "usage/Silence"),
    ("Q-FINISH", "Q-SILENCE-BILLED"),
    "Ask the vendor to send every event in a text frame, then run all of it again.",
)
LOST = replace(BINARY, words="`session.update` has no effect", remedy="")
ROW = {"path": "close-1000-idle", "conversation": "closing/Idle", "complete": False, "stopped": "nothing came",
       "who_first": "client", "status": "not_read", "status_why": "", "client_code": 1000, "server_code": 1000,
       "clean": True, "finish": ""}  # fmt: skip


def case(key: str, verdict: str = "blocked", **more: Any) -> Case:
    return Case(key, "OBSERVE", verdict, "nothing came while waiting", f"closing/{key}", 0.0, **more)  # type: ignore[arg-type]


def answers(found: list[Cause], ended: str = "", **row: Any) -> list[InWords]:
    cases = [case("Q-FINISH"), case("Q-SILENCE-BILLED", "inconclusive")]
    return in_words(cases, [{**ROW, **row}], ended=ended, causes=found)


def test_the_cause_is_the_answer_to_each_question_that_hangs_on_it() -> None:
    for one in answers([LOST, BINARY], ended="what ended it"):
        assert (one.text, one.todo) == (f"Not known: {BINARY.words}.", BINARY.remedy)
        assert len(one.text.split()) <= MOST_WORDS
        assert not any("nothing came" in evidence.text for evidence in one.how)  # binary frames came


def test_what_no_cause_explains_is_about_what_ended_the_run() -> None:
    assert {one.todo for one in answers([LOST], ended="what ended it")} == {"what ended it"}
    assert "what ended it" not in {one.todo for one in answers([LOST])}
    elsewhere = replace(BINARY, checks=("Q-FINISH",), conversations=("closing/Rst",))
    assert [one.todo for one in answers([elsewhere], ended="x")] == [BINARY.remedy, "x", "x"]


@pytest.mark.parametrize(("session_id", "held_up"), [("sess_1", False), (None, True)])
def test_a_way_that_was_walked_with_an_id_that_was_read_is_held_up_by_nothing(
    session_id: str | None, held_up: bool
) -> None:
    second = answers([BINARY], complete=True, session_id=session_id)[1]
    assert (second.todo == BINARY.remedy) == held_up


def test_words_that_are_too_many_leave_the_sentence_as_it_is() -> None:
    wordy = replace(BINARY, words="word " * MOST_WORDS)
    first = answers([wordy])[0]
    assert first.text.startswith("Not known: nothing in this run shows how")
    assert first.todo == BINARY.remedy


def test_what_is_known_besides_stays_in_the_sentence() -> None:
    one = InWords("?", "Not known: this; a close 1000 is compliant.", "", ("closing/Idle",))
    (told,) = hindered.told([one], Known({"Q-FINISH": case("Q-FINISH")}, {}), [BINARY], "")
    assert (told.text, told.todo) == (one.text, BINARY.remedy)


# -- what ended a run


def ended(*held: Transcript, why: str | None = "it is over") -> Record:
    return Record({}, {}, transcripts={one.conversation: one for one in held}, recorded={"infrastructure": why})


def broken() -> Transcript:
    leg = Leg("wss://x", ending=Ending("client", tcp="client", broken_off="a message of more than 8 MB"))
    return Transcript("a/Broken", "t", [leg])


def trouble(kind: str) -> Transcript:
    return Transcript(f"a/{kind}", "t", trouble="it was in the way", trouble_kind=kind)


def test_each_kind_of_trouble_has_what_to_do_about_it() -> None:
    assert {*hindered.BY_KIND} >= {row.kind for row in rows()}
    for kind, todo in hindered.BY_KIND.items():
        assert hindered.remedy(ended(broken(), trouble(kind))) == todo
        assert len(todo.split()) <= MOST_WORDS
    assert hindered.remedy(ended(trouble("line"), broken())) == hindered.BROKEN_OFF
    assert hindered.remedy(ended(trouble("unheard of"))) == hindered.ENDED
    assert hindered.remedy(ended()) == hindered.ENDED
    assert hindered.remedy(ended(broken(), why=None)) == ""


# -- causes


def held(number: int, *lines: Any) -> Transcript:
    transcript = talk(*lines).transcript
    transcript.conversation = f"a/{number}"
    return transcript


UPDATE = c("session.update", session={"modalities": ["text"]})
REFUSED = s("error", error={"message": "no"})


def test_a_cause_beside_which_nothing_can_be_asked_says_what_to_do() -> None:
    judged = [Case("A-001", "MUST", "blocked", "", "a/1", 0.0)]
    (refused,) = causes([held(at, UPDATE, REFUSED) for at in range(3)], judged)
    assert refused.remedy == "Ask the vendor why no `session.update` is carried out, then run all of it again."
    (foreign,) = causes([held(at, "S response.output_text.delta") for at in range(3)], judged)
    assert "which endpoint" in foreign.remedy
    assert "remedy" not in foreign.to_json()


# -- the page


def test_the_cause_comes_before_what_ended_the_run(tmp_path: Path) -> None:
    must = next(row["id"] for row in records.catalogue()["clauses"] if row["level"] == "MUST")
    said = records.verdicts({must: {"verdict": "fail", "detail": "x"}})
    record = read(records.write(tmp_path, records.conversations(), said))
    assert record.recorded is not None
    record.recorded["infrastructure"] = "5 conversations in a row were broken off"
    alone, with_cause = caveats(record)[-1], caveats(record, BINARY)[-1]
    assert alone == "The run was stopped early: 5 conversations in a row were broken off."
    assert with_cause == f"E{BINARY.words[1:]}. Besides, the run was s{alone[len('The run was s') :]}"


def test_advice_that_is_the_same_is_said_once(tmp_path: Path) -> None:
    record = read(records.write(tmp_path, [], []))
    made = summary(record)
    for one in made["answers"]:
        one["todo"] = "Do it."
    page = html.render(record, made)
    assert page.count("Do it.") == 1
    assert page.count("The same as above.") == 2
