"""What the mock's model gets and gives: a request, an answer, calls; and what a request says of the conversation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from conformance.mock import tokens

Json = dict[str, Any]

OUTPUT_RATE = 24_000  # Hz


@dataclass(frozen=True)
class Call:
    """A function call: the tool's name and its arguments as JSON text."""

    name: str
    arguments: str


@dataclass(frozen=True)
class Answer:
    """A text to say, or calls to make; `truncated` when `max_tokens` cut the text."""

    text: str
    calls: tuple[Call, ...] = ()
    truncated: bool = False


@dataclass(frozen=True)
class Request:
    """What a response is made from.

    `history` holds items as the protocol shows them (oldest first); the content part of a spoken turn
    carries its words in `transcript`.  `max_tokens` is in tokens of text, `output_rate` in Hz.
    """

    history: list[Json] = field(default_factory=list)
    instructions: str = ""
    tools: list[Json] = field(default_factory=list)
    tool_choice: Any = "auto"
    modalities: tuple[str, ...] = ("text", "audio")
    voice: str = "Tina"
    output_rate: int = OUTPUT_RATE
    max_tokens: int | None = None
    proactive: bool = False


def cut(text: str, max_tokens: int | None) -> Answer:
    """Cut a text to the longest beginning that costs no more than `max_tokens`."""
    if max_tokens is None or tokens.text_tokens(text) <= max_tokens:
        return Answer(text)
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if tokens.text_tokens(text[:middle]) <= max_tokens:
            low = middle
        else:
            high = middle - 1
    return Answer(text[:low], truncated=True)


def last_user_text(history: list[Json]) -> str:
    """Return the words of the last user turn: its texts and transcripts, joined."""
    for item in reversed(history):
        if item.get("type") == "message" and item.get("role") == "user":
            return _words_of(item)
    return ""


def _words_of(item: Json) -> str:
    content = item.get("content")
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    words = [part.get("text") or part.get("transcript") or "" for part in parts]
    return " ".join(word for word in words if isinstance(word, str) and word).strip()


def outputs_after_last_turn(history: list[Json]) -> list[str]:
    """Return what tools answered since the last message."""
    outputs: list[str] = []
    for item in reversed(history):
        if item.get("type") == "function_call_output":
            outputs.append(str(item.get("output", "")))
        elif item.get("type") == "message":
            break
    return outputs[::-1]
