"""Recordings judged as they are read: one conversation at a time is in memory, and what is kept of it is bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from conformance.intake.connection import Unread
from conformance.intake.record import catalogue, opened, recorded
from conformance.judge.checks import Check, Outcome, level, line, load
from conformance.judge.tally import Failure, Tally
from conformance.report.record import Record, RecordError
from conformance.spec.profiles import Profile, UnknownModel, profile_for
from conformance.wire.transcript import Frame, Transcript

KEPT = 10_000
"""Frames of a recording that the record keeps whole; beyond them it keeps what is no delta and no audio."""
LONGEST = 30_000
"""Frames beyond which it keeps nothing: what a page shows has an end, too."""
SIZE = 32_000_000
"""Bytes of payload beyond which it keeps nothing either."""
STREAMED = frozenset({"input_audio_buffer.append", "input_image_buffer.append"})

Taken = Callable[[Transcript, list[Failure]], None]


def judge(
    transcripts: Iterable[Transcript], checks: Iterable[Check], profile: Profile, taken: Taken
) -> dict[str, Outcome]:
    """Judge recordings one by one; `taken` is called with what is kept of each, and what it breaks."""
    tally, room = Tally(checks, profile), Room()
    for transcript in transcripts:
        if transcript.trouble is None and (why := stranger(transcript, profile)) is not None:
            transcript.trouble = why
        kept = room.abridged(transcript)
        findings = tally.add(transcript, room.places)
        taken(kept, findings)
    return tally.outcomes()


def stranger(transcript: Transcript, profile: Profile) -> str | None:
    """Why a conversation can't be judged together with others: it is of another family of models."""
    try:
        mine = profile_for(transcript.model)
    except UnknownModel as problem:
        return str(problem)
    if mine.family == profile.family:
        return None
    return f"it is of the model {mine.model}, and the others are of {profile.model}: judge it alone"


def judged(path: Path) -> Record:
    """A record as it is, or a recording of anybody's judged now, as a record of it.  Raises RecordError."""
    found = opened(path)
    if isinstance(found, Record):
        return found
    record = Record(run=found.run, catalogue=catalogue(found.first.model))

    def taken(transcript: Transcript, _: list[Failure]) -> None:
        record.transcripts[transcript.conversation] = transcript

    profile = profile_for(found.first.model)
    checks = load().checks.values()
    try:
        outcomes = judge(found.transcripts(), checks, profile, taken)
    except Unread as problem:
        raise RecordError(str(problem)) from None
    record.verdicts = [line(check_id, level(check_id, profile), said, 0.0) for check_id, said in outcomes.items()]
    record.recorded = recorded(len(record.transcripts))
    record.footer = {"interrupted": False, "seconds": 0.0}
    return record


class Room:
    """How many frames a record may still take."""

    def __init__(self, kept: int = KEPT, longest: int = LONGEST, size: int = SIZE) -> None:
        self._kept, self._longest, self._size = kept, longest, size
        self._held = 0
        self.places: list[dict[int, int]] = []
        """Of the conversation that was abridged last: where the record has the frames of each connection."""

    def abridged(self, transcript: Transcript) -> Transcript:
        """The conversation as the record keeps it, with how many frames it lacks in its notes."""
        left_out = 0
        legs = []
        self.places = []
        for leg in transcript.legs:
            frames = list(self._take(leg.frames))
            left_out += len(leg.frames) - len(frames)
            whole = len(frames) == len(leg.frames)
            self.places.append({frame.index: place for place, frame in enumerate(frames)})
            numbered = [frame if whole else _at(frame, place) for place, frame in enumerate(frames)]
            legs.append(replace(leg, frames=numbered))
        notes = {**transcript.notes, "left_out": left_out} if left_out else transcript.notes
        return replace(transcript, legs=legs, notes=notes)

    def _take(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame in frames:
            size = len(frame.text or "") + len(frame.data)
            room = self._held < self._kept or (self._held < self._longest and not _streamed(frame))
            if room and size <= self._size:
                self._held += 1
                self._size -= size
                yield frame


def _streamed(frame: Frame) -> bool:
    return frame.type in STREAMED or str(frame.type).endswith(".delta")


def _at(frame: Frame, place: int) -> Frame:
    return replace(frame, index=place)
