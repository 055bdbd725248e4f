"""A session of the mock with a clock of its own: tell it something, see what comes."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from conformance import fixtures
from conformance.mock.ids import IdSource
from conformance.mock.models import USUAL, model_for
from conformance.mock.options import MockOptions
from conformance.mock.session import CloseWith, Drop, SendEvent, Session

Json = dict[str, Any]

COUNT = "Count to 40."


@contextmanager
def naming(what: str) -> Iterator[None]:
    """Say at whatever goes wrong inside which of many things was tried."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"tried with {what}")
        raise


class Told:
    """Holds a session; `says` keeps every event it sent, `end` how it closed."""

    def __init__(self, model: str = USUAL, connection: int = 0, **options: Any) -> None:
        options.setdefault("latency", "none")
        self.now = 100.0
        made = MockOptions(**options)
        self.session = Session(model_for(model), made, now=self.now, ids=IdSource(made.seed, connection))
        self.says: list[Json] = []
        self.end: CloseWith | Drop | None = None
        self.created = self.take()[0]["session"]

    def take(self) -> list[Json]:
        """What is due now."""
        found: list[Json] = []
        for out in self.session.poll(self.now):
            assert self.end is None, "something came after the close"
            if isinstance(out, SendEvent):
                found.append(out.event)
            else:
                assert isinstance(out, CloseWith | Drop), f"nothing here hears {out}"
                self.end = out
        self.says += found
        return found

    def text(self, text: str) -> list[Json]:
        self.session.receive_text(text, self.now)
        return self.take()

    def tell(self, kind: str, **fields: Any) -> list[Json]:
        return self.text(json.dumps({"type": kind, **fields}))

    def update(self, **session: Any) -> Json:
        """The echo of an update, or its `error`."""
        for event in self.tell("session.update", session=session):
            if event["type"] == "session.updated":
                echo: Json = event["session"]
                return echo
            if event["type"] == "error":
                error: Json = event["error"]
                return {"error": error}
        raise AssertionError("the update was not answered")

    def wait(self, seconds: float) -> list[Json]:
        """Let time pass, stopping at everything that is due on the way."""
        until = self.now + seconds
        found: list[Json] = []
        while (due := self.session.next_due()) is not None and due <= until:
            self.now = max(self.now, due)
            found += self.take()
        self.now = until
        return found + self.take()

    def write(self, text: str) -> list[Json]:
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        return self.tell("conversation.item.create", item=item)

    def ask(self, text: str, **response: Any) -> list[Json]:
        """A typed turn and everything it brings."""
        self.write(text)
        return self.tell("response.create", **response)

    def append(self, pcm: bytes) -> list[Json]:
        found: list[Json] = []
        for packet in fixtures.packets(pcm):
            found += self.tell("input_audio_buffer.append", audio=base64.b64encode(packet).decode())
        return found

    def image(self, name: str) -> list[Json]:
        return self.tell("input_image_buffer.append", image=base64.b64encode(fixtures.image(name)).decode())


def types(events: list[Json]) -> list[str]:
    return [event["type"] for event in events]


def one(events: list[Json], kind: str) -> Json:
    (found,) = [event for event in events if event["type"] == kind]
    return found


def error(events: list[Json]) -> Json:
    found: Json = one(events, "error")["error"]
    return found
