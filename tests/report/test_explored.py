"""The grid of what generated conversations tried, from whatever stands in a record."""

from __future__ import annotations

from typing import Any

from conformance.report.explored import explored, words
from conformance.wire.transcript import Transcript


def held(pairs: Any, moves: int = 3) -> Transcript:
    return Transcript("fuzz/1-1", "", notes={"moves": [{"do": "wait"}] * moves, "pairs": pairs})


def test_pairs_are_counted_over_all_conversations() -> None:
    once = [["session.update", "VAD, idle"], ["session.update", "manual, idle"]]
    made = explored([held(once), held([["response.create", "VAD, idle"], *once[:1]], 40), Transcript("a/B", "")])
    assert made is not None
    assert made["events"] == ["response.create", "session.update"]
    assert made["states"] == ["VAD, idle", "manual, idle"]
    assert made["times"] == [[1, 0], [2, 1]]
    assert words(made) == "2 generated conversations of at most 40 moves: 3 pairs of an event and a state that it met."


def test_what_is_no_pair_counts_for_nothing() -> None:
    assert explored([held(None), held([7, ["one"], ["a", 7], {"a": "b"}])]) is None
    assert explored([Transcript("fuzz/1-1", "", notes={"moves": 7, "pairs": [["a", "VAD, idle"]]})]) is not None
