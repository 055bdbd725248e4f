"""`results.sarif` (SARIF 2.1.0): a clause is a rule, a failed check a result at the check's place in the code."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from conformance.judge.finding import Finding
from conformance.report.case import Case
from conformance.report.html_text import shown
from conformance.report.naming import chapter_name
from conformance.report.record import Record
from conformance.report.summary import cases
from conformance.spec.sources import address
from conformance.wire.transcript import Frame

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FLOWS = 5  # findings whose way is shown
LEVEL = {"MUST": "error", "SHOULD": "warning", "MAY": "note"}


def render(record: Record, made: dict[str, Any]) -> str:
    """The file's content."""
    checks = record.catalogue["checks"]
    rules = [_rule(row) for row in record.catalogue["clauses"] if row["id"] in checks]
    place = {rule["id"]: number for number, rule in enumerate(rules)}
    judged = cases(record)
    broken = [case for case in judged if case.verdict == "error"]
    run = {
        "tool": {
            "driver": {
                "name": "qwen-realtime-conformance",
                "version": shown(made["suite"]["version"]),
                "rules": rules,
            }
        },
        "invocations": [
            {
                "executionSuccessful": not broken and made["verdict"] not in {"interrupted", "inconsistent"},
                "exitCode": made["exit"],
                "toolExecutionNotifications": [
                    {
                        "level": "error",
                        "message": {"text": f"{case.id}: {shown(case.detail) or 'the check could not judge'}"},
                        "associatedRule": {"id": case.id},
                    }
                    for case in broken
                ],
            }
        ],
        "automationDetails": {
            "id": shown(f"{made['target']['endpoint']}/{made['target']['model']}/"),
        },
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "the root of the suite's checkout"}}},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(case, place[case.id], made, record)
            for case in judged
            if case.verdict in {"fail", "accepted"} and case.id in place
        ],
    }
    # Read by machines alone, and Python indents no faster than it is written in Python.
    whole = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")) + "\n"


def _rule(row: dict[str, Any]) -> dict[str, Any]:
    sources = ", ".join(row["source"])
    link = next((found for key in row["source"] if (found := address(key))), None)
    linked = ", ".join(f"[{key}]({found})" if (found := address(key)) else key for key in row["source"])
    sentence = row["sentence"]
    rule: dict[str, Any] = {
        "id": row["id"],
        "shortDescription": {"text": sentence},
        "fullDescription": {"text": f"{sentence} Level {row['level']}: {row['why']}."},
        "help": {
            "text": f"{sentence}\n\nLevel {row['level']}: {row['why']}.\nSource: {sources}, as of {row['date']}.",
            "markdown": f"{sentence}\n\n**{row['level']}**: {row['why']}.\n\nSource: {linked}, as of {row['date']}.",
        },
        "defaultConfiguration": {"level": LEVEL.get(row["level"], "none")},
        "properties": {"level": row["level"], "tags": [chapter_name(str(row["chapter"]))]},
    }
    if row.get("basis") == "transport":
        rule["properties"]["tags"].append("transport")
    if link:
        rule["helpUri"] = link
    return rule


def _flows(case: Case, record: Record) -> dict[str, Any]:
    """The way to each frame that decides: what the client said last before it, and the frame itself."""
    flows = []
    for one in case.findings[:FLOWS]:
        transcript = record.transcripts.get(one.conversation)
        legs = transcript.legs if transcript is not None else []
        frames = legs[one.connection].frames if one.connection < len(legs) else []
        if one.frame is None or one.frame >= len(frames):
            continue
        before = [frame for frame in frames[: one.frame] if frame.side == "client" and frame.opcode == "text"][-1:]
        steps = [_step(one, frame, "") for frame in before] + [_step(one, frames[one.frame], one.seen)]
        flows.append({"message": {"text": shown(one.expected)}, "threadFlows": [{"locations": steps}]})
    return {"codeFlows": flows} if flows else {}


def _step(one: Finding, frame: Frame, seen: str) -> dict[str, Any]:
    what = f"{frame.side}: {frame.label or frame.type or frame.opcode}"
    name = f"{one.where}, frame {frame.index}"
    return {
        "location": {
            "logicalLocations": [{"fullyQualifiedName": shown(name), "kind": "member"}],
            "message": {"text": shown(f"{what}; {seen}" if seen else what)},
        },
        "importance": "essential" if seen else "important",
    }


def _result(case: Case, index: int, made: dict[str, Any], record: Record) -> dict[str, Any]:
    file, _, line = case.where.rpartition(":")
    identity = "\n".join((case.id, case.conversation, made["target"]["model"]))
    return {
        "ruleId": case.id,
        "ruleIndex": index,
        "level": LEVEL.get(case.level, "none"),
        "message": {"text": shown(case.detail) or "the check's assertion does not hold"},
        **_flows(case, record),
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": file or case.where, "uriBaseId": "SRCROOT"},
                    "region": {"startLine": max(1, int(line)) if line.isdigit() else 1},
                },
                **({"logicalLocations": [{"name": case.conversation, "kind": "module"}]} if case.conversation else {}),
            }
        ],
        **({"suppressions": [{"kind": "external", "justification": "baseline"}]} if case.verdict == "accepted" else {}),
        "partialFingerprints": {
            "check/v1": hashlib.sha256(identity.encode("utf-8", "backslashreplace")).hexdigest()[:16]
        },
    }
