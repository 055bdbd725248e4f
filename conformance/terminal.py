"""What a run shows while it judges and when it ends: a line for each chapter, five for each failure, no introspection.

At `-v` pytest's own lines stay, at `-q` its dots; `-r` and `--tb` do what they do anywhere.
"""

from __future__ import annotations

import os
import shlex
import shutil
import textwrap
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import pytest

from conformance.judge.checks import Check, Outcome
from conformance.report.html_text import one_line, plural, told
from conformance.report.naming import verdict_class
from conformance.spec.catalogue import clauses

LETTERS = {"passed": ".", "failed": "F", "skipped": "s", "xfailed": "x", "error": "E"}
WORDS = {  # in the order of a chapter's line, which begins with what holds
    "pass": "hold", "fail": "fail", "missed": "missed", "accepted": "accepted", "observed": "answered",
    "error": "error", "blocked": "blocked", "inconclusive": "inconclusive", "skipped": "skipped", "not_run": "not run",
}  # fmt: skip
NAMED = 4  # failing checks that a chapter's line names
LONGEST = 300  # characters of what was expected or seen
ANNOTATIONS = 10  # of each kind: what GitHub shows of a step
GENERATED = "FUZ-"  # the ids of checks of generated conversations
MOVES = 12  # lines of a generated conversation
DEFAULT_CHARS = "fE"  # what pytest's `-r` is when nobody gave it


class ByChapter:
    """Writes a line for each chapter once all its checks are judged."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._counts: dict[str, Counter[str]] = {}
        self._failed: dict[str, list[str]] = {}
        self._told: set[str] = set()
        self._side_by_side = getattr(config.option, "dist", "no") != "no"

    @property
    def _reporter(self) -> Any:
        return self._config.pluginmanager.get_plugin("terminalreporter")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Leave the place of files and dots to chapters."""
        reporter = self._reporter
        if reporter is None:
            return
        if plain(self._config):
            reporter.showfspath = False
            reporter._show_progress_info = False  # noqa: SLF001  # an ini value of pytest's, which nobody can set late
        if self._config.option.reportchars == DEFAULT_CHARS:
            reporter.reportchars = ""  # the last lines name what failed by its clause

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Count a verdict; with the first of a chapter, tell the one before."""
        said = getattr(report, "conformance", None)
        if said is None:
            return
        if self._config.option.tbstyle == "line" and report.failed and isinstance(report.longrepr, str):
            # Last, and where it is shown: a worker sends texts alone, and pytest's JUnit file wants all five lines.
            report.longrepr = InALine(report.longrepr)
        name = chapter(report.nodeid)
        if not self._side_by_side:
            self._tell(but=name)
        verdict = verdict_class(said["verdict"], said["level"])
        if verdict == "fail" and report.skipped:
            verdict = "accepted"
        self._counts.setdefault(name, Counter())[verdict] += 1
        if verdict in {"fail", "error"}:
            self._failed.setdefault(name, []).append(said["id"])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, Any, Any]:
        """Tell what is left when all is judged, or when somebody ends it."""
        try:
            return (yield)
        finally:
            self._tell()

    def _tell(self, but: str | None = None) -> None:
        if self._reporter is None or not plain(self._config):
            return
        for name, counts in sorted(self._counts.items()):
            if name not in self._told and name != but:
                self._told.add(name)
                colour = "red" if name in self._failed else "yellow" if counts["missed"] else "green"
                self._reporter.write_line(line(name, counts, self._failed.get(name, ())), **{colour: True})


def plain(config: pytest.Config) -> bool:
    """Whether nobody asked for more, or for less, than a line a chapter."""
    return int(config.option.verbose) == 0


def chapter(nodeid: str) -> str:
    """`03 session audio`, of the file that a check stands in."""
    return PurePosixPath(nodeid.partition("::")[0]).stem.removeprefix("test_").replace("_", " ")


def line(name: str, counts: Mapping[str, int], failed: Any = ()) -> str:
    """A chapter in a line."""
    told = [f"{counts[verdict]} {word}" for verdict, word in WORDS.items() if counts.get(verdict)]
    names = ", ".join(failed[:NAMED]) + (f" and {len(failed) - NAMED} more" if len(failed) > NAMED else "")
    return f"{name:<24} {', '.join(told)}{f'  ({names})' if names else ''}"


def status(report: Any, config: pytest.Config) -> tuple[str, str, str] | None:
    """What pytest counts and shows of a check: no letter where chapters have lines, its usual ones otherwise."""
    said = getattr(report, "conformance", None)
    if said is None:
        return None
    verdict = said["verdict"]
    category, word = str(report.outcome), verdict.upper().replace("_", " ")
    if verdict == "error":
        category = "error"
    elif verdict == "fail":
        category = "xfailed" if report.skipped else "failed"
        word = "FAILED" if report.failed else "MISSED" if said["level"] != "MUST" else "ACCEPTED"
    elif verdict == "observed":
        word = f"OBSERVED {said['outcome']}"
    elif verdict == "pass":
        word = "PASSED"
    return category, "" if plain(config) else LETTERS[category], word


# -- a failure


def five_lines(check: Check, level: str, outcome: Outcome, again: list[str]) -> str:
    """A failure: id and sentence, what was expected, what was seen, where, and the command that repeats it.

    What is expected is not said where the sentence has said it.
    """
    row = clauses().get(check.id)
    sentence = one_line(row.sentence, LONGEST) if row is not None else ""
    # Of generated conversations the shortest tells most.
    finding = min(outcome.findings, key=lambda one: len(one.seen), default=None)
    expected, seen, place = sentence, outcome.detail, check.conversation or "the whole run"
    if finding is not None:
        expected, seen, place = finding.expected or sentence, finding.seen, finding.where or place
        if finding.frame is not None:
            place += f", frame {finding.frame}"
    more = f" (and in {plural(outcome.places - 1, 'more place')})" if outcome.places > 1 else ""
    # A generated conversation brings its moves and a command of its own: its seed is not in ours.
    seen, moves = _moves(check.id, seen)
    return "\n".join(
        (
            f"{check.id} ({level}) {sentence}",
            *([f"  expected: {one_line(expected, LONGEST)}"] if expected != sentence else []),
            f"  seen:     {one_line(seen, LONGEST)}{more}",
            f"  where:    {place}; {check.where}",
            *(moves or [f"  again:    {shlex.join(['pytest', 'conformance/', '--case', check.id, *again])}"]),
        )
    )


def _moves(check_id: str, seen: str) -> tuple[str, list[str]]:
    """What was seen, and apart from it the lines by which a generated conversation is held again."""
    head, *rest = (seen.strip().splitlines() if check_id.startswith(GENERATED) else [seen]) or [""]
    if len(rest) > MOVES:
        rest[MOVES // 2 : MOVES // 2 - MOVES] = [f"  … {len(rest) - MOVES} more moves, which the report has"]
    return head, rest


class InALine:
    """The first of the five lines, for `--tb=line`: pytest writes that line itself, after the whole report."""

    def __init__(self, told: str) -> None:
        self.reprcrash = told.partition("\n")[0]

    def toterminal(self, writer: object) -> None:
        """Nothing beside it."""

    def __str__(self) -> str:
        return self.reprcrash


# -- the end


def named(made: Mapping[str, Any]) -> Iterator[str]:
    """The SHOULD that are missed and what differs from the baseline, a line each."""
    missed = [case for case in made["cases"] if case["verdict"] == "fail" and case["level"] in {"SHOULD", "MAY"}]
    for case in missed[:ANNOTATIONS]:
        yield f"{case['level']} missed: {case['id']} {_sentence(case['id'])} Seen: {one_line(_seen(case), 160)}"
    if len(missed) > ANNOTATIONS:
        yield f"and {len(missed) - ANNOTATIONS} more; the report has all that are missed."
    for kind, entries in made.get("drift", {}).items():
        for entry in list(entries)[:ANNOTATIONS]:
            yield f"Against the baseline, {kind.replace('_', ' ')}: {one_line(entry, LONGEST)}"


def _seen(case: Mapping[str, Any]) -> str:
    """What a case has found, as far as it says; a check without findings has its words alone."""
    found = case.get("findings")
    # Of generated conversations the shortest, without its moves.
    seen = min((str(one["seen"]) for one in found), key=len) if found else told(case["detail"])[0]
    return _moves(case["id"], seen)[0]


def _sentence(check_id: str) -> str:
    row = clauses().get(check_id)
    return one_line(row.sentence, 160) if row is not None else ""


def folded(config: pytest.Config, text: str) -> str:
    """Prose that is longer than a line of the terminal, broken between words; a log keeps it in one line."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not reporter.isatty:
        return text
    width = shutil.get_terminal_size().columns
    return textwrap.fill(text, width, subsequent_indent="   ", break_long_words=False, break_on_hyphens=False)


def links(config: pytest.Config) -> bool:
    """Whether this is a terminal on which an address can be followed."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return bool(reporter is not None and reporter.isatty and os.environ.get("TERM") != "dumb")


def annotated(made: Mapping[str, Any], where: Mapping[str, str]) -> Iterator[str]:
    """GitHub's workflow commands, where it runs the workflow: each failure and each missed SHOULD at its check."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    failed = [case for case in made["cases"] if case["verdict"] in {"fail", "error"}]
    for kind, musts in (("error", True), ("warning", False)):
        chosen = [case for case in failed if (case["level"] == "MUST" or case["verdict"] == "error") == musts]
        for case in chosen[:ANNOTATIONS]:
            file, _, number = where.get(case["id"], "").partition(":")
            title = f"{case['id']} ({case['level']}) {_sentence(case['id'])}"
            yield f"::{kind} file={_value(file)},line={number},title={_value(title)}::{_data(_seen(case))}"


def _data(text: str) -> str:
    return one_line(text, LONGEST).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _value(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
