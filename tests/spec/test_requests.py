"""The table of requests agrees with the clauses, the schemas and itself."""

from __future__ import annotations

import re

import pytest

from conformance.judge import schema
from conformance.spec import requests
from conformance.spec.catalogue import clauses, owners
from conformance.spec.requests import ANSWERED_BY, EXCUSES, FAMILY, TABLE

OPEN = re.compile(r"[CUF]\d+")  # an open point of the sources; what else excuses is documented


def test_the_table_holds_the_protocols_events() -> None:
    # `mcp_approval_response` is of the flow that no source tells the end of.
    assert set(TABLE) == set(schema.client_types()) - {"mcp_approval_response"}
    assert not set(TABLE) & set(FAMILY)


def test_what_acknowledges_is_owned_by_the_clause_that_wants_it() -> None:
    for kind, answer in ANSWERED_BY.items():
        assert owners()[answer] == requests.clause_of(kind), kind


@pytest.mark.parametrize("clause", EXCUSES)
def test_every_excuse_stands_in_its_clause(clause: str) -> None:
    written = {entry.partition(":")[0] for entry in clauses()[clause].exempt}
    used = {one.code for one in EXCUSES[clause] if OPEN.fullmatch(one.code)}
    assert used <= written


@pytest.mark.parametrize("clause", ["GEN-001", "GEN-011", "GEN-013", "GEN-017", "GEN-024"])
def test_a_clause_claims_no_excuse_that_its_rule_does_not_take(clause: str) -> None:
    written = {entry.partition(":")[0] for entry in clauses()[clause].exempt}
    assert written <= {one.code for one in EXCUSES[clause]}


def test_a_silent_event_has_no_acknowledgement() -> None:
    for kind, row in TABLE.items():
        assert not (row.silent and row.answers), kind
    assert requests.is_silent("input_audio_buffer.append")
    assert not requests.is_silent("session.update")
    assert not requests.is_silent("conversation.item.delete")


def test_letters_of_any_case_mean_the_same_event() -> None:
    assert requests.answers("Session.Update") == ("session.updated",)
    assert requests.answers("input_audio.clear") == ()


def test_an_excuse_is_said_with_its_code() -> None:
    assert str(requests.NO_SESSION) == "an update without `session` (U5)"
