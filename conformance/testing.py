"""A mock endpoint for a developer's own tests: `RealtimeMock`, and as a pytest fixture `realtime_mock`.

    def test_my_app_says_goodbye(realtime_mock):
        realtime_mock.say("It ships on Monday.", hears="order")
        run_my_app(url=realtime_mock.url, key=realtime_mock.key)
        realtime_mock.assert_conformant()

It serves from a thread of its own, so tests may block or be coroutines.  What is set holds for connections made after.
"""

from __future__ import annotations

import asyncio
import dataclasses
import fnmatch
import threading
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from conformance.clients.judging import clauses, judge
from conformance.clients.recording import Recording
from conformance.clients.running import KEY, options_for
from conformance.clients.scenarios import Scenario, chosen
from conformance.judge.leaving import leaving
from conformance.mock import answers, stage
from conformance.mock.options import MockOptions, Moment
from conformance.mock.server import MockServer
from conformance.spec.profiles import DEFAULT_MODEL
from conformance.wire.transcript import Leg, Transcript

SETTLED = 2.0  # seconds to wait for sessions that have not ended before they are judged
Event = dict[str, Any]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Session:
    """A session that was held: events in order, and how it was left (`finish-refused, close-1000`)."""

    sent: tuple[Event, ...]
    received: tuple[Event, ...]
    left: str
    listed: dict[str, str]
    """As what each known policy of the platform lists it, by policy."""
    leg: Leg

    @property
    def types(self) -> list[str]:
        """The types of the client's events."""
        return [str(event.get("type")) for event in self.sent]


class RealtimeMock:
    """`with RealtimeMock() as mock:` serves until the block is left.  `options` are those of any mock."""

    def __init__(self, options: MockOptions | None = None) -> None:
        self._options = options_for(options or MockOptions())
        self._scenario: Scenario | None = None
        self._recording = Recording()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="realtime-mock", daemon=True)
        self._server: MockServer | None = None

    # -- serving

    def __enter__(self) -> Self:
        """Serve."""
        self._thread.start()
        server = MockServer(self._options, witness=self._recording)
        self._server = self._run(server.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what is open, and stop."""
        if self._server is not None:
            self._run(self._server.__aexit__(kind, error, trace))
            self._server = None
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, what: Coroutine[Any, Any, Value]) -> Value:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result()

    @property
    def url(self) -> str:
        """Where to connect; the client adds `?model=NAME`."""
        assert self._server is not None, "it serves inside its `with` block only"
        return self._server.url

    @property
    def model_url(self) -> str:
        """The same, with the default model."""
        return f"{self.url}?model={DEFAULT_MODEL}"

    @property
    def key(self) -> str:
        """A key that it takes."""
        return self._options.key or KEY

    # -- what it does

    def _use(self, **changes: Any) -> Self:
        made = dataclasses.replace(self._options, **changes)  # looks at every name first
        if self._server is not None:
            self._run(self._change(self._server, made))
        self._options = made
        return self

    @staticmethod
    async def _change(server: MockServer, options: MockOptions) -> None:
        server.use(options)

    def say(self, words: str, *, hears: str | None = None, after_tools: bool | None = None) -> Self:
        """Let the model say this: always, or where the user's words match `hears` (a regular expression)."""
        row = {"say": words, "hears": hears, "after_tools": after_tools}
        return self._use(answers=(*self._options.answers, answers.line(row)))

    def call_tool(self, name: str, arguments: Event | None = None, *, hears: str | None = None) -> Self:
        """Let the model call this tool, once for each turn of the user's."""
        row = {"calls": [{"name": name, "arguments": arguments or {}}], "hears": hears}
        return self._use(answers=(*self._options.answers, answers.line(row)))

    def quirk(self, *names: str) -> Self:
        """Let it deviate: `realtime-conformance mock --list quirks` names all ways."""
        return self._use(quirks=(*self._options.quirks, *names))

    def switch(self, name: str, value: str) -> Self:
        """Take one side of an open question (`--list switches`)."""
        return self._use(switches={**self._options.switches, name: value})

    def weather(self, **members: Any) -> Self:
        """Change the weather (`conformance.mock.weather.Weather`): `rpm=2`, `drops=0.5`, `lag_ms=200`."""
        return self._use(weather=dataclasses.replace(self._options.weather, **members))

    def latency(self, name: str) -> Self:
        """Answer `fast`, or as slowly as the service (`live`)."""
        return self._use(latency=name)

    def at(self, when: str | list[str], *does: Event, nth: int = 1, session: int | None = None) -> Self:
        """Do something at a moment, as a scenario does: `at("response.done", {"drop": True})` drops the line."""
        made: Moment = stage.moment({"when": when, "does": list(does), "nth": nth, "session": session})
        return self._use(moments=(*self._options.moments, made))

    def closes(self, code: int = 1000, reason: str = "", *, at: str = "response.done") -> Self:
        """Close with this code once this event was sent."""
        return self.at(at, {"close": {"code": code, "reason": reason}})

    def scenario(self, name: str) -> Self:
        """Behave as in a scenario of the suite's, or of a file (`--list scenarios`)."""
        self._scenario = chosen([name])[-1]
        made = self._scenario.options(self._options)
        return self._use(**{field.name: getattr(made, field.name) for field in dataclasses.fields(made)})

    # -- what came of it

    @property
    def sessions(self) -> list[Session]:
        """The sessions so far, in the order in which they were opened."""
        record = self.record
        return [
            Session(_events(leg, "client"), _events(leg, "server"), leaving(leg).label, dict(listed), leg)
            for leg, listed in zip(record.legs, record.notes["listed"], strict=True)
            if leg.handshake.status == 101
        ]

    @property
    def record(self) -> Transcript:
        """Everything that has crossed so far, as a conversation of the suite's; waits a little for what is ending."""
        self._run(self._recording.settled(SETTLED))
        name = self._scenario.name if self._scenario is not None else "test"
        return self._recording.transcript(f"client/{name}", self._options, {"scenario": None})

    def findings(self, ignore: Iterable[str] = ()) -> list[str]:
        """What is wrong with the client, a sentence each; `ignore` are ids, globs or levels.  MAY is left out."""
        left_out = (*ignore, "MAY")
        found = []
        for clause, outcome in judge([self.record]).items():
            row = clauses()[clause]
            known = any(fnmatch.fnmatchcase(clause, one) or one == row.level for one in left_out)
            if outcome.verdict == "fail" and not known:
                found.append(f"{clause} ({row.level}) {row.sentence} {outcome.detail}")
        return found

    def assert_conformant(self, ignore: Iterable[str] = ()) -> None:
        """Fail the test where a client clause is broken, or where no session was opened."""
        assert any(leg.handshake.status == 101 for leg in self.record.legs), "no session was opened"
        found = self.findings(ignore)
        assert not found, "\n".join(["the client breaks:", *found])


def _events(leg: Leg, side: str) -> tuple[Event, ...]:
    return tuple(frame.event for frame in leg.frames if frame.side == side and isinstance(frame.event, dict))
