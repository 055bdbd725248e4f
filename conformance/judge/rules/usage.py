"""Usage: there when a response completed, adding up, told once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeGuard

from conformance.judge.evidence import Evidence, Response
from conformance.judge.finding import Breach
from conformance.judge.rules.base import body, completed, final, objects, rule
from conformance.wire.transcript import Frame

# What makes the server reply.
ASKED = {"response.create", "input_audio_buffer.committed", "input_audio_buffer.speech_stopped"}
CUT = {"response.cancel", "input_audio_buffer.speech_started"}
SPENT_ON_THE_END = 8  # tokens
LONGEST_TOKEN = 128  # characters: the longest of any vocabulary are runs of spaces, and words are far shorter
MODALITIES = ("text_tokens", "audio_tokens", "image_tokens", "video_tokens")


def _count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _usages(wire: Evidence) -> Iterator[tuple[Frame, str, dict[str, Any]]]:
    for frame in wire.of("response.done"):
        response = body(frame.event, "response")
        usage = body(response, "usage")
        if usage:
            yield frame, str(response.get("id")), usage


@rule("GEN-056", "a completed response")
def completed_responses_have_usage(wire: Evidence) -> Iterator[Breach | None]:
    """A completed `response.done` has `usage`; open is whether one that nobody asked for, or that was cut off, has."""
    for response in wire.responses:
        done = completed(response)
        if done is not None and not _unasked(wire, response) and not _cut_off(wire, response):
            said = f"{response.id} completed with the usage {done.get('usage')!r}"
            yield None if body(done, "usage") else Breach(response.last("response.done"), said)


def _unasked(wire: Evidence, response: Response) -> bool:
    """Whether neither a request nor a turn of the user precedes a response, since the one before it began."""
    for index in range(response.frames[0].index - 1, -1, -1):
        frame = wire.frames[index]
        if frame.type in ASKED:
            return False
        if frame.side == "server" and frame.type == "response.created":
            return True
    return False


def _cut_off(wire: Evidence, response: Response) -> bool:
    """Whether the client cancelled, or the user spoke, while a response ran."""
    first, last = response.frames[0].index, response.frames[-1].index
    return any(frame.type in CUT for frame in wire.frames[first:last])


@rule("GEN-057", "a usage")
def totals_add_up(wire: Evidence) -> Iterator[Breach | None]:
    """`total_tokens` is the sum of `input_tokens` and `output_tokens`."""
    for frame, key, usage in _usages(wire):
        total, given, made = (usage.get(name) for name in ("total_tokens", "input_tokens", "output_tokens"))
        adds_up = _count(total) and _count(given) and _count(made) and total == given + made
        said = f"{key}: total_tokens {total}, input_tokens {given}, output_tokens {made}"
        yield None if adds_up else Breach(frame, said)


@rule("GEN-058", "a usage with details per modality")
def details_add_up(wire: Evidence) -> Iterator[Breach | None]:
    """Details per modality add up to the tokens of their side; `cached_tokens` is no modality."""
    for frame, key, usage in _usages(wire):
        for side in ("input", "output"):
            details = body(usage, f"{side}_tokens_details")
            known = [details[name] for name in MODALITIES if _count(details.get(name))]
            # A modality of a name that no source gives may be among the rest.
            every = [value for name, value in details.items() if name != "cached_tokens" and _count(value)]
            if known:
                tokens = usage.get(f"{side}_tokens")
                fits = tokens in (sum(known), sum(every))
                yield None if fits else Breach(frame, f"{key}: {side}_tokens is {tokens}, its details are {details}")


@rule("GEN-075", "a text reply with its usage")
def words_are_worth_their_tokens(wire: Evidence) -> Iterator[Breach | None]:
    """A text reply costs no more output tokens than its words have bytes, and no fewer than words of the longest kind.

    A token of a text is at least a byte of it, whatever the vocabulary; a few more are spent on its end.
    """
    for response in wire.responses:
        found = final(response)
        items = objects(found.get("output")) if found is not None else []
        text = "".join(str(event.get("text", "")) for event in response.all("response.text.done"))
        if not text or len(items) != 1 or items[0].get("type") != "message" or response.all("response.audio.delta"):
            continue
        tokens = body(found, "usage").get("output_tokens")
        if not _count(tokens):
            continue
        most = len(text.encode()) + SPENT_ON_THE_END
        said = f"{response.id}: {tokens} output tokens for {text[:60]!r}, of {len(text.encode())} bytes"
        fits = len(text) / LONGEST_TOKEN <= tokens <= most
        yield None if fits else Breach(response.last("response.done"), said)


@rule("GEN-059", "a response.done")
def usage_is_told_once(wire: Evidence) -> Iterator[Breach | None]:
    """Only `response.done` carries `usage`, once for each response."""
    told: set[Any] = set()
    for frame in wire.received:
        response = body(frame.event, "response")
        if frame.type == "response.done":
            again = bool(body(response, "usage")) and response.get("id") in told
            yield Breach(frame, f"the usage of {response.get('id')} was told twice") if again else None
            if body(response, "usage"):
                told.add(response.get("id"))
        elif frame.event.get("usage") or response.get("usage") or body(frame.event, "item").get("usage"):
            yield Breach(frame, f"{frame.type} carries usage")
