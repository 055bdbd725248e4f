"""Lies about what a response cost."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.mock.quirks.base import quirk
from conformance.mock.quirks.making import at, edits, put, without

if TYPE_CHECKING:
    from conformance.mock.errors import Json
    from conformance.mock.session import Session

TWO, TURN = ("usage/TwoTurns",), ("closing/AfterResponse",)
NEWEST = "qwen3.8-omni-flash-realtime"
Change = Callable[[Any], object]


def bills(name: str, lie: str, change: Change, touches: tuple[str, ...], model: str | None = None) -> None:
    """The usage of every response is changed; what `change` does to details is carried up to the sums."""

    def bill(event: Json, session: Session) -> list[Json] | None:
        if event["type"] != "response.done" or not at(event, "response.usage"):
            return None
        changed = copy.deepcopy(event)
        usage = changed["response"]["usage"]
        change(usage)
        for side in ("input", "output"):
            usage[f"{side}_tokens"] = sum(usage[f"{side}_tokens_details"].values())
        usage["total_tokens"] = usage["input_tokens"] + usage["output_tokens"]
        return [changed]

    made = quirk(name, "10", lie, touches=touches, model=model) if model else quirk(name, "10", lie, touches=touches)
    made(bill)


def scaled(side: str, kind: str, factor: float) -> Change:
    """Multiply the tokens of a kind on one side."""

    def change(usage: Json) -> None:
        details = usage[f"{side}_tokens_details"]
        if kind in details:
            details[kind] = round(details[kind] * factor)

    return change


DONE = "response.done"
edits(
    "usage-does-not-add-up",
    "10",
    "`total_tokens` is one more than input and output",
    DONE,
    lambda event, session: event["response"]["usage"].update(
        total_tokens=event["response"]["usage"]["total_tokens"] + 1
    ),
    touches=TURN,
)
edits("details-do-not-add-up", "10", "the details are one less than their side", DONE,
      lambda event, session: event["response"]["usage"]["input_tokens_details"].update(
          text_tokens=event["response"]["usage"]["input_tokens_details"]["text_tokens"] - 1), touches=TURN)  # fmt: skip
edits("no-usage", "10", "a completed response has no usage", DONE, without("response.usage"), touches=TURN)
edits("usage-too-early", "10", "`response.created` carries usage", "response.created",
      put("response.usage", {"total_tokens": 0, "input_tokens": 0, "output_tokens": 0,
                             "input_tokens_details": {}, "output_tokens_details": {}}), touches=TURN)  # fmt: skip
edits(
    "usage-without-details",
    "10",
    "the usage has no details",
    DONE,
    without("response.usage.output_tokens_details"),
    touches=TWO,
)
edits(
    "tokens-are-floats",
    "10",
    "tokens are counted in fractions",
    DONE,
    lambda event, session: event["response"]["usage"].update(
        total_tokens=event["response"]["usage"]["total_tokens"] + 0.5
    ),
    touches=TWO,
)
edits("plugins-unasked", "10", "a plugin is counted that nobody switched on", DONE,
      put("response.usage.plugins", {"search": {"count": 1}}), touches=TWO)  # fmt: skip
edits("shows-zero-audio", "10", "a text turn shows zero audio tokens", DONE,
      put("response.usage.input_tokens_details.audio_tokens", 0), touches=TWO)  # fmt: skip
bills(
    "free-turns",
    "a turn costs nothing",
    lambda usage: (scaled("input", "text_tokens", 0)(usage), scaled("output", "text_tokens", 0)(usage)),
    TWO,
)
bills(
    "history-is-free",
    "a second turn costs what the first did",
    lambda usage: usage["input_tokens_details"].update(text_tokens=20),
    TWO,
)
bills(
    "heard-audio-is-free", "spoken input shows no audio tokens", scaled("input", "audio_tokens", 0), ("usage/AudioOut",)
)
bills(
    "heard-audio-costs-twice",
    "spoken input costs twice the rate",
    scaled("input", "audio_tokens", 2),
    ("usage/AudioIn",),
)
bills(
    "spoken-audio-costs-twice",
    "spoken output costs twice the rate",
    scaled("output", "audio_tokens", 2),
    ("usage/AudioOut",),
)
bills(
    "images-cost-thrice", "an image costs three times its pixels", scaled("input", "image_tokens", 3), ("usage/Images",)
)


@quirk("channels-cost-nothing-more", "10", "two channels cost what one does", touches=("usage/Channels",), model=NEWEST)
def _one_channel(event: Json, session: Session) -> list[Json] | None:
    if event["type"] != DONE or session.config.input.channels < 2:
        return None
    changed = copy.deepcopy(event)
    usage = changed["response"]["usage"]
    less = usage["input_tokens_details"]["audio_tokens"] // 2
    usage["input_tokens_details"]["audio_tokens"] -= less
    usage["input_tokens"] -= less
    usage["total_tokens"] -= less
    return [changed]


@quirk("compact-costs-the-same", "10", "`representation_compact` is confirmed and saves nothing", hook="receive",
       touches=("usage/Compact",), model=NEWEST)  # fmt: skip
def _not_compact(event: Json, session: Session) -> Json:
    if event["type"] == "session.update" and at(event, "session.video"):
        return {**event, "session": {name: value for name, value in event["session"].items() if name != "video"}}
    return event


bills(
    "words-cost-a-hundred-each", "text of replies is billed a hundredfold", scaled("output", "text_tokens", 100), TURN
)
