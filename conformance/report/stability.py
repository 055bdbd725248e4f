"""Sessions that were lost to the line or to a fault of the service: an observation about the way, not the protocol."""

from __future__ import annotations

from typing import Any

from conformance.report.record import Record
from conformance.wire.transcript import Transcript


def stability(record: Record) -> dict[str, Any]:
    """`sessions` that were opened, how many were `lost`, and where and how.

    A session that was lost again at the same place is the endpoint's doing: its checks fail, and it is not told here.
    """
    told = [one for one in (*record.earlier, *record.transcripts.values()) if one.lost and not _repeated(record, one)]
    sessions = sum(len(one.legs) for one in (*record.earlier, *record.transcripts.values()))
    where = [{"conversation": one.conversation, "attempt": one.attempt, "how": one.lost} for one in told]
    return {"sessions": sessions, "lost": len(told), "where": sorted(where, key=lambda row: str(row["conversation"]))}


def _repeated(record: Record, transcript: Transcript) -> bool:
    final = record.transcripts[transcript.conversation]
    return bool(final.lost) and final.trouble is None
