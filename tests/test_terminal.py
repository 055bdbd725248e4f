"""What a run shows: a line for each chapter, five for a failure, the answers and what was missed at the end."""

from types import SimpleNamespace

import pytest

from conformance import terminal
from conformance.judge.checks import Outcome, load
from conformance.judge.finding import Finding
from conformance.last_words import _unexpected
from conformance.progress import LiveLine
from conformance.report import answer
from conformance.wire.recording import Progress
from support import runs


def config(verbose=0):
    return SimpleNamespace(option=SimpleNamespace(verbose=verbose))


def report(verdict, outcome, level="MUST"):
    said = {"id": "GEN-011", "verdict": verdict, "level": level, "outcome": "error"}
    return SimpleNamespace(
        conformance=said, outcome=outcome, failed=outcome == "failed", skipped=outcome == "skipped", nodeid=""
    )


@pytest.mark.parametrize(
    ("verdict", "outcome", "level", "shown"),
    [
        ("pass", "passed", "MUST", ("passed", ".", "PASSED")),
        ("fail", "failed", "MUST", ("failed", "F", "FAILED")),
        ("fail", "skipped", "SHOULD", ("xfailed", "x", "MISSED")),
        ("fail", "skipped", "MUST", ("xfailed", "x", "ACCEPTED")),
        ("observed", "passed", "OBSERVE", ("passed", ".", "OBSERVED error")),
        ("not_run", "skipped", "MUST", ("skipped", "s", "NOT RUN")),
        ("error", "failed", "MUST", ("error", "E", "ERROR")),
    ],
)
def test_pytests_own_letters_are_shown_where_no_chapter_has_a_line(verdict, outcome, level, shown) -> None:
    told = report(verdict, outcome, level)
    assert terminal.status(told, config(-1)) == shown
    assert terminal.status(told, config(1)) == shown
    assert terminal.status(told, config(0)) == (shown[0], "", shown[2])


def test_a_report_of_no_check_is_pytests_own_business() -> None:
    assert terminal.status(SimpleNamespace(), config()) is None


def test_a_chapter_is_one_line_with_counts_and_words() -> None:
    told = terminal.line("03 session", {"pass": 40, "fail": 5, "missed": 1}, ["A", "B", "C", "D", "E"])
    assert told == "03 session               40 hold, 5 fail, 1 missed  (A, B, C, D and 1 more)"
    assert terminal.chapter("cases/test_03_session_audio.py::TestX::test_y") == "03 session audio"


def test_a_failure_is_five_lines_with_the_shortest_of_its_findings() -> None:
    check = load().checks["GEN-011"]
    long, short = ("x" * 900, "met with silence")
    found = [Finding("GEN-011", "fuzz/1-2", 1, 7, "one outcome", seen) for seen in (long, short)]
    lines = terminal.five_lines(check, "MUST", Outcome("fail", "", findings=tuple(found), places=2), ["--quirk", "a b"])
    first, expected, seen, where, again = lines.splitlines()
    assert first.startswith("GEN-011 (MUST) ")
    assert expected == "  expected: one outcome"
    assert seen == "  seen:     met with silence (and in 1 more place)"
    assert where == f"  where:    fuzz/1-2 (connection 2), frame 7; {check.where}"
    assert again == "  again:    pytest conformance/ --case GEN-011 --quirk 'a b'"


@pytest.mark.parametrize(("moves", "left"), [(11, 12), (12, 13)])
def test_a_generated_conversation_is_told_by_its_moves_and_its_own_command(moves, left) -> None:
    check = load().checks["FUZ-001"]
    script = "\n".join(f"  move {number}" for number in range(moves))
    seen = f"GEN-060: no answer\n{script}\n  again: pytest --case 'FUZ-*' --fuzz-seed 7\n"
    found = Finding("FUZ-001", "fuzz/7-2", 0, 7, "an answer", seen)
    lines = terminal.five_lines(check, "MUST", Outcome("fail", "", findings=(found,), places=3), ["--quirk", "a"])
    _, _, seen, where, *rest = lines.splitlines()
    assert seen == "  seen:     GEN-060: no answer (and in 2 more places)"
    assert where == f"  where:    fuzz/7-2, frame 7; {check.where}"
    assert len(rest) == left
    assert rest[-1] == "  again: pytest --case 'FUZ-*' --fuzz-seed 7", "ours does not know the seed"
    assert ("  … 1 more moves, which the report has" in rest) == (moves == 12)


def test_a_failure_without_findings_says_what_the_check_said() -> None:
    lines = terminal.five_lines(load().checks["SES-002"], "MUST", Outcome("fail", "two\nlines"), []).splitlines()
    assert len(lines) == 4, "what is expected is the sentence, and stands there already"
    assert lines[1] == "  seen:     two lines"


MADE = {
    "cases": [
        {"id": "GEN-011", "verdict": "fail", "level": "MUST", "detail": "50 %, twice", "conversation": ""},
        {"id": "SES-003", "verdict": "fail", "level": "SHOULD", "detail": "no voice", "conversation": ""},
        {"id": "SES-002", "verdict": "pass", "level": "MUST", "detail": "", "conversation": ""},
    ],
    "drift": {"changed_answers": ["Q-FINISH was error and is finished"]},
    "answers": [{"question": "Is it?", "mark": "yes", "text": "All of it is.", "conversations": []}],
    "close_paths": [],
}


def test_what_is_missed_and_what_has_changed_are_named() -> None:
    missed, changed = terminal.named(MADE)
    assert missed.startswith("SHOULD missed: SES-003 `session.updated` shows")
    assert missed.endswith(". Seen: no voice")
    assert changed == "Against the baseline, changed answers: Q-FINISH was error and is finished"
    assert list(answer.lines(MADE)) == ["1. Is it? Yes: all of it is."]
    assert list(answer.lines(MADE | {"partial": True})) == []


def test_a_selection_is_answered_whose_ways_were_walked_though_nobody_told_a_status() -> None:
    answers = [
        {"question": f"{number}?", "mark": "unknown", "text": "Not known: no.", "conversations": []}
        for number in (1, 2, 3)
    ]
    made = {"answers": answers, "partial": True, "close_paths": [{"path": "close-1000-idle"}]}
    assert list(answer.lines(made)) == ["2. 2? Not known: no."]
    assert list(answer.lines(made | {"close_paths": []})) == []
    assert len(list(answer.lines(made | {"client": [{}]}))) == 3  # a program's run is asked for all three


def test_a_failure_in_a_line_is_told_once() -> None:
    told = terminal.InALine("GEN-011 (MUST) Every one.\n  expected: x")
    assert (str(told), told.reprcrash) == ("GEN-011 (MUST) Every one.",) * 2
    told.toterminal(None)


@pytest.mark.parametrize(
    ("style", "kept"), [("line", "GEN-011 (MUST) Every one."), ("auto", "GEN-011 (MUST) Every one.\n  x")]
)
def test_a_worker_s_text_becomes_a_line_where_it_is_shown(style, kept) -> None:
    """Nothing but text comes from a worker; pytest writes a text as it is, and then its beginning once more."""
    failed = report("fail", "failed")
    failed.longrepr = "GEN-011 (MUST) Every one.\n  x"
    terminal.ByChapter(SimpleNamespace(option=SimpleNamespace(tbstyle=style, dist="load"))).pytest_runtest_logreport(
        failed
    )
    assert isinstance(failed.longrepr, terminal.InALine) == (style == "line")
    assert str(failed.longrepr) == kept


def test_github_is_told_where_it_runs_the_workflow(monkeypatch) -> None:
    where = {"GEN-011": "conformance/cases/test_00_rules.py:88", "SES-003": "conformance/cases/test_03.py:9"}
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert list(terminal.annotated(MADE, where)) == []
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    error, warning = terminal.annotated(MADE, where)
    assert error.startswith("::error file=conformance/cases/test_00_rules.py,line=88,title=GEN-011 (MUST) ")
    assert error.endswith("::50 %25, twice")
    assert warning.startswith("::warning file=conformance/cases/test_03.py,line=9,title=SES-003 (SHOULD) ")


class Reporter:
    def __init__(self, *, isatty, verbosity=0) -> None:
        self.isatty, self.verbosity, self.lines = isatty, verbosity, []

    def write_line(self, text) -> None:
        self.lines.append(text)

    def rewrite(self, text, *, erase=False) -> None:
        self.lines.append(f"again: {text}")


def held(reporter, numbers):
    progress = Progress(total=8)
    line = LiveLine(reporter)
    line.watch(progress)
    for number in numbers:
        progress.held = number
        line.show()
    return reporter.lines


def test_a_log_has_a_line_for_each_quarter() -> None:
    lines = held(Reporter(isatty=False), range(9))
    assert lines == [f"held {number} of 8 conversations, 0 tokens" for number in (2, 4, 6, 8)]


def test_a_quiet_log_has_none() -> None:
    assert held(Reporter(isatty=False, verbosity=-1), range(9)) == []


def test_a_terminal_has_one_that_is_written_again_unless_it_can_not(monkeypatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert all(line.startswith("again: held ") for line in held(Reporter(isatty=True), [1]))
    monkeypatch.setenv("TERM", "dumb")
    assert held(Reporter(isatty=True), [4]) == ["held 4 of 8 conversations, 0 tokens"]


@pytest.mark.parametrize(("columns", "ends"), [(40, "…"), (80, "0 tokens")])
def test_the_line_that_is_written_again_is_no_longer_than_the_terminal(monkeypatch, columns, ends) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(columns))
    reporter = Reporter(isatty=True)
    for line in held(reporter, [1]):
        assert line.endswith(ends)
        assert len(line.removeprefix("again: ")) < columns
    LiveLine(reporter).watch(Progress())
    assert len(reporter.lines) == 2, "nothing is told of no conversations"


@pytest.mark.parametrize(("isatty", "lines"), [(True, 2), (False, 1)])
def test_prose_is_broken_between_words_on_a_terminal_alone(monkeypatch, isatty, lines) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    manager = SimpleNamespace(get_plugin=lambda _: Reporter(isatty=isatty))
    told = terminal.folded(SimpleNamespace(pluginmanager=manager), "No: one question costs 12 tokens with silence.")
    assert told.splitlines() == (
        ["No: one question costs 12 tokens with", "   silence."][:lines]
        if isatty
        else ["No: one question costs 12 tokens with silence."]
    )


def test_a_log_of_a_failing_run_in_a_workflow_on_an_old_console(tmp_path) -> None:
    words = ("--case", "CLO-007", "--quirk", "close-not-answered", "--tb=line", f"--junitxml={tmp_path / 'pytest.xml'}")
    where = {"GITHUB_ACTIONS": "true", "PYTHONIOENCODING": "cp1252", "TERM": "dumb", "NO_COLOR": "1"}
    finished = runs.run(tmp_path / "out", *words, **where)
    assert finished.code == 1, finished.output
    assert finished.output.count("CLO-007 (MUST) ") == 2, "the line of the failure, and its annotation"
    assert finished.output.count("::error file=conformance/cases/test_11_closing.py,line=") == 1
    assert "\x1b" not in finished.output
    assert "INTERNALERROR" not in finished.output
    assert "  seen: " not in finished.output
    # pytest's own file has the whole, whatever the terminal shows.
    assert "  seen: " in (tmp_path / "pytest.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            {"id": "Q-CANCEL-DONE", "outcome": "done-completed", "unexpected": "Not complete."},
            (
                "Q-CANCEL-DONE Is a cancelled response closed by `response.done`, and with which status? "
                "`response.done` with status `completed`. Why that is not expected: Not complete."
            ),
        ),
        (
            {"id": "Q-OF-ANOTHER-DAY", "outcome": "gone", "unexpected": "No."},
            "Q-OF-ANOTHER-DAY is `gone`. Why that is not expected: No.",
        ),
    ],
)
def test_an_unexpected_answer_is_told_in_words(row, told) -> None:
    assert list(_unexpected([row, {"id": "Q-FINISH", "outcome": "error"}])) == [f"Unexpected answer: {told}"]
