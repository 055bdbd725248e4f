"""A lie of the mock is the first difference from the honest one, and the honest one differs from itself in nothing."""

from __future__ import annotations

from conformance.against.difference import causes, differences
from conformance.mock.options import MockOptions
from conformance.mock.quirks import REGISTRY
from conformance.mock.weather import Weather
from conformance.spec.profiles import DEFAULT_MODEL
from conformance.trial import Trial, run
from conformance.wire.target import EMBEDDED

QUIET = (EMBEDDED.quiet, EMBEDDED.quiet)
FIRST = {
    "no-session-update": "after `session.update`: `session.updated` here, `error` (Invalid event type: …) there",
    "slow-ears": "after `input_audio_buffer.commit`: `input_audio_buffer.committed` here, `error`",
    "commits-twice": "`input_audio_buffer.committed`: it is sent here, it is sent once more there",
    "committed-without-item": "`input_audio_buffer.committed`: `item_id` is text here and absent there",
    "invented-emotion": "`emotion` is absent here and text there",
    "late-cancel-ignored": "`error`: it is sent once more here, it is sent there",
    "close-not-answered": "a close was answered with 1000 here, a close was not answered there",
    "no-key-is-500": "the handshake: HTTP 401 here, HTTP 500 there",
    "greets-twice": "`session.created`: it is sent here, it is sent once more there",
    "greeting-with-semantic-vad": '`session.turn_detection.type` is "server_vad" here and "semantic_vad" there',
    "error-code-is-a-number": '`error.code` is "invalid_value" here and a number there',
    "errors-come-twice": "`error`: it is sent here, it is sent once more there",
    "image-before-audio-ignored": "`error`",
    "item-of-another-role": '`item.role` is "user" here and "assistant" there',
    "later-dialect": "`response.text.delta`: it is sent here, it is not there",
    "message-stays-in-progress": '`item.status` is "completed" here and "in_progress" there',
    "part-never-done": "`response.content_part.done`: it is sent here, it is not there",
    "spoken-reply-fails": 'the end of a reply: "completed" here, "failed" there',
    "done-twice": "`response.done`: it is sent here, it is sent once more there",
    "delta-without-call": "`response.function_call_arguments.delta`: `call_id` is text here and absent there",
    "update-resets-siblings": '`session.modalities` is ["text"] here and ["text", "audio"] there',
    "echo-without-model": '`session.model` is "qwen3.5-omni-flash-realtime" here and absent there',
    "swallows-top-p-202": "after `session.update`: `error`",
    "modalities-error-of-another-type": '`error.type` is "invalid_request_error" here and "server_error" there',
    "usage-without-details": "`response.usage.output_tokens_details.text_tokens` is a number here and absent there",
}
RACES = ("cancel/*", "closing/*", "vad/*", "isolation/*", "audio/Pipelined*")
"""Conversations in which it matters who is faster."""


def told(pairs: list[tuple[Trial, Trial]]) -> list[list[str]]:
    """The causes of each pair of trials, all held side by side."""
    results = iter(run([trial for pair in pairs for trial in pair]))
    found = []
    for _ in pairs:
        here, there = next(results).transcripts, next(results).transcripts
        seen = (one for name in here for one in differences(here[name], there[name], QUIET))
        found.append([cause.sentence for cause in causes(seen)])
    return found


def test_the_first_difference_is_the_lie() -> None:
    quirks = [REGISTRY[name] for name in FIRST]
    pairs = [
        (
            Trial(quirk.touches, quirk.model, MockOptions(seed=1, switches=quirk.switches)),
            Trial(quirk.touches, quirk.model, MockOptions(seed=2, switches=quirk.switches, quirks=(quirk.name,))),
        )
        for quirk in quirks
    ]
    first = {quirk.name: (found or ["no difference"])[0] for quirk, found in zip(quirks, told(pairs), strict=True)}
    assert {name: words for name, words in first.items() if FIRST[name] not in words} == {}


def test_two_honest_mocks_differ_in_nothing_whoever_is_faster() -> None:
    slow = Weather(first_ms=40, lag_ms=10, jitter_ms=5)  # well within what a client waits for
    one, other = (MockOptions(seed=seed, weather=weather) for seed, weather in ((1, Weather()), (2, slow)))
    assert told([(Trial(RACES, DEFAULT_MODEL, one), Trial(RACES, DEFAULT_MODEL, other))]) == [[]]
