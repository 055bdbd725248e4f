"""`junit.xml`: one test case a check, for every CI that reads the format.

Verdicts map as in pytest: a missed SHOULD or MAY is skipped as an expected failure, so that it colours nothing red.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from conformance.report.case import Case
from conformance.report.html_text import shown
from conformance.report.naming import chapter_name
from conformance.report.record import Record
from conformance.report.summary import cases

LONGEST = 20_000  # characters of what is told of one check
UNJUDGED = ("blocked", "inconclusive", "skipped", "not_run")


def render(record: Record, made: dict[str, Any]) -> str:
    """The file's content."""
    rows = {row["id"]: row for name in ("clauses", "questions") for row in record.catalogue[name]}
    judged = cases(record)
    suite = ET.Element(
        "testsuite",
        name=shown(f"realtime-conformance {made['target']['endpoint']} {made['target']['model']}"),
        tests=str(len(judged)),
        failures=str(sum(case.counts_against for case in judged)),
        errors=str(sum(case.verdict == "error" for case in judged)),
        skipped=str(sum(_is_skipped(case) for case in judged)),
        time=f"{made['seconds']:.3f}",
        timestamp=shown(made["started"]).removesuffix("Z"),
    )
    _properties(
        suite,
        endpoint=made["target"]["endpoint"],
        model=made["target"]["model"],
        suite=made["suite"]["version"],
        verdict=made["verdict"],
        headline=made["headline"],
    )
    for case in judged:
        suite.append(_case(case, rows.get(case.id, {})))
    root = ET.Element("testsuites", {key: suite.attrib[key] for key in ("tests", "failures", "errors", "time")})
    root.append(suite)
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _is_skipped(case: Case) -> bool:
    missed = case.verdict == "fail" and not case.counts_against
    return case.verdict in UNJUDGED or case.verdict == "accepted" or missed


def _case(case: Case, row: dict[str, Any]) -> ET.Element:
    chapter = str(row.get("chapter", "99"))
    file, _, line = case.where.rpartition(":")
    node = ET.Element(
        "testcase",
        classname=f"{chapter} {chapter_name(chapter)}",
        name=case.id,
        file=file,
        line=line,
        time=f"{case.seconds:.3f}",
    )
    _properties(
        node,
        id=case.id,
        level=case.level,
        clause=row.get("sentence") or row.get("ask") or "",
        conversation=case.conversation,
        verdict=case.verdict,
        **({"outcome": case.outcome} if case.outcome else {}),
    )
    detail = shown(case.detail)
    brief = detail.partition("\n")[0]
    if case.counts_against:
        ET.SubElement(node, "failure", message=brief, type="MUST").text = _told(case) or detail
    elif case.verdict == "fail":
        ET.SubElement(node, "skipped", message=f"{case.level} missed: {brief}", type="pytest.xfail")
    elif case.verdict == "accepted":
        ET.SubElement(node, "skipped", message=f"accepted by the baseline: {brief}", type="pytest.xfail")
    elif case.verdict == "error":
        ET.SubElement(node, "error", message=brief, type="suite").text = detail
    elif case.verdict in UNJUDGED:
        ET.SubElement(node, "skipped", message=f"{case.verdict}: {brief}", type=case.verdict)
    return node


def _told(case: Case) -> str:
    """Each finding with its place, a paragraph each."""
    said = [
        f"{one.where}{'' if one.frame is None else f', frame {one.frame}'}\nexpected: {one.expected}\nseen: {one.seen}"
        for one in case.findings
    ]
    more = case.places - len(said)
    return shown("\n\n".join([*said, f"and {more} more"] if more > 0 else said), LONGEST)


def _properties(node: ET.Element, **values: Any) -> None:
    held = ET.SubElement(node, "properties")
    for name, value in values.items():
        ET.SubElement(held, "property", name=name, value=shown(value))
