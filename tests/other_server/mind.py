"""What the model says: enough of one to do what scripts ask of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

NUMBERS = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
]  # fmt: skip
STORY = (
    "Once upon a time there was a small blue whale that lived near a quiet island and sang every evening to the "
    "ships that passed by on their way home until one day nobody came and it swam out to look for them "
) * 2
EXACT = re.compile(r"exactly \w+ words?: (.+)", re.IGNORECASE)
LIST = re.compile(r"^Answer with: (.+)", re.IGNORECASE)


@dataclass
class Thought:
    """What comes of a turn: words, calls (name, arguments), or both."""

    words: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


def think(instructions: str, asked: str, before: list[str], tools: list[dict[str, Any]], outputs: list[str]) -> Thought:
    """An answer to the last words, `asked`; `outputs` are of tools, and not answered yet."""
    if outputs:
        return Thought("It is " + " and ".join(re.findall(r"[\w.]+", " ".join(outputs))[:4]) + " there.")
    calls = [_call(tool, asked) for tool in tools if _wanted(tool, asked)]
    if calls:
        first = "sentence first" in instructions or "Greet me" in asked
        return Thought("Hello there, one moment please." if first else "", calls)
    return Thought(_words(instructions, asked, before))


def _words(instructions: str, asked: str, before: list[str]) -> str:
    for said in (asked, instructions):
        found = EXACT.search(said)
        if found and "?" not in asked:
            return found.group(1).strip().removesuffix(".")
    if "word did I ask" in asked or "remember?" in asked:
        for said in before:
            found = re.search(r"[Rr]emember the word (\w+)|[Mm]y word is (\w+)", said)
            if found:
                return found.group(1) or found.group(2)
        return "none"
    if "called" in instructions:
        for said in [*before, asked]:
            found = re.search(r"called (\w+)", said)
            if found:
                return found.group(1)
        return "unknown"
    listed = LIST.search(instructions)
    if listed:
        return listed.group(1)
    count = re.search(r"[Cc]ount (?:from 1 )?to (\d+)", asked)
    if count:
        return ", ".join(_number(at) for at in range(1, int(count.group(1)) + 1))
    if "story" in asked and "long" in instructions:
        return STORY
    if re.match(r"Say (\w+)", asked):
        return re.match(r"Say (\w+)", asked).group(1)  # type: ignore[union-attr]
    return "Very well"


def _number(value: int) -> str:
    if value <= 20:
        return NUMBERS[value - 1]
    tens, rest = divmod(value, 10)
    return ("twenty", "thirty", "forty")[tens - 2] + (f"-{NUMBERS[rest - 1]}" if rest else "")


def _function(tool: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = tool.get("function") or tool
    return found


def _wanted(tool: dict[str, Any], asked: str) -> bool:
    name = str(_function(tool).get("name", ""))
    return any(part in asked.lower() for part in re.split(r"[_\W]+", name) if part not in {"get", "", "local"})


def _call(tool: dict[str, Any], asked: str) -> tuple[str, dict[str, Any]]:
    function = _function(tool)
    members = function.get("parameters", {}).get("properties", {})
    place = re.search(r"\bin (\w+)", asked)
    return function["name"], {name: place.group(1) if place else "Hangzhou" for name in members}
