"""A run as against the live service, whose other end is a mock in the weather, behind TLS.

Everything is as it will be: the options, the target of kind live, its deadlines, pacing, budget and real-time audio,
the certificate, the judges, the page, the exit code.  Only where the endpoint's name leads is another place: a server
that lives as long as the run, in its loop.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance import cli, runner
from conformance.mock.options import MockOptions
from conformance.mock.server import MockServer
from conformance.mock.weather import Weather
from conformance.wire.target import Target
from support import tls

ENDPOINT = "wss://rehearsal.example/api-ws/v1/realtime"
FIGURES = "rehearsal.json"
MINUTE = 60.0


@dataclass
class Staged:
    """What came of a rehearsal; `arrived` holds when each connection did (seconds, the first at 0)."""

    code: int = 0
    folder: Path = Path()
    seconds: float = 0.0
    arrived: list[float] = field(default_factory=list)

    @classmethod
    def read(cls, folder: Path) -> Staged:
        """What was kept of a rehearsal."""
        return cls(folder=folder, **json.loads((folder / FIGURES).read_text(encoding="utf-8")))

    @property
    def summary(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))
        return loaded

    @property
    def recorded(self) -> dict[str, Any]:
        """The `recorded` line of the record."""
        lines = map(json.loads, (self.folder / "record.jsonl").read_text(encoding="utf-8").splitlines())
        found: dict[str, Any] = next(line for line in lines if line["kind"] == "recorded")
        return found

    @property
    def shortest_gap(self) -> float:
        """The least time between two connections, in seconds."""
        return min((after - before for before, after in zip(self.arrived, self.arrived[1:], strict=False)), default=0.0)

    @property
    def most_a_minute(self) -> int:
        """The most connections in any minute."""
        return max((sum(1 for at in self.arrived if began <= at < began + MINUTE) for began in self.arrived), default=0)

    @property
    def failing(self) -> list[str]:
        """The MUST checks that fail."""
        return [case["id"] for case in self.summary["cases"] if case["level"] == "MUST" and case["verdict"] == "fail"]

    @property
    def faults(self) -> list[str]:
        """Checks of any level that fail, are blocked or err: before a faithful server each is a false alarm."""
        bad = {"fail", "blocked", "error"}
        return [f"{case['id']}: {case['detail']}" for case in self.summary["cases"] if case["verdict"] in bad]

    def words(self) -> str:
        """One line of figures."""
        made = self.summary
        lost = made.get("stability", {}).get("lost", 0)
        return (
            f"exit {self.code}, {made['verdict']}; {len(self.arrived)} connections in {self.seconds:.0f} s, at least "
            f"{self.shortest_gap:.2f} s apart, at most {self.most_a_minute} a minute; {lost} lost; "
            f"{made['reach']['not_judged']} of {made['reach']['must']} MUST not judged; MUST failures: "
            f"{', '.join(self.failing) or 'none'}\n{made['headline']}"
        )


def rehearse(weather: Weather, seed: int, folder: Path, options: Sequence[str] = ()) -> Staged:
    """Run the suite in this weather, with these further options."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = tls.authority(folder)
    staged = Staged(folder=folder)
    mock = MockOptions(latency="live", weather=weather, seed=seed)
    # The paths among the arguments lead pytest away from this project's settings, of which it misses one.
    settings = ["-o", "asyncio_default_fixture_loop_scope=function"]
    arguments = [*settings, "--endpoint", ENDPOINT, "--ca-file", str(authority.ca_file), "--report-dir", str(folder)]
    began = time.monotonic()
    with _stage(mock, authority, staged):
        staged.code = cli.run([*arguments, "--status-source", "none", "-q", "-p", "no:cacheprovider", *options])
    staged.seconds = time.monotonic() - began
    first = staged.arrived[0] if staged.arrived else 0.0
    staged.arrived = [round(at - first, 3) for at in staged.arrived]
    figures = {"code": staged.code, "seconds": round(staged.seconds, 1), "arrived": staged.arrived}
    (folder / FIGURES).write_text(json.dumps(figures), encoding="utf-8")
    return staged


@contextmanager
def _stage(mock: MockOptions, authority: tls.Authority, staged: Staged) -> Iterator[None]:
    @asynccontextmanager
    async def endpoint(self: runner.Run) -> AsyncIterator[Target]:
        async with MockServer(mock, tls=authority.server()) as server:
            sky, following = server._sky, server._sky.next

            def arrives() -> Any:
                staged.arrived.append(time.monotonic())
                return following()

            sky.next = arrives  # type: ignore[method-assign]
            yield self.target.at(server.url)

    real, key = runner.Run.endpoint, os.environ.get("DASHSCOPE_API_KEY")
    runner.Run.endpoint = endpoint  # type: ignore[method-assign, assignment]
    os.environ["DASHSCOPE_API_KEY"] = "sk-5b0e1d2c3f4a59687786"  # never one of the user's: nothing here is live
    try:
        yield
    finally:
        runner.Run.endpoint = real  # type: ignore[method-assign]
        if key is None:
            del os.environ["DASHSCOPE_API_KEY"]
        else:
            os.environ["DASHSCOPE_API_KEY"] = key
