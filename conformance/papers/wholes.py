"""Facts of what is spread over several events or is in none of their members: words, sound, the size of messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from conformance.papers.facts import Ask, Courses, Fact
from conformance.papers.player import at, sound
from conformance.papers.script import leaves, streams
from conformance.papers.trace import Draft, Edit
from conformance.wire.limits import Limits

WORDS = ("response.text.delta", "response.audio_transcript.delta")
SOUND = "response.audio.delta"
STRANGE = "conformance strange"
HEAD = re.compile(rb"[A-Za-z][A-Za-z0-9]{2}[A-Za-z0-9 ]")
"""How the name of a format of files begins one, such as RIFF; of raw audio a few in a million begin so."""


def wholes(courses: Courses) -> list[Fact]:
    """All of them that are true of the one course and of neither of the others."""
    return courses.telling([*_words(courses), *_sound(courses), *_size(courses)])


def _words(courses: Courses) -> Iterator[Fact]:
    for entry, event, _ in courses.pairs:
        if at(entry.event, "type") != "response.created":
            continue
        response = at(entry.event, "response.id")
        nth = courses.mine.of("response.created", entry.step).index(entry.event)
        for stream in WORDS:
            mine = courses.mine.joined(stream, "response_id", response)
            other = courses.other.joined(stream, "response_id", at(event, "response.id"))
            whose = f"seen.value('response.created', {entry.step}, {nth}, 'response.id')"
            if mine and other and mine != other:
                said = f"seen.joined({stream!r}, 'response_id', {whose}).lower()"
                yield _reply(courses, response, (mine, other), said)


def _reply(courses: Courses, response: str, texts: tuple[str, str], said: str) -> Fact:
    """A reply says something else: of the words that the check looks for, which are there and which are not."""
    mine, other = texts
    of_it = [
        entry for entry in courses.said if response in {at(entry.event, "response_id"), at(entry.event, "response.id")}
    ]

    def telling(text: str) -> Edit:
        def edit(draft: Draft) -> None:
            begun: set[str] = set()
            for entry in of_it:
                kind = str(at(entry.event, "type"))
                if kind in WORDS:
                    draft.put(entry.key, "delta", "" if kind in begun else text)
                    begun.add(kind)
                for path, value in leaves(entry.event):
                    if value == mine and not streams(kind):
                        draft.put(entry.key, path, text)

        return edit

    def fact(test: str, expected: str) -> Fact:
        said_in = tuple(entry.key for entry in of_it if at(entry.event, "type") in WORDS)
        return Fact(test, expected, repr(mine[:160]), 1, telling(other), said_in)

    def narrowed(ask: Ask, words: Sequence[str]) -> Fact | None:
        if ask(telling(STRANGE)):  # whatever else it says is wrong
            right = _least(word for word in words if ask(telling(word)) is False)
            test = f"not any(word in {said} for word in {right}) and {said} != ''"
            return fact(test, f"a reply that says {_either(right)}") if right else None
        wrong = _least(word for word in words if ask(telling(f"{other} {word}")))
        test = f"any(word in {said} for word in {wrong})"
        return fact(test, f"a reply that does not say {_either(wrong)}") if wrong else None

    whole = fact(f"{said} == {mine.lower()!r}", repr(other[:160]))
    return Fact(whole.test, whole.expected, whole.seen, 2, whole.edit, whole.where, narrowed=narrowed)


def _least(words: Iterable[str]) -> list[str]:
    """The words, without those that hold another: a sentence about what is looked for names it, too."""
    every = [word.lower() for word in words]
    return [word for word in every if not any(other in word and other != word for other in every)]


def _either(words: Sequence[str]) -> str:
    return " or ".join(map(repr, words))


def _sound(courses: Courses) -> Iterator[Fact]:
    mine, other = courses.mine.of(SOUND), courses.other.of(SOUND)
    if not mine or not other:
        return
    heads = {sound(event)[:4] for event in mine if HEAD.match(sound(event))}
    step = min(entry.step for entry in courses.said if at(entry.event, "type") == SOUND)
    keys = [entry.key for entry in courses.said if at(entry.event, "type") == SOUND]

    def edit(draft: Draft) -> None:
        for place, key in enumerate(keys):
            draft.put(key, "delta", at(other[place % len(other)], "delta"))

    every = f"seen.of({SOUND!r}, {step})"
    for head in sorted(heads):
        test = f"any(sound(event)[:4] == {head!r} for event in {every})"
        yield Fact(test, "audio without the header of a file", repr(head), 0, edit, tuple(keys))
    test = f"not any(any(sound(event)) for event in {every}) and {every} != []"
    yield Fact(test, "audio that can be heard", "digital silence", 0, edit, tuple(keys))


def _size(courses: Courses) -> Iterator[Fact]:
    if courses.trace.leg.ending.broken_off:
        yield Fact(too_much(Limits()), "no more than a client can be asked to hold",
                   courses.trace.leg.ending.broken_off, 0, _kept)  # fmt: skip


def too_much(limits: Limits) -> str:
    """The expression: more came than the suite takes."""
    return (
        f"max(seen.sizes, default=0) > {limits.message} or sum(seen.sizes) > {limits.size} "
        f"or len(seen.sizes) > {limits.frames}"
    )


def _kept(draft: Draft) -> None:
    draft.end(broken_off="")
