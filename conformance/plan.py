"""What a selection of conversations would take, before any of them is held.

`conformance/spec/costs.json` says what each conversation took on the mock, for a model of each family; `python -m
conformance.plan` measures and writes it.  Tokens are the mock's, and a live model may say more or less.
"""

from __future__ import annotations

import base64
import binascii
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from conformance.judge.rules.frames import silences
from conformance.mock.options import MockOptions
from conformance.report.cost import KINDS, tokens
from conformance.spec.prices import price_for
from conformance.spec.profiles import MODELS, Profile, profile_for
from conformance.trial import Trial, run
from conformance.wire.recorder import Conversation
from conformance.wire.target import LIVE, LOOPBACK
from conformance.wire.transcript import Transcript

FILE = Path(__file__).parent / "spec" / "costs.json"
BYTES_PER_SECOND = 32_000  # s16le at 16 kHz: what audio takes to be sent live, at whatever rate it is declared
OVERHEAD = 1.5  # seconds for a connection's handshake, greeting and end


@dataclass(frozen=True)
class Cost:
    """What one conversation takes: connections, seconds at a live pace, tokens by kind."""

    connections: int = 0
    seconds: float = 0.0
    tokens: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What a selection takes.  `unknown` are conversations that were never measured."""

    conversations: int
    connections: int
    minutes: float
    tokens: dict[str, int]
    unknown: tuple[str, ...]

    def lines(self, profile: Profile, region: str) -> Iterator[str]:
        """The plan in words."""
        inward = self.tokens["audio_in"] + self.tokens["other_in"]
        outward = self.tokens["audio_out"] + self.tokens["text_out"]
        price = price_for(profile, region)
        yield f"{self.conversations} conversations, {self.connections} connections"
        yield f"about {inward:,} input and {outward:,} output tokens, as the mock counts them"
        yield f"about {self.minutes:.1f} minutes at a live pace"
        yield price.words(self.tokens) if price else f"no price of the family {profile.family} is known"
        if self.unknown:
            yield f"not measured: {', '.join(self.unknown)}"


@cache
def costs() -> dict[str, dict[str, Any]]:
    """What was measured: by family, by conversation."""
    loaded: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return loaded


def plan(conversations: Iterable[Conversation], profile: Profile, concurrency: int) -> Plan:
    """Add up what the conversations take; those that wait for minutes by themselves are not in the minutes."""
    chosen = list(conversations)
    measured = costs().get(profile.family, {})
    known = [Cost(**measured[item.name]) for item in chosen if item.name in measured]
    total = {kind: sum(cost.tokens[kind] for cost in known) for kind in KINDS}
    busy = sum(cost.seconds for cost in known)
    longest = max((cost.seconds for cost in known), default=0.0)
    unknown = tuple(item.name for item in chosen if item.name not in measured)
    connections = sum(item.connections for item in chosen)
    return Plan(len(chosen), connections, max(busy / concurrency, longest) / 60, total, unknown)


def measured(transcript: Transcript) -> Cost:
    """What a conversation took on the mock."""
    audio = max((_audio_seconds(leg.frames) for leg in transcript.legs), default=0.0)
    # A quiet window is longer live than it was here; everything else the mock's live latency stands for.
    windows = sum(len(silences(leg.frames)) for leg in transcript.legs) * (LIVE.quiet - LOOPBACK.quiet) / 1000
    seconds = OVERHEAD * len(transcript.legs) + audio + windows + transcript.seconds
    return Cost(len(transcript.legs), round(seconds, 1), tokens([transcript]))


def _audio_seconds(frames: Iterable[Any]) -> float:
    total = 0
    for frame in frames:
        if frame.side == "client" and frame.type == "input_audio_buffer.append":
            try:
                total += len(base64.b64decode(frame.event["audio"], validate=True))
            except (KeyError, TypeError, binascii.Error):
                continue
    return total / BYTES_PER_SECOND


def main() -> int:
    """Measure every family at the mock's live latency and write the file."""
    families = {profile_for(model).family: model for model in reversed(MODELS)}
    results = run([Trial(None, model, MockOptions(latency="live")) for model in families.values()], side_by_side=1)
    found = {
        family: {name: asdict(measured(transcript)) for name, transcript in sorted(result.transcripts.items())}
        for family, result in sorted(zip(families, results, strict=True), key=lambda pair: pair[0])
    }
    FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
