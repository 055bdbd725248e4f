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
    # a reply that nobody asked for, a spoken turn that is measured.
    assert set(wrong) <= {"ENV-023", "Q-INTERRUPTED-USAGE", "Q-PROACTIVE-USAGE", "Q-FINISH-AUDIO-MODE"}


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


def test_what_only_rfc_6455_asks_for_is_the_transports() -> None:
    rows = list(clauses().values())
    asked = {"CLO-007", "CLO-008", "CLO-016", "CLO-017", "CLO-018", "CLO-019", "CON-021", "CON-022"}
    carried = {row.id for row in rows if row.basis == "transport" and row.level == "MUST"}
    assert asked <= carried
    assert {row.why for row in rows if row.id in carried} == {"RFC 6455 requires it"}
    assert {row.id for row in rows if row.why == "RFC 6455 requires it"} <= {
        row.id for row in rows if row.basis == "transport"
    }
    assert not {row.id for row in rows if row.basis == "protocol" and set(row.source) == {"RFC6455"}}


def test_one_recording_makes_a_must_for_its_family_alone() -> None:
    recorded = {"WS-REC", "WS-EV", "WS-D"}
    alone = {row.id for row in clauses().values() if row.level == "MUST" and set(row.source) <= recorded}
    assert alone
    for row in clauses().values():
        assert set(row.must_for) <= set(FAMILIES)
        assert row.must_for or row.id not in alone, row.id
        levels = {family: row.level_for(family) for family in FAMILIES}
        musts = {family for family, level in levels.items() if level == "MUST"}
        assert musts == (set(row.must_for) or set(FAMILIES) if row.level == "MUST" else set()), row.id
    assert clause("ITM-014").level_for("qwen3.5") == "MUST"
    assert clause("ITM-014").level_for("qwen3.8") == "SHOULD"
