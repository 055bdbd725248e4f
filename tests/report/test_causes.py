"""What most of a run hangs on is told once, in the server's words."""

from __future__ import annotations

from dataclasses import replace

from conformance.judge.finding import Finding
from conformance.report.case import Case
from conformance.report.causes import causes
from conformance.wire.transcript import Transcript
from support.talks import SESSION, Line, c, s, talk

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
    (cause,) = causes([held(at, UPDATE, REFUSED) for at in range(3)], judged("a/0"))
    assert cause.sentence.endswith("; 1 check hangs on it.")


def test_one_that_is_confirmed_and_too_few_are_no_cause() -> None:
    confirmed = held(3, UPDATE, s("session.updated", session={}))
    assert causes([*(held(at, UPDATE, REFUSED) for at in range(3)), confirmed], judged("a/0")) == []
    assert causes([held(at, UPDATE, REFUSED) for at in range(2)], judged("a/0")) == []
    assert causes([held(at, UPDATE, REFUSED) for at in range(3)], judged("a/0", verdict="pass")) == []


def test_a_server_that_speaks_in_binary_frames_is_told_as_that() -> None:
    binary = [held(at, UPDATE) for at in range(3)]
    for transcript in binary:
        leg = transcript.legs[0]
        leg.frames[:] = [replace(one, opcode="binary") if one.side == "server" else one for one in leg.frames]
    (cause,) = causes(binary, judged("a/0", "a/1"))
    assert cause.words == "every event of the server comes in a binary frame, and none of them can be read"
    assert cause.checks == ("A-000", "A-001")
    readable = held(3, s("session.created", session=SESSION))
    assert not any("binary" in one.words for one in causes([*binary, readable], judged("a/0")))
    assert not any("binary" in one.words for one in causes(binary[:2], judged("a/0")))


def test_another_dialect_is_called_one() -> None:
    foreign = [held(at, "S response.output_text.delta") for at in range(3)]
    (cause,) = causes(foreign, judged("a/1"))
    assert cause.words == "the server speaks another dialect, with names such as response.output_text.delta"


MANUAL = c("session.update", session={"modalities": ["text"], "turn_detection": None})
NO_NULL = s("error", error={"message": "turn_detection must be an object."})
CONFIRMED = s("session.updated", session={})


def test_a_member_with_which_every_update_is_refused_is_a_cause() -> None:
    runs = [held(at, MANUAL, NO_NULL, UPDATE, CONFIRMED) for at in range(3)]
    (cause,) = causes(runs, judged("a/0", "a/1"))
    assert cause.words == (
        "none of 3 `session.update` with `turn_detection: null` was carried out: "
        "refused with 'turn_detection must be an object.'"
    )
    assert causes([*runs, held(3, MANUAL, CONFIRMED)], judged("a/0")) == [], "it is taken somewhere"
    assert causes(runs[:2], judged("a/0")) == [], "too few"


def test_a_member_that_is_refused_in_as_many_words_as_values_is_none() -> None:
    refused = [s("error", error={"message": f"wrong: {at}"}) for at in range(3)]
    runs = [held(at, MANUAL, refused[at], UPDATE, CONFIRMED) for at in range(3)]
    assert causes(runs, judged("a/0")) == []


def wrong(count: int, places: int = 1, *, counted: int = 1) -> list[Case]:
    """So many checks that find something wrong with the first frames of as many conversations."""
    found = tuple(Finding("X", f"a/{at}", 0, 0, "", "") for at in range(places))
    return [Case(f"A-{at:03}", "MUST", "fail", "", "", 0.0, findings=found, places=counted) for at in range(count)]


def test_an_event_of_which_three_checks_complain_is_one_cause() -> None:
    (cause,) = causes([held(0)], wrong(3))
    assert cause.words.startswith('one event is wrong in several ways: {"type": "session.created"')
    assert cause.checks == ("A-000", "A-001", "A-002")
    (cause,) = causes([held(0), held(1)], wrong(3, 2, counted=2))
    assert cause.words.endswith(" and 1 more")
    wide, narrow = wrong(1, 2, counted=2), [replace(one, id=f"B-{one.id}") for one in wrong(2)]
    (cause,) = causes([held(0), held(1)], [*narrow, *wide])
    assert set(cause.checks) == {"A-000", "B-A-000", "B-A-001"}
    beside = [replace(one, id=f"C-{one.id}", findings=wide[0].findings[1:]) for one in narrow[:1]]
    assert causes([held(0), held(1)], [*narrow, *beside]) == []


def test_two_checks_or_places_that_are_not_all_known_are_no_cause() -> None:
    assert causes([held(0)], wrong(2)) == []
    assert causes([held(0)], wrong(3, counted=2)) == []


def test_what_has_no_effect_takes_all_that_was_judged_on_it() -> None:
    echo = s("session.updated", session=SESSION)
    (cause,) = causes([held(at, UPDATE, echo) for at in range(3)], judged("a/0", "a/2", "b/0", verdict="fail"))
    assert cause.words.startswith("`session.update` is confirmed and has no effect")
    assert cause.checks == ("A-000", "A-001")


def test_what_comes_of_speech_acknowledges_no_request() -> None:
    item, closed = c("conversation.item.create", item={}), s("error", error={"message": "no items"})
    spoken = held(3, s("conversation.item.created", item={"id": "item_1"}))
    (cause,) = causes([*(held(at, item, closed) for at in range(3)), spoken], judged("a/0"))
    assert cause.words == "none of 3 `conversation.item.create` was carried out: refused with 'no items'"
    after = held(4, item, s("conversation.item.created", item={"id": "item_1"}))
    assert causes([*(held(at, item, closed) for at in range(3)), after], judged("a/0")) == []
