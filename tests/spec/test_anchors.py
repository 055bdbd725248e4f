"""What the sources state is judged, asked, or left out for a reason."""

from __future__ import annotations

from itertools import pairwise

import pytest

from conformance.spec import CatalogueError
from conformance.spec.anchors import Anchor, anchors, read
from conformance.spec.catalogue import clauses, questions

OUTSIDE = {"RFC6455", "RFC6750", "JSON", "TELEMETRY"}  # other public texts
# What a session is, taken for granted by the sources: none of their rows says it.
APART = "that sessions are apart from each other is what the word means"
OURS = {
    **dict.fromkeys(("ISO-001", "ISO-002", "ISO-003", "ISO-004", "ISO-008"), APART),
    "ISO-010": "a service outlives what one client did to it",
    "FUZ-002": "a service outlives what one client did to it",
}


def test_anchors_stand_in_the_order_of_the_sources() -> None:
    places = [anchor.place for anchor in anchors().values()]
    assert all(before < after for before, after in pairwise(places))


def test_no_number_is_left_out() -> None:
    seen: dict[tuple[int, int], list[int]] = {}
    for anchor in anchors().values():
        seen.setdefault(anchor.place[:2], []).append(anchor.place[2])
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in seen.values())


def test_the_first_five_sections_are_there() -> None:
    assert {anchor.place[0] for anchor in anchors().values()} == {1, 2, 3, 4, 5}


def test_nothing_is_missing() -> None:
    missing = {anchor.id: anchor.missing for anchor in anchors().values() if anchor.missing}
    assert not missing


def test_what_is_said_is_short() -> None:
    long = [anchor.id for anchor in anchors().values() if not 1 <= len(anchor.says.split()) <= 16]
    assert not long


def test_every_judged_clause_and_every_question_stands_for_an_anchor() -> None:
    named = {row_id for anchor in anchors().values() for row_id in anchor.covered_by}
    rows = {row.id for row in clauses().values() if not row.excluded and not OUTSIDE & set(row.source)}
    assert sorted((rows | set(questions())) - named - set(OURS)) == []


def test_our_own_clauses_are_in_the_catalogue_and_have_no_anchor() -> None:
    named = {row_id for anchor in anchors().values() for row_id in anchor.covered_by}
    assert set(OURS) <= set(clauses()) | set(questions())
    assert not set(OURS) & named
    assert all(OURS.values())


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"covered_by": ["GEN-01"]}, "did you mean GEN-0"),
        ({"covered_by": ["Q-FINIS"]}, "did you mean Q-FINISH"),
        ({}, "neither"),
        ({"covered_by": ["GEN-010"], "excluded": "a reason"}, "is excluded and"),
        ({"covered_by": ["GEN-010"], "schema": "server/response.don.json"}, "no schema"),
        ({"covered_by": ["RSP-017"], "schema": "server/response.done.json"}, "GEN-010 holds"),
        ({"id": "s6.1.01", "excluded": "a reason"}, "is no anchor"),
        ({"covered": ["GEN-010"]}, "a row with covered"),
    ],
)
def test_a_bad_row_is_refused(row: dict[str, object], complaint: str) -> None:
    with pytest.raises(CatalogueError, match=complaint):
        read([{"id": "s1.1.01", "says": "what it says", **row}])


def test_a_row_twice_is_refused() -> None:
    row = {"id": "s1.1.01", "says": "what it says", "excluded": "a reason"}
    with pytest.raises(CatalogueError, match="twice"):
        read([row, row])


def test_a_missing_check_is_read() -> None:
    row = {"id": "s1.1.01", "says": "what it says", "missing": "a check"}
    assert read([row]) == {"s1.1.01": Anchor("s1.1.01", "what it says", missing="a check")}
