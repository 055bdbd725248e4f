"""Which request an error refuses as far as a wait may rely on it: the only one that it can be about."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.wire.asking import Asking
from support.talks import Line, c, s, talk

UPDATE, CLEAR = c("session.update", event_id="u", session={}), c("input_audio_buffer.clear", event_id="k")
CREATE = c("response.create", event_id="r")
UPDATED, CLEARED = s("session.updated"), s("input_audio_buffer.cleared")
CREATED = s("response.created", response={"id": "resp_1"})
DONE = s("response.done", response={"id": "resp_1"})
STARTED = s("input_audio_buffer.speech_started", item_id="item_1")
SOUND = c("input_audio_buffer.append", audio="AAAA")
BROKEN = Line("client", "text", " {bad")
BINARY = Line("client", "binary", b"x")


def no(name: Any = None) -> Line:
    return s("error", error={"message": "no", **({} if name is None else {"event_id": name})})


def fed(*lines: Line) -> tuple[Asking, str | None, bool]:
    """What became of the last frame: the type of the request that it refuses, and whether it is a surplus."""
    asking, refused, surplus = Asking(), None, False
    for frame in talk(*lines, "C close 1000").frames[:-1]:
        surplus = asking.surplus(frame)
        found = asking.refused(frame)
        refused = None if found is None else found.type
    return asking, refused, surplus


@pytest.mark.parametrize(
    ("lines", "refused"),
    [
        ([UPDATE, no()], "session.update"),
        ([UPDATE, no("u")], "session.update"),
        ([UPDATE, no("")], "session.update"),
        ([UPDATE, no(7)], "session.update"),
        ([UPDATE, no("x")], None),
        ([UPDATE, CLEAR, no()], None),
        ([UPDATE, CLEAR, no("k")], "input_audio_buffer.clear"),
        ([UPDATE, CLEAR, UPDATED, no()], "input_audio_buffer.clear"),
        ([UPDATE, CLEAR, no("k"), no()], "session.update"),
        ([UPDATE, UPDATED, no()], None),
        ([SOUND, UPDATE, no()], None),
        ([UPDATE, SOUND, no()], None),
        ([BINARY, UPDATE, no()], None),
        ([BROKEN, UPDATE, no()], None),
        ([SOUND, UPDATE, UPDATED, CLEAR, no()], "input_audio_buffer.clear"),
        ([UPDATE, SOUND, UPDATED, CLEAR, no()], None),
        ([CREATE, CREATED, UPDATE, no()], None),
        ([CREATE, CREATED, UPDATE, no("u")], "session.update"),
        ([CREATE, CREATED, DONE, UPDATE, no()], "session.update"),
        ([Line("client", "text", '["session.update"]'), no()], None),
    ],
)
def test_what_an_error_refuses(lines: list[Line], refused: str | None) -> None:
    assert fed(*lines)[1] == refused


@pytest.mark.parametrize(
    ("lines", "surplus"),
    [
        ([UPDATED], True),
        ([CLEARED], True),
        ([UPDATE, UPDATED], False),
        ([UPDATE, UPDATED, UPDATED], True),
        ([UPDATE, no(), UPDATED], True),
        ([CLEAR, UPDATED], True),
        ([BROKEN, UPDATED], False),
        ([BINARY, UPDATED], False),
        ([SOUND, CLEARED], True),
        ([BROKEN, UPDATE, UPDATED, UPDATED], True),
        ([CREATED], False),
        ([s("input_audio_buffer.committed")], False),
        ([CREATE], False),
        ([no()], False),
        ([UPDATE, no(), no()], True),
        ([UPDATE, no("u"), no("u")], True),
        ([UPDATE, no("u"), no()], False),  # says something else
        ([UPDATE, UPDATED, CLEAR, no(), no()], True),
        ([UPDATE, CLEAR, no(), no()], False),  # one each
        ([UPDATE, CLEAR, no(), no(), no()], True),
        ([UPDATE, no(), CLEAR, no()], False),
        ([UPDATE, no(), CLEAR, no(), no()], True),
        ([no(), no()], True),
    ],
)
def test_what_nobody_asked_for(lines: list[Line], surplus: bool) -> None:
    assert fed(*lines)[2] is surplus


@pytest.mark.parametrize(
    ("before", "asked", "types", "over"),
    [
        ([], UPDATE, ["session.updated"], True),
        ([], UPDATE, ["session.updated", "response.done"], False),
        ([], UPDATE, ["response.done"], False),
        ([], CREATE, ["response.created"], True),
        ([], CREATE, ["response.done"], True),
        ([STARTED], CREATE, ["response.done"], False),  # voice detection may still have it answered
        ([STARTED], CREATE, ["response.created"], True),
        ([UPDATE], UPDATE, ["session.updated"], False),  # the other one may still be
        ([CLEAR], UPDATE, ["session.updated"], True),
    ],
)
def test_which_wait_is_over(before: list[Line], asked: Line, types: list[str], over: bool) -> None:
    asking = Asking()
    frames = talk(*before, asked, "C close 1000").frames
    for frame in frames[:-1]:
        asking.surplus(frame)
    asking._waiting.pop()
    assert asking.in_vain(frames[len(before) + 1], types) is over


def test_a_reply_that_runs_may_end_though_another_was_refused() -> None:
    asking, refused, _ = fed(CREATE, CREATED, CREATE, no("r"))
    assert refused == "response.create"
    assert not asking.in_vain(talk(CREATE).frames[1], ["response.done"])
