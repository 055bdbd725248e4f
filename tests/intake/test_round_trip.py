"""What others would have written down of the suite's own run is judged as the run was, or not at all."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from pathlib import Path

from conformance.judge.checks import Outcome
from conformance.spec.profiles import profile_for
from support import runs
from support.round_trip import LESS, differences, invented, judgeable


def test_every_form_gives_the_verdict_of_the_run(green: runs.Finished, tmp_path: Path) -> None:
    record = green.read_back
    profile = profile_for(record.run["target"]["model"])
    said = {line["id"]: Outcome(line["verdict"], line["detail"]) for line in record.verdicts}
    counted: Counter[str] = Counter()
    found: list[str] = []
    # Every form is tried, every third conversation in one of them: all in all is `python -m support.round_trip`.
    turns = itertools.cycle(("JSON lines", "HAR", "JSON lines without audio", "HAR without audio", None))
    for transcript, form in zip(judgeable(record.transcripts.values())[::3], turns, strict=False):
        found += differences(transcript, said, profile, tmp_path, counted, only=form)
    assert found == []
    assert counted["pass"] > 1000
    assert counted["observed"] > 30


def test_nothing_that_is_missing_is_taken_for_a_mistake(green: runs.Finished) -> None:
    record = green.read_back
    profile = profile_for(record.run["target"]["model"])
    chance = random.Random(16)
    found: list[str] = []
    # Every second conversation, of which each lacks another thing than the one before it.
    for transcript, less in zip(judgeable(record.transcripts.values())[1::2], itertools.cycle(LESS), strict=False):
        found += invented(transcript, less, chance.randrange(10_000), profile)
    assert found == []
