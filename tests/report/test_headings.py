"""What stands over an answer's advice, and what a run's target is called."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from conformance.report import client_runs, html, html_verdict
from conformance.report.answer import KNOWN_IN_PART, MOST_WORDS, WORDS, advice, after_mark, lines, said
from conformance.report.record import Record, read
from conformance.report.summary import summary
from support import records


@pytest.mark.parametrize(
    ("mock", "client", "leads"),
    [
        (True, None, "What to do if the service answers like this"),
        (True, [], "What to do if the service answers like this"),  # of no client
        (True, [{}], "What to do"),  # a client is told of itself, whoever served it
        (False, None, "What to do"),
    ],
)
def test_nobody_is_told_to_write_a_client_for_what_the_mock_does(mock: bool, client: Any, leads: str) -> None:
    made = {"mock": mock} | ({} if client is None else {"client": client})
    assert advice(made, {"mark": "no", "todo": "End with 1000."}) == leads


def test_what_is_not_known_is_about_the_run_whatever_was_judged() -> None:
    again = {"mark": "unknown", "todo": "Run all of it again."}
    assert advice({"mock": True}, again) == "What to do"
    # A lie that the mock was told is nothing to write to a vendor for.
    vendor = {"mark": "unknown", "todo": "Ask the vendor to send every event in a text frame."}
    assert advice({"mock": True}, vendor) == "What to do if the service answers like this"
    assert advice({"mock": False}, vendor) == "What to do"


@pytest.mark.parametrize(
    ("text", "goes_on"),
    [
        ("Every way leaves it failed.", "every way leaves it failed."),
        ("A close frame 1000 leaves succeeded.", "a close frame 1000 leaves succeeded."),
        ("Contradictory: it is both.", "Contradictory: it is both."),
        ("VAD hears nothing.", "VAD hears nothing."),
        ("`session.finish` leaves succeeded.", "`session.finish` leaves succeeded."),
        ("", ""),
    ],
)
def test_a_sentence_goes_on_after_its_mark(text: str, goes_on: str) -> None:
    assert after_mark(text) == goes_on


@pytest.mark.parametrize(
    ("mark", "text", "told"),
    [
        ("no", "Every way leaves it failed.", "No: every way leaves it failed."),
        ("no", "No: it is refused.", "No: it is refused."),
        ("partly", "Partly known: one way counts as failed.", "Partly known: one way counts as failed."),
        ("partly", "A close counts: seldom.", "Partly: a close counts: seldom."),
        ("partly", "Only around speech.", "Partly: only around speech."),
        ("unknown", "Not known: nothing shows it.", "Not known: nothing shows it."),
        ("yes", "`session.finish` leaves succeeded.", "Yes: `session.finish` leaves succeeded."),
    ],
)
def test_an_answer_begins_with_the_word_of_its_mark(mark: str, text: str, told: str) -> None:
    assert said({"mark": mark, "text": text}) == told


@pytest.mark.parametrize(
    ("kind", "endpoint", "called"),
    [
        ("client", "/a/b/bin/python ex/vad.py --pace 1", "python ex/vad.py --pace 1"),
        ("client", "/a/b/client", "client"),
        ("client", "node a/client.js", "node a/client.js"),
        ("endpoint", "/a/b", "/a/b"),
    ],
)
def test_a_program_is_called_without_the_folder_of_its_interpreter(kind: str, endpoint: str, called: str) -> None:
    assert client_runs.called({"kind": kind, "endpoint": endpoint}) == called


MORE = {f"client/{number}": "the program was not run in it" for number in range(22)}


def played(scenarios: list[str], unheld: dict[str, str], tmp_path: Path, *said: dict[str, Any]) -> Record:
    held = [records.transcript(f"client/{name}", records.Stage().greet().close()) for name in scenarios]
    for transcript, name in zip(held, scenarios, strict=True):
        transcript.notes = {"scenario": name}
    target = {"kind": "client", "endpoint": "python app.py", "model": "any model"}
    path = records.write(tmp_path, held, list(said), run={"target": target}, recorded={"not_held": unheld})
    return read(path)


@pytest.mark.parametrize(
    ("scenarios", "unheld", "told"),
    [
        ([], MORE, ""),
        (["plain"], {}, " in one scenario alone, `plain`"),
        (["plain"], MORE, " in one scenario alone, `plain`; `--scenario all` runs it in 22 more"),
        (["plain", "no-usage"], MORE, " in 2 scenarios; `--scenario all` runs it in 22 more"),
        (["plain", "no-usage"], {}, " in 2 scenarios"),
    ],
)
def test_a_client_is_told_in_which_scenarios_it_was_run(
    scenarios: list[str], unheld: dict[str, str], told: str, tmp_path: Path
) -> None:
    assert client_runs.played(played(scenarios, unheld, tmp_path)) == told


@pytest.mark.parametrize(("unheld", "partial"), [(MORE, True), ({}, False)])
@pytest.mark.parametrize(("verdict", "opening"), [("pass", "Conforms"), ("fail", "Does not conform")])
def test_a_client_conforms_that_was_run_in_all_scenarios(
    unheld: dict[str, str], partial: bool, verdict: str, opening: str, tmp_path: Path
) -> None:
    row = {"id": "SES-001", "level": "MUST", "verdict": verdict, "detail": "", "seconds": 0.0}
    made = summary(played(["plain"], unheld, tmp_path, row))
    assert made["partial"] is partial
    tone = {"Conforms": "conforms", "Does not conform": "fails"}[opening]
    if partial:
        assert made["headline"].startswith("Partial" + (", and does not conform" if verdict == "fail" else ""))
        assert ": in 1 of 23 scenarios " in made["headline"]
        assert html_verdict.sentence(made).startswith("Partial: 1 of 1 MUST judged, ")
        assert html_verdict.tone(made) == ("partial" if verdict == "pass" else "fails")
    else:
        assert made["headline"].startswith(f"{opening}: ")
        assert html_verdict.tone(made) == tone


def left(*listed: str, finish: str = "not sent", code: int | None = 1000) -> dict[str, Any]:
    session = {"by_client": True, "code": code, "finish": finish}
    return {**session, "listed": dict(zip(client_runs.POLICIES, (*listed, "", "", ""), strict=True))}


GOOD, BAD = "succeeded", "failed_client"
ONE = "Not known: only 1 of 2 rules the platform might follow would: where a clean close counts."


@pytest.mark.parametrize(
    ("sessions", "mark", "text", "vendor"),
    [
        ([], "unknown", "Not known", False),
        (
            [left(BAD, GOOD), left(BAD, GOOD)],
            "unknown",
            ONE,
            False,
        ),
        (
            [left(BAD, GOOD), left(GOOD, BAD)],
            "partly",
            "Partly: some are and some are not, by whichever of 2 rules",
            False,
        ),
        ([left(GOOD, GOOD)], "yes", "Yes: by each of 2 rules", False),
        ([left(BAD, BAD)], "no", "No: by none of 2 rules", False),
        (
            [left(BAD, GOOD, finish="refused")],
            "unknown",
            ONE,
            True,
        ),
        (
            [left(BAD, GOOD, finish="refused", code=None)],
            "unknown",
            ONE,
            False,
        ),
        ([left(BAD, GOOD, finish="refused"), left(BAD, GOOD)], "unknown", "", False),
    ],
)
def test_what_a_client_leaves_behind(sessions: list[dict[str, Any]], mark: str, text: str, vendor: bool) -> None:
    made = client_runs._leaves_behind([{"scenario": "plain", "sessions": sessions}])
    assert made.mark == mark
    assert text in made.text
    assert made.todo.startswith(client_runs.VENDOR) == vendor
    assert all(len(sentence.split()) <= MOST_WORDS for sentence in (made.text, *made.todo.split(". ")))


@pytest.mark.parametrize("unheld", [MORE, {}])
def test_what_one_scenario_shows_of_a_client_is_not_said_of_all(unheld: dict[str, str], tmp_path: Path) -> None:
    held = played(["plain"], unheld, tmp_path)
    first = client_runs.answers(held)[0]
    assert first.mark == "yes"
    assert first.text.endswith("it was run in 1 of 23 scenarios." if unheld else " to end the session.")
    assert ("`--scenario all`" in first.todo) == bool(unheld)
    assert ("Nothing:" in first.todo) != bool(unheld)


def test_the_page_says_each_answer_in_the_words_of_the_terminal(tmp_path: Path) -> None:
    held = records.usual(tmp_path)
    made = summary(held)
    shown = re.findall(r'<p class="said"[^>]*>(.*?)</p>', html.render(held, made), re.DOTALL)
    words = [unescape(re.sub("<[^>]*>", "", one)) for one in shown]
    told = [line.split("? ", 1)[1].replace("`", "") for line in lines(made)]
    assert words == told
    assert {one.partition(": ")[0] for one in words} <= {*WORDS.values(), KNOWN_IN_PART}, "words that a reader sees"
    assert len(words) == 3
