"""Each fate of an event, and what tells it from the next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.judge.acceptance import INVENTED, Acceptance, last_label, leg_with, masked, of, reached, table
from conformance.judge.verdicts import Blocked
from conformance.judge.view import Wire
from conformance.wire.transcript import Ending
from support.talks import audio, c, s, talk, text_reply

UPDATE = "session.update"
NO = {"code": "unknown", "message": f"no {INVENTED}"}


def sent(label: str) -> Any:
    return c(label, label=label)


def refused(error: Any) -> Any:
    return s("error", error=error)


@pytest.mark.parametrize(
    ("lines", "fate", "answers"),
    [
        ([s("session.updated")], "accepted", ("session.updated",)),
        ([], "ignored", ()),
        ([refused(NO)], "refused", ("error",)),
        ([refused({"code": "unknown", "message": f"no {UPDATE}"})], "refused as unknown", ("error",)),
        ([refused({"code": "other", "message": f"no {UPDATE}"})], "refused", ("error",)),
        ([s("error")], "accepted", ("error",)),
        ([text_reply()[1:]], "accepted", ("conversation.item.created",)),
        ([c("x", label="x"), s("session.updated")], "accepted", ("session.updated",)),
        (["S close 1008 why", "C close 1008"], "fatal", ()),
        ([c("x", label="x"), "S close 1008 why", "C close 1008"], "ignored", ()),
    ],
)
def test_each_fate(lines: list[Any], fate: str, answers: tuple[str, ...]) -> None:
    wire = talk(sent(INVENTED), refused(NO), sent(UPDATE), *lines)
    row = of(wire, UPDATE)
    assert (row.type, row.fate, row.answers) == (UPDATE, fate, answers)
    assert row.alive == (fate != "fatal")
    assert row.close == ("1008 why" if fate == "fatal" else "")
    assert (row.error is not None) == fate.startswith("refused")


def test_silence_accepts_what_is_acknowledged_by_none() -> None:
    wire = talk([replace(one, label="input_audio_buffer.append") for one in audio(100)], sent(UPDATE))
    assert of(wire, "input_audio_buffer.append").fate == "accepted"
    assert of(wire, UPDATE).fate == "ignored"


def test_an_error_that_is_no_object_is_not_kept() -> None:
    wire = talk(sent(UPDATE), refused("no"))
    assert (of(wire, UPDATE).fate, of(wire, UPDATE).error) == ("refused", None)


def test_without_an_invented_type_nothing_is_unknown() -> None:
    said = {"message": f"no {UPDATE}"}
    assert of(talk(sent(UPDATE), refused(said)), UPDATE).fate == "refused"
    assert of(talk(sent(INVENTED), sent(UPDATE), refused(said)), UPDATE).fate == "refused"


def test_what_never_went_out_is_not_reached() -> None:
    wire = talk(sent(UPDATE), s("session.updated"))
    assert of(wire, "x") == Acceptance("x", "not reached", alive=False)
    assert reached(wire, UPDATE).fate == "accepted"
    with pytest.raises(Blocked) as problem:
        reached(wire, "x")
    assert problem.value.owner == "GEN-001"


def test_the_server_that_drops_has_no_code() -> None:
    wire = talk(sent(UPDATE), ending=Ending(first="server", tcp="rst"))
    assert (of(wire, UPDATE).fate, of(wire, UPDATE).alive) == ("fatal", False)


def test_labels_are_found_on_any_connection() -> None:
    first, second = talk(sent(UPDATE), s("x")), talk(sent("b"), s("y"), sent("b"))
    first.transcript.legs += second.transcript.legs
    wire = Wire(first.transcript, first.profile)
    leg = leg_with(wire, "b")
    assert leg is not None
    assert leg.number == 1
    assert leg_with(wire, "z") is None
    assert last_label(leg) == "b"
    assert last_label(wire) == UPDATE
    assert last_label(talk(c("x"))) is None
    assert [row["type"] for row in table(wire.transcript, wire)] == [UPDATE, "b"]
    assert table(wire.transcript, wire)[1]["answers"] == ("y",)


def test_the_table_leaves_the_invented_type_out() -> None:
    wire = talk(sent(INVENTED), refused(NO), sent(UPDATE))
    assert [row["type"] for row in table(wire.transcript, wire)] == [UPDATE]
    assert set(table(wire.transcript, wire)[0]) == {"type", "fate", "answers", "error", "close", "alive"}


def test_an_error_without_what_always_differs() -> None:
    assert masked({"b": "x", "a": "é", "event_id": "1"}, "x") == '{"a": "é", "b": "TYPE"}'
    assert masked("no x", "x") == '"no TYPE"'
