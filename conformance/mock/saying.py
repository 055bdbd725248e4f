"""What the mock says to what it hears: two tables, tried row by row."""

# ruff: noqa: RUF001  (Chinese answers have Chinese punctuation)

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_ELSEWISE = re.compile(r"\b(?:reply|answer|respond|speak|talk)\b[^.]*\bin (?:english|french|german)", re.IGNORECASE)
_CHINESE = re.compile(r"\b(?:in|speak) (?:simplified )?(?:chinese|mandarin)\b|中文|汉语|普通话", re.IGNORECASE)


def wants_chinese(instructions: str) -> bool:
    """Whether the instructions ask for answers in Chinese."""
    return bool(_CHINESE.search(instructions)) and not _ELSEWISE.search(instructions)


@dataclass(frozen=True)
class Row:
    """Where `hears` is found, `says` is answered: a function of the match and of whether Chinese is wanted."""

    hears: re.Pattern[str]
    says: Callable[[re.Match[str], bool], str]


_VERB = r"\b(?:say|answer|reply|respond|repeat)(?: (?:only|just|exactly|with))*"
_SMALL = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
_NUMBERS = {"ten": 10, "twenty": 20, "thirty": 30, "fifty": 50, "a hundred": 100, "one hundred": 100, "hundred": 100}


def _heard(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _exactly(match: re.Match[str], _chinese: bool) -> str:  # a row's function
    count = match["count"].lower()
    number = _SMALL.get(count) or (int(count) if re.fullmatch("[0-9]{1,3}", count) else 1)
    return " ".join(re.findall(r"[\w'-]+", match["what"])[:number])


def _itself(match: re.Match[str], _chinese: bool) -> str:
    return match["what"].strip(" \"“”'")


def _count(match: re.Match[str], chinese: bool) -> str:
    number = (match[1] or match[2]).lower()
    last = min(500, _NUMBERS.get(number) or int(number))
    return ("、" if chinese else ", ").join(map(str, range(1, last + 1))) + ("。" if chinese else ".")


def _story(_match: re.Match[str], chinese: bool) -> str:
    if chinese:
        return "从前，有一条小船在清晨离开了港口。" * 3 + "晚上它回家了。"
    return "Once upon a time a small boat left the harbour at dawn. " * 3 + "It came home in the evening."


def _echo(match: re.Match[str], chinese: bool) -> str:
    said = match[0]
    short = said if len(said) <= 80 else said[:79].rstrip() + "…"
    return f"您说：{short}" if chinese else f"You said: {short}"


ORDERS = (
    Row(_heard(r"\bexactly (?P<count>[\w-]+) words?\s*:\s*(?P<what>.+)"), _exactly),
    Row(_heard(rf"{_VERB}\s*:\s*(?P<what>.+)"), _itself),
    Row(_heard(rf"{_VERB}\s+[\"“'](?P<what>[^\"”']+)[\"”']"), _itself),
    Row(_heard(r"(?:^|[.!?]\s+)(?:please )?(?:only |just )?say (?P<what>[^.!?\n]+)"), _itself),
    Row(
        _heard(r"\bcount\b[^.]*?\bto (\d{1,6}|ten|twenty|thirty|fifty|(?:a |one )?hundred)\b|数到\s*(\d{1,6})"), _count
    ),
)
"""What is obeyed, in the user's turn first and then in the instructions: the user's order is nearer."""
ANSWERS = (
    Row(_heard(r"\bstory\b|故事"), _story),
    Row(re.compile(r"\A\Z"), lambda _match, chinese: "您好，我在听。" if chinese else "Hello, I am listening."),
    Row(re.compile(r"\A.*\Z", re.DOTALL), _echo),
)
"""What the user's turn gets where nothing is ordered."""


def reply(said: str, instructions: str, *, chinese: bool) -> str:
    """The answer to the user's words."""
    ordered = ((row, source) for source in (said, instructions) for row in ORDERS)
    for row, source in (*ordered, *((row, said) for row in ANSWERS)):
        found = row.hears.search(source)
        if found and (text := row.says(found, chinese)):
            return text
    raise AssertionError("the last row hears everything")


def still_there(*, chinese: bool) -> str:
    """What is said when nobody has spoken for a while."""
    return "您还在吗？" if chinese else "Are you still there?"


def found(outputs: list[str], *, chinese: bool) -> str:
    """What tools answered, in words."""
    told = (", " if not chinese else "，").join(_tell(output) for output in outputs)
    return f"结果是：{told}。" if chinese else f"Here is what I found: {told}."


def _tell(output: str) -> str:
    try:
        value = json.loads(output)
    except ValueError:
        return output.strip() or "nothing"
    return _tell_value(value) or "nothing"


def _tell_value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{str(key).replace('_', ' ')} {_tell_value(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(_tell_value, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
