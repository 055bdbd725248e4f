"""The verdict of a run as one sentence with its share."""

from __future__ import annotations

from conformance.report import html_verdict


def test_a_selection_is_partial_and_a_whole_run_tells_its_share() -> None:
    must = {"pass": 8, "not_run": 145}
    made = {"levels": {"MUST": must, "SHOULD": {}}, "verdict": "conforms", "partial": True, "headline": "x"}
    assert html_verdict.sentence(made) == "Partial: 8 of 153 MUST selected and judged, all hold."
    assert html_verdict.tone(made) == "partial"
    whole = made | {"partial": False, "levels": {"MUST": {"pass": 145, "skipped": 8}, "SHOULD": {"fail": 2}}}
    assert html_verdict.sentence(whole) == "Conforms: 145 of 153 MUST judged, all hold; 2 SHOULD missed."
    fails = whole | {"verdict": "fails", "levels": {"MUST": {"pass": 144, "fail": 1, "skipped": 8}}}
    assert html_verdict.sentence(fails) == "Does not conform: 145 of 153 MUST judged, 1 fails."
