"""From conversations to readings, and the session that is held alone because only counters can tell it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from conformance.secrets import Secrets
from conformance.status.model import NotObservable, Reading
from conformance.status.prometheus import PrometheusReader
from conformance.status.reading import attach, counted, searched, sessions, untold
from conformance.wire.transcript import Frame, Handshake, Leg, Transcript

GOOD = {("200", ""): 3.0}


def held(name: str, path: str | None, status: int | None = 101) -> Transcript:
    created = {"type": "session.created", "session": {"id": f"sess_{name}"}}
    greeting = Frame(0, "server", 1.0, "text", json.dumps(created))
    leg = Leg(url="ws://x", opened_at_ms=5, handshake=Handshake(status, 1.0), closed_at_ms=9)
    leg.frames.append(greeting)
    return Transcript(name, "2026-10-05T02:00:00Z", [leg], path=path)


def test_only_what_walked_a_path_and_was_upgraded_is_looked_for() -> None:
    found = sessions([held("a", "close-1000-idle"), held("b", None), held("c", "drop-rst", status=401)])
    assert [(one.session_id, one.path, one.t_open, one.t_close) for one in found] == [
        ("sess_a", "close-1000-idle", 5, 9)
    ]


def test_what_was_lost_and_never_held_again_is_not_looked_for() -> None:
    transcripts = [held("a", "close-1000-idle"), held("b", "drop-rst"), held("c", "close-1000-after-response")]
    readings = {
        "close-1000-idle": Reading("not_observable"),
        "drop-rst": Reading("failed_client", attribution="exact_id"),
    }
    assert [one.path for one in untold(transcripts, readings)] == ["close-1000-idle"]


def test_a_reading_is_put_where_the_checks_look() -> None:
    transcripts = {"a": held("a", "close-1000-idle"), "b": held("b", None)}
    attach(transcripts, {"close-1000-idle": Reading("succeeded", attribution="exact_id")})
    assert transcripts["a"].status is not None
    assert transcripts["a"].status["status"] == "succeeded"
    assert transcripts["b"].status is None


def test_the_whole_key_in_a_row_is_noted_and_all_of_it_masked() -> None:
    key = "sk-0123456789abcdef0123456789abcdef"
    secrets = Secrets([key])
    told = ({"apikey": key, "usage": json.dumps({"of": f"Bearer {key}"}), "model": "m"}, {"account": f"{key[:9]}…"})
    found = searched(Reading("succeeded", attribution="exact_id", rows=told), secrets)
    assert found.quotes == ("apikey", "usage")
    assert not secrets.found(json.dumps(found.rows))
    assert Reading.from_json(found.to_json()) == found
    plain = Reading("succeeded", rows=({"apikey_id": "1"},))
    assert searched(plain, secrets).quotes == ()
    assert Reading.from_json(plain.to_json()).quotes is None


class Counters(PrometheusReader):
    """Shows one prepared look after the other; the last one again and again."""

    def __init__(self, *looks: dict[tuple[str, str], float] | NotObservable) -> None:
        super().__init__("http://127.0.0.1:9")
        self._looks = list(looks)

    def snapshot(self, at_ms: int) -> dict[tuple[str, str], float]:
        del at_ms
        now = self._looks.pop(0) if len(self._looks) > 1 else self._looks[0]
        if isinstance(now, NotObservable):
            raise now
        return now


async def no_pause(seconds: float) -> None:
    del seconds


async def told(reader: PrometheusReader, wait_s: float = 60.0) -> tuple[Reading, list[str]]:
    done: list[str] = []

    async def hold() -> None:
        done.append("held")

    return await counted(reader, "drop-rst", hold, wait_s, no_pause), done


async def test_one_counter_that_rose_by_one_is_the_session() -> None:
    after = {**GOOD, ("400", "ClientDisconnect"): 1.0}
    found, done = await told(Counters(GOOD, GOOD, GOOD, after))
    assert done == ["held"]
    assert (found.status, found.attribution, found.error) == ("failed_client", "counter_delta", "ClientDisconnect")
    assert "held alone as drop-rst" in found.why


async def test_the_counters_have_to_rest_first() -> None:
    found, _ = await told(Counters({("200", ""): 1.0}, {("200", ""): 2.0}, GOOD, GOOD, {("200", ""): 4.0}))
    assert found.status == "succeeded"


async def test_a_second_call_that_shows_up_in_the_guard_makes_it_ambiguous() -> None:
    late = {("200", ""): 5.0}
    found, _ = await told(Counters(GOOD, GOOD, {("200", ""): 4.0}, late))
    assert found.status == "ambiguous"


async def test_nothing_is_not_visible_yet() -> None:
    found, _ = await told(Counters(GOOD), wait_s=0.0)
    assert found.status == "not_visible_yet"


@pytest.mark.parametrize("when", [0, 2])
async def test_a_reader_that_fails_says_so(when: int) -> None:
    looks: list[Any] = [GOOD, GOOD, GOOD]
    looks.insert(when, NotObservable("refused", "HTTP 403"))
    found, _ = await told(Counters(*looks))
    assert found.status == "not_observable"
    assert "HTTP 403" in found.why


async def test_counters_that_never_rest_are_somebody_elses() -> None:
    def restless() -> Iterator[dict[tuple[str, str], float]]:
        count = 0.0
        while True:
            count += 1
            yield {("200", ""): count}

    reader, looks = Counters(GOOD), restless()
    reader.snapshot = lambda at_ms: next(looks)  # type: ignore[method-assign]
    reader.guard_s = 0.0
    found, done = await told(reader, wait_s=0.0)
    assert found.status == "not_observable"
    assert "never rested" in found.why
    assert done == ["held"], "the wire is judged all the same"
