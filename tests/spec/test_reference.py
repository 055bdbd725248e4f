"""Errors, close codes and what is known: each row with a source that leads somewhere, and with what answers for it."""

from __future__ import annotations

import re

import pytest

from conformance.mock import errors
from conformance.site.members import events
from conformance.spec import sources
from conformance.spec.anchors import anchors
from conformance.spec.catalogue import questions
from conformance.spec.profiles import MODELS, profile_for
from conformance.spec.reference import close_codes, faults, known, sizes

KEYS = {*sources.ADDRESSES, *sources.SEEN, *sources.REPORTS}
DATE = re.compile(r"20\d\d(-\d\d(-\d\d)?)?")


def test_every_known_error_of_the_sources_is_there():
    told = {row.anchor for row in faults().values()}
    listed = {key for key in anchors() if re.fullmatch(r"s4\.1\.(0\d|1\d)", key)}
    assert listed <= told
    assert len(told) == len(faults()), "one row for each"


def test_every_close_code_of_the_sources_is_there():
    told = {sighting.anchor for row in close_codes().values() for sighting in row.seen}
    assert {f"s1.7.{number:02}" for number in range(2, 13)} <= told


@pytest.mark.parametrize("row", faults().values(), ids=lambda row: row.id)
def test_an_error_has_sources_a_date_and_events_that_exist(row):
    assert row.source
    assert set(row.source) <= KEYS
    assert DATE.fullmatch(row.date)
    assert set(row.events) <= events().keys()
    assert row.way in {"event", "close", "handshake", *events()}
    assert row.close is None or row.close in close_codes()


def test_codes_that_never_cross_the_line_are_marked():
    assert [row.code for row in close_codes().values() if not row.wire] == [1005, 1006, 1015]


def test_what_is_known_has_sources_dates_and_questions():
    for it in known():
        assert set(it.observed) <= questions().keys()
        for sentence in it.sentences:
            assert sentence.source in KEYS or " " in sentence.source
            assert re.match(DATE, sentence.date)
    assert [it.id for it in known()] == ["ending", "status", "silence"]


@pytest.mark.parametrize("model", MODELS)
def test_a_model_has_its_sizes_each_once_with_a_source_and_a_date(model):
    told = {row.name: row for row in sizes(model)}
    assert len(told) == len(sizes(model))
    assert {"Context", "Longest session", "Quota"} <= told.keys()
    for row in told.values():
        assert set(row.models) <= set(MODELS)
        assert set(row.source) <= KEYS
        assert DATE.match(row.date)
    if (turns := profile_for(model).audio_turns) is not None:
        assert told["History"].says.startswith(f"{turns} turns with audio"), "what the judge goes by"


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("E1", errors.modalities(["audio"])),
        ("E2", errors.none_active()),
        ("E3", errors.already_active()),
        ("E4", errors.IMAGE_BEFORE_AUDIO),
        ("E5", errors.EMPTY_BUFFER),
        ("E6", errors.INTERNAL),
        ("E7", errors.voice("Cherry")),
        ("E9", errors.idle(300)),
    ],
)
def test_the_mock_reads_the_same_words(row, fault):
    """Two readings of one table: where one of them slipped, they differ."""
    assert faults()[row].said == fault.message
    assert (faults()[row].code or "") == (fault.code or "")
