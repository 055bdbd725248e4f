"""What a selection of conversations would take, before any of them is held.

`conformance/spec/costs.json` says what each conversation took on the mock, for a model of each family; `python -m
conformance.plan` measures and writes it.  Tokens are the mock's, and a live model may say more or less.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from conformance.judge.evidence.frames import silences, size
from conformance.report.cost import KINDS, tokens
from conformance.spec.prices import price_for
from conformance.spec.profiles import MODELS, Profile, profile_for, told_by_name
from conformance.status.base import APART
from conformance.wire.conversation import Conversation
from conformance.wire.pace import seconds_for
from conformance.wire.recording import Budget
from conformance.wire.target import LIVE, LIVE_RPM, LOOPBACK
from conformance.wire.transcript import Leg, Transcript

FILE = Path(__file__).parent / "spec" / "costs.json"
BYTES_PER_SECOND = 32_000  # s16le at 16 kHz: what audio takes to be sent live, at whatever rate it is declared
GENERATED = "fuzz/*"  # what generated conversations are kept under: none has a name that stays
HIDDEN = 341
"""Input tokens that one short written turn was billed beside what the client wrote, measured live (F15, 2026-10-04)."""
LEAST_TIME, TIMES = 300.0, 3
"""A run may take so many seconds, or so many times what it should."""
SLOW_TIME = 360.0  # seconds: the longest of those that wait for minutes sends for five and a half
OVERHEAD = 1.5  # seconds for a connection's handshake, greeting and end
SPACING = 1.0  # seconds between two openings
MOVES = 6.7  # of a generated conversation, on average of those that were measured


@dataclass(frozen=True)
class Cost:
    """What one conversation takes: connections, seconds at a live pace, tokens by kind."""

    connections: int = 0
    seconds: float = 0.0
    tokens: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What a selection takes.

    `minutes` count the pace at which connections are opened.  `hidden` are input tokens that a live model may bill on
    top of those that the mock counts.  `unknown` are conversations that were never measured, `slow` those that wait for
    minutes by themselves.
    """

    conversations: int
    connections: int
    minutes: float
    tokens: dict[str, int]
    unknown: tuple[str, ...]
    hidden: int = 0
    slow: int = 0

    @property
    def least(self) -> int:
        """Tokens in all, as the mock counts them."""
        return sum(self.tokens.values())

    @property
    def most(self) -> float:
        """Seconds after which a run begins nothing more, whatever holds it up."""
        return max(LEAST_TIME, TIMES * 60 * self.minutes) + self.slow * SLOW_TIME

    def to_json(self) -> dict[str, Any]:
        """What the record keeps, to be compared with what was spent; tokens are the least and the most."""
        return {
            "connections": self.connections,
            "minutes": round(self.minutes, 1),
            "tokens": [self.least, self.least + self.hidden],
        }

    def lines(self, profile: Profile, region: str, budget: Budget | None = None) -> Iterator[str]:
        """The plan in words."""
        inward = self.tokens["audio_in"] + self.tokens["other_in"]
        outward = self.tokens["audio_out"] + self.tokens["text_out"]
        price = price_for(profile, region)
        yield f"{self.conversations} conversations, {self.connections} connections"
        yield (
            f"about {inward:,} to {inward + self.hidden:,} input tokens (a live model counts prompts that nobody sees) "
            f"and {outward:,} output tokens"
        )
        yield f"about {self.minutes:.1f} minutes at a live pace; after {self.most / 60:.0f} nothing more is begun"
        most = {**self.tokens, "other_in": self.tokens["other_in"] + self.hidden}
        yield (
            f"{price.words(self.tokens)}, at most {price.of(most):.3f}"
            if price
            else f"no price of {f'the family {profile.family}' if told_by_name(profile) else profile.model} is known"
        )
        budget = budget or Budget()
        if budget.sessions is not None and self.connections > budget.sessions:
            yield f"more than the budget of {budget.sessions} sessions: what is beyond it will not be run"
        if budget.tokens is not None and self.least + self.hidden > budget.tokens >= self.least:
            yield f"perhaps more than the budget of {budget.tokens:,} tokens: what is beyond it will not be run"
        if budget.tokens is not None and self.least > budget.tokens:
            yield f"more than the budget of {budget.tokens:,} tokens: what is beyond it will not be run"
        if self.unknown:
            yield f"not measured: {', '.join(self.unknown)}"


@cache
def costs() -> dict[str, dict[str, Any]]:
    """What was measured: by family, by conversation."""
    loaded: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return loaded


def plan(
    conversations: Iterable[Conversation],
    profile: Profile,
    concurrency: int,
    rpm: int | None = LIVE_RPM,
    apart: Collection[Conversation] = (),
    *,
    first: Conversation | None = None,
) -> Plan:
    """Add up what the conversations take; those that wait for minutes by themselves are not in the minutes.

    `apart` are those that are held one by one, with a gap after each; `first` is held before all others, alone, whether
    a check needs it or not.
    """
    chosen = [item for item in conversations if first is None or item.name != first.name]
    chosen = [first, *chosen] if first is not None else chosen
    measured = costs().get(profile.family, {})
    costs_of = {item: _cost(item, measured[_key(item)]) for item in chosen if _key(item) in measured}
    known = [costs_of[item] for item in chosen if item in costs_of]
    total = {kind: sum(cost.tokens[kind] for cost in known) for kind in KINDS}
    seconds_of = {item: cost.seconds for item, cost in costs_of.items() if not item.slow}
    alone = [item for item in chosen if item.last or item in apart]
    ahead = [item for item in chosen if (item.ready or item is first) and item not in alone]
    before = sum(seconds_of.get(item, 0.0) for item in ahead)
    after = sum(seconds_of.get(item, 0.0) for item in alone) + APART * len(apart)
    beside = [item for item in chosen if item not in alone and item not in ahead]
    busy = sum(seconds_of.get(item, 0.0) for item in beside)
    longest = max((seconds_of.get(item, 0.0) for item in beside), default=0.0)
    unknown = tuple(item.name for item in chosen if _key(item) not in measured)
    connections = sum(item.connections for item in chosen)
    # What comes first takes its time from the pace of what is opened after it; what comes last begins when all is over.
    paced = seconds_for(connections - sum(item.connections for item in alone), rpm)
    seconds = max(before + busy / concurrency, before + longest, paced) + after
    hidden = HIDDEN * sum(cost.connections for cost in known if sum(cost.tokens.values()))
    slow = sum(item.slow for item in chosen)
    return Plan(len(chosen), connections, seconds / 60, total, unknown, hidden, slow)


def seconds(conversation: Conversation, profile: Profile) -> float:
    """Seconds that one takes at a live pace, as measured; 0 of one that never was."""
    row = costs().get(profile.family, {}).get(_key(conversation))
    return _cost(conversation, row).seconds if row is not None else 0.0


def _cost(conversation: Conversation, row: dict[str, Any]) -> Cost:
    """What was measured; of a generated conversation in proportion to its moves."""
    cost = Cost(**row)
    if conversation.moves is None:
        return cost
    times = conversation.moves / MOVES
    return replace(
        cost,
        seconds=cost.seconds * times,
        tokens={kind: round(count * times) for kind, count in cost.tokens.items()},
    )


def _key(conversation: Conversation) -> str:
    return GENERATED if conversation.name.startswith("fuzz/") else conversation.name


def average(costs: Sequence[Cost]) -> Cost:
    """What one of several conversations takes."""
    total = {kind: round(sum(cost.tokens[kind] for cost in costs) / len(costs)) for kind in KINDS}
    seconds = sum(cost.seconds for cost in costs) / len(costs)
    return Cost(round(sum(cost.connections for cost in costs) / len(costs)), round(seconds, 1), total)


def measured(transcript: Transcript) -> Cost:
    """What a conversation took on the mock."""
    # A quiet window is longer live than it was here; everything else the mock's live latency stands for.
    windows = sum(len(silences(leg.frames)) for leg in transcript.legs) * (LIVE.quiet - LOOPBACK.quiet) / 1000
    seconds = _spoken(transcript.legs) + windows + transcript.seconds
    return Cost(len(transcript.legs), round(seconds, 1), tokens([transcript]))


def _spoken(legs: Sequence[Leg]) -> float:
    """Seconds that opening the connections and speaking on them take live.

    Connections that stand side by side are opened one a second and speak at once; the next of a row waits for the end.
    """
    begins = ends = 0.0
    for place, leg in enumerate(legs):
        beside = place > 0 and leg.opened_at_ms < legs[place - 1].closed_at_ms
        begins = begins + SPACING if beside else ends + OVERHEAD
        ends = max(ends, begins + _audio_seconds(leg.frames))
    return ends


def _audio_seconds(frames: Iterable[Any]) -> float:
    total = 0
    for frame in frames:
        if frame.gap:  # a frame that is about its size, and sent at once
            continue
        if frame.side == "client" and frame.type == "input_audio_buffer.append" and isinstance(frame.event, dict):
            total += size(frame.event.get("audio")) or 0
    return total / BYTES_PER_SECOND


def main() -> int:
    """Measure every family at the mock's live latency and write the file."""
    # Here alone: a run that only adds up what was measured needs no mock.
    from conformance.mock.options import MockOptions  # noqa: PLC0415
    from conformance.trial import Trial, run  # noqa: PLC0415

    families = {profile_for(model).family: model for model in reversed(MODELS)}
    slow = MockOptions(latency="live")
    trials = [Trial(part, model, slow) for model in families.values() for part in (None, (GENERATED,))]
    results = run(trials, side_by_side=1)
    found: dict[str, dict[str, Any]] = {}
    for family, whole, generated in zip(families, results[::2], results[1::2], strict=True):
        costs = {name: measured(transcript) for name, transcript in whole.transcripts.items()}
        costs[GENERATED] = average([measured(transcript) for transcript in generated.transcripts.values()])
        found[family] = {name: asdict(cost) for name, cost in sorted(costs.items())}
    found = dict(sorted(found.items()))
    FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
