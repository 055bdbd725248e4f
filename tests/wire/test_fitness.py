"""Whether an endpoint can be used at all: what tells, on either side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.wire.fitness import deaf, unusable
from conformance.wire.target import resolve
from conformance.wire.transcript import Ending, Handshake, Stop, Transcript
from support.talks import Line, c, s, talk

MODEL = "qwen3.5-omni-flash-realtime"
MOCK = resolve("mock", model=MODEL, key=None, workspace=None)
LIVE = replace(MOCK, kind="live", name="singapore")


def first(*lines: str | Line, **members: Any) -> Transcript:
    held = talk(*lines, greeting=False).transcript
    for name, value in members.items():
        setattr(held, name, value)
    return held


def greeted(model: Any, *lines: str | Line) -> Transcript:
    return first(s("session.created", session={"id": "s", "model": model}), *lines)


@pytest.mark.parametrize(
    ("asked", "served", "fits"),
    [
        (MODEL, MODEL, True),
        (MODEL, f"{MODEL}-2026-09-15", True),
        (MODEL, f"{MODEL}x", False),
        (MODEL, "qwen-omni-turbo-realtime", False),
        (MODEL, "", True),
        (MODEL, None, True),
        (MODEL, 7, True),
        (f"{MODEL}-latest", MODEL, True),
        (f"{MODEL}-latest", f"{MODEL}-2026-09-15", True),
        (f"{MODEL}-2026-09-15", MODEL, False),
    ],
)
def test_another_model_is_of_no_use(asked: str, served: Any, fits: bool) -> None:
    target = replace(LIVE, model=asked)
    found = unusable(target, greeted(served))
    assert (found is None) is fits
    if found is not None:
        assert found[0] == "account"
        assert f"singapore serves the model {served} where {asked} was asked for" in found[1]
    assert unusable(replace(MOCK, model=asked), greeted(served)) is None


def test_the_model_is_read_of_the_first_greeting_of_the_server() -> None:
    assert unusable(LIVE, greeted(MODEL, s("session.created", session={"model": "x"}))) is None
    assert unusable(LIVE, first(s("session.updated", session={"model": "x"}))) is None
    assert unusable(LIVE, first(c("session.created", session={"model": "x"}))) is None
    assert unusable(LIVE, first(s("session.created", session=7))) is None
    assert unusable(LIVE, replace(greeted(MODEL), legs=[])) is None


@pytest.mark.parametrize("target", [MOCK, LIVE])
def test_what_opens_no_websocket_is_of_no_use_to_anybody(target: Any) -> None:
    for handshake, says in [
        (Handshake(404, 1.0), "answered with HTTP 404, and no WebSocket was opened"),
        (Handshake(101, 1.0, problem="no accept"), "none that a client may take: no accept"),
    ]:
        held = greeted(MODEL)
        held.legs[0] = replace(held.legs[0], handshake=handshake)
        found = unusable(target, held)
        assert found is not None
        assert found[0] == "line"
        assert says in found[1]
        held.legs.insert(0, greeted(MODEL).legs[0])
        assert unusable(target, held) is None  # the first connection tells


def test_a_session_that_was_lost_before_it_began() -> None:
    assert unusable(LIVE, first(lost="the connection fell")) == (
        "service", f"singapore gave no session for {MODEL}: the connection fell"
    )  # fmt: skip
    assert unusable(LIVE, first(lost="")) is None
    assert unusable(LIVE, greeted(MODEL)) is None
    assert unusable(MOCK, first(lost="the connection fell")) is None
    broken = first(lost="the connection fell")
    broken.legs[0].ending = Ending(problem="a reserved bit")
    assert (unusable(LIVE, broken) or ("", ""))[1].endswith("the connection fell (a reserved bit)")


STOP = Stop(1, ("session.updated",), 300.0, "nothing came while waiting for session.updated", "silence")


def ready(*lines: str | Line, stop: Stop | None = STOP) -> Transcript:
    held = talk(*lines).transcript
    held.stop = stop
    return held


@pytest.mark.parametrize(
    ("lines", "stop", "hears"),
    [
        (["C session.update"], STOP, False),
        (["C session.update"], None, True),
        (["C session.update"], replace(STOP, waiting_for=()), True),
        ([], STOP, True),  # nothing was asked
        (["C binary x"], STOP, True),
        (["C session.update", "S session.created"], STOP, False),
        (["C session.update", "S binary x"], STOP, False),
        (["C session.update", c("error")], STOP, False),
        (["S error", "C session.update"], STOP, False),  # it came before
        *(
            (["C session.update", f"S {kind}"], STOP, True)
            for kind in ("response.done", "conversation.item.created", "input_audio_buffer.cleared", "session.updated",
                         "session.finished", "error")
        ),
    ],
)  # fmt: skip
def test_an_endpoint_that_answers_nothing_is_deaf(lines: list[Any], stop: Stop | None, hears: bool) -> None:
    found = deaf(LIVE, ready(*lines, stop=stop))
    assert (found is None) is hears
    if found is not None:
        assert found == ("service", f"singapore answers nothing: {STOP.why}")
    assert deaf(MOCK, ready(*lines, stop=stop)) is None


def test_without_a_connection_nobody_was_deaf() -> None:
    held = ready("C session.update")
    held.legs = []
    assert deaf(LIVE, held) is None


@pytest.mark.parametrize(
    ("ending", "reads"),
    [
        (Ending("client", 1000, tcp="timeout"), False),
        (Ending("client", 1000, tcp="fin"), True),
        (Ending("client", 1000, "", 1000, tcp="timeout"), True),
        (Ending("client", None, tcp="timeout"), True),
    ],
)
def test_an_endpoint_that_answers_no_close_either_reads_nothing(ending: Ending, reads: bool) -> None:
    held = ready("C session.update")
    held.legs[0].ending = ending
    found = deaf(LIVE, held)
    assert found is not None
    assert ("reads nothing any more" in found[1]) is not reads
    assert found[1].endswith("nor was the close answered") is not reads
