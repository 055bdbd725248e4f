"""Every fault of the bad client is noticed by its own clause, and a good one breaks nothing in any scenario."""

from __future__ import annotations

import json

import pytest
from clients.faults import FAULTS
from clients.matrix import broken
from clients.playing import play

from conformance.clients.judging import clauses, judge
from conformance.clients.scenarios import known
from conformance.spec.proof import CLIENTS, client_killers
from conformance.wire.transcript import Transcript

PLACELESS = {
    *(f"CLI-{number:03}" for number in range(1, 8)),  # how it connects, and how often
    "CLI-038",  # a second of audio
    *(f"CLI-0{number}" for number in (58, 61, 62, 63, 64, 65, 67, 68, 70)),  # what became of the program
    *(f"CLI-0{number}" for number in (91, 92, 93)),
}
"""Clauses whose breach no single frame decides."""


USUAL: dict[bool, Transcript] = {}
"""What a client does where nothing goes wrong, held once for each who ends its turns: no fault of a scenario shows."""


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_is_noticed_by_its_own_clause(fault: str) -> None:
    what = FAULTS[fault]
    if what.scenario != "plain" and what.manual not in USUAL:
        USUAL[what.manual] = await play("plain", manual=what.manual)
    found = await broken(fault, USUAL.get(what.manual))
    if what.clause not in found:  # on a busy machine what was done at once came late: held once more
        found = await broken(fault, USUAL.get(what.manual))
    assert what.clause in found, found
    assert set(found) == {what.clause, *what.also}
    for clause, outcome in found.items():
        assert [one.frame is None for one in outcome.findings] == [clause in PLACELESS] * len(outcome.findings), clause


@pytest.mark.parametrize("manual", [True, False])
@pytest.mark.parametrize("scenario", known())
async def test_a_good_client_breaks_nothing(scenario: str, manual: bool) -> None:
    outcomes = judge([await play(scenario, manual=manual)])
    assert {clause: one.detail for clause, one in outcomes.items() if one.verdict not in {"pass", "skipped"}} == {}


def test_every_clause_has_its_fault() -> None:
    assert {what.clause for what in FAULTS.values()} == set(clauses())
    assert len(FAULTS) >= 40


def test_the_published_matrix_is_this_one() -> None:
    published = json.loads(CLIENTS.read_text(encoding="utf-8"))
    assert {name: row["clause"] for name, row in published.items()} == {
        name: what.clause for name, what in FAULTS.items()
    }
    for name, what in FAULTS.items():
        assert set(published[name]["breaks"]) == {what.clause, *what.also}
    assert set(client_killers()) == set(clauses())
