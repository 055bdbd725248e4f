"""What a program can look for beside members, counts and order: words, sound, and the size of messages."""

import base64
from types import SimpleNamespace

import pytest

from conformance.papers.facts import Courses, Fact, holds
from conformance.papers.player import Seen, read, sound
from conformance.papers.program import source
from conformance.papers.trace import Draft, Entry
from conformance.papers.wholes import too_much, wholes
from conformance.wire.limits import Limits
from conformance.wire.transcript import Ending, Leg

CREATED = {"type": "response.created", "response": {"id": "r"}}


def spoken(*texts: str) -> list[tuple[int, dict[str, object]]]:
    """A reply in these pieces, and its end."""
    deltas = [{"type": "response.text.delta", "response_id": "r", "delta": text} for text in texts]
    done = {"type": "response.text.done", "response_id": "r", "text": "".join(texts)}
    return [(1, event) for event in (CREATED, *deltas, done)]


def courses(mine, other, ending=None) -> Courses:
    """One course beside another, which is the same each time."""
    said = [Entry(key, step, SimpleNamespace(), event) for key, (step, event) in enumerate(mine)]
    leg = Leg("wss://x", ending=ending or Ending())
    seen = Seen(mine)
    seen.sizes = [float("inf")] * bool(leg.ending.broken_off)
    trace = SimpleNamespace(seen=lambda: seen, said=said, entries=said, leg=leg, script=SimpleNamespace(steps=[]))
    return Courses(trace, Seen(other), Seen(other))  # type: ignore[arg-type]


def asking(fact: Fact, found: Courses, shows):
    """A check that says `shows` of the text of the reply, asked by the fact's edits."""

    def ask(edit):
        draft = Draft([entry.fresh() for entry in found.trace.entries], found.trace.leg)
        edit(draft)
        joined = "".join(entry.event["delta"] for entry in draft.entries if "delta" in entry.event)
        assert joined == draft.entries[-1].event["text"], "what is said at the end is what the pieces say"
        return shows(joined)

    assert fact.narrowed is not None
    return lambda words: fact.narrowed(ask, words)


def test_a_reply_that_lacks_a_word_is_looked_for_by_the_words_that_the_check_would_take() -> None:
    found = courses(spoken("I know", " nothing."), spoken("It is 31 degrees."))
    (fact,) = wholes(found)
    ask = asking(fact, found, lambda said: "31" not in said and "thirty" not in said.lower())
    narrow = ask(["31", "thirty", "31 degrees were reported", "reply"])
    assert "['31', 'thirty']" in narrow.test
    assert narrow.expected == "a reply that says '31' or 'thirty'"
    assert holds(narrow.test, found.mine)
    assert not holds(narrow.test, Seen(spoken("Thirty", "-one."))), "another server may say it in another way"
    assert not holds(narrow.test, Seen([])), "no reply says nothing of it"


def test_a_reply_that_has_a_word_too_much_is_looked_for_by_that_word() -> None:
    found = courses(spoken("1 2 ", "40"), spoken("1 2"))
    (fact,) = wholes(found)
    ask = asking(fact, found, lambda said: ("40" in said) if "1" in said else None)
    narrow = ask(["1", "40", "the model counted to 40"])
    assert "word in ['40']" in narrow.test
    assert holds(narrow.test, found.mine)
    assert not holds(narrow.test, Seen(spoken("1 2 3")))


def test_of_words_on_which_nothing_turns_there_is_no_fact() -> None:
    found = courses(spoken("Yes."), spoken("No."))
    (fact,) = wholes(found)
    assert asking(fact, found, lambda said: False)(["Yes", "No"]) is None
    assert asking(fact, found, lambda said: True)(["Yes", "No"]) is None


def heard(*pieces: bytes) -> list[tuple[int, dict[str, object]]]:
    """Audio in these pieces."""
    return [(2, {"type": "response.audio.delta", "delta": base64.b64encode(pcm).decode()}) for pcm in pieces]


@pytest.mark.parametrize(
    ("mine", "told"),
    [
        (heard(bytes(4), bytes(4)), "digital silence"),
        (heard(b"RIFF\x01", b"\x02\x03"), "b'RIFF'"),
        (heard(bytes(4), b"\x00\x00\x00\x01"), None),
        (heard(b"\x01RIFF"), None),
        ([], None),
    ],
)
def test_sound_is_looked_at_for_silence_and_for_the_header_of_a_file(mine, told) -> None:
    assert [fact.seen for fact in wholes(courses(mine, heard(b"\x01\x02")))] == ([told] if told else [])


def test_what_is_no_audio_is_no_sound() -> None:
    assert sound({"delta": "AAEC"}) == b"\x00\x01\x02"
    assert sound({"delta": "A"}) == sound({}) == sound({"delta": 5}) == b""


@pytest.mark.parametrize(
    ("sizes", "much"), [([8], False), ([9], True), ([8] * 4, False), ([8] * 4 + [1], True), ([1] * 6, True)]
)
def test_too_much_is_one_message_all_of_them_or_their_number(sizes, much) -> None:
    seen = Seen([])
    seen.sizes = sizes
    assert holds(too_much(Limits(frames=5, size=32, message=8)), seen) == much


def test_what_was_broken_off_was_too_much() -> None:
    (fact,) = wholes(courses([], [], Ending(broken_off="a message of more than 8 MB")))
    draft = Draft([], Leg("wss://x", ending=Ending(broken_off="a message of more than 8 MB")))
    fact.edit(draft)
    assert draft.leg.ending.broken_off == ""
    assert fact.seen == "a message of more than 8 MB"


def test_a_name_that_stands_twice_is_noted() -> None:
    assert read('{"type": "a", "in": {"b": 1, "b": 1}}') == {"type": "a", "in": {"b": 1, "(a name twice)": "b"}}
    assert read('{"type": "a", "in": {"b": 1}}') == {"type": "a", "in": {"b": 1}}


@pytest.mark.parametrize(
    ("test", "kept"),
    [
        ("seen.of('a') != []", set()),
        ("max(seen.sizes, default=0) > 8", {"weighed"}),
        ("any(sound(event)[:4] == b'RIFF' for event in seen.of('a'))", {"sound"}),
        ("any(at(event, '(a name twice)') != GONE for event in seen.of('a'))", {"noted"}),
        ("seen.code == 1011", {"ending"}),
        ("any(at(event, 'error.code') == 1 for event in seen.of('a'))", set()),
    ],
)
def test_a_program_holds_what_its_test_asks_for_and_no_more(test, kept) -> None:
    code = "\n".join(source([[0, [], 0, "text", "{}"]], test))
    compile(code, "repro.py", "exec")
    assert {name for name in ("weighed", "sound", "noted", "ending") if name in code} == kept
    assert ("sizes" in code) == ("weighed" in kept)
