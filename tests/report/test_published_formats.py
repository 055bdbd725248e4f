"""JUnit and SARIF are valid by the schemas that others publish, whatever a server said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft4Validator

from conformance.report import junit, sarif
from conformance.report.baseline import made
from conformance.report.record import Record, read
from conformance.report.summary import cases, summary
from support import records
from support.xsd import Schema

SCHEMAS = Path(__file__).parent / "schemas"
JUNIT = Schema(SCHEMAS / "junit-10.xsd")
SARIF = Draft4Validator(json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8")))

HOSTILE = "</failure>]]>\x00\x1b[31m \ud800 <x y='z'>\u2028 & " + "a" * 5000

FOUND = {
    "clause": "CON-009", "conversation": "acceptance/Family", "connection": 0, "frame": 3,
    "expected": HOSTILE, "seen": HOSTILE, "cause": HOSTILE,
}  # fmt: skip


def usual(folder: Path) -> Record:
    return records.usual(folder)


def accepted(folder: Path) -> Record:
    record = records.usual(folder)
    record.baseline = made(record, cases(record)).to_json()
    return record


def hostile(folder: Path) -> Record:
    lines = {
        **records.USUAL,
        "SES-002": {"verdict": "fail", "detail": HOSTILE},
        "SES-003": {"verdict": "error", "detail": HOSTILE},
        "CON-009": {"verdict": "fail", "detail": HOSTILE, "findings": [FOUND], "places": 10**6},
        "Q-FINISH": {"verdict": "observed", "outcome": HOSTILE, "detail": HOSTILE},
    }
    return read(records.write(folder, records.conversations(), records.verdicts(lines), endpoint=f"wss://{HOSTILE}"))


def cut_short(folder: Path) -> Record:
    return records.usual(folder, footer=False)


def only_the_head(folder: Path) -> Record:
    path = records.write(folder, [], [])
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    return read(path)


RUNS = pytest.mark.parametrize("make", [usual, accepted, hostile, cut_short, only_the_head])


@RUNS
def test_junit_is_valid(make: Callable[[Path], Record], tmp_path: Path) -> None:
    record = make(tmp_path)
    root = ET.fromstring(junit.render(record, summary(record)))
    for case in root.iter("testcase"):
        # What the schema does not know and every reader passes over; pytest's own files have the first two.
        for node in case.findall("properties"):
            assert not list(JUNIT.errors(node))
            case.remove(node)
        del case.attrib["file"], case.attrib["line"]
    assert not list(JUNIT.errors(root))


@RUNS
def test_sarif_is_valid(make: Callable[[Path], Record], tmp_path: Path) -> None:
    record = make(tmp_path)
    made = json.loads(sarif.render(record, summary(record)))
    assert not [f"{error.json_path}: {error.message[:200]}" for error in SARIF.iter_errors(made)]


@pytest.mark.parametrize("letter", ["\ufffe", "\uffff"])
def test_junit_holds_no_letter_that_xml_may_not(letter: str, tmp_path: Path) -> None:
    said = records.verdicts({"SES-002": {"verdict": "fail", "detail": f"seen: {letter}"}})
    record = read(records.write(tmp_path, records.conversations(), said))
    ET.fromstring(junit.render(record, summary(record)))


def broken(change: Callable[[Any], None]) -> dict[str, Any]:
    made: dict[str, Any] = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": []}]}
    change(made)
    return made


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made.pop("version"),
        lambda made: made["runs"][0]["tool"].pop("driver"),
        lambda made: made["runs"][0]["results"].append({"ruleId": "SES-002"}),
        lambda made: made["runs"][0]["results"].append({"message": {"text": "x"}, "level": "MUST"}),
        lambda made: made["runs"][0].update(unheard=1),
    ],
)
def test_the_sarif_schema_refuses_what_is_not(change: Callable[[Any], None]) -> None:
    assert SARIF.is_valid(broken(lambda made: None))
    assert not SARIF.is_valid(broken(change))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('<testsuites><testsuite name="a" tests="1" failures="0"/></testsuites>', "`errors` is missing"),
        ('<testsuites><testcase name="a"/></testsuites>', "<testcase> may not stand here"),
        ('<testsuites time="1,5 s"/>', "`time` is '1,5 s'"),
        ('<testsuites tests="1" passed="1"/>', "`passed` is no attribute of it"),
        ("<testsuites>text</testsuites>", "holds text"),
        ("<tests/>", "no such element"),
    ],
)
def test_the_junit_schema_refuses_what_is_not(text: str, says: str) -> None:
    assert says in " ".join(JUNIT.errors(ET.fromstring(text)))
