"""The part of a record that a finding needs: one that replays, with all that crossed in its conversations."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from conformance.report.record import Record, RecordWriter
from conformance.report.redact import Redactor
from conformance.wire.transcript import Transcript


def excerpt(check_id: str, record: Record, transcripts: Iterable[Transcript], redact: Redactor) -> str:
    """A record with these conversations and what was said of this check."""
    catalogue: dict[str, Any] = {
        "clauses": [row for row in record.catalogue["clauses"] if row["id"] == check_id],
        "questions": [row for row in record.catalogue["questions"] if row["id"] == check_id],
        "checks": {name: row for name, row in record.catalogue["checks"].items() if name == check_id},
    }
    with tempfile.TemporaryDirectory() as folder:
        writer = RecordWriter(Path(folder) / "record.jsonl", redact)
        writer.write("run", **_fields(record.run))
        writer.write("catalogue", **catalogue)
        for transcript in transcripts:
            writer.write("conversation", **transcript.to_json())
        writer.write("recorded", **{**_fields(record.recorded or {}), "not_held": {}})
        for line in record.verdicts:
            if line["id"] == check_id:
                writer.write("verdict", **_fields(line))
        writer.write("footer", **_fields(record.footer or {"interrupted": False, "seconds": 0.0}))
        return writer.path.read_text(encoding="utf-8")


def _fields(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "kind"}
