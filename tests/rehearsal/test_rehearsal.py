"""Whole runs on the live path in every weather: what they say is true, whatever is in the way.

In swift time (see `swift`); in real time it is `python -m tests.rehearsal --weather fair`.
"""

from __future__ import annotations

from pathlib import Path

from conformance.report.reach import CAUSES
from rehearsal.stage import Staged
from support import runs

FORTY = 40  # LIVE_RPM, written down a second time: it is a promise to the account
LONGEST = 3600.0
SOME = tuple(word for name in ("CLO", "SES", "AUD", "VAD", "RSP") for word in ("--case", f"{name}-*"))
"""Chapters with some forty connections, where no more are needed."""
QUICK = tuple(word for name in ("CLO", "SES", "CON", "ENV", "ISO") for word in ("--case", f"{name}-*"))
"""As many that are over sooner, where only their number matters: less is spoken in them, and sound is what costs."""


def rehearsed(folder: Path, *weathers: str, seed: int = 0, options: tuple[str, ...] = ()) -> list[Staged]:
    """Rehearse in a process of its own: the clock of this one is not to be touched."""
    asked = ["--swift", "--seed", str(seed), "--report-dir", str(folder), "--weather", *weathers, *options]
    _, said = runs.forked(["tests.rehearsal", *asked], {})
    try:
        return [Staged.read(folder / f"rehearsal-{weather}-{seed}") for weather in weathers]
    except FileNotFoundError:
        raise AssertionError(said) from None


def paced(staged: Staged) -> bool:
    # A connection arrives a moment after it began, and not each the same moment.
    return staged.shortest_gap >= 0.95 and staged.most_a_minute <= FORTY


def test_fair_weather_is_judged_whole_and_within_its_limits(tmp_path: Path) -> None:
    (staged,) = rehearsed(tmp_path, "fair")
    assert (staged.code, staged.summary["verdict"]) == (0, "conforms")
    assert staged.faults == []
    assert staged.summary["reach"]["not_judged"] == 0
    assert staged.summary["stability"]["lost"] == 0
    assert len(staged.arrived) == staged.summary["sessions"] <= 120
    assert staged.seconds < 240
    assert paced(staged)
    # Of this machine in real time, loaded or not, nothing is seen: in swift time no heartbeat is late.
    assert staged.recorded["lag_ms"] < 20


def test_busy_weather_fails_nothing(tmp_path: Path) -> None:
    (staged,) = rehearsed(tmp_path, "busy", seed=4, options=SOME)
    assert (staged.code, staged.summary["verdict"]) in {(0, "conforms"), (10, "incomplete")}
    assert staged.faults == []
    assert staged.summary["stability"]["lost"] > 0  # the seed is one in which sessions are lost
    assert paced(staged)


def test_a_storm_ends_and_says_what_was_in_the_way(tmp_path: Path) -> None:
    (staged,) = rehearsed(tmp_path, "storm", seed=1, options=SOME)
    assert staged.code == 10
    # What befalls which conversation is another matter with each new one; that it is told is not.
    assert staged.summary["verdict"] in {"incomplete", "infrastructure"}
    assert staged.summary["verdict"] == "infrastructure" or set(staged.summary["reach"]["causes"]) & set(
        CAUSES.values()
    )
    assert staged.failing == []
    assert staged.seconds < LONGEST
    assert len(staged.arrived) <= 130
    assert paced(staged)


def test_thirty_connections_a_minute_are_enough(tmp_path: Path) -> None:
    (staged,) = rehearsed(tmp_path, "30-a-minute", options=QUICK)
    # HTTP 429 at the 31st connection of a minute: the run rests once, goes on more slowly, and misses nothing.
    assert staged.recorded["slowed"] == 1
    assert staged.recorded["rested"] > 0
    assert (staged.code, staged.summary["reach"]["not_judged"]) == (0, 0)
    assert staged.faults == []


def test_one_trouble_at_a_time_is_told_as_what_it_is(tmp_path: Path) -> None:
    accounts = {
        "no-model": "ask for access to the model",
        "arrears": "pay the open bill",
        "gateway": "HTTP 404",
    }
    for weather, staged in zip(accounts, rehearsed(tmp_path, *accounts, options=("--case", "CLO-*")), strict=True):
        assert (staged.code, staged.summary["verdict"]) == (10, "infrastructure"), weather
        assert accounts[weather] in staged.summary["headline"]
        assert len(staged.arrived) == 1, weather
        assert staged.failing == []


def test_what_lets_only_a_part_be_judged_is_incomplete(tmp_path: Path) -> None:
    for staged in rehearsed(tmp_path, "free-tier", "throttled", "first-20-then-none", options=QUICK):
        assert staged.code == 10, staged.folder
        assert staged.summary["verdict"] in {"infrastructure", "incomplete"}
        assert staged.failing == []
        assert staged.seconds < LONGEST
        assert paced(staged)
