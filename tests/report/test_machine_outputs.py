"""JUnit, SARIF and the Markdown summary say the same as the summary."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from conformance.report import junit, markdown, sarif
from conformance.report.files import write_all
from conformance.report.html_text import shown
from conformance.report.record import Record, read
from conformance.report.redact import Redactor
from conformance.report.summary import summary
from support import records


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    lines = {**records.USUAL, "ENV-001": {"verdict": "error", "detail": "KeyError: 'x'"}}
    folder = tmp_path_factory.mktemp("usual")
    return read(records.write(folder, records.conversations(), records.verdicts(lines)))


def test_junit_has_one_case_a_check_and_adds_up(record: Record) -> None:
    made = summary(record)
    root = ET.fromstring(junit.render(record, made))
    suite = root.find("testsuite")
    assert suite is not None
    found = suite.findall("testcase")
    assert [case.get("name") for case in found] == [case["id"] for case in made["cases"]]
    assert suite.get("tests") == str(len(found))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(name, "-1")) == sum(case.find(tag) is not None for case in found)


@pytest.mark.parametrize(
    ("check", "tag", "message"),
    [
        ("CLO-005", "failure", "no close frame came back; TCP ended by timeout"),
        ("CLO-009", "skipped", "SHOULD missed: no close frame came back; TCP ended by timeout"),
        ("CLO-007", "skipped", "blocked: response.text.delta never came (timeout)"),
        ("ACC-003", "skipped", "inconclusive: the model did not answer"),
        ("ENV-001", "error", "KeyError: 'x'"),
    ],
)
def test_junit_maps_verdicts_as_pytest_does(record: Record, check: str, tag: str, message: str) -> None:
    root = ET.fromstring(junit.render(record, summary(record)))
    case = root.find(f".//testcase[@name='{check}']")
    assert case is not None
    verdict = case.find(tag)
    assert verdict is not None
    assert verdict.get("message") == message


@pytest.mark.parametrize(
    "odd", ["a <b> & \"c\" 'd'", "]]> &amp; &#10;", "two\nlines\tand a tab", "\x00\x1b\u2028", "普通"]
)
def test_junit_brings_every_text_to_its_reader(odd: str, tmp_path: Path) -> None:
    lines = {"CLO-005": {"verdict": "fail", "detail": odd}, "ENV-001": {"verdict": "error", "detail": odd}}
    held = read(records.write(tmp_path, records.conversations(), records.verdicts(lines)))
    root = ET.fromstring(junit.render(held, {**summary(held), "headline": odd}))
    failure, error = root.find(".//failure"), root.find(".//error")
    assert failure is not None
    assert error is not None
    assert failure.text == error.text == shown(odd)
    assert failure.get("message") == error.get("message") == shown(odd).partition("\n")[0]
    headline = root.find(".//property[@name='headline']")
    assert headline is not None
    assert headline.get("value") == shown(odd)


def test_the_summary_has_a_line_for_each_member_and_each_check(tmp_path: Path) -> None:
    path = records.write(tmp_path, records.conversations(), records.verdicts(records.USUAL))
    made = write_all(path, Redactor(None), page=False)
    text = (tmp_path / "summary.json").read_text(encoding="utf-8")
    assert json.loads(text) == json.loads(json.dumps(made))
    rows = [json.loads(line.strip().rstrip(",")) for line in text.splitlines() if line.startswith('  {"id"')]
    assert [row for row in rows if "verdict" in row and "level" in row] == made["cases"]
    assert sum(line.startswith(' "') for line in text.splitlines()) == len(made)


def test_junit_names_chapter_level_and_clause(record: Record) -> None:
    case = ET.fromstring(junit.render(record, summary(record))).find(".//testcase[@name='CLO-005']")
    assert case is not None
    assert case.get("classname") == "11 Closing"
    held = {item.get("name"): item.get("value") for item in case.iter("property")}
    assert held["level"] == "MUST"
    assert held["clause"] == "A close frame without a body is answered by a close frame."
    assert held["conversation"] == "closing/WithoutCode"


def test_sarif_has_what_the_standard_requires(record: Record) -> None:
    made = json.loads(sarif.render(record, summary(record)))
    assert made["version"] == "2.1.0"
    (run,) = made["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"]
    rules = driver["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["help"]["text"]
        assert rule["shortDescription"]["text"]
        assert re.fullmatch(r"https://[^ ]+", rule.get("helpUri", "https://x"))
    assert run["invocations"][0]["executionSuccessful"] is False  # one check of ours broke
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"]
        place = result["locations"][0]["physicalLocation"]
        assert re.fullmatch(r"conformance/cases/test_\w+\.py", place["artifactLocation"]["uri"])
        assert place["region"]["startLine"] >= 1
    levels = {result["ruleId"]: result["level"] for result in run["results"]}
    assert levels["CLO-005"] == "error"
    assert levels["CLO-009"] == "warning"
    assert "CLO-007" not in levels  # blocked is nobody's second failure


def test_the_summary_answers_first(record: Record) -> None:
    text = markdown.render(record, summary(record))
    assert text.index("### Is `session.finish` accepted") < text.index("## Open questions") < text.index("## Findings")
    assert "`session.finished` answers `session.finish`" in text
    assert "| Is `session.finish` accepted, and what comes back? | **`session.finished` answers it.** | error |" in text
    assert "✗ **CLO-005** (MUST fails, a rule of RFC 6455)" in text
    assert "Not judged because of it: CLO-007." in text


FOUND = {
    "clause": "CLO-005", "conversation": "closing/FinishIdle", "connection": 0, "frame": 2,
    "expected": "It is answered.", "seen": "a; b: c (and 3 more)", "cause": "x",
}  # fmt: skip


def test_findings_go_through_as_data(tmp_path: Path) -> None:
    said = {"CLO-005": {"verdict": "fail", "detail": "old words", "findings": [FOUND], "places": 7}}
    held = read(records.write(tmp_path, records.conversations(), records.verdicts(said)))
    made = summary(held)
    case = next(case for case in made["cases"] if case["id"] == "CLO-005")
    assert (case["findings"], case["places"]) == ([FOUND], 7)
    (result,) = json.loads(sarif.render(held, made))["runs"][0]["results"]
    (flow,) = result["codeFlows"]
    asked, decides = (step["location"] for step in flow["threadFlows"][0]["locations"])
    assert asked["message"]["text"] == "client: session.finish"
    assert decides["message"]["text"] == f"server: error; {FOUND['seen']}"
    assert decides["logicalLocations"][0]["fullyQualifiedName"] == "closing/FinishIdle, frame 2"
    text = ET.fromstring(junit.render(held, made)).find(".//testcase[@name='CLO-005']/failure").text
    assert text == f"closing/FinishIdle, frame 2\nexpected: It is answered.\nseen: {FOUND['seen']}\n\nand 6 more"


@pytest.mark.parametrize("place", [{"frame": None}, {"frame": 99}, {"connection": 3}, {"conversation": "closing/Gone"}])
def test_a_place_that_the_record_does_not_hold_is_no_way(place: dict[str, Any], tmp_path: Path) -> None:
    said = {"CLO-005": {"verdict": "fail", "detail": "words", "findings": [FOUND | place], "places": 1}}
    held = read(records.write(tmp_path, records.conversations(), records.verdicts(said)))
    (result,) = json.loads(sarif.render(held, summary(held)))["runs"][0]["results"]
    assert "codeFlows" not in result
