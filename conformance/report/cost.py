"""What a run cost: tokens by kind, as `response.done` told them, and an amount where a price is known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.report.record import Record
from conformance.spec.prices import price_for
from conformance.spec.profiles import UnknownModel, profile_of
from conformance.wire.transcript import Transcript

KINDS = ("audio_in", "other_in", "text_out", "audio_out")


def tokens(transcripts: Iterable[Transcript]) -> dict[str, int]:
    """Tokens by kind over conversations; what the details do not tell apart counts as text."""
    found = dict.fromkeys(KINDS, 0)
    for transcript in transcripts:
        for leg in transcript.legs:
            for frame in leg.frames:
                if frame.side == "server" and frame.type == "response.done":
                    _add(found, frame.event.get("response"))
    return found


def _add(found: dict[str, int], response: Any) -> None:
    usage = response.get("usage") if isinstance(response, dict) else None
    if not isinstance(usage, dict):
        return
    for side, audio, other in (("input", "audio_in", "other_in"), ("output", "audio_out", "text_out")):
        whole, details = _number(usage.get(f"{side}_tokens")), usage.get(f"{side}_tokens_details")
        spoken = _number(details.get("audio_tokens")) if isinstance(details, dict) else 0
        found[audio] += spoken
        found[other] += max(0, whole - spoken)


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def cost(record: Record) -> str:
    """The cost of a run in a few words; empty where no price is known or nothing was billed."""
    target = record.run["target"]
    try:
        price = price_for(profile_of(target), str(target["endpoint"]))
    except UnknownModel:
        return ""
    counted = tokens([*record.earlier, *record.transcripts.values()])
    return price.words(counted) if price is not None and any(counted.values()) else ""
