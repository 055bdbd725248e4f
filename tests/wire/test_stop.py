"""Why a script stopped is data; of records that have it in words alone it is read once."""

from __future__ import annotations

import pytest

from conformance.wire.transcript import Stop, Transcript, cause_of


@pytest.mark.parametrize(
    ("why", "cause"),
    [
        ("nothing came while waiting for response.done", "silence"),
        ("the connection ended while waiting for error", "ended"),
        ("could not send: the connection is gone", "unsent"),
        ("KeyError: 'x'", ""),
    ],
)
def test_older_records_have_it_in_words(why: str, cause: str) -> None:
    assert cause_of(why) == cause
    line = Transcript("a/A", "", stop=Stop(3, ("error",), 1.0, why)).to_json()
    assert line["stop"].pop("cause") == ""
    read = Transcript.from_json(line).stop
    assert read == Stop(3, ("error",), 1.0, why, cause_of(why))


def test_a_cause_is_not_read_from_the_words_of_a_newer_record() -> None:
    stop = Stop(3, ("session.updated",), 1.0, "suspended was refused", "refused", 7)
    assert Transcript.from_json(Transcript("a/A", "", stop=stop).to_json()).stop == stop
