"""`junit.xml`: one test case a check, for every CI that reads the format.

Verdicts map as in pytest: a missed SHOULD or MAY is skipped as an expected failure, so that it colours nothing red.
"""

from __future__ import annotations

import re
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from conformance.report.case import Case
from conformance.report.html_text import shown
from conformance.report.naming import UNJUDGED, chapter_name
from conformance.report.record import Record
from conformance.report.summary import cases

LONGEST = 20_000  # characters of what is told of one check
_SPECIAL = re.compile(r"""[&<>"\n\r\t]""")


def render(record: Record, made: dict[str, Any]) -> str:
    """The file's content."""
    rows = {row["id"]: row for name in ("clauses", "questions") for row in record.catalogue[name]}
    judged = cases(record)
    counted = {
        "tests": str(len(judged)),
        "failures": str(sum(case.counts_against for case in judged)),
        "errors": str(sum(case.verdict == "error" for case in judged)),
        "time": f"{made['seconds']:.3f}",
    }
    properties = _properties(
        endpoint=made["target"]["endpoint"],
        model=made["target"]["model"],
        suite=made["suite"]["version"],
        verdict=made["verdict"],
        headline=made["headline"],
    )
    told = [_case(case, rows.get(case.id, {})) for case in judged]
    suite = _element(
        "testsuite",
        "\n".join(["", properties, *told, ""]),
        name=shown(f"realtime-conformance {made['target']['endpoint']} {made['target']['model']}"),
        **counted,
        skipped=str(sum(_is_skipped(case) for case in judged)),
        timestamp=shown(made["started"]).removesuffix("Z"),
    )
    whole = _element("testsuites", f"\n{suite}\n", **counted)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{whole}\n'


def _element(kind: str, inside: str = "", /, **attributes: str) -> str:
    """An element: `inside` is XML already, the attributes are text.

    Written as it will stand: the trees of the standard library took eight times as long for six hundred checks.
    """
    told = "".join([f" {key}={_quoted(value)}" for key, value in attributes.items()])
    return f"<{kind}{told}>{inside}</{kind}>" if inside else f"<{kind}{told}/>"


def _quoted(text: str) -> str:
    return quoteattr(text) if _SPECIAL.search(text) else f'"{text}"'


def _is_skipped(case: Case) -> bool:
    missed = case.verdict == "fail" and not case.counts_against
    return case.verdict in UNJUDGED or case.verdict == "accepted" or missed


def _case(case: Case, row: dict[str, Any]) -> str:
    chapter = str(row.get("chapter", "99"))
    file, _, line = case.where.rpartition(":")
    properties = _properties(
        id=case.id,
        level=case.level,
        clause=row.get("sentence") or row.get("ask") or "",
        conversation=case.conversation,
        verdict=case.verdict,
        **({"outcome": case.outcome} if case.outcome else {}),
    )
    return _element(
        "testcase",
        "\n".join(["", properties, *_outcome(case), ""]),
        classname=f"{chapter} {chapter_name(chapter)}",
        name=case.id,
        file=file,
        line=line,
        time=f"{case.seconds:.3f}",
    )


def _outcome(case: Case) -> list[str]:
    """The element that says what became of a check that did not pass."""
    detail = shown(case.detail)
    brief = detail.partition("\n")[0]
    if case.counts_against:
        return [_element("failure", escape(_told(case) or detail), message=brief, type="MUST")]
    if case.verdict == "fail":
        return [_element("skipped", message=f"{case.level} missed: {brief}", type="pytest.xfail")]
    if case.verdict == "accepted":
        return [_element("skipped", message=f"accepted by the baseline: {brief}", type="pytest.xfail")]
    if case.verdict == "error":
        return [_element("error", escape(detail), message=brief, type="suite")]
    if case.verdict in UNJUDGED:
        return [_element("skipped", message=f"{case.verdict}: {brief}", type=case.verdict)]
    return []


def _told(case: Case) -> str:
    """Each finding with its place, a paragraph each."""
    said = [
        f"{one.where}{'' if one.frame is None else f', frame {one.frame}'}\nexpected: {one.expected}\nseen: {one.seen}"
        for one in case.findings
    ]
    more = case.places - len(said)
    return shown("\n\n".join([*said, f"and {more} more"] if more > 0 else said), LONGEST)


def _properties(**values: Any) -> str:
    told = [_element("property", name=name, value=shown(value)) for name, value in values.items()]
    return _element("properties", "".join(told))
