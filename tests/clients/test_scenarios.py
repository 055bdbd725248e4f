"""Scenarios: names, files, and what is said of those that make no sense."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.clients import scenarios
from conformance.mock.options import MockOptions, OptionError


def test_plain_is_always_held_first_and_each_once() -> None:
    names = [one.name for one in scenarios.chosen(["drop", "plain", "drop", "server-closes-first"])]
    assert names[:2] == ["plain", "drop"]
    assert names[2:] == [f"server-closes-first-{code}" for code in (1000, 1001, 1007, 1011)]
    assert [one.name for one in scenarios.chosen(["all"])] == list(scenarios.known())


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(OptionError, match="no scenario 'barge'; did you mean 'barge-in'"):
        scenarios.chosen(["barge"])


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    path.write_text(
        '[shop]\nsays = "A customer asks."\nlatency = "live"\nswitches = { finish = "silent" }\nseconds = 5\n'
        '[[shop.answers]]\nhears = "order"\ncalls = [{ name = "find", arguments = { id = 7 } }]\n'
        '[[shop.moments]]\nwhen = "response.done"\ndoes = { drop = true }\n',
        encoding="utf-8",
    )
    _, shop = scenarios.chosen([str(path)])
    options = shop.options(MockOptions(switches={"finish": "error", "flat-tool": "accepted"}))
    assert dict(options.switches) == {"finish": "silent", "flat-tool": "accepted"}
    assert (options.latency, shop.seconds, len(options.moments), len(options.answers)) == ("live", 5, 1, 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "there is no scenario"),
        ("x = 1", "x is no scenario: a table with `says`, a sentence"),
        ("[x]\nsays = 'a'\nswitch = {}", "x has 'switch'; did you mean 'switches'?"),
        ("[x]\nsays = 'a'\nquirks = ['nope-nope']", "no quirk 'nope-nope'"),
        ("[x]\nsays = 'a'\nlatency = 'slow'", "no latency 'slow'"),
        ("[X]\nsays = 'a'", "'X' is no name for a scenario"),
        ("[x", "Expected"),
    ],
)
def test_files_that_make_no_sense(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "my.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OptionError) as told:
        scenarios.chosen([str(path)])
    assert str(path) in str(told.value)
    assert says in str(told.value)
    with pytest.raises(OptionError, match="No such file"):
        scenarios.chosen([str(tmp_path / "absent.toml")])
