"""What there is, named."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from conformance import cli, listing, plugin
from support import runs


@pytest.mark.parametrize("kind", listing.KINDS)
def test_each_kind_has_names_and_a_word_leaves_those_that_hold_it(kind) -> None:
    every = list(listing.rows(kind))
    word = every[-1].split()[0].partition("=")[0]
    some = list(listing.rows(kind, word.upper()))
    assert every
    assert len(some) <= len(every)
    assert all(word.lower() in line.lower() for line in some)
    assert list(listing.rows(kind, "no such word anywhere")) == []


def test_the_command_lists_and_knows_its_kinds(capsys) -> None:
    assert cli.main(["list", "quirks", "no-usage"]) == 0
    assert capsys.readouterr().out == "no-usage  a completed response has no usage\n"
    with pytest.raises(SystemExit) as ended:
        cli.main(["list", "nonsense"])
    assert ended.value.code == cli.USAGE


def test_without_arguments_the_command_shows_an_example_of_each(capsys) -> None:
    assert cli.main([]) == 0
    told = capsys.readouterr().out
    for command in cli.parser()._subparsers._group_actions[0].choices:  # type: ignore[union-attr]
        assert f"realtime-conformance {command}" in told


def test_a_console_that_lacks_a_character_shows_its_number() -> None:
    command = [sys.executable, "-m", "conformance.cli", "list", "checks", "GEN-070"]
    done = subprocess.run(command, capture_output=True, env=runs.environment(PYTHONIOENCODING="ascii"), check=False)
    assert done.returncode == 0, done.stderr
    assert b"\\u2026" in done.stdout


def config(**options):
    return SimpleNamespace(option=SimpleNamespace(**options), getoption=lambda name: options.get(name.strip("-")))


def test_pytest_lists_and_begins_no_run(capsys) -> None:
    assert plugin.pytest_cmdline_main(config(listed=["quirks", "no-usage"])) == 0
    assert capsys.readouterr().out == "no-usage  a completed response has no usage\n"
    assert plugin.pytest_cmdline_main(config(listed=None)) is None
    with pytest.raises(pytest.UsageError, match="--list nonsense: there are checks, "):
        plugin.pytest_cmdline_main(config(listed=["nonsense"]))


@pytest.mark.parametrize("asked", ["help", "version", "markers", "showfixtures", "collectonly", "plan"])
def test_who_asks_what_there_is_gets_no_folder(asked) -> None:
    assert plugin._holds(config())
    assert not plugin._holds(config(**{asked: True}))


@pytest.mark.parametrize(("asked", "lists"), [("setuponly", True), ("setupplan", True), ("setupshow", False)])
def test_who_asks_what_is_set_up_gets_the_checks_named_and_no_run(asked: str, lists: bool) -> None:
    made = config(listed=None, collectonly=False, **{asked: True})
    assert plugin.pytest_cmdline_main(made) is None
    assert made.option.collectonly is lists
    assert plugin._holds(made) is not lists
