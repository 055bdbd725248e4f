"""What a close frame 1000 is worth: told of the ways that were walked and of what the rules found, together."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.judge.finding import Finding
from conformance.report import answer_close
from conformance.report.answer import Known
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


@pytest.mark.parametrize(
    ("codes", "mark", "says", "todo"),
    [
        (USUAL, "yes", "a close frame 1000, answered by 1000, ends the connection properly", "close with 1000"),
        ({}, "unknown", "whether a close frame ends a session cleanly was not seen", "close with 1000"),
        (dict.fromkeys(USUAL), "no", "a close frame 1000 gets no valid close frame back, so no end is clean",
         answer_close.HASTY),
        (dict.fromkeys(USUAL, 1005), "no", "a close frame 1000 is answered without a code, so no end is clean",
         "close with 1000, whatever answers it"),
        ({**USUAL, "close-1000-mid-response": None}, "yes",
         "a close frame 1000 ends a session properly, but not during a reply", "close with 1000"),
        ({**USUAL, "close-1000-with-audio": None}, "partly",
         "a close frame 1000 ends a session properly, but not with audio waiting",
         "close with 1000 (do not wait for its answer with audio waiting)"),
        ({**USUAL, "close-1000-mid-response": None, "cancel-then-close": 1001}, "partly",
         "a close frame 1000 ends a session properly, but not after a cancel and during a reply",
         "close with 1000 (do not wait for its answer after a cancel)"),
        ({**USUAL, "close-1000-idle": None, "cancel-then-close": None, "close-1000-bye": None}, "partly",
         "a close frame 1000 ends a session properly, but not on an idle session and in 2 more settings",
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
