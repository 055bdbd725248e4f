"""Findings as data: what is kept, how many are told, and how long a text may be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.judge.finding import LONGEST, MOST, TOLD, Failed, Finding, told

ONE = Finding("GEN-1", "a/A", 0, 3, "e", "s")


def many(number: int) -> list[Finding]:
    return [replace(ONE, seen=f"s{place}") for place in range(number)]


def test_so_many_are_kept_and_all_are_counted() -> None:
    assert (MOST, TOLD, LONGEST) == (20, 5, 4000)
    for number, kept in ((1, 1), (20, 20), (21, 20)):
        failed = Failed(many(number))
        assert (len(failed.findings), failed.places) == (kept, number)


@pytest.mark.parametrize(("number", "end"), [(1, "s0"), (5, "s4"), (6, "s4 (and 1 more)"), (30, "s4 (and 25 more)")])
def test_so_many_are_told(number: int, end: str) -> None:
    said = told(many(number), number)
    assert said.endswith(end)
    assert said.count("; ") == min(number, 5) - 1
    assert said.startswith("a/A: s0")
    assert told(many(number), number, named=False).startswith("s0")
    assert told([replace(ONE, conversation="")], 1) == "s"
    assert str(Failed(many(1), named=False)) == "s0"


@pytest.mark.parametrize("member", ["expected", "seen", "cause"])
def test_texts_have_a_bound(member: str) -> None:
    fits = replace(ONE, **{member: "x" * 4000})
    assert fits.short() is fits
    long = replace(ONE, **{member: "x" * 4001})
    assert len(getattr(long.short(), member)) <= 4100
    assert getattr(long.short(), member) != getattr(long, member)
    assert long.to_json()[member] == getattr(long.short(), member)
    (kept,) = Failed([long]).findings
    assert kept == long.short()


def test_the_form_is_read_back() -> None:
    full = Finding("GEN-1", "a/A", 1, None, "e", "s", "c")
    assert Finding.from_json(full.to_json()) == full
    assert Finding.from_json({**full.to_json(), "later": 1, "excuse": None}) == full  # older records have an excuse
    with pytest.raises(TypeError):
        Finding.from_json({"clause": "GEN-1"})


def test_where_it_was() -> None:
    assert ONE.where == "a/A"
    assert replace(ONE, connection=1).where == "a/A (connection 2)"
