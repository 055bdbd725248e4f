"""The catalogue and the chapters keep step."""

from __future__ import annotations

import re

import pytest

from conformance.judge.checks import load
from conformance.judge.schema import server_types
from conformance.spec import CatalogueError, must, observe
from conformance.spec.catalogue import clause, clauses, owners, question, questions
from conformance.spec.profiles import FAMILIES


def test_every_clause_has_one_check_or_a_reason() -> None:
    checks = load().checks
    rows = list(clauses().values())
    without = [row.id for row in rows if not row.excluded and row.id not in checks]
    assert not without


def test_every_probed_question_has_its_probe_and_no_other_has_one() -> None:
    checks = load().checks
    probed = {row.id for row in questions().values() if row.reach != "by-hand"}
    assert {check.id for check in checks.values() if check.level == "OBSERVE"} == probed


def test_a_chapters_checks_stand_in_the_chapter_of_their_clause() -> None:
    wrong = {
        check.id: check.where
        for check in load().checks.values()
        if not re.search(rf"test_{(clauses().get(check.id) or questions()[check.id]).chapter}_", check.where)
    }
    # Some are read off a conversation that another chapter holds anyway: the sanity conversation, an interrupted reply,
    # a reply that nobody asked for.
    assert set(wrong) <= {"ENV-023", "Q-INTERRUPTED-USAGE", "Q-PROACTIVE-USAGE"}


def test_slow_questions_are_asked_in_slow_conversations() -> None:
    loaded = load()
    for check in loaded.checks.values():
        row = questions().get(check.id)
        if row is not None and check.conversation is not None:
            assert (row.reach == "slow") == loaded.conversations[check.conversation].slow, check.id


def test_a_question_not_probed_says_how_to_settle_it() -> None:
    for row in questions().values():
        assert (row.reach == "by-hand") == bool(row.how), row.id


def test_every_question_has_outcomes_and_one_default_where_it_is_probed() -> None:
    for row in questions().values():
        assert len(row.outcomes) >= 2, row.id
        assert sum(outcome.mock for outcome in row.outcomes) == (row.reach != "by-hand"), row.id
        assert all(outcome.evidence for outcome in row.outcomes), row.id


def test_all_contradictions_are_asked() -> None:
    assert {f"C{number}" for number in range(1, 44)} <= {row.contradiction for row in questions().values()}


def test_rows_name_known_families_levels_and_dates() -> None:
    for row in clauses().values():
        assert set(row.models) <= set(FAMILIES), row.id
        assert row.why, row.id
        assert row.source, row.id
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", row.date), row.id
        assert row.sentence.endswith("."), row.id


def test_an_owned_event_is_one_that_servers_send() -> None:
    assert set(owners()) - {"connection"} <= set(server_types())


def test_unknown_ids_name_the_nearest() -> None:
    with pytest.raises(CatalogueError, match="did you mean SES-002"):
        clause("SES-0002")
    with pytest.raises(CatalogueError, match="did you mean Q-FINISH"):
        question("Q-FINIS")


def test_a_chapter_with_the_wrong_level_does_not_import() -> None:
    with pytest.raises(CatalogueError, match="SHOULD in the catalogue and a MUST"):
        must("CON-003")


def test_an_excluded_clause_takes_no_check() -> None:
    with pytest.raises(CatalogueError, match="is excluded"):
        must("CON-025")


def test_a_probe_is_bound_to_its_question() -> None:
    @observe("Q-FINISH")
    def probe() -> None: ...

    assert (probe.check_id, probe.check_level) == ("Q-FINISH", "OBSERVE")  # type: ignore[attr-defined]
