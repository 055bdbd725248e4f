"""What a close frame 1000 is worth: told of the ways that were walked and of what the rules found, together."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.judge.finding import Finding
from conformance.report import answer_close, answer_finish
from conformance.report.answer import MOST_WORDS, Known
from conformance.report.case import Case

USUAL = dict.fromkeys(answer_close.MOMENTS, 1000)


def row(path: str, code: int | None, *, clean: bool = True, first: str = "client", sent: int = 1000) -> dict[str, Any]:
    return {"path": path, "conversation": f"closing/{path}", "who_first": first, "client_code": sent,
            "server_code": code, "clean": clean and code is not None}  # fmt: skip


def known(codes: dict[str, int | None], *failed: Case) -> Known:
    return Known({case.id: case for case in failed}, {path: row(path, code) for path, code in codes.items()})


def failure(clause: str, *conversations: str) -> Case:
    found = tuple(Finding(clause, name, 0, None, "", "a close was not answered") for name in conversations)
    return Case(clause, "MUST", "fail", "", "", 0.0, findings=found, places=len(found))


def observed(question: str, outcome: str) -> Case:
    return Case(question, "OBSERVE", "observed", "", "", 0.0, outcome=outcome)


@pytest.mark.parametrize(
    ("codes", "mark", "says", "todo"),
    [
        (USUAL, "yes", "a close frame 1000, answered by 1000, is a compliant end", "close with 1000"),
        ({}, "unknown", "whether a close frame is a compliant end was not seen", "close with 1000"),
        (dict.fromkeys(USUAL), "no", "no end tried is compliant: a close frame 1000 gets no valid answer",
         answer_close.HASTY),
        (dict.fromkeys(USUAL, 1005), "no", "no end tried is compliant: a close frame 1000 is answered without a code",
         "close with 1000, whatever answers it"),
        ({**USUAL, "close-1000-mid-response": None}, "yes",
         "a close frame 1000 is a compliant end except during a reply", "close with 1000"),
        ({**USUAL, "close-1000-with-audio": None}, "partly",
         "a close frame 1000 is a compliant end except with audio waiting",
         "close with 1000 (do not wait for its answer with audio waiting)"),
        ({**USUAL, "close-1000-mid-response": None, "cancel-then-close": 1001}, "partly",
         "a close frame 1000 is a compliant end except after a cancel and during a reply",
         "close with 1000 (do not wait for its answer after a cancel)"),
        ({**USUAL, "close-1000-idle": None, "cancel-then-close": None, "close-1000-bye": None}, "partly",
         "a close frame 1000 is a compliant end except on an idle session and in 2 more settings",
         answer_close.HASTY),
    ],
)  # fmt: skip
def test_what_a_close_is_worth(codes: dict[str, int | None], mark: str, says: str, todo: str) -> None:
    end = answer_close.end(known(codes))
    assert (end.mark, end.forms[0], end.close) == (mark, says, todo)
    assert [*end.forms] == sorted(end.forms, key=lambda form: -len(form.split()))


@pytest.mark.parametrize(
    ("found", "mark"),
    [
        ((), "yes"),
        ((failure("GEN-060", "closing/close-4000"),), "yes"),  # of another code
        ((failure("GEN-060", "usage/Plain"),), "partly"),
        ((failure("GEN-060"),), "partly"),  # nobody says where
        ((failure("GEN-061", "closing/Idle"),), "partly"),
        ((failure("CLO-003", "closing/Idle"),), "yes"),  # before the answer an event may come, by RFC 6455
    ],
)
def test_what_rules_found_speaks_too(found: tuple[Case, ...], mark: str) -> None:
    seen = known(USUAL, *found)
    seen.rows["close-4000"] = row("close-4000", None, sent=4000)
    end = answer_close.end(seen)
    assert end.mark == mark
    assert (end is answer_close.YES) == (mark == "yes")
    assert len(answer_close.against(seen)) == len(found)


def test_a_way_that_was_not_walked_to_its_end_says_nothing() -> None:
    seen = known({**USUAL, "close-1000-idle": None})
    seen.rows["close-1000-idle"]["complete"] = False
    assert answer_close.end(seen) is answer_close.YES


@pytest.mark.parametrize(("there", "code", "says"), [(1005, 1005, False), (1001, 1002, True), (4000, 4000, True)])
def test_no_end_is_called_compliant_where_none_of_any_code_was(there: int, code: int, says: bool) -> None:
    """A close without a code that is answered by one complies, and is no end that anybody is advised of."""
    seen = known(dict.fromkeys(USUAL))
    seen.rows["close-other"] = row("close-other", code, sent=there)
    end = answer_close.end(seen)
    assert (end.mark, end.code) == ("no", 1000)
    assert any("no end tried is compliant" in form for form in end.forms) == says


def test_another_code_that_is_answered_as_it_has_to_be_is_told() -> None:
    seen = known(dict.fromkeys(USUAL))
    seen.rows["close-1001"] = row("close-1001", 1001, sent=1001)
    end = answer_close.end(seen)
    assert (end.mark, end.code, end.workaround) == ("partly", 1001, False)
    assert end.forms[0] == "a close frame 1001 is a compliant end, but 1000 gets no valid answer"
    assert [*end.forms] == sorted(end.forms, key=lambda form: -len(form.split()))
    first = answer_finish.answer(Known({"Q-FINISH": observed("Q-FINISH", "error")}, seen.rows))
    assert first.text == f"Partly: `session.finish` is refused; {end.forms[0]}."
    assert first.todo == "Wait for a running reply's `response.done`, then close with 1001."
    assert first.code.endswith("ws.close(1001)\n")


def test_a_refused_finish_beside_a_close_that_nobody_saw_is_known_in_part() -> None:
    first = answer_finish.answer(Known({"Q-FINISH": observed("Q-FINISH", "error")}, {}))
    assert (first.mark, first.text.partition(":")[0]) == ("partly", "Partly known")


@pytest.mark.parametrize(
    ("code", "clean", "called"),
    [(1000, True, False), (None, True, True), (1001, True, True), (1000, False, True)],
)
def test_advice_that_makes_up_for_what_the_server_owes_is_called_a_workaround(
    code: int | None, clean: bool, called: bool
) -> None:
    seen = Known({}, {path: row(path, code, clean=clean) for path in USUAL})
    told = answer_close.end(seen).advised("Wait for a running reply's `response.done`")
    assert told.startswith("As a workaround, wait for") == called
    assert "lose with 1000" in told
    assert max(len(sentence.split()) for sentence in told.split(". ")) <= MOST_WORDS


def test_a_long_advice_is_two_sentences() -> None:
    steps = "Wait for this, send that, and wait for what answers it, however long it takes"
    told = answer_close.advised(steps, answer_close.HASTY, workaround=True)
    assert told == f"As a workaround, w{steps[1:]}. Then {answer_close.HASTY}."
