"""What an idle session costs is known from the platform alone."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.cases.test_11_closing import idle_billing
from conformance.judge.verdicts import Inconclusive
from conformance.judge.view import Wire
from support.talks import audio, s, talk

SECONDS = 10
RATE = 7


def idle(*more: Any, usage: Any = None, rows: int = 1) -> Wire:
    wire = talk(audio(SECONDS * 1000, loud=False), *more)
    wire.transcript.status = {"status": "failed_client", "usage": usage, "rows": [{}] * rows}
    return wire


def listed(tokens: int) -> dict[str, Any]:
    return {"input_tokens": tokens + 30, "input_tokens_details": {"audio_tokens": tokens, "text_tokens": 30}}


@pytest.mark.parametrize(
    ("tokens", "outcome"),
    [
        (0, "not-billed"),
        (1, "in-part"),  # a tenth of a token a second is where "not billed" ends
        (52, "in-part"),
        (53, "billed"),
        (70, "billed"),
        (87, "billed"),
        (88, "other"),
    ],
)
def test_every_number_has_two_sides(tokens: int, outcome: str) -> None:
    assert idle_billing(idle(usage=listed(tokens))).outcome == outcome


def test_usage_without_details_counts_as_it_stands() -> None:
    assert idle_billing(idle(usage={"input_tokens": SECONDS * RATE})).outcome == "billed"


def test_without_the_platforms_usage_nothing_is_known() -> None:
    unread = idle()
    unread.transcript.status = None
    for wire, why in ((unread, "none was read"), (idle(), "lists the session without usage"), (idle(rows=0), "none")):
        with pytest.raises(Inconclusive, match="not knowable from replies") as told:
            idle_billing(wire)
        assert why in str(told.value)


def test_a_session_with_a_reply_is_another_question() -> None:
    with pytest.raises(Inconclusive, match="a reply came"):
        idle_billing(idle(s("response.done", response={"id": "resp_1"}), usage=listed(70)))
