"""Which responses may lack their end, and for what: one conversation on either side of each excuse."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.judge.evidence.excused import cut_short, may_lack_done
from conformance.spec import requests as excuses
from support.talks import audio, manual, s, speech, talk

CREATE, CANCEL = "C response.create", "C response.cancel"
NO = s("error", error={"message": "no"})
COMMITTED = s("input_audio_buffer.committed", item_id="a")
STARTED = s("input_audio_buffer.speech_started", item_id="b", audio_start_ms=0)


def begun(number: int = 1) -> Any:
    return s("response.created", response={"id": f"resp_{number}"})


def over(number: int = 1) -> Any:
    return s("response.done", response={"id": f"resp_{number}"})


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([CREATE, begun()], None),
        ([CREATE, begun(), CANCEL], excuses.CANCELLED),
        ([CREATE, begun(), over(), CANCEL], None),
        ([CREATE, begun(), "C session.finish"], excuses.FINISHED_IN_REPLY),
        ([CREATE, begun(), STARTED], excuses.INTERRUPTED),
        ([CREATE, begun(), over(), STARTED], None),
        ([CREATE, CANCEL, begun()], excuses.CANCELLED_EARLY),
        ([CANCEL, CREATE, begun()], None),  # nothing was asked for when it was cancelled
        ([CREATE, begun(2), over(2), CANCEL, CREATE, begun()], None),  # what was asked for had come
        ([CREATE, NO, CANCEL, CREATE, begun()], None),  # what was asked for was refused
        ([CREATE, CREATE, begun(2), over(2), CANCEL, CREATE, begun()], excuses.CANCELLED_EARLY),
        ([audio(100), CANCEL, CREATE, begun()], excuses.CANCELLED_EARLY),  # voice detection may have asked for one
        ([manual(), audio(100), CANCEL, CREATE, begun()], None),
        ([audio(100), begun(2), over(2), CANCEL, CREATE, begun()], None),
        ([COMMITTED, STARTED, begun()], excuses.INTERRUPTED_EARLY),
        ([STARTED, COMMITTED, begun()], None),
        ([COMMITTED, STARTED, COMMITTED, begun()], None),
        ([COMMITTED, STARTED, begun(2), begun()], None),  # it is the first that was resumed over
        ([speech(), begun()], None),
    ],
)
def test_what_may_lack_its_end(lines: list[Any], why: Any) -> None:
    assert cut_short(talk(*lines), "resp_1") == why


def test_a_call_has_no_end_of_its_own_in_one_family() -> None:
    call = s("response.output_item.added", response_id="resp_1", item={"id": "i", "type": "function_call"})
    said = s("response.output_item.added", response_id="resp_1", item={"id": "i", "type": "message"})
    new = {"model": "qwen3.8-omni-flash-realtime"}
    assert may_lack_done(talk(CREATE, begun(), call, **new), "resp_1") == excuses.CALL_OF_38
    assert may_lack_done(talk(CREATE, begun(), said, **new), "resp_1") is None
    assert may_lack_done(talk(CREATE, begun(), call), "resp_1") is None
    assert may_lack_done(talk(CREATE, begun(), call, **new), "resp_2") is None
