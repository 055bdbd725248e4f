"""What most of a run hangs on is told once, in the server's words."""

from __future__ import annotations

from conformance.report.case import Case
from conformance.report.causes import causes
from conformance.wire.transcript import Transcript
from support.talks import Line, c, s, talk

UPDATE = c("session.update", session={"modalities": ["text"]})
REFUSED = s("error", error={"type": "invalid_request_error", "message": "session.type is missing."})


def held(number: int, *lines: str | Line | list[Line]) -> Transcript:
    transcript = talk(*lines).transcript
    transcript.conversation = f"a/{number}"
    return transcript


def judged(*conversations: str, verdict: str = "blocked") -> list[Case]:
    return [Case(f"A-{at:03}", "MUST", verdict, "", name, 0.0) for at, name in enumerate(conversations)]


def test_updates_that_are_all_refused_are_one_cause_in_the_servers_words() -> None:
    (cause,) = causes([held(at, UPDATE, REFUSED) for at in range(3)], judged("a/0", "a/2", "b/0"))
    assert cause.sentence == (
        "none of 3 `session.update` was carried out: refused with 'session.type is missing.'; 2 checks hang on it."
    )
    assert cause.checks == ("A-000", "A-001")


def test_one_that_is_confirmed_and_too_few_are_no_cause() -> None:
    confirmed = held(3, UPDATE, s("session.updated", session={}))
    assert causes([*(held(at, UPDATE, REFUSED) for at in range(3)), confirmed], judged("a/0")) == []
    assert causes([held(at, UPDATE, REFUSED) for at in range(2)], judged("a/0")) == []
    assert causes([held(at, UPDATE, REFUSED) for at in range(3)], judged("a/0", verdict="pass")) == []


def test_another_dialect_is_called_one() -> None:
    foreign = [held(at, "S response.output_text.delta") for at in range(3)]
    (cause,) = causes(foreign, judged("a/1"))
    assert cause.words == "the server speaks another dialect, with names such as response.output_text.delta"
