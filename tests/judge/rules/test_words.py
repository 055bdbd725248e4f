"""What a rule quotes is whole up to a bound, and cut beyond it."""

from __future__ import annotations

import pytest

from support.rules import verdict
from support.talks import c, changed, message, talk, text_reply, twice


@pytest.mark.parametrize(("size", "whole"), [(78, True), (79, False)])
def test_a_text_is_quoted_whole_up_to_80_characters(size: int, whole: bool) -> None:
    text = "x" * size  # and its two quotation marks
    lines = changed(text_reply(), "response.text.done", text=text)
    said = verdict("GEN-038", talk(message(), c("response.create"), lines))
    assert said.verdict == "fail"
    assert (text in said.detail) is whole
    assert (f"({size + 2} characters)" in said.detail) is not whole


@pytest.mark.parametrize("clause", ["GEN-024", "GEN-027", "GEN-028"])
def test_what_is_told_twice_is_wrong_the_second_time(clause: str) -> None:
    kind = {"GEN-024": "response.done", "GEN-027": "response.output_item.done", "GEN-028": "response.content_part.done"}
    wire = talk(message(), c("response.create"), twice(text_reply(), kind[clause]))
    (finding, *_) = verdict(clause, wire).findings
    assert finding.frame == wire.of(kind[clause])[1].index
