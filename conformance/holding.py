"""What every way of holding conversations does alike: a mock for as long as it takes, and the platform's word on them.

A run (`runner`) and a trial (`trial`) choose what is held and when; where it is held and what is then asked of the
platform they take from here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.secrets import Secrets
from conformance.status import reading
from conformance.status.base import Reader
from conformance.status.model import Reading
from conformance.wire.recording import Recording
from conformance.wire.target import Target

if TYPE_CHECKING:
    from conformance.mock.options import MockOptions
    from conformance.mock.server import MockServer


@asynccontextmanager
async def served(target: Target, options: MockOptions) -> AsyncIterator[tuple[Target, MockServer]]:
    """A mock of its own for as long as the block lasts, and the target at its address."""
    from conformance.mock.server import MockServer  # noqa: PLC0415  # a live run has no use for it

    async with MockServer(options) as server:
        yield target.at(server.url), server


@dataclass
class Held:
    """What came of holding conversations, and what the platform said of the close paths among them."""

    recording: Recording
    reader: str
    readings: dict[str, Reading] = field(default_factory=dict)

    def status(self) -> dict[str, Any]:
        """The fields of the record's `status` line."""
        return {"reader": self.reader, "readings": {path: one.to_json() for path, one in self.readings.items()}}


def told(
    reader: Reader,
    recording: Recording,
    wait_s: float,
    say: Callable[[str], None] = lambda words: None,
    secrets: Secrets | None = None,
) -> Held:
    """What was held, with what the platform says of it; the checks find it in the transcripts.

    It blocks for up to `wait_s` seconds and opens no connection to the endpoint.
    """
    readings = reading.read(reader, recording.transcripts.values(), wait_s, say, secrets)
    reading.attach(recording.transcripts, readings)
    return Held(recording, reader.name, readings)
