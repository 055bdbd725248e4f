"""The page of a check says what it was judged by, also where nothing went wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.clients.judging import judge
from conformance.report import html_detail
from conformance.report.case import Case
from conformance.report.record import Record, read
from support import records


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    held = [records.transcript(f"client/{name}", records.Stage().greet().close()) for name in ("plain", "stall")]
    return read(records.write(tmp_path_factory.mktemp("client"), held, [], kind="client"))


def shown(case: Case, record: Record) -> dict[str, Any]:
    return html_detail.check(case, record, {"sentence": "It holds."}, None)


HELD = Case("CLI-090", "MAY", "pass", "held 2 times", "", 0.0,
            scenes=("client/stall", "client/gone"))  # fmt: skip


def test_a_rule_that_holds_shows_where_it_was_judged(record: Record) -> None:
    made = shown(HELD, record)
    assert made["scenes"] == [["client/stall", "c-client-stall"]]  # what the record has no longer, nobody can open
    assert made["at"] == "c-client-stall"
    assert made["seen"] == [["", HELD.detail]]


def test_a_rule_of_all_conversations_says_of_how_many(record: Record) -> None:
    made = shown(replace(HELD, detail="", scenes=()), record)
    assert made["seen"] == [["", "Judged on 2 conversations of this run."]]
    assert "scenes" not in made
    failed = shown(replace(HELD, verdict="skipped", detail="", scenes=()), record)
    assert "seen" not in failed


def test_a_client_s_rules_say_what_they_were_judged_on() -> None:
    outcomes = judge(records.transcript(f"client/{name}", records.Stage().greet().close()) for name in "ab")
    held = [one for one in outcomes.values() if one.verdict == "pass"]
    assert held
    assert all(one.detail and one.scenes for one in held)
    assert all(not one.scenes for one in outcomes.values() if one.verdict != "pass")
    assert any((one.detail, one.scenes) == ("held 2 times", ("client/a", "client/b")) for one in held)
