"""Close paths that somebody tells by their time: which they are, in which order, how far apart, how long to wait."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from conformance import runner
from conformance.judge.checks import load
from conformance.last_words import bring_in_later
from conformance.mock.options import MockOptions
from conformance.spec.profiles import DEFAULT_MODEL, profile_for
from conformance.status import reading
from conformance.status.base import SKEW_MS
from conformance.status.bl import BlReader
from conformance.status.file import FileReader
from conformance.status.ledger import LedgerReader
from conformance.status.none import NoReader
from conformance.status.sls import SlsReader
from conformance.wire.conversation import Conversation
from conformance.wire.target import Target, resolve
from support import endpoints

CHAPTERS = load()
HELD = list(CHAPTERS.conversations.values())
PATHS = {item.path for item in HELD if item.path is not None}
NONE = NoReader("no_reader_configured")
BL, SLS = BlReader(model=DEFAULT_MODEL), SlsReader("x", "p", "s", "i", "s")
LEDGER = LedgerReader("ws://127.0.0.1:1")


def target(endpoint: str) -> Target:
    return resolve(endpoint, model=DEFAULT_MODEL, key="sk-0123456789", workspace=None)


LIVE, HERE = target("beijing"), target("ws://127.0.0.1:9/x")


def run(where: Target = LIVE, **options: Any) -> runner.Run:
    return runner.Run(where, profile_for(DEFAULT_MODEL), CHAPTERS, **options)


def paths(reader: Any, where: Target) -> list[str | None]:
    return [item.path for item in runner.Run.told_by_time(reader, HELD, where)]


@pytest.mark.parametrize("reader", [BL, SLS])
def test_a_reader_that_may_have_to_go_by_time_gets_every_path_alone(reader: Any) -> None:
    found = paths(reader, LIVE)
    assert set(found) == PATHS
    assert tuple(found[:5]) == reading.ASKED[:5]  # what is urgent comes first


def test_a_person_gets_the_few_that_the_form_asks_for() -> None:
    assert tuple(paths(NONE, LIVE)) == reading.ASKED


@pytest.mark.parametrize(("reader", "where"), [(NONE, HERE), (LEDGER, HERE), (FileReader("form"), LIVE)])
def test_where_nobody_goes_by_time_nothing_is_held_apart(reader: Any, where: Target) -> None:
    assert paths(reader, where) == []


def test_the_form_asks_for_what_a_question_is_about_and_for_what_is_urgent() -> None:
    asked = {
        CHAPTERS.conversations[check.conversation].path
        for check in CHAPTERS.checks.values()
        if check.conversation is not None and check.id.endswith("-STATUS")
    }
    urgent = {item.path for item in HELD if item.urgent and item.path is not None}
    assert (asked | urgent) - {None} == set(reading.ASKED)
    assert {reading.GOOD, reading.BAD} <= set(reading.ASKED)


def test_no_window_of_two_sessions_meets() -> None:
    assert runner.APART * 1000 > 2 * SKEW_MS
    assert runner.APART >= 5


class Recorder:
    """Writes down what is held and when somebody sleeps."""

    def __init__(self, infrastructure: str | None = None) -> None:
        self.recording = SimpleNamespace(infrastructure=infrastructure)
        self.did: list[str | float] = []

    async def record(self, conversations: list[Conversation], *, sanity: Conversation | None = None, **_: Any) -> None:
        self.did += [f"{item.path} tells" for item in (sanity,) if item is not None]
        self.did += [str(item.path) for item in conversations]

    async def sleep(self, seconds: float) -> None:
        self.did.append(seconds)


@pytest.mark.parametrize(("trouble", "gap"), [(None, 5.0), ("HTTP 401", 0.0)])
async def test_a_gap_follows_each(trouble: str | None, gap: float, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(trouble)
    monkeypatch.setattr(runner, "asyncio", SimpleNamespace(sleep=recorder.sleep))
    held = [Conversation("a", path="one"), Conversation("b", path="two")]
    await run()._apart(recorder, held, {}, lambda _: None)  # type: ignore[arg-type]
    assert recorder.did == ["one", gap, "two", gap]
    assert asyncio.sleep is not recorder.sleep
    recorder.did.clear()
    await run()._apart(recorder, held, {}, lambda _: None, held[0])  # type: ignore[arg-type]
    assert recorder.did == ["one tells", gap, "two", gap]


def test_the_first_that_is_held_alone_tells_of_the_endpoint_where_no_check_asks_for_the_sanity_conversation() -> None:
    sanity, idle, rst = (CHAPTERS.conversations[name] for name in (runner.SANITY, "closing/Idle", "closing/Rst"))
    assert run().first([idle, rst], [rst]) is rst
    assert run().first([sanity, idle, rst], [rst]) is sanity
    assert run().first([idle, rst], []) is sanity


async def test_without_the_sanity_conversation_the_first_path_finds_that_the_endpoint_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(connection: ServerConnection, request: Request) -> Response:
        return connection.respond(HTTPStatus.UNAUTHORIZED, "no")

    async with endpoints.endpoint(endpoints.says(), process_request=refuse) as port:
        here = replace(target(f"ws://127.0.0.1:{port}/api"), kind="live")
        monkeypatch.setattr(
            runner.Run, "told_by_time", staticmethod(lambda *_: [CHAPTERS.conversations["closing/Idle"]])
        )
        checks = [CHAPTERS.checks[name] for name in ("CLO-001", "Q-FINISH")]
        held = await asyncio.to_thread(run(here).hold, checks)
    assert "401" in (held.recording.infrastructure or "")
    assert list(held.recording.transcripts) == ["closing/Idle"]
    assert held.recording.urgent[0] == "closing/Idle"


@pytest.mark.parametrize(
    ("options", "reader", "seconds"),
    [
        ({}, BL, 900.0),
        ({}, SLS, 900.0),
        ({}, NONE, 60.0),
        ({}, LEDGER, 60.0),
        ({"mock": MockOptions()}, LEDGER, 2.0),
        ({"status_wait": 7.0}, BL, 7.0),
        ({"status_wait": 0.0}, BL, 0.0),
    ],
)
def test_the_wait_is_the_readers(options: dict[str, Any], reader: Any, seconds: float) -> None:
    assert run(**options).wait_for(reader) == seconds


@pytest.mark.parametrize(("where", "offered"), [(LIVE, False), (HERE, True), (target("wss://127.0.0.1:9/x"), False)])
def test_half_close_is_not_offered_over_tls(where: Target, offered: bool) -> None:
    conversations, refused = run(where).needed([CHAPTERS.checks["Q-HALF-CLOSE"]])
    assert bool(conversations) == offered
    assert ("TLS" in refused.get("closing/HalfClose", "")) != offered


def test_a_run_without_a_reader_ends_with_the_commands() -> None:
    folder = Path("reports/a b")
    log, form = list(bring_in_later(folder, form=False, log=True)), list(bring_in_later(folder, form=True, log=False))
    again = "pytest conformance/ --replay 'reports/a b/record.jsonl' --status-source"
    assert log[-1].strip() == f"{again} bl"
    assert form[-1].strip() == f"{again} 'file:reports/a b/status-form.jsonl'"
    assert list(bring_in_later(folder, form=True, log=True)) == [*log, *form]


def test_on_the_embedded_mock_the_longest_begins_first_and_what_comes_last_stays_last() -> None:
    checks = [CHAPTERS.checks[name] for name in ("SES-002", "VAD-001", "CLO-001", "ISO-005", "ISO-010", "FUZ-001")]
    live = [item.name for item in run(fuzz_examples=1).chosen(checks)[0]]
    mock = [item.name for item in run(mock=MockOptions(), fuzz_examples=1).chosen(checks)[0]]
    first, turn, idle, *last = (
        "session/FirstUpdate",
        "vad/Turn",
        "closing/Idle",
        "isolation/UncleanEnds",
        "isolation/SanityAgain",
    )
    assert live == [first, turn, idle, *last, "fuzz/1-1"]
    assert mock == ["fuzz/1-1", turn, first, idle, *last]
